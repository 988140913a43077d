#!/bin/bash
# Makes a node a member of the mesh. Input: `verb restore`, to be known again as it was, by `identity BASE64`; `verb join`, by
# `key BASE64`; or `verb set`, for what needs neither. Then `container NAME`, `unit NAME`, `state FILE`, `server URL` (empty:
# Tailscale's own), `hostname NAME`, `tags LIST` (empty: those of the key), `timeout SECONDS`, `end`.
# The key goes to tailscale by its standard input: it is in no argument, no file and no environment.
source head.sh
read_given
flags=(--hostname="${given[hostname]}" --accept-dns=false --accept-routes=false)
case ${given[verb]} in
restore)
  # What is there belongs to nobody who is logged in; it is kept beside, for a person to look at.
  systemctl stop -- "${given[unit]}"
  if [ -s "${given[state]}" ]; then mv -T -- "${given[state]}" "${given[state]}.before"; fi
  (umask 077 && decode "${given[identity]}" >"${given[state]}.new")
  settle "${given[state]}.new" "${given[state]}"
  systemctl start -- "${given[unit]}"
  ;;
join)
  # Otherwise it would go on with the former server, whatever it is told. A bad key is tried for ever without an end.
  flags+=(--reset --force-reauth --accept-risk=lose-ssh --login-server="${given[server]:-https://controlplane.tailscale.com}")
  [ -z "${given[tags]}" ] || flags+=(--advertise-tags="${given[tags]}")
  if ! said=$(decode "${given[key]}" | timeout "$((given[timeout] + 15))" podman exec -i -- "${given[container]}" \
    tailscale up "${flags[@]}" --auth-key=file:/dev/stdin --timeout="${given[timeout]}s" 2>&1); then
    # Where its key is refused it hears no more from its server: begun again, it is the member that it was, or not logged in.
    systemctl restart -- "${given[unit]}" || true
    fail 20 "$(tail -n 5 <<<"$said" | tr '\n' ' ')"
  fi
  ;;
set)
  # Its own rules, written by nft into tables of iptables' names, keep iptables from reading them: no pod that has a port of the
  # node would start beside it. Who may come in by the mesh is the house's own table's. Not while it joins: tailscaled begins
  # again with that, and the key works once.
  flags+=(--netfilter-mode=off)
  said=$(timeout 30 podman exec -- "${given[container]}" tailscale set "${flags[@]}" 2>&1) ||
    fail 20 "$(tail -n 5 <<<"$said" | tr '\n' ' ')"
  ;;
esac
