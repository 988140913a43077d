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
'
# python_layer leaves out folders named test: of Dagster one of them is part of the program, without which no code is loaded.
kept=opt/venv/lib/python3.13/site-packages/dagster/_utils/test
sed -n '/^dagster==/,/[^\\]$/p' "$here/requirements.txt" >"$work/dagster.txt"
python_root "$base" "$work/dagster.txt" "$work/dagster"
as_root tar -C "$work/dagster" --owner=0 --group=0 --sort=name --mtime=@1767225600 --append --file "$work/layer.tar" "$kept"
as_root rm -rf --one-file-system "$work/dagster"
docker_archive_on "$base" "$work/layer.tar" "$out" localhost/homelab-lab/dagster-k8s:1.13.27 <<'JSON'
{
  "Env": ["PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
  "Cmd": ["python3"]
}
JSON
