# shellcheck shell=bash
# wake.sh: what a network card does while its machine is off: it waits for a Wake-on-LAN packet. One process for all
# three machines, from lab/up to lab/down.

# network_cards: its process id, when it runs.
network_cards() {
  local pid
  pid=$(cat "$RUN/network-cards.pid" 2>/dev/null) || return 1
  # The number may be another process's by now.
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- " $LAB/lib/network-cards.py $LAB/node " || return 1
  printf '%s\n' "$pid"
}

network_cards_on() {
  local node until cards=()
  ! network_cards >/dev/null || return 0
  for node in "${NODES[@]}"; do cards+=("$node=$(mac "$node")"); done
  state_ready
  mkdir -p "$LOGS"
  # A session of its own: what ends lab/up does not end it. Its log, not the terminal; and not the lock of lab/up.
  in_netns_root setsid python3 "$LAB/lib/network-cards.py" "$LAB/node" "$RUN/network-cards.pid" "${cards[@]}" \
    </dev/null >>"$LOGS/network-cards.log" 2>&1 9>&- &
  until=$((SECONDS + 10))
  until network_cards >/dev/null; do
    [ $SECONDS -lt $until ] || die "the machines' network cards do not start: see $LOGS/network-cards.log."
    sleep 0.1
  done
}

network_cards_off() {
  local pid
  pid=$(network_cards) || return 0
  as_root kill "$pid"
  while network_cards >/dev/null; do sleep 0.1; done
}
