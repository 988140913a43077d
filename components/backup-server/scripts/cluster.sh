#!/bin/bash
# cluster.sh [list | restore NAME|latest]: K3s' own state on storage, which no stack declares: its datastore, its certificate
# authorities and its tokens. With it the cluster comes back as it was, and its agents know it again. Without a word: a copy.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
copies=$BACKUP_DIRECTORY/cluster
server=${CLUSTER_DATA:-}/server
# What the node itself proves who it is by; see K3s' node registration.
password=/etc/rancher/node/password
# What is undone however a copy ends: K3s that stands still, and half of a copy.
stands_still='' work=''
ended() {
  if [ -n "$stands_still" ]; then systemctl kill --signal=SIGCONT "$CLUSTER_SERVICE"; fi
  if [ -n "$work" ]; then rm -rf --one-file-system -- "$work"; fi
}
stamp=$(date -u +%Y%m%dT%H%M%SZ)
usage="Say nothing to copy the cluster's state, or one of: list; restore NAME|latest."

[ -n "${CLUSTER_DATA:-}" ] || fail "There is no cluster on this node: homelab:k3s.enabled is not set on storage."

# authority FOLDER: what tells one cluster from another.
authority() { sha256sum <"$1/tls/server-ca.crt" | cut -c1-16; }

# still COMMAND…: while nothing of K3s runs, so that what is copied is of one moment, as after a power cut: its datastore
# (SQLite, or etcd) is made to go on from there. Pods go on meanwhile. Should this script be killed, K3s goes on all the same.
still() {
  local status=0
  if ! systemctl is-active --quiet "$CLUSTER_SERVICE"; then
    "$@"
    return
  fi
  systemctl stop homelab-cluster-goes-on.timer 2>/dev/null || true
  systemd-run --quiet --collect --unit=homelab-cluster-goes-on --on-active=60 \
    systemctl kill --signal=SIGCONT "$CLUSTER_SERVICE"
  stands_still=yes
  systemctl kill --signal=SIGSTOP "$CLUSTER_SERVICE"
  # A write that had begun ends first.
  sleep 0.3
  "$@" || status=$?
  systemctl kill --signal=SIGCONT "$CLUSTER_SERVICE"
  stands_still=''
  systemctl stop homelab-cluster-goes-on.timer 2>/dev/null || true
  return "$status"
}

# gather FOLDER: everything that makes up the cluster. Sockets, and what is made anew at each start, are left out.
# (In a condition, where `set -e` counts for nothing: each step says by itself that it failed.)
gather() {
  mkdir -p "$1" || return 1
  # 1: a file changed while it was read, which nothing of K3s can have done.
  { tar -C "$CLUSTER_DATA" --exclude='*.sock' --warning=no-file-changed -cf - server homelab-agent-token || [ "$?" = 1 ]; } |
    tar -C "$1" -xf - || return 1
  if [ -s "$password" ]; then install -m 600 "$password" "$1/node-password" || return 1; fi
}

# info COPY KEY
info() { sed -n "s/^$2=//p" "$1/info"; }
# of CLUSTER: its copies, the oldest first. They are counted, so that no clock decides which is the newest.
of() { find "$copies/$1" -mindepth 1 -maxdepth 1 -type d ! -name '*.part' -printf '%f\n' 2>/dev/null | sort -n; }
clusters() { find "$copies" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null | sort; }

