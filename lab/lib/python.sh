# shellcheck shell=bash
# python.sh: Python programs as a layer on lab/images/python.
# shellcheck source=try.sh
. "$(dirname "${BASH_SOURCE[0]}")/try.sh"

# python_root BASE.tar REQUIREMENTS.txt ROOT: the layer unpacked in ROOT with what the file pins in /opt/venv. pip checks each
# package against the file's hashes and takes nothing that is not in it.
python_root() {
  local base=$1 requirements=$2 root=$3 certificates=/etc/ssl/certs/ca-certificates.crt
  mkdir -p "$root"
  as_root tar -C "$root" -xf "$base"
  as_root install -D -m 644 "$requirements" "$root/build/requirements.txt"
  # This computer's way to the Python package index: names, certificates, an index of its own.
  as_root cp /etc/resolv.conf "$root/etc/resolv.conf"
  [ ! -e "$certificates" ] || as_root cp "$certificates" "$root$certificates"
  [ ! -e /etc/pip.conf ] || as_root cp /etc/pip.conf "$root/etc/pip.conf"
  # shellcheck disable=SC2016 # for the shell in there
  as_root env PIP_ROOT_USER_ACTION=ignore HOME=/root LANG=C.UTF-8 nice chroot "$root" sh -euc '
      python3 -m venv --without-pip /opt/venv
      pip=$(echo /usr/share/python-wheels/pip-*.whl)
      python3 "$pip/pip" --python /opt/venv/bin/python install -q --disable-pip-version-check \
        --no-compile --no-cache-dir --no-deps --require-hashes -r /build/requirements.txt'
}

# python_layer BASE.tar REQUIREMENTS.txt WORKDIR OUT SCRIPT: OUT becomes a tar of /opt/venv with what the file pins. SCRIPT is
# tried in it first (see try.sh).
python_layer() {
  local root=$3/root
  python_root "$1" "$2" "$root"
  # Compiled here, or each container would do it at its start, which takes longer than all the rest of the start.
  # shellcheck disable=SC2016 # for the shell in there
  as_root nice chroot "$root" sh -euc '
    cd /opt/venv/lib/python3*/site-packages
    # Folders named test stay: of Dagster one is part of the program.
    find . -type d -name tests -prune -exec rm -rf {} +
    python3 -m compileall -q -j 2 --invalidation-mode unchecked-hash . >/dev/null || true' # templates are no programs
  try_in "$root" "$5"
  as_root tar -C "$root" --owner=0 --group=0 --sort=name --mtime=@1767225600 -cf "$4" opt/venv
  as_root rm -rf --one-file-system "$root"
}
