#!/bin/bash
# Files of a release, checked against the release's own checksum file. Input: `verb observe|apply|remove`,
# `directory PATH` (…/NAME/VERSION), `url URL` (of that version), `checksums NAME`, `keep VERSION` (stays beside it),
# `timeout SECONDS` a file, `file MODE NAME COPY`… (COPY may be empty), `end`. Output: `file NAME SHA256`, `elsewhere NAME` where its copy is
# not there. A version is put in place whole or not at all.
source head.sh
verb='' directory='' url='' checksums='' keep='' timeout=900 complete='' modes=() names=() copies=()
while IFS=$'\t' read -r key a b c; do
  case $key in
  verb) verb=$a ;;
  directory) directory=$a ;;
  url) url=$a ;;
  checksums) checksums=$a ;;
  keep) keep=$a ;;
  timeout) timeout=$a ;;
  file) modes+=("$a") names+=("$b") copies+=("$c") ;;
  end) complete=yes ;;
  *) fail 30 "Unknown line '$key' in the description of the release." ;;
  esac
done
if [ -z "$complete" ] || [ -z "$directory" ]; then fail 30 'The description arrived cut short: nothing was done.'; fi
parent=${directory%/*}

sum_of() { sha256sum <"$1" | cut -d' ' -f1; }
look() {
  local i
  for i in "${!names[@]}"; do
    [ -f "$directory/${names[i]}" ] || continue
    printf 'file\t%s\t%s\n' "${names[i]}" "$(sum_of "$directory/${names[i]}")"
    [ -z "${copies[i]}" ] || cmp -s "$directory/${names[i]}" "${copies[i]}" || printf 'elsewhere\t%s\n' "${names[i]}"
  done
}
no_room() { # PATH: does its disk have no room left?
  [ "$(df --output=avail -k -- "${1%/*}" | tail -n 1)" -lt 64 ]
}
fetch() { # NAME OUT
  local said
  said=$(curl -fsSL --retry 2 --connect-timeout 15 --max-time "$timeout" -o "$2" -- "$url/$1" 2>&1) && return 0
  if no_room "$2"; then fail 22 "$2 cannot be written: no space left on the disk of $parent. Nothing was changed."; fi
  fail 23 "$url/$1 could not be fetched: $(tail -n 1 <<<"$said")"
}
in_use() { # DIRECTORY: by a unit as it is, or as it was when it was healthy last and may come back
  grep -qsF -- "$1/" "$state"/units/*/healthy/*.file /etc/systemd/system/*.service /etc/containers/systemd/*.container
}
forget_others() { # Versions that nothing needs: before a new one is fetched, so that it finds room, and after.
  local other
  for other in "$parent"/*/; do
    other=${other%/}
    case ${other##*/} in "${directory##*/}" | "$keep" | '*') continue ;; esac
    in_use "$other" || rm -rf -- "$other"
  done
}
wanted() { # NAME: its sum, as the release says
  awk -v name="$1" '{ sub(/^[*]/, "", $2) } $2 == name { print $1; exit }' "$stage/.sums"
}
whole() { # Is every file there, as the release's checksum file of then said, and executable as wanted?
  local i sum
  [ -f "$directory/.sums" ] || return 1
  for i in "${!names[@]}"; do
    [ -f "$directory/${names[i]}" ] || return 1
    [ "$(stat -c '%04a' "$directory/${names[i]}")" = "${modes[i]}" ] || return 1
    sum=$(stage=$directory wanted "${names[i]}")
    if [ -z "$sum" ] || [ "$sum" != "$(sum_of "$directory/${names[i]}")" ]; then return 1; fi
  done
}

case $verb in
observe) look ;;
remove)
  # With the version before, which nothing falls back to any more.
  rm -rf -- "${parent:?}"
  for copy in "${copies[@]}"; do [ -z "$copy" ] || rm -f -- "$copy"; done
  ;;
apply)
  install -d -m 755 "$parent"
  exec 9>"$parent/.lock"
  flock -w 300 9 || fail 31 "Another run is still fetching ${parent##*/}: wait for it, then run this again."
  # What a run left that was cut off.
  rm -rf -- "$parent"/.fetch-* "$parent"/.former-*
  forget_others
  if ! whole; then
    stage=$(mktemp -d -- "$parent/.fetch-XXXXXX" 2>&1) || fail 22 "$parent cannot be written: ${stage##*: }. Nothing was changed."
    trap 'rm -rf "$stage"' EXIT
    fetch "$checksums" "$stage/.sums"
    for i in "${!names[@]}"; do
      name=${names[i]}
      sum=$(wanted "$name")
      [ -n "$sum" ] || fail 24 "$url/$checksums tells no checksum of $name: this is not its release."
      fetch "$name" "$stage/$name"
      is=$(sum_of "$stage/$name")
      [ "$is" = "$sum" ] || fail 24 "$url/$name is not what the release's checksum file says ($is, not $sum): nothing was installed."
      chmod "${modes[i]}" "$stage/$name"
    done
    chmod 755 "$stage"
    sync -f "$stage"
    # What is there is whole until the moment in which the other takes its place.
    if [ -e "$directory" ]; then mv -T -- "$directory" "$parent/.former-${directory##*/}"; fi
    mv -T -- "$stage" "$directory"
    rm -rf -- "$parent"/.former-*
    sync -- "${directory%/*}"
  fi
  for i in "${!names[@]}"; do
    copy=${copies[i]}
    if [ -z "$copy" ] || cmp -s "$directory/${names[i]}" "$copy"; then continue; fi
    # What is above it may be a program's own directory, which is nobody else's to look into.
    (umask 077 && mkdir -p -- "${copy%/*}")
    temp=${copy%/*}/.homelab.${copy##*/}.new
    if ! said=$({ cp -- "$directory/${names[i]}" "$temp" && chmod 644 "$temp"; } 2>&1); then
      rm -f -- "$temp"
      fail 22 "$copy cannot be written: ${said##*: }. What was there is still there."
    fi
    # A file of that name which is of no version of this is somebody's: it stays beside it.
    if [ -e "$copy" ] && [ ! -L "$copy" ] && ! cmp -s -- "$copy" "$parent/$keep/${names[i]}" && [ ! -e "$parent/.copied-${names[i]}" ]; then
      mv -T -- "$copy" "$copy.set-aside-$(date -u +%Y%m%dT%H%M%SZ)"
    fi
    settle "$temp" "$copy"
    : >"$parent/.copied-${names[i]}"
  done
  forget_others
  look
  ;;
*) fail 30 "Unknown verb '$verb'." ;;
esac
