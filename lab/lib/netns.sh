# shellcheck shell=bash
# netns.sh: the lab's own network. Everything that talks to a lab address does it from inside this namespace,
# which has no default route: no packet for the lab leaves by this computer's own network, nor comes from it.

netns_up() {
  have_netns && return 0
  as_root ip netns add "$NETNS" ||
    die "this machine does not let us make a network namespace; in a container, give it --privileged."
  as_root ip -n "$NETNS" link set lo up
}

# The file stays behind where a mount was lost (a reboot clears it), hence the question to the file system.
have_netns() { [ "$(stat -fc %T "/run/netns/$NETNS" 2>/dev/null)" = nsfs ]; }

# A further machine on the lab's LAN, which is none of the house's: an address of its own in a namespace of its own.
STRANGER=$NETNS-stranger

stranger_up() {
  [ "$(stat -fc %T "/run/netns/$STRANGER" 2>/dev/null)" != nsfs ] || return 0
  as_root ip netns add "$STRANGER"
  as_root ip -n "$STRANGER" link set lo up
  # Its address of IPv6 can be used at once.
  as_root nsenter --net="/run/netns/$STRANGER" sysctl -qw net.ipv6.conf.default.accept_dad=0
  as_root ip -n "$NETNS" link add stranger0 type veth peer name eth0 netns "$STRANGER"
  as_root ip -n "$NETNS" link set stranger0 master "$BRIDGE" up
  as_root ip -n "$STRANGER" addr add "$STRANGER_ADDRESS/${SUBNET#*/}" dev eth0
  as_root ip -n "$STRANGER" link set eth0 up
}

stranger_down() { as_root ip netns del "$STRANGER" 2>/dev/null || true; }

netns_down() {
  stranger_down
  have_netns || return 0
  as_root ip netns del "$NETNS"
}

# in_netns_root CMD…: as root. nsenter, not `ip netns exec`: that one would also change the mounts podman sees.
in_netns_root() { as_root nsenter --net="/run/netns/$NETNS" -- "$@"; }

# in_netns CMD…: as the user, with the user's environment (which sudo would drop, and which may hold secrets,
# so it goes by a file nobody else can read, not by arguments).
in_netns() {
  if [ "$EUID" = 0 ]; then
    exec nsenter --net="/run/netns/$NETNS" -- "$@"
  fi
  local environment
  environment=$(mktemp "$STATE/.environment.XXXXXX")
  export -p >"$environment"
  # shellcheck disable=SC2016 # for the inner shell
  exec sudo -- nsenter --net="/run/netns/$NETNS" -- setpriv --reuid="$EUID" --regid="$(id -g)" --init-groups -- \
    bash -c 'environment=$1; shift; . "$environment"; rm -f "$environment"; exec "$@"' _ "$environment" "$@"
}
