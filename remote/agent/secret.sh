#!/bin/bash
# A podman secret. Input: `verb observe|apply|remove`, `name NAME`, `value BASE64` (apply), `end`. Output: its id.
# The value comes by standard input and goes on by standard input: it never stands in a process list.
source head.sh
verb='' name='' value='' complete=''
while IFS=$'\t' read -r key rest; do
  case $key in
  verb) verb=$rest ;;
  name) name=$rest ;;
  value) value=$rest ;;
  end) complete=yes ;;
  esac
done
if [ -z "$complete" ] || [ -z "$name" ]; then fail 30 'The description of the secret arrived cut short.'; fi
case $verb in
observe) podman secret inspect --format '{{.ID}}' -- "$name" 2>/dev/null || true ;;
apply) decode "$value" | podman secret create --replace -- "$name" - ;;
remove) podman secret rm -- "$name" >/dev/null 2>&1 || true ;;
*) fail 30 "Unknown verb '$verb'." ;;
esac
