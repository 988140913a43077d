import { now, query, type Message, type Receiver } from "../../../tests/support/alerts";
import { until } from "../../../tests/support/until";
import { lab, onNode } from "../../../tests/support/lab";
import { seconds } from "../../../tests/support/pair";
import { nodeNames } from "../../../topology";

/** What happens in every house, and must not be told: made one after the other, with the time that a rule would take after it. */

const settled = async () => {
  await until(
    "that all nodes and programs are seen again",
    () =>
      (query("up == 0").length === 0 && query('up{job="node"} == 1').length === nodeNames.length) ||
      undefined,
    240,
  );
};

/** All units of the house on a node, as an up that changes all of them restarts them. */
const restartAll =
  'cd /var/lib/homelab/units && for unit in *.service; do systemctl restart --no-block "$unit"; done; ' +
  'for unit in *.service; do timeout 90 bash -c \'until systemctl is-active -q "$1"; do sleep 1; done\' - "$unit" || true; done';

const happenings: readonly { readonly what: string; readonly make: () => void }[] = [
  {
    what: "Prometheus is restarted",
    make: () => {
      onNode("storage", "systemctl restart prometheus");
    },
  },
  {
    what: "every service of storage and desktop is restarted",
    make: () => {
      for (const node of ["storage", "desktop"] as const) onNode(node, restartAll);
    },
  },
  {
    what: "all three machines reboot",
    make: () => {
      for (const node of nodeNames) lab("node", "stop", node);
      for (const node of nodeNames) lab("node", "start", node);
    },
  },
];

/** @returns what was told although nothing was wrong */
export async function quiet(receiver: Receiver, say: (text: string) => void): Promise<readonly Message[]> {
  for (const node of nodeNames) now(node, "homelab-metrics.service");
  await settled();
  const began = Date.now();
  for (const { what, make } of happenings) {
    say(`${what}: nobody must be told`);
    make();
    await settled();
  }
  say("compute is switched off on purpose: nobody must be told");
  lab("node", "stop", "compute");
  // NodeDown would be told after three minutes, ServiceDown too.
  await seconds(60 * 4);
  lab("node", "start", "compute");
  await settled();
  return receiver.messages.filter(({ at, status }) => at >= began && status === "firing");
}
