#!/bin/bash
# Is this node a ready part of its cluster? Arguments: the program, a kubeconfig that may see the node, the node's name. The
# kubelet is asked too: for a while the server takes a node that has ended for ready.
set -euo pipefail
curl -fsS -o /dev/null --max-time 3 http://127.0.0.1:10248/healthz
said=$("$1" kubectl --kubeconfig "$2" --request-timeout=5s get node "$3" \
  -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')
[ "$said" = True ]
