#!/bin/bash
# What the scripts about units share: which files are this program's own, how others are set aside and come back, and
# where data is that a unit no longer looks at. Put in the place of their `source` line before they are sent.
# shellcheck disable=SC2154 # state is head.sh's

of_unit() { # SERVICE: where its notes are
  service=$1
  kept=$state/units/$service
  asides=$state/set-aside/$service
}
there() { [ -e "$1" ] || [ -L "$1" ]; }
# Of files at which a script has looked already, and which it leaves as they are.
declare -A sums=()
sum_of() {
  local sum=${sums[$1]-}
  [ -n "$sum" ] || sum=$(sha256sum <"$1")
  printf '%s' "${sum%% *}"
}
# Is what stands at PATH something that this program wrote there? Every text that it writes is noted before.
written_here() { # PATH
  if [ ! -f "$1" ] || [ -L "$1" ]; then return 1; fi
  if [ -f "$kept/written" ]; then
    [[ $'\n'$(<"$kept/written")$'\n' == *$'\n'"$(sum_of "$1") $1"$'\n'* ]]
  else
    # Notes of a version that wrote down paths only.
    [ -f "$kept/files" ] && grep -qxF -- "$1" "$kept/files"
  fi
}
foreign() { there "$1" && ! written_here "$1"; }

# Moves something of somebody else away whole, to where people find it, and notes it for `put_back`.
aside() { # PATH
  local to=$asides/$stamp$1
  install -d -m 700 "$state/set-aside" "$asides" || return 1
  mkdir -p -- "${to%/*}" || return 1
  printf 'file\t%s\t%s\t\n' "$to" "$1" >>"$kept/displaced" || return 1
  mv -T -- "$1" "$to" || return 1
  printf 'set-aside\t%s\t%s\n' "$1" "$to"
}
# A container of that name which another one made: quadlets remove what has their container's name.
aside_container() { # NAME
  local of running
  of=$(podman container inspect --format '{{index .Config.Labels "PODMAN_SYSTEMD_UNIT"}}' -- "$1" 2>/dev/null) || return 0
  [ "$of" != "$service" ] || return 0
  running=$(podman container inspect --format '{{.State.Running}}' -- "$1")
  printf 'container\t%s\t%s\t%s\n' "$1-set-aside-$stamp" "$1" "$running" >>"$kept/displaced"
  podman stop -- "$1" >/dev/null 2>&1 || true
  podman rename -- "$1" "$1-set-aside-$stamp" >&2
  printf 'set-aside\tthe container %s\t%s\n' "$1" "as $1-set-aside-$stamp"
}
put_back() { # [LIST]: undoes `aside`; says what came back.
  local kind to from running list=${1:-$kept/displaced}
  [ -f "$list" ] || return 0
  while IFS=$'\t' read -r kind to from running; do
    if [ "$kind" = container ]; then
      podman rename -- "$to" "$from" >/dev/null 2>&1 || continue
      if [ "$running" = true ]; then podman start -- "$from" >/dev/null 2>&1 || true; fi
    else
      there "$to" || continue
      # Cut off while it was copied to another disk: the original is still in its place.
      if there "$from"; then
        rm -rf -- "$to"
        continue
      fi
      mkdir -p -- "${from%/*}"
      mv -T -- "$to" "$from" || continue
    fi
    printf 'put-back\t%s\n' "$from"
  done <"$list"
  rm -f -- "$list"
  find "$asides" -mindepth 1 -depth -type d -empty -delete 2>/dev/null || true
}

# Data in a directory that the unit looked at before and does not any more, while the new one has nothing of it.
entries() { find "$1/" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .homelab-ephemeral -printf '%f\n' 2>/dev/null | sort; }
moved_data() { # PATH…: where the unit keeps data from now on. Output: `moved FORMER NEW`
  local former=$kept/keeps path each why old=''
  [ -f "$former" ] || former=$state/keeps/$service
  [ -f "$former" ] || return 0
  while IFS= read -r path; do
    case " $* " in *" $path "*) continue ;; esac
    # The last one is the one that it looked at last.
    if [ -n "$(entries "$path")" ]; then old=$path; fi
    # On a disk that is not mounted, nobody can see what it has.
    if ! why=$(unmounted "$path"); then continue; fi
    for each in "$@"; do
      if [ -z "$(entries "$each")" ]; then printf 'unmounted\t%s\t%s\n' "$path" "$why"; fi
    done
  done <"$former"
  [ -n "$old" ] || return 0
  for path in "$@"; do
    if grep -qxF -- "$path" "$former" || [ -n "$(comm -12 <(entries "$old") <(entries "$path"))" ]; then continue; fi
    printf 'moved\t%s\t%s\n' "$old" "$path"
  done
}