save() {
  local id last number former folder
  [ -s "$server/tls/server-ca.crt" ] || fail "There is no state of a cluster in $server: K3s has not started there yet."
  id=$(authority "$server")
  mkdir -p "$copies/$id"
  rm -rf --one-file-system -- "$copies/$id"/*.part
  last=$(of "$id" | tail -n 1)
  number=1 former=0
  if [ -n "$last" ]; then
    number=$((10#${last%%-*} + 1))
    former=$(info "$copies/$id/$last" began)
  fi
  folder=$copies/$id/$(printf '%06d' "$number")-$stamp
  work=$folder.part
  # What may go makes room first, and a copy that was cut short takes none.
  if narrow $((5 * $(du -sm -- "$server" | cut -f 1) / 2 + 64)); then thin "$id" "$former"; fi
  trap ended EXIT
  mkdir "$work"
  still gather "$work/state"
  [ "$(authority "$work/state/server")" = "$id" ] || fail "The cluster became another while it was copied: nothing was kept."
  tar -C "$work/state" -czf "$work/state.tar.gz" .
  rm -rf --one-file-system -- "$work/state"
  printf 'cluster=%s\nbegan=%s\nnode=%s\nversion=%s\n' "$id" "$EPOCHSECONDS" "$(hostname)" "${CLUSTER_VERSION:-}" >"$work/info"
  (cd "$work" && sha256sum info state.tar.gz >sums)
  sync -f "$work"
  mv -T -- "$work" "$folder"
  sync -f "$copies/$id"
  stat -c %s "$folder/state.tar.gz" | counted cluster
  thin "$id" "$former"
}

# thin CLUSTER BEGAN: one copy a day stays, KEEP_DAYS of them, and the three newest. Those of other clusters all stay. The
# clock must not stand before BEGAN, when the last copy was made.
thin() {
  local each day days=0 newest=0 seen=' ' doubt
  doubt=$(clock_doubt "$2")
  if [ -n "$doubt" ]; then
    say "WARNING: $doubt"
    return 0
  fi
  while read -r each; do
    day=${each#*-} day=${day%%T*} newest=$((newest + 1))
    if [[ $seen != *" $day "* ]]; then
      seen+="$day " days=$((days + 1))
      [ "$days" -gt "$KEEP_DAYS" ] || continue
    fi
    [ "$newest" -gt 3 ] || continue
    mv -T -- "$copies/$1/$each" "$copies/$1/$each.part"
    rm -rf --one-file-system -- "$copies/$1/$each.part"
  done < <(of "$1" | sort -rn)
}

list() {
  local id each
  for id in $(clusters); do
    printf 'Cluster %s%s\n' "$id" "$(if [ -s "$server/tls/server-ca.crt" ] && [ "$(authority "$server")" = "$id" ]; then echo ', which runs here'; fi)"
    for each in $(of "$id"); do
      printf '  %s  %8s KB  K3s %s\n' "$each" "$(($(stat -c %s "$copies/$id/$each/state.tar.gz") >> 10))" "$(info "$copies/$id/$each" version)"
    done
  done
}

# chosen NAME|latest: the folder of a copy.
chosen() {
  local found=() id names
  if [ "$1" = latest ]; then
    names=$(clusters | paste -sd' ')
    [[ $names != *' '* ]] || refuse "There are copies of more than one cluster ($names): name one of them. npx homelab restore cluster list"
    for id in $names; do found=("$copies/$id/$(of "$id" | tail -n 1)"); done
  else
    for id in $(clusters); do if [ -e "$copies/$id/$1/info" ]; then found+=("$copies/$id/$1"); fi; done
    [ "${#found[@]}" -le 1 ] || refuse "More than one cluster has a copy $1: name it CLUSTER/COPY."
    if [ "${#found[@]}" = 0 ] && [[ $1 =~ ^[0-9a-f]{16}/[0-9A-Za-z-]+$ ]]; then found=("$copies/$1"); fi
  fi
  [ -e "${found[0]:-}/info" ] || fail "There is no copy $1 of the cluster's state. What there is: npx homelab restore cluster list"
  printf '%s\n' "${found[0]}"
}

# aside PATH: nothing is deleted.
aside() { if [ -e "$1" ]; then mv -T -- "$1" "$1.before-$stamp"; fi; }

restore() {
  local copy new=$CLUSTER_DATA/server.restored
  copy=$(chosen "$1")
  (cd "$copy" && sha256sum --quiet --check sums >&2) || fail "The copy ${copy##*/} is damaged: the names above. Choose another: npx homelab restore cluster list"
  say "The cluster $(info "$copy" cluster) as it was at $(date -u -d "@$(info "$copy" began)" '+%F %T+00'), in the place of $(if [ -s "$server/tls/server-ca.crt" ]; then printf 'the cluster %s' "$(authority "$server")"; else echo nothing; fi)."
  rm -rf --one-file-system -- "$new"
  mkdir -p "$new"
  if ! { tar -C "$new" -xzf "$copy/state.tar.gz" && sync -f "$new"; }; then
    rm -rf --one-file-system -- "$new"
    fail "The copy ${copy##*/} could not be unpacked on the disk of $CLUSTER_DATA, which has $(($(free_at "$CLUSTER_DATA") >> 20)) MB left: the words are above. Nothing was changed."
  fi
  # What was stopped runs again, however this ends.
  if systemctl cat "$CLUSTER_SERVICE" >/dev/null 2>&1; then trap 'systemctl start --no-block "$CLUSTER_SERVICE"' EXIT; fi
  systemctl stop "$CLUSTER_SERVICE" 2>/dev/null || true
  aside "$server"
  aside "$CLUSTER_DATA/homelab-agent-token"
  mv -T -- "$new/server" "$server"
  mv -T -- "$new/homelab-agent-token" "$CLUSTER_DATA/homelab-agent-token"
  if [ -s "$new/node-password" ]; then
    mkdir -p "${password%/*}"
    if ! cmp -s "$new/node-password" "$password"; then
      aside "$password"
      install -m 600 "$new/node-password" "$password"
    fi
  fi
  rm -rf --one-file-system -- "$new"
  sync -f "$CLUSTER_DATA"
  say "The cluster's state is back; what was in its place ends in .before-$stamp. Now: pulumi up --stack storage, and then the other nodes of the cluster."
}

case ${1:-} in
'') job cluster save ;;
list) list ;;
restore) alone cluster restore "${2:?$usage}" ;;
*) fail "$usage" ;;
esac
