#!/usr/bin/env bash
# build.sh PYTHON.tar WORKDIR OUT: a stand-in for ghcr.io/berriai/litellm, docker.io/library/haproxy and docker.io/valkey/valkey
# as one docker archive, for where no image registry can be reached: LiteLLM's packages, and Debian trixie's HAProxy and Valkey.
# examples/agents/agent.py is in it as well, so that a machine of the lab can run agents.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../../lib/env.sh
. "$here/../../lib/env.sh"
# shellcheck source=../../lib/rootfs.sh
. "$here/../../lib/rootfs.sh"
# shellcheck source=../../lib/layers.sh
. "$here/../../lib/layers.sh"
# shellcheck source=../../lib/python.sh
. "$here/../../lib/python.sh"

base=$1 work=$2 out=$3
root=$work/root
# Both with the libraries that they need; of these, the layer below has some.
rootfs trixie haproxy,valkey-server "$work" "$work/debian.tar" --variant=extract >/dev/null
tar -tf "$base" | LC_ALL=C sort >"$work/below"
tar -tf "$work/debian.tar" | grep -E '^\./usr/(bin|sbin|lib)/.*[^/]$' | LC_ALL=C sort | LC_ALL=C comm -23 - "$work/below" >"$work/more"
grep -qx ./usr/sbin/haproxy "$work/more"
mkdir -p "$root"
as_root tar -C "$root" -xf "$work/debian.tar" -T "$work/more"
as_root install -D -m 755 "$here/entrypoint.sh" "$root/usr/local/bin/entrypoint.sh"
as_root install -D -m 644 "$here/../../../examples/agents/agent.py" "$root/opt/agents/agent.py"
as_root tar --owner=0 --group=0 --sort=name --mtime=@1767225600 -C "$root" -cf "$work/programs.tar" .
python_layer "$base" "$here/requirements.txt" "$work" "$work/layer.tar" '
  export LITELLM_LOCAL_MODEL_COST_MAP=True
  python -c "import nats, prometheus_client; from litellm import run_server"
  python -m py_compile /opt/agents/agent.py
  litellm --version
  /usr/sbin/haproxy -v
  valkey-server --version
'
as_root tar -Af "$work/layer.tar" "$work/programs.tar"
docker_archive_on "$base" "$work/layer.tar" "$out" localhost/homelab-lab/inference:1.106.12 <<'JSON'
{
  "Env": ["PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
  "Entrypoint": ["entrypoint.sh"],
  "ExposedPorts": { "4000/tcp": {} }
}
JSON
