#!/bin/bash
# What tailscaled says of itself, and what it is known by. Input: `container NAME`, `state FILE` with its identity, `wait SECONDS`
# for it to know whether it is logged in, `end`. Output: `status BASE64` and `prefs BASE64`, both JSON, and `identity BASE64`;
# nothing of a program that does not run.
source head.sh
read_given
tailscale() { timeout 20 podman exec -- "${given[container]}" tailscale "$@"; }
until=$((SECONDS + given[wait]))
while :; do
  status=$(tailscale status --json --peers=false 2>/dev/null) || status=''
  # Neither of these lasts where its coordination server answers.
  grep -qE '"BackendState": "(NoState|Starting)"' <<<"$status" || [ -z "$status" ] || break
  [ "$SECONDS" -lt "$until" ] || break
  sleep 0.5
done
[ -n "$status" ] || exit 0
prefs=$(tailscale debug prefs 2>/dev/null) || exit 0
printf 'status\t%s\nprefs\t%s\n' "$(base64 -w0 <<<"$status")" "$(base64 -w0 <<<"$prefs")"
if [ -s "${given[state]}" ]; then printf 'identity\t%s\n' "$(base64 -w0 <"${given[state]}")"; fi
