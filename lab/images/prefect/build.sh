#!/usr/bin/env bash
# build.sh PYTHON.tar WORKDIR OUT: a stand-in for docker.io/prefecthq/prefect as a docker archive, for where no image registry
# can be reached: Prefect's packages, for the server and for workers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/layers.sh
. "$here/../../lib/layers.sh"
# shellcheck source=../../lib/python.sh
. "$here/../../lib/python.sh"

base=$1 work=$2 out=$3
python_layer "$base" "$here/requirements.txt" "$work" "$work/layer.tar" '
  python -c "import asyncpg, prefect.server.api.server"
  PREFECT_HOME=/tmp/prefect prefect --version
'
docker_archive_on "$base" "$work/layer.tar" "$out" localhost/homelab-lab/prefect:3.9.1 <<'JSON'
{
  "Env": ["PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
  "Cmd": ["python3"],
  "ExposedPorts": { "4200/tcp": {} }
}
JSON
