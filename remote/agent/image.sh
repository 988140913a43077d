#!/bin/bash
# An image built on the node. Input: `verb observe|apply`, `reference NAME:TAG`, `timeout SECONDS`,
# `containerfile BASE64` (apply), `end`. Output: the image's id when it is there.
source head.sh
verb='' reference='' timeout=900 containerfile='' complete=''
while IFS=$'\t' read -r key rest; do
  case $key in
  verb) verb=$rest ;;
  reference) reference=$rest ;;
  timeout) timeout=$rest ;;
  containerfile) containerfile=$rest ;;
  end) complete=yes ;;
  esac
done
if [ -z "$complete" ] || [ -z "$reference" ]; then fail 30 'The description of the image arrived cut short.'; fi
id() { podman image inspect --format '{{.Id}}' -- "$reference" 2>/dev/null; }
case $verb in
observe) id || true ;;
apply)
  if ! id >/dev/null; then
    context=$(mktemp -d)
    trap 'rm -rf "$context"' EXIT
    # shellcheck disable=SC2312 # decode fails only on a cut input, which `end` rules out
    decode "$containerfile" >"$context/Containerfile"
    timeout "$timeout" podman build --quiet --pull=missing --tag "$reference" "$context" >"$context/log" 2>&1 ||
      fail 22 "The image $reference could not be built: $(tail -n 5 "$context/log")"
  fi
  id
  ;;
*) fail 30 "Unknown verb '$verb'." ;;
esac
