#!/usr/bin/env bash
# build.sh MODELS.tar WORKDIR OUT: a stand-in for ghcr.io/ggml-org/llama.cpp's server for processors as a docker archive, for
# where no image registry can be reached: Debian's own package, the official image's entry contract.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/rootfs.sh
. "$here/../../lib/rootfs.sh"
# shellcheck source=../../lib/layers.sh
. "$here/../../lib/layers.sh"
# shellcheck source=../../lib/try.sh
. "$here/../../lib/try.sh"

models=$1 work=$2 out=$3
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the root directory
small_rootfs bash,curl,llama.cpp "$work" "$work/layer.tar" \
  --extract-hook='ln -sf bash "$1/usr/bin/sh"' \
  --extract-hook='install -d "$1/app"; ln -s ../usr/bin/llama-server "$1/app/llama-server"'

mkdir "$work/root"
as_root tar -C "$work/root" -xf "$models"
as_root tar -C "$work/root" -xf "$work/layer.tar"
# shellcheck disable=SC2016 # for the shell in there
try_in "$work/root" '
  cd /app
  ask() { curl -fsS --retry 60 --retry-delay 1 --retry-all-errors --max-time 60 -H "content-type: application/json" "$@"; }
  /app/llama-server --port 8081 --embeddings --model /usr/share/lab-models/all-minilm.gguf 2>/tmp/log &
  ask http://127.0.0.1:8081/health || { cat /tmp/log; exit 1; }
  numbers=$(ask http://127.0.0.1:8081/v1/embeddings -d "{\"input\":\"a sentence\"}" | grep -o "[0-9][],]" | wc -l)
  echo "an embedding of $numbers numbers"
  [ "$numbers" -ge 384 ]
  /app/llama-server --port 8082 --model /usr/share/lab-models/lab-random.gguf 2>/tmp/log &
  ask http://127.0.0.1:8082/health || { cat /tmp/log; exit 1; }
  ask http://127.0.0.1:8082/v1/chat/completions -d "{\"max_tokens\":8,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}" |
    grep completion_tokens'
as_root rm -rf --one-file-system "$work/root"

docker_archive_on "$models" "$work/layer.tar" "$out" localhost/homelab-lab/llama.cpp:server <<'JSON'
{
  "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LLAMA_ARG_HOST=0.0.0.0"],
  "WorkingDir": "/app",
  "Entrypoint": ["/app/llama-server"],
  "ExposedPorts": { "8080/tcp": {} }
}
JSON
