#!/bin/bash
# Who may use the cluster whose server is this machine, beside the house itself: a ServiceAccount a person, with a role.
# Input: `verb create|list|revoke`, `name NAME`, `role admin|developer|viewer`, `namespaces NAME…` (a developer's), `seconds N`
# (how long the token is good for), `end`. Output of create: `server`, `authority`, `expires`, `token`; of list, a line each:
# `access NAME ROLE NAMESPACES EXPIRES`.
#
# A certificate cannot be taken back, a ServiceAccount can: with it every token of it ends.
source head.sh
read_given
program=$(systemctl show -p ExecStart --value k3s.service 2>/dev/null | sed -n 's/.*path=\([^ ]*\) .*/\1/p')
if [ ! -x "$program" ] || ! systemctl --quiet is-active k3s.service; then
  fail 40 "No cluster runs on this machine: set homelab:k3s.enabled on storage, and run \`pulumi up --stack storage\`."
fi
kubectl() { timeout 60 "$program" kubectl --request-timeout=20s "$@"; }
space=homelab-access
kubectl get --raw /readyz >/dev/null 2>&1 || fail 41 "The cluster on this machine does not answer."

binding() { # KIND CLUSTER-ROLE [NAMESPACE]
  printf -- '---\napiVersion: rbac.authorization.k8s.io/v1\nkind: %s\nmetadata:\n  name: homelab-access-%s\n%s  labels: {homelab.dev/access: "%s"}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}\nsubjects:\n  - {kind: ServiceAccount, name: "%s", namespace: %s}\n' \
    "$1" "$name${4:-}" "${3:+  namespace: $3
}" "$name" "$2" "$name" "$space"
}
bindings_of() { # NAME: removes what it may do
  kubectl delete clusterrolebinding -l "homelab.dev/access=$1" --ignore-not-found >/dev/null
  kubectl delete rolebinding --all-namespaces -l "homelab.dev/access=$1" --ignore-not-found >/dev/null
}
name=${given[name]:-}
case ${given[verb]} in
create)
  role=${given[role]}
  read -ra namespaces <<<"${given[namespaces]:-}"
  for one in "${namespaces[@]}"; do
    kubectl get namespace "$one" >/dev/null 2>&1 || fail 42 "The cluster has no namespace $one: nothing was changed."
  done
  # What it could do before ends first: nobody has two roles.
  bindings_of "$name"
  {
    printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n---\n' "$space"
    printf 'apiVersion: v1\nkind: ServiceAccount\nautomountServiceAccountToken: false\nmetadata:\n  name: "%s"\n  namespace: %s\n  labels: {homelab.dev/role: %s}\n  annotations: {homelab.dev/namespaces: "%s", homelab.dev/expires: "%s"}\n' \
      "$name" "$space" "$role" "${given[namespaces]:-}" "$(date -u -d "+${given[seconds]} seconds" +%FT%TZ)"
    case $role in
    admin) binding ClusterRoleBinding cluster-admin ;;
    viewer) binding ClusterRoleBinding view ;;
    developer)
      binding ClusterRoleBinding view
      for one in "${namespaces[@]}"; do binding RoleBinding edit "$one"; done
      ;;
    esac
  } | kubectl apply -f - >/dev/null
  said=$(kubectl create token "$name" --namespace "$space" --duration "${given[seconds]}s" -o 'jsonpath={.status.expirationTimestamp} {.status.token}')
  view=$(kubectl config view --raw --minify -o 'jsonpath={.clusters[0].cluster.server} {.clusters[0].cluster.certificate-authority-data}')
  read -r server authority <<<"$view"
  read -r expires token <<<"$said"
  if [ -z "$token" ] || [ -z "$authority" ]; then fail 43 "The cluster gave no token, or its certificate authority is not known."; fi
  printf 'server\t%s\nauthority\t%s\nexpires\t%s\ntoken\t%s\n' "$server" "$authority" "$expires" "$token"
  ;;
list)
  kubectl get serviceaccounts --namespace "$space" -l homelab.dev/role --ignore-not-found -o \
    'jsonpath={range .items[*]}access{"\t"}{.metadata.name}{"\t"}{.metadata.labels.homelab\.dev/role}{"\t"}{.metadata.annotations.homelab\.dev/namespaces}{"\t"}{.metadata.annotations.homelab\.dev/expires}{"\n"}{end}'
  ;;
revoke)
  kubectl get serviceaccount "$name" --namespace "$space" >/dev/null 2>&1 || fail 44 "Nobody named $name has access: \`homelab kubeconfig list\` shows who has."
  # The account first: with it every token ends, wherever this is stopped.
  kubectl delete serviceaccount "$name" --namespace "$space" >/dev/null
  bindings_of "$name"
  ;;
esac
