#!/bin/bash
# What a machine that is on knows of power. Input: `end`. Output: `booted SECONDS`; `use TEXT` (what keeps it on, or since
# when nothing does); `word NODE WHY SECONDS` of each node that it keeps a last word of; `wakes NODE SECONDS` of each timer.
source head.sh
source power-lib.sh
read_given
power_facts
