#!/usr/bin/env bash
# build.sh PYTHON.tar WORKDIR OUT: a stand-in for docker.io/dagster/dagster-k8s as a docker archive, for where no image
# registry can be reached: webserver, daemon and the libraries for PostgreSQL, Kubernetes and S3; DuckDB besides.
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
  python -c "import boto3, dagster_aws.s3, dagster_k8s, dagster_postgres, duckdb, psycopg2"
  dagster --version
  dagster-webserver --version
  dagster-daemon --version
  echo "import dagster; defs = dagster.Definitions()" >/tmp/defs.py
  dagster definitions validate -f /tmp/defs.py
'
docker_archive_on "$base" "$work/layer.tar" "$out" localhost/homelab-lab/dagster-k8s:1.13.27 <<'JSON'
{
  "Env": ["PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
  "Cmd": ["python3"]
}
JSON