# Where data is mounted. A disk that is mounted by hand, or with `nofail`, may be missing after a start, and what is below
# its mount point is an empty directory of the disk above. So the mount point is noted when a unit first has its data
# there, and when its data has come to a disk of its own; a drop-in of its services asks for it before each start, and so do
# a preview and an up.
mount_of() { # PATH: the mount point that it is on
  local path best='' target
  path=$(realpath -m -- "$1")
  while read -r _ _ _ _ target _; do
    target=${target%/}
    case $path/ in "$target"/*) if [ "${#target}" -ge "${#best}" ]; then best=$target; fi ;; esac
  done </proc/self/mountinfo
  printf '%s\n' "${best:-/}"
}
mount_note() { printf '%s/mounts/%s' "$state" "${1//\//%}"; }
unmounted() { # PATH: why its data is not there, with what to do; fails where it is
  local was is above
  [ -s "$(mount_note "$1")" ] || return 1
  was=$(<"$(mount_note "$1")")
  is=$(mount_of "$1")
  [ "$is" != "$was" ] || return 1
  # By a variable: bash matches nothing where this stands in the pattern itself and leaves no letter of `/`.
  above=${was%/}
  case $is/ in "$above"/*)
    # A disk of its own, in the place of the directory: with its data, or before that was copied there.
    if [ -n "$(entries "$1")" ]; then return 1; fi
    printf '%s' "$is is mounted where its data is ($1), and has none of it: the data is below the mount point. Unmount $is, mount that disk elsewhere, copy the data to it, and mount it at $is again"
    ;;
  *)
    printf '%s' "its data ($1) is on the disk that is mounted at $was, which is not mounted now. Mount it, and see to it that /etc/fstab does so at each start"
    ;;
  esac
  printf '%s\n' "; it starts by itself then. If what is in $1 is right as it is: rm $(mount_note "$1")"
}
newly_mounted() { # PATH: is its data on a disk of its own that nobody has noted yet?
  local note
  note=$(mount_note "$1")
  [ -s "$note" ] && [ "$(<"$note")" != "$(mount_of "$1")" ] && ! unmounted "$1" >/dev/null
}
data_there() { # SERVICE PATH…: for the drop-in; 255 is what systemd takes for a failure of a condition
  local service=$1 path why
  shift
  for path in "$@"; do
    if why=$(unmounted "$path"); then
      printf '%s is not started: %s\n' "$service" "$why" >&2
      exit 255
    fi
  done
  for path in "$@"; do
    if newly_mounted "$path"; then
      why=$(mount_note "$path")
      # A disk without room is no reason not to start.
      { mount_of "$path" >"$why.next" && settle "$why.next" "$why"; } || rm -f -- "$why.next"
    fi
  done
}
guard=$state/data-there.sh
guard_text() {
  printf '%s\n' '#!/bin/bash' '# Is the data of a service where it was? SERVICE PATH…' 'set -euo pipefail' "state=$state"
  declare -f settle entries mount_of mount_note unmounted newly_mounted data_there
  printf '%s\n' 'data_there "$@"'
}
# Services that a unit consists of, by its files.
services_of() { # PATH…
  local path name
  for path in "$@"; do
    name=${path##*/}
    case $path in
    /etc/containers/systemd/*.container) printf '%s\n' "${name%.container}.service" ;;
    /etc/systemd/system/*.service) printf '%s\n' "$name" ;;
    esac
  done
}
drop_in_of() { printf '/etc/systemd/system/%s.d/homelab-data.conf' "$1"; }
drop_in_text() { # SERVICE PATH…
  printf '%s\n' '# Written by homelab: the data has to be mounted where it was.' '[Service]'
  # Without its script it is no hindrance.
  printf 'ExecCondition=+/bin/bash -c %s %s' "'[ ! -e \"\$\$0\" ] || exec /bin/bash \"\$\$0\" \"\$\$@\"'" "$guard"
  printf ' "%s"' "$@"
  printf '\n'
}

# A file system without room, among those that a unit needs.
full_disks() { # PATH…
  local path free
  for path in "$@"; do
    free=$(df --output=avail -k -- "$path" 2>/dev/null | tail -n 1) || continue
    if [ "${free:-1024}" -lt 1024 ]; then printf 'full\t%s\n' "$path"; fi
  done
}
