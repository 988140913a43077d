# shellcheck shell=bash
# all.sh: the lab's rooms, in the order they need each other.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in env progress cache tools rootfs deps netns disk podman seed power wake machines images data project stacks switch kubernetes table; do
  # shellcheck source=/dev/null
  . "$here/$part.sh"
done
unset here part
