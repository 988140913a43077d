import { execFileSync } from "node:child_process";
import { errorMessage } from "../../../packages/errors";
import type { ConnectionArgs } from "../../../remote/connection-args";
import { policySchema, setPolicy } from "../../../remote/mesh-policy";
import { reachable } from "../../../remote/reachable";
import { unitSchema } from "../../../remote/unit/spec";
import { applyUnit, removeUnit, unitDrift } from "../../../remote/unit/unit";
import { labConnection, onNode } from "../../../tests/support/lab";
import { lan, meshAddress, policy } from "../../../tests/support/mesh";
import { must, seconds, type Scenario } from "./scenario";

const signal = new AbortController().signal;

async function reachedAgain(host: string, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await reachable(host, 22))) {
    if (Date.now() > end) throw new Error(`${host} is locked for ${seconds} s, and nothing puts it back.`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** A unit that loads rules of nftables, such as the house's firewall; the rules are what is tried. */
const wall = (rules: string) =>
  unitSchema.parse({
    connection: labConnection("compute"),
    service: "homelab-drill-wall.service",
    files: [
      {
        path: "/etc/systemd/system/homelab-drill-wall.service",
        content:
          "[Unit]\nDescription=Rules of the drill\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/sbin/nft -f /etc/homelab/drill.nft\nExecReload=/usr/sbin/nft -f /etc/homelab/drill.nft\n[Install]\nWantedBy=multi-user.target\n",
      },
      {
        path: "/etc/homelab/drill.nft",
        content: `table inet drill\ndelete table inet drill\ntable inet drill { chain input { type filter hook input priority -5; ${rules} }; }\n`,
        onChange: "reload",
      },
    ],
    health: { exec: ["nft", "list", "table", "inet", "drill"], timeoutSeconds: 15 },
    onRemoval: ["/usr/sbin/nft", "delete", "table", "inet", "drill"],
    confirmSeconds: 60,
  });
const fine = () => wall("tcp dport 7 drop;");
const closed = () => wall("tcp dport 22 ct state new drop;");

/** Firewall rules that let nobody in by SSH any more. */
export const lockedOutByFirewall: Scenario = {
  name: "firewall",
  what: "rules that close SSH to everybody",
  async run() {
    await applyUnit(fine(), signal);
    try {
      const began = Date.now();
      let said = "";
      await applyUnit(closed(), signal).catch((error: unknown) => {
        said = errorMessage(error);
      });
      must(said.includes("puts back by itself"), `The change was taken for one that is well: ${said}`);
      const known = seconds(began);
      must(!(await reachable(lan("compute"), 22)), "SSH is open: nothing was locked.");
      await reachedAgain(lan("compute"), 180);
      const back = seconds(began);
      const rules = onNode("compute", "nft list table inet drill");
      must(rules.includes("dport 7 ") || rules.includes("dport echo"), `Other rules are in force: ${rules}`);
      await applyUnit(fine(), signal);
      must((await unitDrift(fine(), signal)).length === 0, "An up after it has something to do again.");
      return [
        ["the run says that it is locked out after", known],
        ["the node lets it in again, with the rules of before, after", back],
      ];
    } finally {
      await removeUnit(fine(), signal);
    }
  },
};

/** This computer is no member: it comes to the mesh through desktop, as who sits there does. */
function throughDesktop(to: string): () => void {
  onNode(
    "desktop",
    "sysctl -qw net.ipv4.ip_forward=1; nft 'table ip drill { chain post { type nat hook postrouting priority 100; oifname tailscale0 masquerade; }; }'",
  );
  execFileSync("ip", ["route", "replace", `${to}/32`, "via", lan("desktop")]);
  return () => {
    execFileSync("ip", ["route", "del", `${to}/32`]);
    onNode("desktop", "nft delete table ip drill");
  };
}

/** A policy that lets nobody to storage, set by somebody who comes to it by the mesh. */
export const lockedOutByPolicy: Scenario = {
  name: "policy",
  what: "a policy that lets nobody in",
  async run() {
    const at = meshAddress("storage");
    const { tagOwners: owners, grants } = policy();
    const own = grants.filter(({ dst }) => dst.includes("tag:storage"));
    const leave = throughDesktop(at);
    try {
      await reachedAgain(at, 30);
      const byLan = labConnection("storage");
      const byMesh: ConnectionArgs = { ...byLan, host: at, mesh: undefined };
      const began = Date.now();
      let said = "";
      await setPolicy(
        policySchema.parse({
          coordinator: { connection: byLan, container: "headscale" },
          ...{ connection: byMesh, node: "storage", tag: "tag:storage", owners, grants: [], tests: [] },
        }),
        signal,
      ).catch((error: unknown) => {
        said = errorMessage(error);
      });
      must(said.includes("puts back by itself"), `The policy was taken for one that is well: ${said}`);
      const known = seconds(began);
      await reachedAgain(at, 180);
      const back = seconds(began);
      const now = policy();
      must(
        JSON.stringify(now.grants.filter(({ dst }) => dst.includes("tag:storage"))) === JSON.stringify(own),
        "Another policy is in force than before.",
      );
      return [
        ["the run says that it is locked out after", known],
        ["the policy of before is in force again after", back],
      ];
    } finally {
      leave();
    }
  },
};
