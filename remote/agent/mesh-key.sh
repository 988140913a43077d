#!/bin/bash
# A key with which one node may join once, within ten minutes, made by headscale. Input: `container NAME`, `unit NAME`, `tag NAME`,
# `former LIST` of ids, by blanks, `end`. The node's former entries go first, for headscale takes a machine that was logged out for
# no other; after that it is started again, for only then is their address free. Output: `key BASE64`.
source head.sh
read_given
headscale() { timeout 30 podman exec -- "${given[container]}" headscale "$@" 2>/dev/null; }
read -ra former <<<"${given[former]}"
for id in "${former[@]}"; do
  headscale nodes delete --identifier "$id" --force >/dev/null || fail 22 "headscale did not remove its former entry $id."
done
if [ ${#former[@]} -gt 0 ]; then
  systemctl restart -- "${given[unit]}"
  until=$((SECONDS + 60))
  until headscale health >/dev/null; do
    [ "$SECONDS" -lt "$until" ] || fail 21 'headscale did not come up again after an entry was removed.'
    sleep 0.5
  done
fi
key=$(headscale preauthkeys create --tags "${given[tag]}" --expiration 10m | tail -n 1)
[[ $key =~ ^[A-Za-z0-9_-]{20,}$ ]] || fail 23 'headscale made no key.'
printf 'key\t%s\n' "$(printf '%s' "$key" | base64 -w0)"
