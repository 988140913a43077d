import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeNames, type NodeName } from "../../topology";
import { onNode } from "../support/lab";
import { allOnline, granted, lan, meshAddress, reached } from "../support/mesh";
import { until } from "../support/until";
import { handedOut, preview, pulumi, up, well } from "../support/stack";
import { onTheWire } from "../support/wire";

/** Whatever TCP carries between the nodes by their addresses on the LAN, as `FROM>TO:PORT`: SSH's and headscale's ports aside. */
const tcp = `def way(packet, ip, source, target):
    if packet[23] != 6 or source not in nodes or target not in nodes: return
    sport, dport = struct.unpack("!HH", packet[ip:ip + 4])
    payload = struct.unpack("!H", packet[16:18])[0] - (ip - 14) - (packet[ip + 12] >> 4) * 4
    if payload <= 0: return
    port, (client, server) = (dport, (source, target)) if dport < sport else (sport, (target, source))
    if port in (22, 8444): return
    return nodes[client] + ">" + nodes[server] + ":" + str(port)`;

/** What crosses the LAN unencrypted between the nodes while something is done. */
async function tcpOnTheLan(act: () => Promise<void> | void): Promise<string[]> {
  const seen = await onTheWire(tcp, act, () =>
    onNode("desktop", `curl -s -m 5 -o /dev/null http://${lan("storage")}:22/said-last || true`),
  );
  return seen.split(" ").filter((one) => one !== "");
}

/** What a program on a node does with what the house hands out. */
function used(node: NodeName): void {
  const { dsns, S3_ENDPOINT: endpoint } = handedOut();
  const dsn = dsns.agent?.agent_gateway ?? "";
  expect(onNode(node, 'read -r dsn; psql "$dsn" -Atc "SELECT 42"', `${dsn}\n`).trim()).toBe("42");
  expect(onNode(node, `curl -s -m 10 -o /dev/null -w '%{http_code}' ${endpoint}/`)).toBe("403");
}

const byLan = (from: NodeName) =>
  granted(from).map((one) => one.replace(/^[a-z]+/, (name) => lan(name as NodeName)));
const byMesh = (from: NodeName) =>
  granted(from).map((one) => one.replace(/^[a-z]+/, (name) => meshAddress(name as NodeName)));
const ssh = (one: string) => one.endsWith(":22");
/** Open on the LAN whatever goes by the mesh: SSH, the cluster's API where there is one, and what a lost storage restores from. */
const stays = (one: string) => ssh(one) || one.endsWith(":6443") || one === `${lan("desktop")}:8010`;

beforeAll(() => until("that all are members", allOnline));

describe("the house's own traffic", () => {
  it("is handed out by the mesh's address", () => {
    const at = meshAddress("storage");
    const { POSTGRES_HOST: host, S3_ENDPOINT: endpoint, dsns } = handedOut();
    expect(host).toBe(at);
    expect(endpoint).toBe(`http://${at}:9000`);
    expect(dsns.agent?.agent_gateway).toContain(`@${at}:5432/`);
  });

  it("crosses the LAN in no form that can be read: PostgreSQL, S3 and backups, and whatever else the nodes say to one another", async () => {
    // The listener sees what it is to see.
    const seen = await tcpOnTheLan(() => {
      onNode("desktop", `curl -s -m 10 -o /dev/null http://${lan("storage")}:9000/`);
    });
    expect(seen).toContain("desktop>storage:9000");
    const crossing = await tcpOnTheLan(async () => {
      used("desktop");
      onNode("storage", "systemctl start homelab-backup-off-node.service 2>/dev/null || true");
      // Longer than whatever is asked regularly takes to come round.
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      used("desktop");
    });
    expect(crossing).toEqual([]);
  });
});

describe("with homelab:mesh.only", () => {
  const set = (value: boolean) => {
    for (const node of nodeNames)
      pulumi(node, "config", "set", "--path", "homelab:mesh.only", String(value), "--plaintext");
    for (const node of nodeNames) well(up(node));
  };
  afterAll(() => {
    set(false);
  });

  it("the ports refuse on the LAN and answer by the mesh, SSH stays, and a second up has nothing to do", () => {
    const before = nodeNames.map((node) => ({
      ...{
        node,
        byLan: reached(
          node,
          byLan(node).filter((one) => !stays(one)),
        ),
      },
      byMesh: reached(node, byMesh(node)),
    }));
    expect(before.flatMap((one) => one.byLan)).toContain(`${lan("storage")}:5432`);
    set(true);
    for (const { node, ...was } of before) {
      expect(reached(node, was.byLan), node).toEqual([]);
      expect(reached(node, was.byMesh), node).toEqual(was.byMesh);
    }
    expect(reached("desktop", byLan("desktop").filter(stays))).toEqual(byLan("desktop").filter(stays).sort());
    used("desktop");
    for (const node of nodeNames) well(preview(node, "--expect-no-changes"));
  });

  it("the ports are open on the LAN again once it is off", () => {
    set(false);
    expect(reached("desktop", byLan("desktop"))).toContain(`${lan("storage")}:5432`);
  });
});
