#!/bin/bash
# state.sh, on the machine; names (see ../render.ts) by standard input. Prints everything that a tool is to bring about,
# a line a thing, without what differs from run to run (passwords, ids, times).
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
postgres='' minio='' complete='' databases=()
names=$(cat)
# What depends on what another tool makes last is started again by systemd, in its own time.
mapfile -t services < <(sed -n 's/^service\t//p' <<<"$names")
for ((i = 0; i < 90; i++)); do
  if ! systemctl show -p ActiveState -- "${services[@]}" | grep -qx ActiveState=activating; then break; fi
  sleep 1
done
while IFS=$'\t' read -r kind name; do
  case $kind in
    service)
      printf 'unit %s %s\n' "$name" "$(systemctl show -p ActiveState,SubState,UnitFileState,NeedDaemonReload -- "$name" | sort | paste -sd' ')"
      ;;
    file) printf 'file %s %s %s\n' "$name" "$(stat -c '%a %U:%G' -- "$name")" "$(sha256sum <"$name")" ;;
    image) printf 'image %s %s\n' "$name" "$(podman image inspect --format '{{.Config.Entrypoint}} {{.Config.Cmd}} {{.Config.Env}}' "$name")" ;;
    secret) printf 'secret %s, of %s characters\n' "$name" "$(podman secret inspect --showsecret --format '{{.SecretData}}' "$name" | tr -d '\n' | wc -c)" ;;
    data) printf 'data %s %s\n' "$name" "$(stat -c '%U:%G' -- "$name")" ;;
    postgres) postgres=$name ;;
    minio) minio=$name ;;
    end) complete=yes ;;
  esac
done <<<"$names"
[ -n "$complete" ] || { echo 'The names arrived cut short.' >&2; exit 1; }

podman ps --format 'container {{.Names}} {{.Image}}' | sort
nft list table inet homelab | sed -E 's/packets [0-9]+ bytes [0-9]+//'

psql() { podman exec -i --user postgres postgres psql -p "$postgres" -v ON_ERROR_STOP=1 -XAtq -d "$1"; }
psql postgres <<'SQL'
select 'role', rolname, rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolreplication, rolbypassrls, rolcanlogin,
  rolconnlimit, rolvaliduntil, left(rolpassword, 14) from pg_authid where rolname !~ '^pg_' order by 2;
select 'member', roleid::regrole, member::regrole from pg_auth_members where roleid >= 16384 order by 2, 3;
select 'for', setdatabase, setrole::regrole, setconfig from pg_db_role_setting order by 2, 3;
select 'database', datname, datdba::regrole, encoding, datlocprovider, datcollate, datlocale, datallowconn, datconnlimit,
  datacl from pg_database order by 2;
select 'setting', name, setting from pg_settings where source = 'configuration file' order by 2;
SQL
mapfile -t databases < <(psql postgres <<<'select datname from pg_database where datallowconn order by 1')
for database in "${databases[@]}"; do
  echo "in $database"
  psql "$database" <<'SQL'
select 'extension', extname, extversion, extnamespace::regnamespace from pg_extension order by 2;
select 'schema', nspname, nspowner::regrole, nspacl from pg_namespace where nspname !~ '^pg_' order by 2;
select 'default', defaclrole::regrole, defaclacl from pg_default_acl order by 2;
SQL
done

podman exec -i minio sh -s "$minio" <<'SH'
set -eu
export MC_HOST_store="http://$(cat /run/secrets/homelab-minio-root-user):$(cat /run/secrets/homelab-minio-root-password)@127.0.0.1:$1"
for bucket in $(mc ls store | sed 's/.* \(.*\)\/$/\1/' | sort); do
  mc version info "store/$bucket"
  mc anonymous get "store/$bucket"
done
for user in $(mc admin user ls store | sed 's/^enabled *\([^ ]*\).*/\1/' | sort); do mc admin user info store "$user"; done
for policy in $(mc admin policy ls store | sort); do
  echo "policy $policy"
  # The server gives actions in any order.
  mc admin policy info store "$policy" | tr '{}[],' '\n' | grep -vE 'CreateDate|UpdateDate|^$' | sort
done
SH
