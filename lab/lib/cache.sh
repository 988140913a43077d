# shellcheck shell=bash
# cache.sh: things that take minutes to make, kept by the hash of what they are made from.

# cache_key FILE…: a short hash of the files' contents and of this machine's processor.
cache_key() {
  { uname -m && cat -- "$@"; } | sha256sum | cut -c1-16
}

# cached NAME.EXT KEY BUILD…: prints the path of NAME-KEY.EXT, making it with `BUILD… WORKDIR OUT` when it is
# not there. WORKDIR is empty and on the cache's disk. A second run waits for a first (even an orphan of a
# killed one) instead of doing the same twice; what a killed one left half done is removed.
cached() {
  local name=${1%%.*} ext=${1#*.} key=$2 out work
  shift 2
  out=$CACHE/images/$name-$key.$ext
  if [ ! -e "$out" ]; then
    mkdir -p "$CACHE/lock" "$CACHE/tmp" "$CACHE/images"
    work=$CACHE/tmp/$name
    (
      flock 8
      [ ! -e "$out" ] || exit 0
      # `|| exit`: a caller's own `||` would switch off set -e in here.
      as_root rm -rf --one-file-system "$work" || exit 1
      mkdir -p "$work/work" || exit 1
      "$@" "$work/work" "$work/out" >&2 || exit 1
      [ "$EUID" = 0 ] || as_root chown "$EUID" "$work/out" || exit 1
      mv "$work/out" "$out" || exit 1
      # Older recipes' results go once nobody has used them for a fortnight.
      find "$CACHE/images" -name "$name-*.$ext" -mtime +14 -delete || exit 1
      as_root rm -rf --one-file-system "$work"
    ) 8>"$CACHE/lock/$name" || return 1
  fi
  touch "$out"
  printf '%s\n' "$out"
}
