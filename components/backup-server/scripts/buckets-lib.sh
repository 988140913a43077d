# shellcheck shell=bash disable=SC2154
# buckets-lib.sh: MinIO's client (for whichever engine serves S3), and the lists of what is in a bucket and in its copy. Sourced after lib.sh.
#
# A name is one line in all lists: \\ stands for \, and \n, \t, \r for what they stand for in C.
mirror=$BACKUP_DIRECTORY/buckets facts=$BACKUP_DIRECTORY/buckets.facts
# shellcheck disable=SC2034 # used by who sources this
removed=$BACKUP_DIRECTORY/buckets.removed verb=${1:-}
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# mc ARGUMENTS…: as the root user, whose name and password are read in the container.
mc() {
  # shellcheck disable=SC2016 # for the container's shell
  podman run --rm --pull never --log-driver none --network host --volume "$BACKUP_DIRECTORY:/backup" --entrypoint sh \
    --secret "$MINIO_SECRETS-user,mode=0400,target=user" --secret "$MINIO_SECRETS-password,mode=0400,target=password" "$MINIO_IMAGE" -c \
    'export MC_HOST_root="http://$(cat /run/secrets/user):$(cat /run/secrets/password)@127.0.0.1:$0"; export MC_CONFIG_DIR=/tmp/mc; exec mc --quiet "$@"' \
    "$MINIO_PORT" "$@" </dev/null
}

# one_line: names that end with a zero, as lines. names: the other way.
one_line() { sed -z 's/\\/\\\\/g; s/\n/\\n/g; s/\t/\\t/g; s/\r/\\r/g' | tr '\0' '\n'; }
names() { while IFS= read -r name; do printf '%b\0' "$name"; done; }

# from_json: texts as Go writes them between the quotes of JSON.
from_json() {
  awk '{
    out = ""; text = $0
    while ((at = index(text, "\\")) > 0) {
      out = out substr(text, 1, at - 1); which = substr(text, at + 1, 1)
      if (which == "u") {
        code = 0
        for (i = 2; i <= 5; i++) code = code * 16 + index("0123456789abcdef", tolower(substr(text, at + i, 1))) - 1
        if (code == 8232) out = out "\342\200\250"
        else if (code == 8233) out = out "\342\200\251"
        else out = out sprintf("%c", code)
        text = substr(text, at + 6)
      } else {
        out = out (which == "\"" ? which : "\\" which)
        text = substr(text, at + 2)
      }
    }
    print out text
  }'
}

# objects BUCKET: a line each, `ETAG SIZE KEY`, in order. A folder's marker is an object whose key ends with a slash.
objects() {
  mc ls --json --recursive "root/$1" |
    sed -n 's/.*"size":\([0-9]*\),"key":"\(.*\)","etag":"\([^"]*\)".*/\3 \1 \2/p' | from_json | sort
}

# known BUCKET: what the copy holds, `SHA256 ETAG SIZE KEY`. An earlier version wrote `KEY<tab>SIZE<tab>ETAG` and had the
# sums apart.
known() {
  local tab=$'\t'
  [ -e "$facts/$1" ] || return 0
  if grep -q "$tab" "$facts/$1"; then
    awk -F '\t' 'NF == 3 { print $3, $2, $1 }' "$facts/$1" | from_json | awk -v bucket="$1" '
      pass == 1 { sub(/^\\/, ""); name = substr($0, 67); gsub(/\t/, "\\t", name); sum[name] = substr($0, 1, 64); next }
      { key = $0; sub(/^[^ ]* [^ ]* /, "", key); name = "./" bucket "/" key
        if (key ~ /\/$/) print "-", $0; else if (name in sum) print sum[name], $0 }' pass=1 "$facts/.sums" pass=2 -
  else
    cat "$facts/$1"
  fi
}

# stored BUCKET: the files of the copy, `SIZE NAME`.
stored() { (cd "$mirror/$1" && find . -type f -printf '%s %P\0') | one_line; }

# marker BUCKET KEY: an empty object whose key ends with a slash; such a one the client only knows how to copy. It is sent
# as a form, which the client signs for some minutes.
marker() {
  local bound=homelab-$RANDOM$RANDOM$RANDOM body='' field form answer
  form=$(mc --json share upload --recursive --expire 10m "root/$1/" | grep -oE -- '-F [A-Za-z-]+=[^ "]+' | cut -c 4-)
  while IFS= read -r field; do
    case $field in
    key=* | file=*) ;;
    *) body+="--$bound"$'\r\n'"Content-Disposition: form-data; name=\"${field%%=*}\""$'\r\n\r\n'"${field#*=}"$'\r\n' ;;
    esac
  done <<<"$form"
  body+="--$bound"$'\r\nContent-Disposition: form-data; name="key"\r\n\r\n'"$2"$'\r\n'
  body+="--$bound"$'\r\nContent-Disposition: form-data; name="file"; filename="empty"\r\n\r\n\r\n'"--$bound--"$'\r\n'
  exec 8<>"/dev/tcp/127.0.0.1/$MINIO_PORT"
  printf 'POST /%s/ HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "$MINIO_PORT" "$bound" "${#body}" "$body" >&8
  IFS= read -r answer <&8
  exec 8>&-
  [[ $answer == *' 20'[0-9]* ]] || fail "The folder $2 could not be put into the bucket $1: ${answer%$'\r'}."
}
