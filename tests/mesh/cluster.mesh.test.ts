import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasCluster } from "../../lab/drills/list";
import { nodeNames, type NodeName } from "../../topology";
import { apply, get, kubectl, onDemandToleration, ready, sleeper, webServer } from "../cluster/kubectl";
import { onNode } from "../support/lab";
import { allOnline, entriesOf, headscale, lan, meshAddress } from "../support/mesh";
import { until } from "../support/until";
import { preview, up, well } from "../support/stack";
import { onTheWire } from "../support/wire";

/** The cluster in the mesh: with `lab/mesh on` and `lab/cluster on`. */

const k3s = (node: NodeName) => (node === "storage" ? "k3s" : "k3s-agent");
const podOn = (node: NodeName) => `mesh-${node}`;

/** Not taken away where a node is silent for a while. */
const stays = ["node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"].map((key) => ({
  ...{ key, operator: "Exists", effect: "NoExecute" },
}));
/** A pod on a node that says its name to whoever asks, and whose log has a word. */
const web = (name: string, node: NodeName) =>
  sleeper(name, { nodeName: node, tolerations: [onDemandToleration, ...stays] }, webServer);
const isReady = (name: string) => (ready(`app=${name}`).length === 1 ? true : undefined);
const addressOf = (name: string) => ready(`app=${name}`)[0]?.status.podIP ?? "none";

/** What a pod is answered, or why it is not. */
const asked = (pod: string, url: string) =>
  kubectl(["exec", pod, "--", "sh", "-c", `wget -qO- -T 5 ${url} 2>&1 || true`]);

/** Ways between pods of different nodes that do not work, as `FROM>TO`. */
const silent = (): string[] => {
  const at = Object.fromEntries(nodeNames.map((node) => [node, addressOf(podOn(node))]));
  return nodeNames.flatMap((from) =>
    nodeNames
      .filter((to) => to !== from && asked(podOn(from), `http://${at[to] ?? ""}:8080/`) !== podOn(to))
      .map((to) => `${from}>${to}`),
  );
};
/** While a node is away from the mesh, `kubectl exec` does not get to it, which is an answer, too. */
const allTalk = () => {
  try {
    return silent().length === 0 ? true : undefined;
  } catch {
    return undefined;
  }
};

const shown = (node: NodeName, unit: string, what: string) =>
  onNode(node, `systemctl show -p ${what} --value ${unit}`).trim();
const overlay = (node: NodeName) =>
  onNode(node, "ip -d -o link show flannel.1 | grep -oE '^[0-9]+| mtu [0-9]+|local [0-9.]+ dev [a-z0-9]+'")
    .trim()
    .split("\n")
    .map((line) => line.trim());

/** UDP to VXLAN's port between the nodes by their addresses on the LAN, as `FROM>TO`, with `last` before that which ends it. */
const vxlan = `def way(packet, ip, source, target):
    if packet[23] != 17 or struct.unpack("!H", packet[ip + 2:ip + 4])[0] != 8472: return
    return ("last " if b"said-last" in packet else "") + nodes.get(source, source) + ">" + nodes.get(target, target)`;

/** What of VXLAN crosses the LAN while something is done. */
const vxlanOnTheLan = (act: () => void) =>
  onTheWire(vxlan, act, () => onNode("desktop", `bash -c 'echo said-last >/dev/udp/${lan("storage")}/8472'`));

const clean = () =>
  kubectl(["delete", "pods", "-l", "of=mesh-test", "--force", "--ignore-not-found", "--wait=true"]);
const labelled = (pod: object) => {
  const { metadata } = pod as { metadata: { labels: object } };
  return { ...pod, metadata: { ...metadata, labels: { ...metadata.labels, of: "mesh-test" } } };
};

