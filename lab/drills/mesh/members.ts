import { setTimeout as sleep } from "node:timers/promises";
import { headscaleKey, joinMesh } from "../../../remote/mesh-member";
import { lab, onNode } from "../../../tests/support/lab";
import {
  allOnline,
  coordinator,
  entries,
  entriesOf,
  forgetMember,
  headscale,
  lan,
  madeUpKey,
  memberOf,
  meshAddress,
  policy,
  reached,
  tailscale,
  type Grant,
} from "../../../tests/support/mesh";
import { until } from "../../../tests/support/until";
import { handedOut, up, well } from "../../../tests/support/stack";
import { nodeNames, type NodeName } from "../../../topology";
import { must, seconds, type Scenario } from "./scenario";

const signal = new AbortController().signal;
/** Where S3 is served in the mesh, whichever engine does. */
const s3 = () => `${meshAddress("storage")}:${new URL(handedOut().S3_ENDPOINT).port}`;
const goes = (from: NodeName) => (reached(from, [s3()]).length > 0 ? true : undefined);

/** headscale is off; who is connected goes on. Leases of a day are none in headscale: nothing of a member ends by itself. */
export const coordinationOff: Scenario = {
  name: "coordination",
  what: "the coordination server is killed",
  async run() {
    const minutes = Number(process.env.MINUTES ?? "10");
    onNode("storage", "podman kill --signal KILL headscale; systemctl stop headscale");
    let [asked, failed, longest, since] = [0, 0, 0, 0];
    const end = Date.now() + minutes * 60_000;
    try {
      while (Date.now() < end) {
        for (const from of ["desktop", "compute"] as const) {
          asked++;
          if (goes(from)) since = 0;
          else {
            failed++;
            since ||= Date.now();
            longest = Math.max(longest, Date.now() - since);
          }
        }
        must(reached("desktop", [`${lan("storage")}:22`]).length > 0, "The LAN is not as it was.");
        await sleep(5_000, undefined);
      }
    } finally {
      onNode("storage", "systemctl start headscale");
    }
    const back = Date.now();
    await until("that all are members again", allOnline, 120);
    return [
      [`asked over the mesh in ${minutes} minutes`, `${asked}, of which failed ${failed}`],
      ["longest while without an answer", `${(longest / 1000).toFixed(0)} s`],
      ["all members again after its start", seconds(back)],
    ];
  },
};

const dropped =
  "table inet drill { chain input { type filter hook input priority -5; udp dport != 53 iifname != lo drop; }; chain output { type filter hook output priority -5; udp dport != 53 oifname != lo oifname != tailscale0 drop; }; }";

/** No datagram passes: everything goes by headscale's own relay, over TCP. */
export const relayed: Scenario = {
  name: "relay",
  what: "UDP is dropped on all nodes (relay only)",
  async run() {
    const cut = Date.now();
    for (const node of nodeNames) onNode(node, `nft '${dropped}'`);
    let by: string;
    let after: string;
    try {
      await until("the mesh by the relay", () => goes("desktop") && goes("compute"), 180);
      after = seconds(cut);
      by = tailscale("desktop", "status")
        .split("\n")
        .filter((line) => line.includes(" relay ") || line.includes("direct"))
        .map((line) => (line.includes(" relay ") ? "relay" : "direct"))
        .join(", ");
    } finally {
      for (const node of nodeNames) onNode(node, "nft delete table inet drill");
    }
    const back = Date.now();
    await until(
      "a direct way",
      () => {
        goes("desktop");
        return /storage .*direct/.test(tailscale("desktop", "status")) ? true : undefined;
      },
      300,
    );
    return [
      ["answers again, by the relay, after", after],
      ["ways of desktop's peers meanwhile", by],
      ["direct again after UDP is back", seconds(back)],
    ];
  },
};

const image = "$(podman inspect --format '{{.ImageName}}' tailscale)";
/** A member of its own on compute, in a container: what it asks goes by its own membership, not by the node's. */
const guest = (command: string) =>
  onNode("compute", `podman exec -i drill-stranger tailscale --socket=/tmp/t.sock ${command}`);

const portsOf = ({ dst, ip }: Grant) =>
  dst.flatMap((tag) => ip.map((one) => `${tag.slice("tag:".length)}:${one.slice("tcp:".length)}`));

