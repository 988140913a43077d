#!/usr/bin/env bash
# build.sh PYTHON.tar WORKDIR OUT: a stand-in for ghcr.io/mlflow/mlflow as a docker archive, for where no image registry
# can be reached: MLflow with the drivers for PostgreSQL and S3, which the official image has not.
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
  python -c "import boto3, mlflow.server, psycopg2, sklearn"
  mlflow --version
'
docker_archive_on "$base" "$work/layer.tar" "$out" localhost/homelab-lab/mlflow:v3.17.2 <<'JSON'
{
  "Env": ["PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
  "Cmd": ["python3"],
  "ExposedPorts": { "5000/tcp": {} }
}
JSON
