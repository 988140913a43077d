#!/usr/bin/env bash
# build.sh PYTHON.tar WORKDIR OUT: what stands for the images that a person brings, for a conversation from end to end: an agent
# gateway, a gRPC service with real embeddings (all-MiniLM-L6-v2 by ONNX Runtime), and a worker that hears of it by NATS.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/layers.sh
. "$here/../../lib/layers.sh"
# shellcheck source=../../lib/python.sh
. "$here/../../lib/python.sh"

base=$1 work=$2 out=$3
programs=$work/root/opt/conversation
mkdir -p "$programs"
cp -- "$here"/*.py "$here/embeddings.proto" "$here/../../data/embeddings/model.py" "$programs/"
tar --owner=0 --group=0 --sort=name --mtime=@1767225600 -C "$work/root" -cf "$work/programs.tar" opt
# shellcheck disable=SC2016 # for the shell in there
python_layer "$base" "$here/requirements.txt" "$work" "$work/layer.tar" '
  cd /opt/conversation
  python -c "import nats, psycopg"
  python embedding.py 127.0.0.1:50051 &
  for _ in $(seq 60); do if python health.py 127.0.0.1:50051; then exit 0; fi; sleep 1; done
  exit 1
'
tar -Af "$work/layer.tar" "$work/programs.tar"
docker_archive_on "$base" "$work/layer.tar" "$out" localhost/homelab-lab/conversation:1 <<'JSON'
{
  "Env": ["PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "PYTHONUNBUFFERED=1"],
  "WorkingDir": "/opt/conversation",
  "Entrypoint": ["python"]
}
JSON
