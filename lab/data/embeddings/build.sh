#!/usr/bin/env bash
# build.sh WORKDIR OUT [COUNT]: COUNT sentences with their real embeddings, as COPY … (FORMAT binary) reads them; see embed.py.
# Takes a quarter of an hour of one core for 100,000, so it is made once; see lab/lib/data.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$1 out=$2 count=${3:-100000}
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$here/requirements.txt"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here nice -n 5 "$work/venv/bin/python" "$here/embed.py" "$count" "$out"
