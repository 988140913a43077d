#!/bin/bash
# May this machine go off? Standard input: what facts.sh says. Arguments: percent of a processor that is nothing; seconds after which
# an idle machine goes off (0: never); seconds for which nothing has run before this look; whether its time to sleep has come
# (yes|no). Output: `used|quiet`, `stay|idle|schedule`, and why, separated by tabs. Whatever is not known keeps it on.
set -euo pipefail
cpu_limit=$1 idle_limit=$2 quiet=$3 due=$4
gpu_limit=5
uses=() cpu=''
while IFS=$'\t' read -r kind what why; do
  case $kind in
  session | connection | job) uses+=("$what") ;;
  inhibitor) uses+=("somebody asked that it stay on: $what") ;;
  gpu) if ! [[ $what =~ ^[0-9]+$ ]] || [ "$what" -gt $gpu_limit ]; then uses+=("a GPU is at $what %"); fi ;;
  cpu)
    cpu=$what
    if [ "$what" = first ]; then
      uses+=("it has only begun to look")
    elif ! [[ $what =~ ^[0-9]+$ ]] || [ "$what" -gt "$cpu_limit" ]; then
      uses+=("the processors are at $what % of one, more than $cpu_limit")
    fi
    ;;
  unknown) uses+=("it cannot find out $what ($why)") ;;
  *) uses+=("it cannot read '$kind'") ;;
  esac
done
# Without it nothing was looked at, or the looking was cut short.
if [ -z "$cpu" ] && [ ${#uses[@]} -eq 0 ]; then uses=("it found out nothing"); fi
if [ ${#uses[@]} -gt 0 ]; then
  text=${uses[0]}
  for use in "${uses[@]:1}"; do text+="; $use"; done
  printf 'used\tstay\t%s\n' "stays on: $text"
elif [ "$due" = yes ]; then
  printf 'quiet\tschedule\t%s\n' "goes off: it is time, and nothing runs"
elif [ "$idle_limit" -gt 0 ] && [ "$quiet" -ge "$idle_limit" ]; then
  printf 'quiet\tidle\t%s\n' "goes off: nothing has run for $quiet s"
elif [ "$idle_limit" -gt 0 ]; then
  printf 'quiet\tstay\t%s\n' "nothing runs, for $quiet s of $idle_limit"
else
  printf 'quiet\tstay\t%s\n' "nothing runs, and it is not time to sleep"
fi
