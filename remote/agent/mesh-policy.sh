#!/bin/bash
# A node's part of headscale's policy. Input: `verb look` or `verb set`, `container NAME`, `node NAME`, and for `set` the part:
# `owners BASE64` (the whole policy's tag owners, JSON), `grant BASE64` and `test BASE64` by number, `end`. The parts of all nodes are
# files of one JSON object a line in /var/lib/homelab/mesh; the policy is made of all of them, under a lock. A part that takes the
# place of another one must be confirmed over a new connection within `confirm SECONDS`, or the former one comes back.
# Output: `policy BASE64`, the one in force.
source head.sh
source undo-lib.sh
read_given
parts=$state/mesh container=${given[container]} node=${given[node]}
headscale() { timeout 30 podman exec -i -- "$container" headscale "$@"; }
lines() { # KIND: of each node the new part, or the one that is in force
  local file
  for file in "$parts"/*."$1"; do
    if [ -e "$file" ] && [ "$file" != "$parts/$node.$1" ]; then cat "$file"; fi
  done
  cat "$parts/$node.$1.new"
}
asked() { # Tests of nodes that have joined: one that names another would fail, and comes in once that has.
  local line present
  present=$(headscale nodes list --output json 2>/dev/null </dev/null | grep -oE '"tag:[a-z]+"' | tr -d '"' | sort -u) || present=''
  while IFS= read -r line; do
    # Is each of its tags among them?
    [ -n "$(comm -23 <(grep -oE 'tag:[a-z]+' <<<"$line" | sort -u) <(printf '%s\n' "$present"))" ] || printf '%s\n' "$line"
  done
}
put_policy() { # OWNERS: the whole, with the node's new part. What refuses it is printed.
  local whole said kind
  whole=$(printf '{"tagOwners":%s,"grants":[%s],"tests":[%s]}\n' "$1" "$(lines grant | paste -sd,)" "$(lines test | asked | paste -sd,)")
  said=$(headscale policy set --file /dev/stdin <<<"$whole" 2>&1) || {
    rm -f "$parts/$node".*.new
    tail -n 3 <<<"$said" | tr '\n' ' '
    return 1
  }
  for kind in grant test; do settle "$parts/$node.$kind.new" "$parts/$node.$kind"; done
}
# shellcheck disable=SC2317,SC2154 # run by what undo_arm writes
undo_policy() { # headscale may be starting; after some tries systemd begins it again, and others may have the lock meanwhile
  local kind try
  for try in 1 2 3 4 5 6 7 8 9 10; do
    [ "$try" = 1 ] || sleep 5
    exec 9>"$parts/.lock"
    flock -w 60 9 || continue
    for kind in grant test; do cp -- "$dir/$kind" "$parts/$node.$kind.new"; done
    if put_policy "$owners"; then return; fi
    exec 9>&-
  done
  printf 'headscale does not take the former policy back.\n' >&2
  exit 1
}
if [ "${given[verb]}" = set ]; then
  install -d -m 700 "$parts"
  owners=$(decode "${given[owners]}")
  change=mesh-policy-$node
  if [ -n "${given[confirm]:-}" ] && [ -e "$parts/$node.grant" ]; then
    undo_pending "$change" || fail 24 'The change before this one, which nobody confirmed, could not be undone: is headscale running?'
    undo_begin "$change"
  fi
  exec 9>"$parts/.lock"
  flock -w 60 9 || fail 24 'Another run is changing the policy.'
  for kind in grant test; do
    file=$parts/$node.$kind
    : >"$file.new"
    for ((i = 0; i < given[${kind}s]; i++)); do
      decode "${given[$kind$i]}" >>"$file.new"
      printf '\n' >>"$file.new"
    done
  done
  armed=''
  if [ -n "${given[confirm]:-}" ] && [ -e "$parts/$node.grant" ]; then
    for kind in grant test; do cp -- "$parts/$node.$kind" "$(undo_of "$change")/$kind"; done
    {
      printf 'parts=%q container=%q node=%q owners=%q\n' "$parts" "$container" "$node" "$owners"
      declare -f headscale lines asked put_policy undo_policy
      printf 'undo_policy\n'
    } | undo_arm "$change" "${given[confirm]}"
    armed=yes
  fi
  said=$(put_policy "$owners") || {
    if [ -n "$armed" ]; then undo_forget "$change"; fi
    fail 25 "headscale refused the policy, and the former one is in force: $said"
  }
  printf 'armed\t%s\n' "$armed"
fi
policy=$(headscale policy get 2>/dev/null </dev/null) || policy=''
printf 'policy\t%s\n' "$(printf '%s' "$policy" | base64 -w0)"
