#!/bin/bash
# A podman secret. Input: `verb apply|adopt|restore|refuse|read|remove`, `name NAME`, `value BASE64` (not for read and remove),
# `known yes` where the caller's state says that this project put it there, `end`.
#   apply   the value is there afterwards, whatever was there before; the same value is left as it is
#   adopt   what is there stays; the value is only for a node that has none
#   restore as adopt, but only what this project put there stays: a value set by hand makes way
#   refuse  as apply, but another value that is there is an error (exit 21), and stays
#   read    what is there stays; without one no value is said
# One that is not known and bears no mark of this project is somebody else's: exit 24, and nothing is changed.
# Output: `id ID`, `value BASE64`, what is there now, and `aside NAME`, where somebody else's value is kept.
# The value comes by standard input and goes on by standard input: it never stands in a process list.
#
# podman keeps all secrets in two files, which it writes in place and does not sync: a power cut at that moment or a
# full disk leaves them empty, and with them every secret of the node unreadable, for good. So they are copied before each
# change, put back when it fails, and synced after it.
source head.sh
read_given
name=${given[name]} verb=${given[verb]}
before=$state/secrets-before
store() { podman info --format '{{.Store.GraphRoot}}'; }
# By these it is known who put it there: the label, and a note of the id for one that was put there before there were labels
# (another label is another id, for which what uses the secret would be restarted).
label=homelab=yes
noted=$state/secrets-made/$name
id() { podman secret inspect --format '{{.ID}}' -- "$name"; }
ours() {
  [ "$(podman secret inspect --format '{{.Spec.Labels.homelab}}' -- "$name")" = yes ] ||
    { [ -f "$noted" ] && [ "$(id)" = "$(cat "$noted")" ]; }
}
note() {
  install -d -m 700 "${noted%/*}"
  id >"$noted.new"
  settle "$noted.new" "$noted"
}
look() { # Sets found: the value in base64, or nothing when there is no such secret. Not being able to look is an error.
  local status=0
  found=''
  podman secret exists -- "$name" || status=$?
  [ "$status" -ne 1 ] || return 0
  [ "$status" -eq 0 ] || fail 30 'podman does not say whether it is there: nothing was done.'
  # podman ends the text with one newline of its own.
  found=$(podman secret inspect --showsecret --format '{{.SecretData}}' -- "$name" | head -c -1 | base64 -w0)
  [ -n "$found" ] || fail 30 'podman does not show what is there: nothing was done.'
}
change() { # CMD…: with a copy of how all of them were, for as long as that may be needed.
  local graph secrets said each
  graph=$(store)
  secrets=$graph/secrets
  if [ -d "$secrets" ]; then
    rm -rf -- "$before.new"
    said=$({ cp -a -T -- "$secrets" "$before.new" && sync -f "$before.new" && settle "$before.new" "$before"; } 2>&1) || {
      rm -rf -- "$before.new"
      fail 22 "$before cannot be written: ${said##*: }. podman would lose all its secrets on a full disk, so nothing was changed."
    }
  fi
  said=$("$@" 2>&1) || {
    for each in filedriver/secretsdata.json secrets.json; do
      [ -f "$before/$each" ] || continue
      # Away first: the room that it takes is that of the former one.
      rm -f -- "$secrets/$each"
      cp -a -- "$before/$each" "$secrets/$each" || fail 22 "podman could not write its secrets (${said##*: }) and they could not be put back: make room on the disk of $secrets and run this again, a copy is in $before."
    done
    sync -f "$graph"
    rm -rf -- "$before"
    fail 22 "${said##*: }: all secrets are as they were."
  }
  sync -f "$graph"
  rm -rf -- "$before"
}
put() { decode "$2" | podman secret create --replace --label "$label" -- "$1" - >/dev/null; }
take_away() { podman secret rm -- "$name" >/dev/null 2>&1 || true; }

install -d -m 700 "$state"
# The secrets of one run wait for each other here: a score of them, on a node that has much else to do.
exec 9>"$state/secrets.lock"
flock -w 150 9 || fail 31 'Another run is still changing the secrets of this node: wait for it, then run this again.'
if secrets_damaged; then
  secrets=$(store)/secrets
  # What is there of them is nobody's to delete. Without a copy of the time before there is none, and an up sets its own again.
  if [ -e "$secrets" ]; then mv -T -- "$secrets" "$secrets.damaged-$(date -u +%Y%m%dT%H%M%SZ)"; fi
  if [ -d "$before" ]; then cp -a -T -- "$before" "$secrets"; fi
fi
# Of a run that was cut off after its change.
if [ -d "$before" ]; then
  sync -f "$(store)"
  rm -rf -- "$before"
fi

case $verb in
apply | adopt | restore | refuse)
  look
  wanted=${given[value]}
  if [ -n "$found" ] && [ "${given[known]:-}" != yes ] && ! ours; then exit 24; fi
  if [ -n "$found" ] && [ "$found" != "$wanted" ]; then
    if [ "$verb" = refuse ]; then exit 21; fi
    if [ "$verb" = adopt ] || { [ "$verb" = restore ] && ours; }; then wanted=$found; fi
  fi
  if [ "$found" != "$wanted" ]; then
    # Somebody else's value is nowhere else.
    if [ -n "$found" ] && ! ours; then
      aside=$name-set-aside-$(date -u +%Y%m%dT%H%M%SZ)
      change put "$aside" "$found"
      printf 'aside\t%s\n' "$aside"
    fi
    change put "$name" "$wanted"
  fi
  ours || note
  printf 'id\t%s\nvalue\t%s\n' "$(id)" "$wanted"
  ;;
read)
  look
  if [ -n "$found" ]; then printf 'value\t%s\n' "$found"; fi
  ;;
remove)
  change take_away
  rm -f -- "$noted"
  ;;
*) fail 30 "Unknown verb '$verb'." ;;
esac
