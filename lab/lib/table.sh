# shellcheck shell=bash
# table.sh: what is there now, how to look at it, how to take it down.

# stack_outputs NODE: "NAME VALUE" of each number and text of one line among the stack's outputs; read from the state file,
# because asking pulumi takes longer than all the rest of a run without changes.
stack_outputs() {
  node -e '
    const { checkpoint } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    const stack = checkpoint.latest?.resources?.find((r) => r.type === "pulumi:pulumi:Stack");
    for (const [name, value] of Object.entries(stack?.outputs ?? {}))
      if (["string", "number"].includes(typeof value) && !String(value).includes("\n")) console.log(name, value);
  ' "$STACK_STATE/$1.json" 2>/dev/null || true
}

row() { printf '  %-22s %s\n' "$1" "$2"; }

# Where measurements and logs are on (lab/observability on): their pages.
observability_rows() {
  [ -s "$STATE/observability" ] || return 0
  row "the house's pages" "lab/ssh storage -N -L 19090:127.0.0.1:9090    then: http://127.0.0.1:19090/consoles/homelab.html"
  row "its logs" "lab/ssh storage -N -L 19428:127.0.0.1:9428    then: http://127.0.0.1:19428/select/vmui"
  row "its alerts" "lab/ssh storage -N -L 19093:127.0.0.1:9093    then: http://127.0.0.1:19093"
}

table() {
  local node name value store=seaweedfs
  printf '\nThe lab is up (%s s).\n\n' $((SECONDS - PROGRESS_BEGAN))
  for node in "${NODES[@]}"; do row "$node" "${ADDRESS[$node]}  $node.$DOMAIN  ${LIFECYCLE[$node]}"; done
  printf '\nWhat storage hands out\n'
  while read -r name value; do
    row "$name" "$value"
    # Of MinIO alone.
    if [ "$name" = S3_CONSOLE ]; then store=minio; fi
  done < <(stack_outputs storage)
  row "passwords, DSNs, keys" "lab/pulumi storage stack output --show-secrets"
  printf '\nLook around\n'
  row "a shell" "lab/ssh storage"
  row "what runs" "lab/ssh storage systemctl status postgres $store homelab-firewall"
  row "PostgreSQL" "lab/ssh storage -N -L 15432:${ADDRESS[storage]}:5432    then: psql -h 127.0.0.1 -p 15432"
  [ "$store" != minio ] || row "MinIO console" "lab/ssh storage -N -L 19001:${ADDRESS[storage]}:9001    then: http://127.0.0.1:19001"
  observability_rows
  row "what would change" "lab/pulumi storage preview --diff"
  row "a power cut" "lab/node kill storage && lab/node start storage"
  printf '\nTake it down\n'
  row "make lab-down" "leaves nothing behind but the caches in $CACHE"
}
