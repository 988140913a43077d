#!/bin/bash
# A node of the cluster whose server is this machine. Input: `verb state|drain|return`, `node NODE`, `seconds N` (drain's
# limit), `all yes` (pods that nobody makes anew are deleted too), `end`. Output: `cluster none`, or `cluster NODE` with
# `ready yes|no`, `cordoned no|ours|other`.
#
# drain: no new pods, and those that are there go elsewhere. The node is marked as cordoned for its sleep, unless somebody else
# had cordoned it: that one stays so. return: what drain did is undone.
source head.sh
read_given
node=${given[node]}
mark=homelab.dev/cordoned-for-sleep
program=$(systemctl show -p ExecStart --value k3s.service 2>/dev/null | sed -n 's/.*path=\([^ ]*\) .*/\1/p')
if [ ! -x "$program" ] || ! systemctl --quiet is-active k3s.service; then
  printf 'cluster\tnone\n'
  exit 0
fi
kubectl() { timeout "$1" "$program" kubectl --request-timeout="$2" "${@:3}"; }
look() { # The node's own view of its cluster, as `READY CORDONED MARK`.
  kubectl 20 10s get node "$node" --ignore-not-found -o \
    'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.spec.unschedulable} {.metadata.annotations.homelab\.dev/cordoned-for-sleep}'
}
seen=$(look) || fail 41 "The cluster on this machine does not answer."
if [ -z "$seen" ]; then
  printf 'cluster\tnone\n'
  exit 0
fi
IFS=' ' read -r ready cordoned <<<"$seen"
case $cordoned in
true*yes) cordoned=ours ;;
true*) cordoned=other ;;
*) cordoned=no ;;
esac
case ${given[verb]} in
drain)
  if [ "$cordoned" = no ]; then
    kubectl 20 10s annotate node "$node" --overwrite "$mark=yes" >/dev/null
    kubectl 20 10s cordon "$node" >/dev/null
    cordoned=ours
  fi
  options=(--ignore-daemonsets --delete-emptydir-data "--timeout=${given[seconds]}s")
  if [ "${given[all]:-}" = yes ]; then options+=(--force); fi
  said=$(kubectl $((given[seconds] + 20)) 0 drain "$node" "${options[@]}" 2>&1) ||
    fail 42 "$(grep -iE '^error|cannot|violate' <<<"$said" | tail -n 3 | paste -sd' ')"
  ;;
return)
  if [[ $seen == *yes ]]; then
    kubectl 20 10s uncordon "$node" >/dev/null
    kubectl 20 10s annotate node "$node" "$mark-" >/dev/null
    cordoned=no
  fi
  ;;
esac
printf 'cluster\t%s\nready\t%s\ncordoned\t%s\n' "$node" "$([ "$ready" = True ] && echo yes || echo no)" "$cordoned"
