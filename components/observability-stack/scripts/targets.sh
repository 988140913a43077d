#!/bin/bash
# What else is to be scraped: each node says so by its node exporter, and a file of targets for Prometheus is made of it. A
# node that does not answer keeps what it had. Arguments: directory of the files, then NODE LIFECYCLE ADDRESS:PORT of each.
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
directory=$1
shift
while [ $# -gt 0 ]; do
  node=$1 lifecycle=$2 at=$3
  shift 3
  said=$(curl -fsS --max-time 10 "http://$at/metrics") || continue
  # Only ports of the node itself, and nothing but plain words.
  targets=$(sed -nE 's/^homelab_scrape_target\{path="(\/[A-Za-z0-9/_.-]*)",port="([0-9]{1,5})",service="([A-Za-z0-9_-]+)"\} 1$/{"targets":["HOST:\2"],"labels":{"job":"\3","node":"NODE","lifecycle":"LIFECYCLE","__metrics_path__":"\1"}}/p' <<<"$said" |
    sed "s/HOST/${at%:*}/; s/NODE/$node/; s/LIFECYCLE/$lifecycle/" | paste -sd,)
  file=$directory/$node.json
  printf '[%s]\n' "$targets" >"$file.new"
  if cmp -s "$file.new" "$file"; then
    rm "$file.new"
  else
    chmod 644 "$file.new"
    sync -- "$file.new"
    mv "$file.new" "$file"
  fi
done
