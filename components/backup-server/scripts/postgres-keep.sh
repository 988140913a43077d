# shellcheck shell=bash disable=SC2154
# postgres-keep.sh: takes away what is older than KEEP_DAYS and not needed to go back that far. Sourced after postgres-lib.sh.
#
# Neither a name nor a clock decides alone. By the clock a backup must be older than KEEP_DAYS, and by what is there, backups
# must have been made on as many days after it: a clock that is a year ahead takes away nothing that would not have gone
# anyhow. One that is behind, or that nothing keeps right, takes away nothing at all (clock_doubt in lib.sh).

# keep: as much of it as is sure; nothing while somebody reads the history.
keep() {
  local doubt moments
  mapfile -t moments < <(began_all)
  doubt=$(clock_doubt "${moments[@]}")
  if [ -n "$doubt" ]; then
    say "WARNING: $doubt"
  elif pages_damaged; then
    say "WARNING: pages of the server's data are damaged, as the newest backup says: nothing older is taken away until they are mended, and the disk fills."
  elif ! lock history exclusive "${KEEP_PATIENCE:-600}"; then
    say "Nothing old was taken away: it is being read. The next run does it."
  else
    keep_bases
    keep_dumps
    while read -r folder; do keep_wal "$folder"; done < <(stretches "$HISTORY")
    unlock history
  fi
}

# pages_damaged: does the newest backup of either form hold less than the server should have?
pages_damaged() {
  local form newest
  for form in base dump; do
    newest=$(backups "$form" | tail -n 1)
    if [ -n "$newest" ] && [ -n "$(info "$HISTORY/$form/$newest" damaged)" ]; then return 0; fi
  done
  return 1
}

# old KIND NAME: by the clock, and by what was made since.
old() { [ "$(info "$HISTORY/$1/$2" began)" -le $(($(date +%s) - KEEP_DAYS * 86400)) ] && [ "$(days_after "$1" "$2")" -ge "$KEEP_DAYS" ]; }

# keep_bases: those before the newest full one that is old.
keep_bases() {
  local each oldest='' names
  mapfile -t names < <(backups base)
  for each in "${names[@]}"; do
    if [ -z "$(info "$HISTORY/base/$each" parent)" ] && old base "$each"; then oldest=$each; fi
  done
  for each in "${names[@]}"; do
    if [ -z "$oldest" ] || [ "$each" = "$oldest" ]; then return 0; fi
    take_away "$HISTORY/base/$each"
  done
}

# keep_dumps: not the last three, and none that alone holds a database which is still there.
keep_dumps() {
  local i file later names there
  mapfile -t names < <(backups dump)
  there=$(databases_there | while read -r _ each; do filename "$each" && echo; done) || return 0
  for ((i = 0; i < ${#names[@]} - 3; i++)); do
    old dump "${names[i]}" || continue
    for file in "$HISTORY/dump/${names[i]}"/*.dump; do
      file=${file##*/}
      grep -qxF -- "${file%.dump}" <<<"$there" || continue
      for later in "${names[@]:i+1}"; do
        if [ -e "$HISTORY/dump/$later/$file" ]; then continue 2; fi
      done
      continue 2
    done
    take_away "$HISTORY/dump/${names[i]}"
  done
}

# keep_wal FOLDER: of a stretch of WAL what its oldest base backup needs; a former one without any, which nothing can be
# restored with, until it is old.
keep_wal() {
  local each first='' days
  for each in $(backups base); do
    if [ -z "$first" ] && begins_in "$1" "$each"; then first=$(start_segment "$HISTORY/base/$each"); fi
  done
  if [ -n "$first" ]; then
    in_image none -- pg_archivecleanup "/backup/$ID/${1##*/}" "$first" </dev/null
    lock seal exclusive 600 || return 0
    sealed "$1" | awk -v first="${first:8}" 'substr($2, 9, 16) >= first' | write "$1/sums"
    unlock seal
  elif [ "$1" != "$(wal_now)" ] && [ -z "$(find "$1" -maxdepth 1 -name '0*' -newermt "@$(($(date +%s) - KEEP_DAYS * 86400))")" ]; then
    days=$(table base | while read -r _ each began _; do
      if begins_in "$(wal_now)" "$each"; then echo $((began / 86400)); fi
    done | sort -u | wc -l)
    if [ "$days" -ge "$KEEP_DAYS" ]; then take_away "$1"; fi
  fi
}

# The name goes first: half of a backup that is being deleted must not look like one.
take_away() { mv -T -- "$1" "$1.part" && sync "${1%/*}" && rm -rf --one-file-system -- "$1.part"; }
