# look.sh BUCKET FOLDER KNOWN-BACKUP…: on storage after it came back: what is there, and what is torn, a line each, tab-separated.
# After ../../store-client.sh. `torn WHAT WHY` is a finding. KNOWN-BACKUPs were looked through after an earlier cut, and so was the WAL before the newest of them.
# shellcheck shell=bash disable=SC2154,SC2016
set -uo pipefail
# shellcheck source=/dev/null
source /usr/local/lib/homelab/backup/lib.sh
# shellcheck source=/dev/null
source /usr/local/lib/homelab/backup/postgres-lib.sh
set +e
bucket=$1 folder=$2
shift 2
HISTORY=$root/$(cat "$root/cluster")

torn() { printf 'torn\t%s\t%s\n' "$1" "$(tr '\n\t' '  ' <<<"$2" | cut -c1-300)"; }
checked() { # WHAT CMD…: a finding with its words when it fails
  local said what=$1
  shift
  said=$("$@" 2>&1) || torn "$what" "${said:-it failed without a word}"
}

# The provider's own files: each whole, or not there. A dot before its name has what is being written.
find /etc/containers/systemd /etc/homelab /etc/lab-cut /usr/local/lib/homelab /var/lib/homelab /etc/systemd/system/{homelab,lab-cut}* \
  -type f -empty ! -name lock ! -name '.*' ! -name '*.new' ! -name '*.lock' ! -path '*/files-*' ! -path '*.new/*' -printf 'empty\t%p\n' 2>/dev/null
for kept in /var/lib/homelab/units/*/; do
  if [ -e "$kept/applied" ] && ! grep -qxE '[0-9a-f]{64} [0-9a-f]{64}' "$kept/applied"; then torn "$kept/applied" "$(cat "$kept/applied")"; fi
  if [ -L "$kept/healthy" ]; then
    grep -qxE '[0-9a-f]{64} [0-9a-f]{64}' "$kept/healthy/applied" || torn "$kept/healthy" 'no hashes'
    for file in "$kept"/healthy/*; do [ -s "$file" ] || printf 'empty\t%s\n' "$file"; done
  fi
done
checked 'podman secrets' podman secret ls
for secret in $(podman secret ls --format '{{.Name}}'); do
  printf 'secret\t%s\t%s\n' "$secret" "$(podman secret inspect --showsecret --format '{{.SecretData}}' "$secret" | tr -d '\n' | sha256sum | cut -d' ' -f1)"
done
printf 'unit\t%s\n' "$(cat /etc/lab-cut/number 2>/dev/null)"

# WAL and its seals.
while read -r stretch; do
  printf 'stretch\t%s\n' "$stretch"
  find "$stretch" -maxdepth 1 -name '0*' -printf 'segment\t%f\t%s\n'
  bad=$(grep -anvE '^[0-9a-f]{64}  [0-9A-F]{24}$' "$stretch/sums") && torn "$stretch/sums" "$bad"
  sed 's/^/seal\t/' "$stretch/sums"
  tail -n 15 "$stretch/sums" >/tmp/lab-cut.sums
  checked "$stretch" sh -c 'cd "$0" && sha256sum --quiet --check /tmp/lab-cut.sums' "$stretch"
done < <(stretches "$HISTORY")

# Base backups and dumps: what has its name is whole.
for kind in base dump; do
  for path in "$HISTORY/$kind"/*/; do
    path=${path%/}
    case $path in *.part) continue ;; esac
    printf 'backup\t%s\n' "$path"
    case " $* " in *" $path "*) continue ;; esac
    [ -s "$path/info" ] || torn "$path" 'it has its name, and no info'
    checked "$path" sh -c 'cd "$0" && sha256sum --quiet --check sums' "$path"
    if [ $kind = base ]; then
      checked "$path" in_image none -- pg_verifybackup --quiet --no-parse-wal "/backup/${HISTORY##*/}/base/${path##*/}/data"
    else
      for dump in "$path"/*.dump; do checked "$dump" sh -c 'podman exec -i --user postgres postgres pg_restore -f /dev/null <"$0"' "$dump"; done
    fi
  done
done
since=$(backups base | sed -n 1p)
for base in $(backups base); do
  case " $* " in *" $HISTORY/base/$base "*) since=$base ;; esac
done
if [ -n "$since" ]; then checked "WAL since the base backup $since" wal_whole "$(wal_of "$since")" "$(start_segment "$HISTORY/base/$since")"; fi

# The mirror, the objects, the repository.
(cd "$BACKUP_DIRECTORY/buckets/$bucket/$folder" 2>/dev/null && sha256sum -- * | sed 's/^/mirror\t/')
store_client "$bucket/$folder" <<'SH' | sed 's/^/object\t/'
mc --quiet mirror "root/$1" /tmp/lab-cut >/dev/null && cd /tmp/lab-cut && sha256sum *
SH
if [ -e "$BACKUP_DIRECTORY/repository/desktop/config" ]; then
  # shellcheck source=/dev/null
  source /usr/local/lib/homelab/backup/restic-lib.sh
  # A backup that was cut off has left its lock, which nobody can tell from a live one for half an hour.
  checked 'the repository of desktop' here desktop check --quiet --read-data --no-lock
fi
printf 'end\n'
