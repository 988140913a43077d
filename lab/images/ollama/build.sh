#!/usr/bin/env bash
# build.sh MODELS.tar WORKDIR OUT: a stand-in for docker.io/ollama/ollama as a docker archive, for where no image registry
# can be reached: built from its pinned Go module, for processors, with the lab's models already in it.
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
version=$(sed -n 's/^require github.com\/ollama\/ollama v//p' "$here/go.mod")
[ -n "$version" ] || die "lab/images/ollama/go.mod names no version of github.com/ollama/ollama."

# A Go module's archive leaves out folders named vendor, and with them three C++ headers that it is built with.
rootfs forky libminiaudio-dev,libstb-dev,nlohmann-json3-dev "$work" "$work/headers.tar" --variant=extract >/dev/null
mkdir -p "$work/headers" "$work/include/miniaudio"
tar -C "$work/headers" --no-same-owner -xf "$work/headers.tar" ./usr/include
mv "$work/headers/usr/include/nlohmann" "$work/headers/usr/include/stb" "$work/include/"
mv "$work/headers/usr/include/miniaudio.h" "$work/include/miniaudio/"
# The headers by a path that is the same each time, so that Go finds again what it has built.
include=$CACHE/tmp/ollama-headers
rm -rf "$include"
mv "$work/include" "$include"
# -O1: for models of this size it is fast enough, and takes half as long to build.
(cd "$here" && GOFLAGS='' CGO_ENABLED=1 CGO_CPPFLAGS="-I$include" CGO_CFLAGS=-O1 CGO_CXXFLAGS=-O1 nice go build -mod=readonly -trimpath -buildvcs=false \
  -ldflags "-s -w -X github.com/ollama/ollama/version.Version=$version" -o "$work/ollama" github.com/ollama/ollama)

small_rootfs libc6,libgomp1,libstdc++6 "$work" "$work/root.tar"
root=$work/root
mkdir "$root"
as_root tar -C "$root" -xf "$models"
as_root tar -C "$root" -xf "$work/root.tar"
as_root install -D -m 755 "$work/ollama" "$root/usr/lib/ollama/ollama"
as_root install -m 755 "$here/ollama" "$root/usr/bin/ollama"

# The models in its own store; its answers are looked at too.
# shellcheck disable=SC2016 # for the shell in there
try_in "$root" '
  ollama=/usr/lib/ollama/ollama
  export OLLAMA_MODELS=/usr/share/lab-models/ollama
  $ollama serve 2>/tmp/log &
  for second in $(seq 60); do $ollama list >/dev/null 2>&1 && break; sleep 1; done
  for model in all-minilm lab-random; do
    echo "FROM /usr/share/lab-models/$model.gguf" >/tmp/Modelfile
    $ollama create "$model" -f /tmp/Modelfile
  done
  ask() { wget -qO- --header "content-type: application/json" --post-data "$2" "http://127.0.0.1:11434$1"; }
  numbers=$(ask /v1/embeddings "{\"model\":\"all-minilm\",\"input\":\"a sentence\"}" | grep -o "[0-9][],]" | wc -l)
  echo "an embedding of $numbers numbers"
  [ "$numbers" -ge 384 ] || { cat /tmp/log; exit 1; }
  ask /api/generate "{\"model\":\"lab-random\",\"prompt\":\"hello\",\"stream\":false,\"options\":{\"num_predict\":8}}" |
    grep -o "\"eval_count\":[0-9]*" || { cat /tmp/log; exit 1; }'
as_root rm -rf "$root"/tmp/*
as_root chmod -R a+rX "$root/usr/share/lab-models" # a pod may be anybody
# Its store has copies of the files.
as_root rm "$root"/usr/share/lab-models/*.gguf
as_root tar -C "$root" -cf "$work/layer.tar" .
as_root rm -rf --one-file-system "$root"

docker_archive "$work/layer.tar" "$out" "localhost/homelab-lab/ollama:$version" <<'JSON'
{
  "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "OLLAMA_HOST=0.0.0.0:11434"],
  "Entrypoint": ["/bin/ollama"],
  "Cmd": ["serve"],
  "ExposedPorts": { "11434/tcp": {} }
}
JSON
