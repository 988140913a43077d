#!/usr/bin/env bash
# Cuts from the official plugins' schemas what the stand-ins and their tests are held against:
#   plugins/schemas/extract.sh FOLDER_WITH_OFFICIAL_SCHEMAS
# The official schema of a plugin: `pulumi package get-schema command@1.2.1 > FOLDER/command.json`.
set -euo pipefail

source=${1:?name the folder that holds command.json, random.json and minio.json}
here=$(cd "$(dirname "$0")" && pwd)

extract() { # NAME VERSION RESOURCE-TYPE-PATTERN
  jq --sort-keys --arg name "$1" --arg version "$2" --arg pattern "$3" '
    def bare: walk(if type == "object" then del(.description, .language, .deprecationMessage) else . end);
    {
      name: $name,
      version: $version,
      config: (.config | bare),
      resources: (.resources | with_entries(select(.key | test($pattern)))
        | map_values({inputProperties, requiredInputs, properties, required}) | bare),
      types: (.types // {} | with_entries(select(.key | test($pattern)))
        | map_values({type, properties, required, enum}) | bare),
    } | walk(if type == "object" then with_entries(select(.value != null)) else . end)
  ' "$source/$1.json" > "$here/$1.json.new"
  mv "$here/$1.json.new" "$here/$1.json"
}

extract command 1.2.1 '^command:(local:(Command|Logging)|remote:(Command|Connection|ProxyConnection|Logging))$'
extract random 4.21.2 ':Random(Bytes|Id|Password|String|Uuid)$'
extract minio 0.17.1 ':(S3Bucket|S3BucketVersioning|S3BucketVersioningVersioningConfiguration|IamUser|IamPolicy|IamUserPolicyAttachment)$'
