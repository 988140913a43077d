#!/bin/bash
# Notes how a job ended, in the file of the first argument: a word, and a sentence for people. The second has the exit
# statuses that are a success, with commas. Run by systemd after the job.
set -euo pipefail
said=$'failure\t'
case ${SERVICE_RESULT:-} in
  timeout) said=$'timeout\tit was ended because it took longer than it may' ;;
  oom-kill) said+="ended because there was no memory left" ;;
  *)
    case ${EXIT_CODE:-} in
      exited) if [[ ,$2, = *,$EXIT_STATUS,* ]]; then said=$'success\t'; else said+="exit status $EXIT_STATUS"; fi ;;
      killed | dumped) said+="ended by signal $EXIT_STATUS" ;;
      *) said+="it could not be begun (${SERVICE_RESULT:-nothing is known of it})" ;;
    esac
    ;;
esac
printf '%s\n' "$said" >"$1.part"
sync -- "$1.part"
mv -f "$1.part" "$1"