describe.skipIf(!hasCluster())("the cluster in the mesh", () => {
  beforeAll(async () => {
    await until("that all are members", allOnline, 120);
    clean();
    apply(...nodeNames.map((node) => labelled(web(podOn(node), node))));
    for (const node of nodeNames) await until(`a pod on ${node}`, () => isReady(podOn(node)), 180);
  }, 600_000);
  afterAll(clean);

  it("has each node by its address in the mesh, and pods' packets by its interface", () => {
    interface Addressed {
      metadata: { name: NodeName };
      status: { addresses: { type: string; address: string }[] };
    }
    for (const { metadata, status } of (get("nodes") as { items: Addressed[] }).items) {
      const own = status.addresses.filter(({ type }) => type === "InternalIP").map(({ address }) => address);
      expect(own, metadata.name).toEqual([meshAddress(metadata.name)]);
      expect(overlay(metadata.name).slice(1), metadata.name).toEqual([
        "mtu 1230",
        `local ${meshAddress(metadata.name)} dev tailscale0`,
      ]);
    }
  });

  it("has pods of all nodes reach one another, and the API by its Service and its name", () => {
    expect(silent()).toEqual([]);
    for (const node of nodeNames) {
      // An answer to who speaks no TLS there.
      expect(asked(podOn(node), "http://kubernetes.default.svc.cluster.local:443/"), node).toContain("400");
    }
  });

  it("lets the API into each node: logs, and commands in pods", () => {
    for (const node of nodeNames) {
      expect(kubectl(["logs", podOn(node)]), node).toBe("here I am");
      expect(kubectl(["exec", podOn(node), "--", "hostname"]), node).toBe(podOn(node));
    }
  });

  it("sends nothing of what pods say over the LAN where it could be read", async () => {
    const crossed = await vxlanOnTheLan(() => {
      for (let round = 0; round < 3; round++) expect(silent()).toEqual([]);
    });
    expect(crossed).toBe("last desktop>storage");
  });

  it.each(nodeNames)("goes on when tailscaled of %s is killed: K3s notices nothing", async (node) => {
    const before = [shown(node, k3s(node), "InvocationID"), ...overlay(node)];
    const tailscaled = shown(node, "tailscale", "InvocationID");
    onNode(node, "podman kill --signal KILL tailscale");
    await until("another tailscaled", () => {
      const now = shown(node, "tailscale", "InvocationID");
      return now !== tailscaled && shown(node, "tailscale", "ActiveState") === "active" ? true : undefined;
    });
    await until("that all pods talk again", allTalk, 180);
    expect([shown(node, k3s(node), "InvocationID"), ...overlay(node)]).toEqual(before);
  });

  /** With K3s begun again on a node that is away from the mesh: the node is ready, and runs what is new and what was there. */
  async function comesUp(node: NodeName): Promise<void> {
    const late = `late-${node}`;
    onNode(node, `systemctl restart ${k3s(node)}`);
    apply(labelled(web(late, node)));
    await until(`a new pod on ${node}`, () => isReady(late), 240);
    await until(`the pod that was on ${node}`, () => isReady(podOn(node)));
    kubectl(["delete", "pod", late, "--force"]);
  }

  it.each(nodeNames)(
    "comes up on %s without tailscaled, and is whole again once it is back",
    async (node) => {
      onNode(node, "systemctl stop tailscale");
      try {
        await comesUp(node);
      } finally {
        onNode(node, "systemctl start tailscale");
      }
      await until("that all are members again", allOnline, 120);
      await until("that all pods talk again", allTalk, 180);
    },
  );

  /** The URL by which an agent's K3s began; none while its server is looked for. */
  const server = (node: NodeName) =>
    onNode(
      node,
      `tr '\\0' '\\n' </proc/${shown(node, k3s(node), "MainPID")}/cmdline | grep ^https: || true`,
    ).trim();

  it("comes up on a node that does not reach the API by the LAN, as in another network, and goes back to the LAN at a start that finds it there", async () => {
    const [byLan, byMesh] = [lan, meshAddress].map((at) => `https://${at("storage")}:6443`);
    const lost = `ip daddr ${lan("storage")} tcp dport 6443 drop`;
    onNode(
      "compute",
      `nft 'table inet lab_elsewhere { chain out { type filter hook output priority 0; ${lost}; }; }'`,
    );
    try {
      await comesUp("compute");
      expect(server("compute")).toBe(byMesh);
      await until("that all pods talk again", allTalk, 180);
    } finally {
      onNode("compute", "nft delete table inet lab_elsewhere; systemctl restart k3s-agent");
    }
    await until("an agent by the LAN", () => (server("compute") === byLan ? true : undefined));
    await until("that all pods talk again", allTalk, 180);
  });

  it("comes up on a node whose key ran out, and is whole again once an up had it join", async () => {
    headscale(`nodes expire --identifier ${entriesOf("compute")[0]?.id ?? 0} --force`);
    await until("that tailscaled knows", () =>
      onNode("compute", "podman exec tailscale tailscale status --json --peers=false || true").includes(
        '"BackendState": "NeedsLogin"',
      )
        ? true
        : undefined,
    );
    try {
      await comesUp("compute");
      onNode("compute", "systemctl restart tailscale");
      await comesUp("compute");
    } finally {
      well(up("compute"));
    }
    await until("that all pods talk again", allTalk, 180);
    for (const node of nodeNames) well(preview(node, "--expect-no-changes"));
  });
});
