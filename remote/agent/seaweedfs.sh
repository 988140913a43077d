#!/bin/bash
# SeaweedFS on this node, asked from inside. Input: `verb shell|restart`, `container NAME`, `service UNIT`, `master HOST:PORT`,
# `filer HOST:PORT`, `commands TEXT` (base64, a line each, of `weed shell`), `end`. Output of `shell`: what it says.
source head.sh
read_given
case ${given[verb]} in
shell)
  decode "${given[commands]}" |
    podman exec -i "${given[container]}" /usr/bin/weed -logtostderr=true shell \
      "-master=${given[master]}" "-filer=${given[filer]}"
  ;;
restart) systemctl restart "${given[service]}" ;;
*) fail 30 "Unknown verb '${given[verb]}'." ;;
esac
