# shellcheck shell=bash disable=SC2034
# env.sh: what every lab script shares: where things are, the three machines, talking to the user.

shopt -s inherit_errexit # a failure inside $(…) counts too

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PROJECT=${LAB%/*}
# Not in the tree, which Pulumi's language host walks at each run: lab/state is a link to it. A copy of the repository at
# the same path is another one: when its folder was made tells them apart.
STATES=${XDG_STATE_HOME:-${HOME:-/root}/.local/state}/homelab
if [ -d "$LAB/state" ] && [ ! -L "$LAB/state" ]; then
  STATE=$LAB/state # of a lab that was raised by an earlier version
else
  STATE=$(readlink "$LAB/state" || printf '%s/lab-%s' "$STATES" "$(stat -c '%n %i %W' "$LAB" | cksum | cut -d ' ' -f 1)")
fi
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/homelab
# A computer has one lab; a further copy of the repository may have one beside it, under a name of its own: one word in
# lab/name. Addresses may be the same, since each lab has a network of its own.
LAB_NAME=
[ ! -s "$LAB/name" ] || LAB_NAME=$(<"$LAB/name")
# Must vanish at a reboot (podman tells a reboot by it), so it cannot live in $STATE.
RUN=/run/homelab-lab${LAB_NAME:+-$LAB_NAME}
LOGS=$STATE/log

NODES=(storage desktop compute)
declare -A ADDRESS=([storage]=10.77.0.11 [desktop]=10.77.0.12 [compute]=10.77.0.13)
declare -A LIFECYCLE=([storage]=always-on [desktop]=always-on [compute]=on-demand)
# In GB; the machines share this computer's, so none has more than that.
declare -A MEMORY=([storage]=16 [desktop]=32 [compute]=64)
DOMAIN=home.arpa
SUBNET=10.77.0.0/24 GATEWAY=10.77.0.1 BRIDGE=lab0 STRANGER_ADDRESS=10.77.0.66
# Its network namespace; its machines' control groups begin with the same.
NETNS=homelab${LAB_NAME:+-$LAB_NAME}

# die SENTENCE: the one way a lab script gives up.
die() {
  printf 'lab: %s\n' "$*" >&2
  exit 1
}

[[ $LAB_NAME =~ ^[a-z0-9]{0,16}$ ]] || die "lab/name holds '$LAB_NAME': a lab's name is one word of at most 16 small letters and digits."

say() { printf '%s\n' "$*" >&2; }

# is_node NAME: dies with the list of names when it is none of the three.
is_node() {
  [[ -n ${ADDRESS[${1:-}]:-} ]] 2>/dev/null || die "'${1:-}' is not a node of the lab: say storage, desktop or compute."
}

# state_ready: the folder of the state, and the link to it. Whose it is stands in it, for clean-cache.
state_ready() {
  mkdir -p "$STATE"
  [ -e "$LAB/state" ] || ln -sfn "$STATE" "$LAB/state"
  printf '%s\n' "$PROJECT" | atomic_write "$STATE/project"
}

# as_root CMD…: as it is for root, through sudo for others.
as_root() {
  if [ "$EUID" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

# need_root: asks for the password once and early, so that no background job ever has to.
need_root() {
  [ "$EUID" = 0 ] && return 0
  command -v sudo >/dev/null || die "making machines and networks needs root: install sudo, or run this as root."
  sudo -n true 2>/dev/null && return 0
  [ -t 0 ] || die "making machines and networks needs root, and sudo wants a password here: run 'sudo -v' first."
  say "The lab's machines are privileged containers in a network of their own: that needs root, so sudo asks."
  sudo -v
  # Kept fresh for as long as this runs: a background job cannot ask again.
  (while sleep 50 && kill -0 $$ 2>/dev/null; do sudo -n -v || exit; done) >/dev/null 2>&1 </dev/null 9>&- &
}

# atomic_write FILE [MODE]: stdin to FILE, whole or not at all; untouched when it is the same already.
atomic_write() {
  local tmp
  tmp=$(mktemp "$1.XXXXXX")
  cat >"$tmp"
  chmod "${2:-644}" "$tmp"
  if cmp -s "$tmp" "$1"; then rm -f "$tmp"; else mv -f "$tmp" "$1"; fi
}