/** Whoever has a key of his own, for no tag, reaches nothing; without one he does not get in. */
export const stranger: Scenario = {
  name: "stranger",
  what: "a stranger joins with a key of his own",
  run() {
    onNode(
      "compute",
      `podman rm -f -t 0 drill-stranger 2>/dev/null
       podman run -d --name drill-stranger --secret homelab-tailscale-certificate -e SSL_CERT_FILE=/run/secrets/homelab-tailscale-certificate --entrypoint /usr/local/bin/tailscaled ${image} --tun=userspace-networking --state=mem: --socket=/tmp/t.sock --port=41999 --no-logs-no-support
       nsenter -t "$(podman inspect --format '{{.State.Pid}}' drill-stranger)" -n ip route add blackhole 100.64.0.0/10`,
    );
    try {
      const server = JSON.parse(tailscale("compute", "debug prefs")) as { ControlURL: string };
      const join = (key: string) =>
        guest(`up --login-server=${server.ControlURL} --hostname=stranger --timeout=20s --auth-key=${key}`);
      let refused = false;
      try {
        join(madeUpKey);
      } catch {
        refused = true;
      }
      must(refused, "A key that nobody made let him in.");
      headscale("users create drill-guest 2>/dev/null || true");
      const user = (JSON.parse(headscale("users list --output json")) as { id: number; name: string }[]).find(
        ({ name }) => name === "drill-guest",
      );
      const key =
        headscale(`preauthkeys create --user ${user?.id ?? 0} --expiration 10m`)
          .trim()
          .split("\n")
          .pop() ?? "";
      join(key);
      const ssh = nodeNames.map((node) => `${node}:22`);
      const ports = [...new Set([...policy().grants.flatMap(portsOf), ...ssh])];
      const open = ports.filter((one) => {
        const [to = "", port = ""] = one.split(":");
        return (
          onNode(
            "compute",
            `timeout 4 podman exec -i drill-stranger tailscale --socket=/tmp/t.sock nc ${meshAddress(to as NodeName)} ${port} </dev/null >/dev/null 2>&1; [ $? = 0 ] && echo open || true`,
          ).trim() === "open"
        );
      });
      must(open.length === 0, `The stranger reaches ${open.join(", ")}.`);
      return Promise.resolve([
        ["with a key that nobody made", "refused"],
        ["with a key for no tag: ports asked, reached", `${ports.length}, 0`],
      ] as const);
    } finally {
      onNode("compute", "podman rm -f -t 0 drill-stranger >/dev/null");
      for (const { id } of entries().filter(({ given_name: name }) => name.startsWith("stranger")))
        headscale(`nodes delete --identifier ${id} --force`);
    }
  },
};

const metric = (node: NodeName, name: string) =>
  onNode(node, `sed -n 's/^${name} //p' /var/lib/homelab/metrics/homelab_mesh.prom`).trim();

/** An expired key is told of, and neither services nor the node wait for it. */
export const expiredKey: Scenario = {
  name: "expired",
  what: "compute's key expires",
  async run() {
    const [before] = entriesOf("compute");
    headscale(`nodes expire --identifier ${before?.id ?? 0} --force`);
    const expired = Date.now();
    await until(
      "that the node tells of it",
      () => (metric("compute", "homelab_mesh_member") === "0" ? true : undefined),
      180,
    );
    const told = seconds(expired);
    lab("node", "kill", "compute");
    const started = Date.now();
    lab("node", "start", "compute");
    await until(
      "SSH by the LAN",
      () => (reached("desktop", [`${lan("compute")}:22`]).length > 0 ? true : undefined),
      120,
    );
    const there = seconds(started);
    const state = onNode("compute", "systemctl is-active tailscale || true").trim();
    const made = Date.now();
    well(up("compute"));
    must(entriesOf("compute").length === 1, "compute has two entries.");
    must(entriesOf("compute")[0]?.ip_addresses[0] === meshAddress("compute"), "compute has another address.");
    await until("that it is reached", () => goes("compute"), 60);
    return [
      ["the alert's figure says so after", told],
      ["restarted with it: reached by the LAN after", `${there} (tailscaled ${state})`],
      ["an up has it join again, same address, in", seconds(made)],
    ];
  },
};

/** compute is made again with an empty disk. */
export const wiped: Scenario = {
  name: "wiped",
  what: "compute is killed and its disk wiped",
  async run() {
    const address = meshAddress("compute");
    const began = Date.now();
    lab("node", "wipe", "compute");
    await until(
      "SSH by the LAN",
      () => (reached("desktop", [`${lan("compute")}:22`]).length > 0 ? true : undefined),
      180,
    );
    const there = seconds(began);
    lab("mesh", "images");
    const made = Date.now();
    well(up("compute"));
    await until("that it is reached", () => goes("compute"), 60);
    const all = entriesOf("compute").map(({ ip_addresses: own }) => own[0]);
    must(all.length === 1 && all[0] === address, `compute's entries are ${all.join(", ")}.`);
    return [
      ["the machine is there again after", there],
      ["its up, after which it is the member that it was, took", seconds(made)],
      ["entries of it", "1, same address"],
    ];
  },
};

/** All three as new members, as the program has them join. */
export const joining: Scenario = {
  name: "joining",
  what: "three new nodes join",
  async run() {
    const members = [...nodeNames].sort((a, b) => meshAddress(a).localeCompare(meshAddress(b))).map(memberOf);
    for (const node of nodeNames) forgetMember(node);
    for (const { id } of entries()) headscale(`nodes delete --identifier ${id} --force`);
    onNode("storage", "systemctl restart headscale");
    await until("headscale", () => (entries().length === 0 ? true : undefined), 60);
    const began = Date.now();
    for (const spec of members) {
      const { key } = await headscaleKey(coordinator(), spec, signal);
      await joinMesh(spec, { verb: "join", key }, signal);
    }
    await until("that all are members", () => (entries().length === 3 ? allOnline() : undefined), 120);
    const joined = seconds(began);
    await until("that they reach one another", () => goes("desktop") && goes("compute"), 60);
    const took = seconds(began);
    // What the stacks know them by is of before: joined by their own ups they know better.
    for (const node of nodeNames) {
      forgetMember(node);
      well(up(node));
    }
    return [
      ["all three joined after", joined],
      ["and reach one another after", took],
    ];
  },
};
