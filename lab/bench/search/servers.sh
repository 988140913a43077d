# shellcheck shell=bash disable=SC2034
# servers.sh: the two servers of this bench on storage, throwaway containers beside each other: `house` with the program's settings,
# `defaults` with PostgreSQL's own.

BASE=/srv/homelab-bench-search
HOUSE=house:15432 DEFAULTS=defaults:15433

# psql_of NAME:PORT: the command on storage that asks this server.
psql_of() {
  printf 'podman exec -i bench-search-%s psql -XqAt -v ON_ERROR_STOP=1 -U postgres -h 127.0.0.1 -p %s -d agent_gateway\n' "${1%:*}" "${1#*:}"
}

# answers NAME:PORT: a script for storage that waits until this server answers; two minutes at most.
answers() {
  printf "timeout 120 sh -c 'until %s -c \"select 1\" >/dev/null 2>&1; do sleep 0.5; done'\n" "$(psql_of "$1")"
}
