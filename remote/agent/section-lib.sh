#!/bin/bash
# What the scripts share that ask several things at the same time. Put in the place of their `source` line before they are sent.

section() { # NAME FUNCTION: what fails is not done, and nobody is told that it was
  (
    "$2"
    printf 'done\t%s\n' "$1"
  ) 2>/dev/null &
}
