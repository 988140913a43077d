#!/bin/bash
# keys.sh: each node's repository on storage opens with that node's key and no other. One that was made while all had one
# key gets its own.
here=$(dirname "$0")
# shellcheck source=lib.sh
source "$here/lib.sh"
# shellcheck disable=SC2034 # for restic-lib.sh
restic_as=keys
# shellcheck source=restic-lib.sh
source "$here/restic-lib.sh"

own_key() {
  local name=$1 status=0 said key former
  said=$(here "$name" cat config --no-lock 2>&1 >/dev/null) || status=$?
  case $status in
  0) return ;;
  12) ;;
  *) fail "The repository of $name does not open: $(tail -n 2 <<<"$said")" ;;
  esac
  key=$(key_of "$name")
  restic --secret "$key,mode=0400" -- --repo "/backup/${repositories##*/}/$name" \
    key add --retry-lock 5m --host storage --user root --new-password-file "/run/secrets/$key" >&2 ||
    fail "The repository of $name opens neither with its own key nor with the one that all repositories had: nothing was changed. If its key is in a former state of the stack, see docs/runbooks/state.md."
  # Only now, with the new one, the former ones go.
  for former in $(here "$name" key list --json --no-lock | grep -oE '"current":(true|false)|"id":"[0-9a-f]+"' | paste -d ' ' - - | sed -n 's/.*false.*"id":"\([0-9a-f]*\)".*/\1/p; s/.*"id":"\([0-9a-f]*\)".*false.*/\1/p'); do
    here "$name" key remove --retry-lock 5m "$former" >&2
  done
  say "The repository of $name opens with its own key now."
}

run() {
  local name
  for name in $(repositories); do own_key "$name"; done
}

alone keys run
