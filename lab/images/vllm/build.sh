#!/usr/bin/env bash
# build.sh PYTHON.tar WORKDIR OUT: what stands where docker.io/vllm/vllm-openai would, as a docker archive. It serves no
# model: see the program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/layers.sh
. "$here/../../lib/layers.sh"
# shellcheck source=../../lib/try.sh
. "$here/../../lib/try.sh"

base=$1 work=$2 out=$3
install -D -m 755 "$here/vllm" "$work/layer/usr/local/bin/vllm"
tar -C "$work/layer" --owner=0 --group=0 --sort=name --mtime=@1767225600 -cf "$work/layer.tar" usr
mkdir "$work/root"
as_root tar -C "$work/root" -xf "$base"
as_root tar -C "$work/root" -xf "$work/layer.tar"
# shellcheck disable=SC2016 # for the shell in there
try_in "$work/root" '
  vllm serve --model lab/nothing --port 8000 --gpu-memory-utilization 0.5 &
  for second in $(seq 30); do wget -qO- http://127.0.0.1:8000/health && break; sleep 1; done
  wget -qO- http://127.0.0.1:8000/v1/models | grep lab/nothing'
as_root rm -rf --one-file-system "$work/root"

docker_archive_on "$base" "$work/layer.tar" "$out" localhost/homelab-lab/vllm-openai:stand-in <<'JSON'
{
  "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
  "Entrypoint": ["vllm", "serve"],
  "ExposedPorts": { "8000/tcp": {} }
}
JSON
