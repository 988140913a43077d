#!/bin/bash
# A node's part of headscale's policy. Input: `verb look` or `verb set`, `container NAME`, `node NAME`, and for `set` the part:
# `owners BASE64` (the whole policy's tag owners, JSON), `grant BASE64` and `test BASE64` by number, `end`. The parts of all nodes are
# files of one JSON object a line in /var/lib/homelab/mesh; the policy is made of all of them, under a lock.
# Output: `policy BASE64`, the one in force.
source head.sh
read_given
parts=$state/mesh
headscale() { timeout 30 podman exec -i -- "${given[container]}" headscale "$@"; }
if [ "${given[verb]}" = set ]; then
  install -d -m 700 "$parts"
  exec 9>"$parts/.lock"
  flock -w 60 9 || fail 24 'Another run is changing the policy.'
  for kind in grant test; do
    file=$parts/${given[node]}.$kind
    : >"$file.new"
    for ((i = 0; i < given[${kind}s]; i++)); do
      decode "${given[$kind$i]}" >>"$file.new"
      printf '\n' >>"$file.new"
    done
  done
  # Of each node the new part, or the one that is in force.
  lines() { # KIND
    local file
    for file in "$parts"/*."$1"; do
      if [ -e "$file" ] && [ "$file" != "$parts/${given[node]}.$1" ]; then cat "$file"; fi
    done
    cat "$parts/${given[node]}.$1.new"
  }
  # A test that names a node which has not joined yet would fail: it comes in once the node has.
  present=$(headscale nodes list --output json 2>/dev/null </dev/null | grep -oE '"tag:[a-z]+"' | tr -d '"' | sort -u) || present=''
  asked() {
    local line
    while IFS= read -r line; do
      # Is each of its tags among them?
      [ -n "$(comm -23 <(grep -oE 'tag:[a-z]+' <<<"$line" | sort -u) <(printf '%s\n' "$present"))" ] || printf '%s\n' "$line"
    done
  }
  whole=$(printf '{"tagOwners":%s,"grants":[%s],"tests":[%s]}\n' "$(decode "${given[owners]}")" \
    "$(lines grant | paste -sd,)" "$(lines test | asked | paste -sd,)")
  said=$(headscale policy set --file /dev/stdin <<<"$whole" 2>&1) || {
    rm -f "$parts/${given[node]}".*.new
    fail 25 "headscale refused the policy, and the former one is in force: $(tail -n 3 <<<"$said" | tr '\n' ' ')"
  }
  for kind in grant test; do settle "$parts/${given[node]}.$kind.new" "$parts/${given[node]}.$kind"; done
fi
policy=$(headscale policy get 2>/dev/null </dev/null) || policy=''
printf 'policy\t%s\n' "$(printf '%s' "$policy" | base64 -w0)"
