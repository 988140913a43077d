#!/usr/bin/env bash
# build.sh PYTHON.tar WORKDIR OUT: models small enough to be made here, as a layer: /usr/share/lab-models/NAME.gguf.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/python.sh
. "$here/../../lib/python.sh"

root=$2/root
python_root "$1" "$here/requirements.txt" "$root"
as_root cp "$here/minilm.py" "$here/random_llama.py" "$root/build/"
as_root mkdir -p "$root/usr/share/lab-models"
as_root nice chroot "$root" /opt/venv/bin/python /build/minilm.py /usr/share/lab-models/all-minilm.gguf
as_root nice chroot "$root" /opt/venv/bin/python /build/random_llama.py /usr/share/lab-models/lab-random.gguf
as_root tar -C "$root" --owner=0 --group=0 --sort=name --mtime=@1767225600 -cf "$3" usr/share/lab-models
as_root rm -rf --one-file-system "$root"
