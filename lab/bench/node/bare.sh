#!/bin/bash
# bare.sh keep|wipe|back, on the machine; names (see ../render.ts) by standard input. Takes away what this project put
# there: units, files, secrets, built images, data. Base images stay.
#   keep  sets the data that is there aside first, as DIRECTORY.bench-kept; data that a stopped bench set aside wins
#   wipe  takes all away; refuses unless `keep` was there before
#   back  takes all away and puts the data that was set aside in its place again
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
verb=${1:?}
services=() files=() secrets=() data=() complete=''
while IFS=$'\t' read -r kind name; do
  case $kind in
    service) services+=("$name") ;;
    file) files+=("$name") ;;
    secret) secrets+=("$name") ;;
    data) data+=("$name") ;;
    end) complete=yes ;;
  esac
done
[ -n "$complete" ] || { echo 'The names arrived cut short.' >&2; exit 1; }
kept() { printf '%s.bench-kept' "$1"; }
case $verb in
  keep | back) ;;
  wipe)
    for directory in "${data[@]}"; do
      [ -d "$(kept "$directory")" ] || { echo "The data in $directory was not set aside: nothing is deleted." >&2; exit 1; }
    done
    ;;
  *) exit 2 ;;
esac

systemctl stop -- "${services[@]}" 2>/dev/null || true
systemctl --quiet disable -- "${services[@]}" 2>/dev/null || true
rm -f -- "${files[@]}"
rm -rf /etc/homelab /var/lib/homelab/units /var/lib/homelab/keeps
systemctl daemon-reload
systemctl reset-failed -- "${services[@]}" 2>/dev/null || true
podman secret rm -- "${secrets[@]}" >/dev/null 2>&1 || true
# By name, not by pattern or id: an image that only renames its base shares the base's id.
podman images --format '{{.Repository}}:{{.Tag}}' | { grep '^localhost/homelab/' || true; } | xargs -r podman rmi >/dev/null
podman image prune -f >/dev/null

for directory in "${data[@]}"; do
  aside=$(kept "$directory")
  if [ "$verb" = keep ] && [ ! -d "$aside" ]; then
    # Nothing there is kept too, as an empty directory.
    if [ -d "$directory" ]; then mv -T -- "$directory" "$aside"; else mkdir -p -- "$aside"; fi
  fi
  rm -rf --one-file-system -- "$directory"
  if [ "$verb" = back ] && [ -d "$aside" ]; then rmdir -- "$aside" 2>/dev/null || mv -T -- "$aside" "$directory"; fi
done
