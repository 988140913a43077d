# shellcheck shell=bash
# rootfs.sh: Debian root file systems as tar files, by mmdebstrap.

# The mirror is whatever this machine's apt uses; on anything but Debian mmdebstrap's own default.
debian_mirror() {
  local site
  # shellcheck disable=SC1091
  [ "$(. /etc/os-release && echo "${ID:-}")" = debian ] || return 0
  # shellcheck disable=SC2016 # $(SITE) is apt's own placeholder
  site=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -v security | grep -m1 '^https\?:') || return 0
  printf '%s\n' "$site"
}

# rootfs SUITE PACKAGES WORKDIR OUT [MMDEBSTRAP-OPTION…]: OUT becomes an uncompressed tar.
rootfs() {
  local suite=$1 packages=$2 work=$3 out=$4 mirror
  shift 4
  mirror=$(debian_mirror)
  # Check-Valid-Until: a mirror's copy of a testing suite may be past its date; signatures are still checked.
  as_root env TMPDIR="$work" nice mmdebstrap --variant=minbase --mode=root --format=tar \
    --keyring=/usr/share/keyrings \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include="$packages" "$@" "$suite" "$out" ${mirror:+"$mirror"}
}
