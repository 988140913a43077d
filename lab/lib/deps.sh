# shellcheck shell=bash
# deps.sh: the programs the lab needs of this computer, and the Debian/Ubuntu packages that bring them.

declare -A PACKAGE_OF=(
  [podman]=podman [mmdebstrap]=mmdebstrap [nft]=nftables [iptables]=iptables [ip]=iproute2
  [nsenter]=util-linux [flock]=util-linux [ssh]=openssh-client [ssh-keygen]=openssh-client
  [nc]=netcat-openbsd [tar]=tar [conmon]=conmon [shellcheck]=shellcheck [make]=make [curl]=curl [python3]=python3
  [mkfs.ext4]=e2fsprogs [losetup]=mount [mountpoint]=util-linux
)
# Not found by a command name: netavark lives in podman's own folder, runc is needed beside crun where cgroup v1 is.
declare -A PACKAGE_FILES=(
  [netavark]="/usr/lib/podman/netavark /usr/libexec/podman/netavark"
  [debian-archive-keyring]="/usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp"
)

# for_tests: the engine tests run a PostgreSQL and an sshd of their own on this computer; test data is made in a Python venv.
for_tests() {
  PACKAGE_FILES+=(
    [postgresql]="/usr/lib/postgresql/*/bin/initdb" [openssh-server]=/usr/sbin/sshd
    [python3-venv]="/usr/lib/python3*/ensurepip/__init__.py"
  )
}

# for_cluster: Ollama has a half in C++.
for_cluster() { PACKAGE_OF+=([g++]=g++); }

cgroup_v2() { [ "$(stat -fc %T /sys/fs/cgroup 2>/dev/null)" = cgroup2fs ]; }

have_file() {
  local file
  for file in "$@"; do [ ! -e "$file" ] || return 0; done
  return 1
}

# sbin is not on every user's PATH, but root's tools live there.
have_command() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null; }

# missing_packages: what is not there, one package a line.
missing_packages() {
  local item
  for item in "${!PACKAGE_OF[@]}"; do have_command "$item" || printf '%s\n' "${PACKAGE_OF[$item]}"; done
  for item in "${!PACKAGE_FILES[@]}"; do
    # shellcheck disable=SC2086 # a list of paths and patterns
    have_file ${PACKAGE_FILES[$item]} || printf '%s\n' "$item"
  done
  cgroup_v2 || have_command runc || printf 'runc\n'
}

# deps_ensure: installs what is missing; on a system without apt says what is.
deps_ensure() {
  local missing
  mapfile -t missing < <(missing_packages | sort -u)
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    die "this is not Debian or Ubuntu, so install these yourself (named as Debian does): ${missing[*]}."
  need_root
  say "Installing from this machine's package mirror: ${missing[*]}"
  apt_install "${missing[@]}" || die "apt-get could not install: ${missing[*]} (its log: $LOGS/apt.log)."
}

apt_install() {
  state_ready
  mkdir -p "$LOGS"
  # Runlevel 1: what is installed for its programs is not started as a service.
  local get=(as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120)
  "${get[@]}" install --no-install-recommends "$@" >"$LOGS/apt.log" 2>&1 && return 0
  { "${get[@]}" update && "${get[@]}" install --no-install-recommends "$@"; } >>"$LOGS/apt.log" 2>&1
}
