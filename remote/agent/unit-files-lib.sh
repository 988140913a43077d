#!/bin/bash
# How unit-apply.sh writes files: beside their place first, on the disk, as wanted. Put in the place of its `source` line.
# shellcheck disable=SC2154 # service, kept and stage are the script's
# Beside a path: what will be renamed over it. The ending is none that podman, systemd or a program looks for.
beside() { printf '%s/.%s.%s.%s' "${1%/*}" "${1##*/}" "$service" "$2"; }
cannot_write() { # PATH WORDS
  local place=${1%/*}
  while [ ! -d "$place" ]; do place=${place%/*}; done
  fail 22 "$1 cannot be written: ${2##*: }. $(df --output=target,avail -h -- "${place:-/}" | awk 'END { print $1 " has " $2 " free" }'): nothing was changed, and what ran before is still there."
}
is_unit_file() { case $1 in /etc/containers/systemd/* | /etc/systemd/system/*) ;; *) return 1 ;; esac; }
like() { # FILE MODE OWNER PATH: is it there as wanted?
  [ -f "$4" ] && [ ! -L "$4" ] && cmp -s -- "$1" "$4" &&
    [ "$(stat -c '%04a' -- "$4")" = "$2" ] &&
    case "$(stat -c ' %u:%g %U:%G ' -- "$4")" in *" $3 "*) ;; *) return 1 ;; esac
}
mode_of() { stat -c '%04a' -- "$1"; }
owner_of() { stat -c '%u:%g' -- "$1"; }
write() { # FILE TO MODE OWNER: a new file, with its contents on the disk
  local said
  said=$({
    rm -rf -- "$2" && (umask 077 && cat -- "$1" >"$2") && chmod "$3" -- "$2" && chown "$4" -- "$2" && sync -- "$2"
  } 2>&1) || cannot_write "$2" "$said"
}
make_room_for() { # PATH: its directory; one that is there keeps its mode
  local said
  [ -d "${1%/*}" ] || said=$(install -d -m 755 -- "${1%/*}" 2>&1) || cannot_write "$1" "$said"
}
note() { # NAME: standard input, as a note of that name that is not in force yet
  local said
  said=$({ rm -f -- "$kept/$1" && cat >"$kept/$1" && sync -- "$kept/$1"; } 2>&1) || cannot_write "$kept/$1" "$said"
}
