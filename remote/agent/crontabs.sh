#!/bin/bash
# What this node begins by the clock: crontabs, what run-parts is shown, systemd's timers. Input: `verb look`, `end`; or
# `verb disable`, for each line `line PATH<tab>SHA256<tab>NUMBER<tab>NAME`, `end`: it becomes a comment, and nothing
# else in its file changes. Output: tab-separated lines, see ../crontabs.ts.
source head.sh
verb='' complete=''
paths=() sums=() numbers=() names=()
while IFS=$'\t' read -r key one two three four; do
  case $key in
  verb) verb=$one ;;
  line) paths+=("$one") sums+=("$two") numbers+=("$three") names+=("$four") ;;
  end) complete=yes ;;
  esac
done
if [ -z "$complete" ]; then fail 30 'The question about crontabs arrived cut short.'; fi
sum() { sha256sum -- "$1" | cut -d' ' -f1; }

if [ "$verb" = disable ]; then
  # All are looked at before the first is changed.
  for i in "${!paths[@]}"; do
    if [ "$(sum "${paths[i]}" 2>/dev/null || true)" != "${sums[i]}" ]; then
      fail 31 "${paths[i]} is not what it was when it was read: nothing was changed; import it again."
    fi
  done
  for path in $(printf '%s\n' "${paths[@]}" | sort -u); do
    file=$(readlink -f -- "$path")
    # cron passes over names that begin with a point.
    temporary=${file%/*}/.homelab-${file##*/}.$$
    cp -p -- "$file" "$temporary"
    for i in "${!paths[@]}"; do
      if [ "${paths[i]}" = "$path" ]; then printf '%s\t%s\n' "${numbers[i]}" "${names[i]}"; fi
    done | awk -F'\t' '
      NR == FNR { name[$1] = $2; next }
      FNR in name { print "# homelab runs this as " name[FNR] ": " $0; next }
      { print }' - FS='\n' "$file" >"$temporary"
    settle "$temporary" "$file"
    printf 'disabled\t%s\n' "$path"
  done
  # Also cron's own mark that something changed there.
  if [ -d /var/spool/cron/crontabs ]; then touch /var/spool/cron/crontabs; fi
  exit 0
fi
if [ "$verb" != look ]; then fail 30 "What to do with crontabs is not known: $verb."; fi

# A path with a tab or line end would be another line; such names are passed over, with a word.
row() {
  local word
  for word in "$@"; do
    case $word in *$'\t'* | *$'\n'*)
      printf 'odd\t%q\n' "$word"
      return
      ;;
    esac
  done
  (
    IFS=$'\t'
    printf '%s\n' "$*"
  )
}
declare -A owners=()
owned() { # PATH...: which packages brought these
  local found path name
  if command -v dpkg >/dev/null; then
    while IFS= read -r found; do
      name=${found%%:*} path=${found#*: }
      # Before /lib became a link, packages named that.
      case $path in /lib/*) path=/usr$path ;; esac
      owners[$path]=${name%%,*}
    done < <(for path in "$@"; do printf '%s\0%s\0' "$path" "${path#/usr}"; done | xargs -0r dpkg -S 2>/dev/null | grep -v '^diversion' || true)
  elif command -v rpm >/dev/null; then
    for path in "$@"; do
      if name=$(rpm -qf --qf '%{NAME}' -- "$path" 2>/dev/null); then owners[$path]=$name; fi
    done
  fi
}

cron=none version=''
for program in cron crond cronie; do
  place=$(command -v "$program" || true)
  if [ -z "$place" ]; then continue; fi
  owned "$(readlink -f -- "$place")"
  cron=${owners[$(readlink -f -- "$place")]:-$program}
  break
done
if command -v dpkg-query >/dev/null; then version=$(dpkg-query -W -f '${Version}' "$cron" 2>/dev/null || true); fi
row cron "$cron" "$version"
zone=$(readlink -f /etc/localtime 2>/dev/null || true)
case $zone in */zoneinfo/*) zone=${zone#*/zoneinfo/} ;; *) zone=$(cat /etc/timezone 2>/dev/null || echo UTC) ;; esac
row zone "${zone:-UTC}"
if [ -d /run/systemd/system ]; then row systemd; fi
if [ -x /usr/sbin/anacron ]; then row anacron; fi
while IFS=: read -r name _; do row user "$name"; done < <(getent passwd)

spool=/var/spool/cron
if [ -d /var/spool/cron/crontabs ]; then spool=/var/spool/cron/crontabs; fi
shopt -s nullglob
files=(/etc/crontab /etc/cron.d/* "$spool"/*)
scripts=(/etc/cron.hourly/* /etc/cron.daily/* /etc/cron.weekly/* /etc/cron.monthly/*)
timers=()
if [ -d /run/systemd/system ]; then
  while IFS= read -r name; do timers+=("$name"); done < <(systemctl list-units --all --type=timer --plain --no-legend 2>/dev/null | awk '{ print $1 }' | grep '\.timer$' || true)
fi
declare -A fragments=()
for name in "${timers[@]}"; do
  fragments[$name]=$(systemctl show -p FragmentPath --value -- "$name" 2>/dev/null || true)
  case ${fragments[$name]} in /lib/*) fragments[$name]=/usr${fragments[$name]} ;; esac
done
all=("${files[@]}" "${scripts[@]}" "${fragments[@]}")
if [ "${#all[@]}" -gt 0 ]; then owned "${all[@]}"; fi

for path in "${files[@]}"; do
  if [ ! -e "$path" ] || [ -d "$path" ]; then continue; fi
  kind=system user='' package=${owners[$path]:-}
  case $path in
  "$spool"/*) kind=user user=${path##*/} package='' ;;
  # Everybody writes into it.
  /etc/crontab) package='' ;;
  esac
  regular=no
  if [ -f "$path" ]; then regular=yes; fi
  row file "$kind" "$path" "$user" "$package" "$(stat -L -c '%U' -- "$path")" "$(stat -L -c '%a' -- "$path")" "$(stat -L -c '%h' -- "$path")" "$regular" "$(sum "$path")" "$(head -c 1048576 -- "$path" | base64 -w0)"
done
for path in "${scripts[@]}"; do
  if [ ! -f "$path" ] || [ "${path##*/}" = .placeholder ]; then continue; fi
  executable=no
  if [ -x "$path" ]; then executable=yes; fi
  row script "$path" "$executable" "${owners[$path]:-}"
done
for name in "${timers[@]}"; do
  active=no
  if systemctl is-active --quiet -- "$name"; then active=yes; fi
  row timer "$name" "${owners[${fragments[$name]}]:-}" "$active" "$(systemctl cat -- "$name" 2>/dev/null | base64 -w0 || true)"
done
row end
