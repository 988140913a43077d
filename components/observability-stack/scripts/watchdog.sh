#!/bin/bash
# Who watches the watchers: asks this node's Alertmanager for the alert that always fires, which needs Prometheus, its rules
# and the way between to work. When it has not been renewed for too long, this node's Alertmanager is told so, and tells
# people as it does everything else. Arguments: Alertmanager's URL, seconds that are too long.
set -euo pipefail
export LC_ALL=C
alertmanager=$1 patience=$2
began=/run/homelab-watchdog/began
# Right after a start nothing can have been heard yet: what was never heard counts from the first look on.
install -d /run/homelab-watchdog
[ -e "$began" ] || printf '%s\n' "$EPOCHSECONDS" >"$began"
heard=$(<"$began")
answer=$(curl -fsS --max-time 10 --get --data-urlencode 'filter=alertname="Watchdog"' "$alertmanager/api/v2/alerts") ||
  { echo "Alertmanager does not answer." >&2 && exit 1; }
if [[ $answer =~ \"updatedAt\":\"([0-9T:-]+) ]]; then
  last=$(date -u -d "${BASH_REMATCH[1]}" +%s)
  if [ "$last" -gt "$heard" ]; then heard=$last; fi
fi
silent=$((EPOCHSECONDS - heard))
if [ "$silent" -lt "$patience" ]; then exit 0; fi
echo "Nothing has been heard of Prometheus for $silent s: Alertmanager is told."
# Its beginning, too: Alertmanager would take its end for it, and wait for that before it tells anybody.
since=$(date -u -d "@$heard" +%FT%TZ) until=$(date -u -d "@$((EPOCHSECONDS + 150))" +%FT%TZ)
curl -fsS --max-time 10 -o /dev/null -H 'Content-Type: application/json' --data-binary @- "$alertmanager/api/v2/alerts" <<JSON
[{"labels":{"alertname":"MonitoringDead","severity":"critical"},"startsAt":"$since","endsAt":"$until","annotations":{"summary":"Nobody watches the house: Prometheus has not been heard for a while.","runbook":"docs/runbooks/alerts.md#monitoringdead"}}]
JSON
