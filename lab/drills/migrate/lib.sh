# shellcheck shell=bash
# Sourced by what moves databases in the lab: a throwaway PostgreSQL of an older version on compute, to move from.
DRILL=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../lib/all.sh
. "$DRILL/../../lib/all.sh"

on_node() { # NODE COMMAND ARGS…: arguments arrive as they are.
  local node=$1
  shift
  lab_ssh "$node" "${*@Q}"
}

# source_begin MAJOR PORT: a new and empty one; the superuser's password comes by standard input.
source_begin() {
  local suite archive
  suite=$(cut -d' ' -f1 "$LAB/images/postgres-$1/suite")
  archive=$(image_archive "postgres-$1")
  image_onto compute "$archive" >/dev/null </dev/null
  on_node compute bash -c "$(cat "$DRILL/source.sh")" source up "localhost/homelab-lab/postgres:$1-$suite" "$2"
}
source_end() { on_node compute bash -c "$(cat "$DRILL/source.sh")" source down </dev/null >/dev/null 2>&1 || true; }
source_psql() { on_node compute podman exec -i --user postgres --env "PGPORT=$PORT" lab-source psql -XqAt -v ON_ERROR_STOP=1 "$@"; }
