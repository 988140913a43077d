#!/usr/bin/env bash
# Cuts from the official plugins' schemas what the stand-ins and their tests are held against:
#   plugins/schemas/extract.sh FOLDER_WITH_OFFICIAL_SCHEMAS
# The official schema of a plugin: `pulumi package get-schema command@1.2.1 > FOLDER/command.json`.
set -euo pipefail

source=${1:?name the folder that holds command.json, random.json, minio.json and kubernetes.json}
here=$(cd "$(dirname "$0")" && pwd)

extract() { # NAME VERSION RESOURCE-TYPE-PATTERN
  jq --sort-keys --arg name "$1" --arg version "$2" --arg pattern "$3" '
    def bare: walk(if type == "object" then del(.description, .language, .deprecationMessage) else . end);
    def refs: [.. | objects | ."$ref"? | select(type == "string" and startswith("#/types/")) | ltrimstr("#/types/")];
    def followed($types; $todo): # the types named, and all that they refer to
      if $todo == [] then {} else
        {done: {}, todo: $todo} | until(.todo == [];
          .todo[0] as $next | if .done[$next] then .todo |= .[1:] else
            .done[$next] = ($types[$next] | {type, properties, required, enum} | bare)
            | .todo = .todo[1:] + ($types[$next] | refs)
          end) | .done
      end;
    (.types // {}) as $types
    | (.resources | with_entries(select(.key | test($pattern)))
        | map_values({inputProperties, requiredInputs, properties, required}) | bare) as $resources
    | {
      name: $name,
      version: $version,
      config: (.config | bare),
      resources: $resources,
      types: followed($types; ($resources | refs | unique)),
    } | walk(if type == "object" then with_entries(select(.value != null)) else . end)
  ' "$source/$1.json" > "$here/$1.json.new"
  mv "$here/$1.json.new" "$here/$1.json"
}

extract command 1.2.1 '^command:(local:(Command|Logging)|remote:(Command|Connection|ProxyConnection|Logging))$'
extract random 4.21.2 ':Random(Bytes|Id|Password|String|Uuid)$'
extract minio 0.17.1 ':(S3Bucket|S3BucketVersioning|S3BucketVersioningVersioningConfiguration|IamUser|IamPolicy|IamUserPolicyAttachment)$'
extract kubernetes 4.34.2 "^kubernetes:($(paste -sd '|' - <<'KINDS'
core/v1:(Namespace|ConfigMap|Secret|Service|ServiceAccount|PersistentVolume|PersistentVolumeClaim|Pod|Node)
apps/v1:(Deployment|StatefulSet|DaemonSet)
batch/v1:(Job|CronJob)
rbac.authorization.k8s.io/v1:(Role|RoleBinding|ClusterRole|ClusterRoleBinding)
storage.k8s.io/v1:StorageClass
networking.k8s.io/v1:(NetworkPolicy|Ingress)
scheduling.k8s.io/v1:PriorityClass
node.k8s.io/v1:RuntimeClass
admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy(Binding)?
apiextensions.k8s.io/v1:CustomResourceDefinition
KINDS
))\$"
