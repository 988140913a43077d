#!/bin/bash
# A podman secret. Input: `verb apply|remove`, `name NAME`, `value BASE64` (apply), `end`. Output: its id.
# The value comes by standard input and goes on by standard input: it never stands in a process list.
source head.sh
read_given
name=${given[name]}
case ${given[verb]} in
apply) decode "${given[value]}" | podman secret create --replace -- "$name" - ;;
remove) podman secret rm -- "$name" >/dev/null 2>&1 || true ;;
*) fail 30 "Unknown verb '${given[verb]}'." ;;
esac
