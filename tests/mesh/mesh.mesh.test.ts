import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { joinMesh } from "../../remote/mesh-member";
import { nodeNames, type NodeName } from "../../topology";
import { beginOnNode, lab, labTopology, onNode } from "../support/lab";
import {
  allOnline,
  entries,
  entriesOf,
  forgetMember,
  headscale,
  madeUpKey,
  memberOf,
  meshAddress as mesh,
  policy,
  reached,
  tailscale,
} from "../support/mesh";
import { until } from "../support/until";
import { handedOut, preview, pulumi, up, well } from "../support/stack";
import { asStranger } from "../support/stranger";

/** With `lab/mesh on`. */
const nodes = () => labTopology().nodes;
/** A role's question to PostgreSQL from desktop, and from where the server saw it come. */
function sql(host: string, mark: string): string {
  const dsn = handedOut().dsns.agent?.agent_gateway?.replace(`@${mesh("storage")}:`, `@${host}:`) ?? "";
  const ask = `read -r dsn; psql "$dsn" -Atc "SELECT '${mark} ' || host(inet_client_addr())"`;
  return onNode("desktop", ask, `${dsn}\n`).trim();
}

/** Those that headscale knows. */
const users = () =>
  (JSON.parse(headscale("users list --output json")) as { readonly name: string }[]).map(({ name }) => name);

beforeAll(async () => {
  await until("that all are members", allOnline);
}, 120_000);

describe("the mesh of the house", () => {
  it("has each node once, with its tag and the address that the topology says", () => {
    expect(
      entries()
        .map(({ given_name: name, ip_addresses: addresses }) => `${name} ${addresses[0] ?? ""}`)
        .sort(),
    ).toEqual(nodeNames.map((name) => `${name} ${mesh(name)}`).sort());
  });

  it("changes nothing of a node that is as declared", () => {
    for (const node of nodeNames) well(preview(node, "--expect-no-changes"));
  });

  it("has let the keys by which they joined be seen nowhere", () => {
    for (const node of nodeNames) {
      const found = onNode(
        node,
        "grep -rlsE 'hskey-auth-[A-Za-z0-9_-]{20}' /etc /run/systemd /var/lib/homelab /var/log /root /tmp /proc/[0-9]*/cmdline /proc/[0-9]*/environ || true; journalctl --no-pager -o cat | grep -cE 'hskey-auth-[A-Za-z0-9_-]{20}' || true",
      );
      expect(found.trim(), node).toBe("0");
      expect(pulumi(node, "stack", "export").text).not.toMatch(/hskey-auth-|privkey:/);
    }
  });
});

describe("who reaches what by the mesh", () => {
  /** Listens where nobody declared a port. */
  const begun = nodeNames.map((node) =>
    beginOnNode(node, "exec python3 -m http.server 7777 >/dev/null 2>&1"),
  );
  afterAll(() => {
    for (const one of begun) one.kill();
    for (const node of nodeNames) onNode(node, "pkill -f 'http.server 777[7]' || true");
  });

  it("is what the services declare, from every node, and a port that nobody declared is closed", async () => {
    await until("that they listen", () =>
      nodeNames.every((node) => onNode(node, "ss -Hltn 'sport = :7777'").trim() !== "") ? true : undefined,
    );
    const { tests } = policy();
    for (const from of nodeNames) {
      const own = tests.filter(({ src }) => src === `tag:${from}`);
      const addressed = (said: readonly string[]) =>
        said.map((one) => {
          const [, to = "storage", port = ""] = one.split(":");
          return `${mesh(to as NodeName)}:${port}`;
        });
      const accept = addressed(own.flatMap(({ accept: all = [] }) => all));
      const deny = addressed(own.flatMap(({ deny: all = [] }) => all));
      const undeclared = nodeNames.filter((to) => to !== from).map((to) => `${mesh(to)}:7777`);
      // The repository listens on the LAN's address alone, and PostgreSQL and the others everywhere.
      const there = accept.filter((one) => !one.endsWith(":8010"));
      const found = reached(from, [...there, ...deny, ...undeclared]);
      expect(found, from).toEqual([...new Set(there)].sort());
    }
  });

  it("is nothing for who forges a member's address on the LAN", () => {
    const { storage } = nodes();
    const said = asStranger(
      `ip addr add ${mesh("desktop")}/32 dev eth0 2>/dev/null
       ip route add ${mesh("storage")}/32 dev eth0 via ${storage.address} 2>/dev/null
       for to in ${mesh("storage")} ${storage.address}; do
         curl --interface ${mesh("desktop")} -s -m 3 -o /dev/null -w '%{http_code}\\n' http://$to:9000/ || true
       done
       ip route del ${mesh("storage")}/32; ip addr del ${mesh("desktop")}/32 dev eth0`,
    );
    expect(said.trim().split("\n")).toEqual(["000", "000"]);
  });

  it("crosses the LAN encrypted: what goes to the LAN's address can be read on the wire, but PostgreSQL's, and what goes by the mesh cannot", async () => {
    const wire = spawn(join(__dirname, "../../lab/in"), [
      "python3",
      "-c",
      `import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3)); s.settimeout(1)
print("listening", flush=True)
seen, end = set(), time.time() + 60
while time.time() < end:
    try: packet = s.recv(65535)
    except TimeoutError: continue
    for mark in (b"said-by-lan", b"said-by-mesh", b"sql-by-lan", b"sql-by-mesh", b"said-last"):
        if mark in packet: seen.add(mark.decode())
    if "said-last" in seen: break
print(" ".join(sorted(seen)), flush=True)`,
    ]);
    let said = "";
    wire.stdout.on("data", (data: Buffer) => (said += data.toString()));
    await until("that somebody listens on the wire", () => (said.includes("listening") ? true : undefined));
    const ask = (host: string, mark: string) =>
      onNode("desktop", `curl -s -m 10 -o /dev/null -w '%{http_code}' http://${host}:9000/${mark}`);
    expect(ask(mesh("storage"), "said-by-mesh")).toBe("403");
    expect(ask(nodes().storage.address, "said-by-lan")).toBe("403");
    expect(sql(mesh("storage"), "sql-by-mesh")).toBe(`sql-by-mesh ${mesh("desktop")}`);
    expect(sql(nodes().storage.address, "sql-by-lan")).toBe(`sql-by-lan ${nodes().desktop.address}`);
    ask(nodes().storage.address, "said-last");
    await once(wire, "close");
    expect(said.split("\n")[1]).toBe("said-by-lan said-last");
  });
});

describe("a member that is not as declared", () => {
  it("but was wiped comes back by an up as the member that it was: same address, one entry", () => {
    const [before] = entriesOf("compute");
    forgetMember("compute");
    expect(preview("compute").text).toContain("compute is not logged in to the mesh");
    const made = well(up("compute"));
    expect(made.text).toContain("compute is in the mesh again, as the member that it was");
    expect(entriesOf("compute").map(({ id, ip_addresses: all }) => [id, all])).toEqual([
      [before?.id, before?.ip_addresses],
    ]);
  });

  it("but was logged out joins with a new key, and its former entry and no other goes", async () => {
    const others = entries().filter(({ given_name: name }) => name !== "compute");
    // A moment after it joined, tailscaled may make its connection to headscale anew.
    await until("that compute is logged out", () => tailscale("compute", "logout"));
    well(up("compute"));
    expect(entriesOf("compute").map(({ ip_addresses: all }) => all[0])).toEqual([mesh("compute")]);
    expect(
      entries()
        .filter(({ given_name: name }) => name !== "compute")
        .map(({ id }) => id),
    ).toEqual(others.map(({ id }) => id));
    well(preview("compute", "--expect-no-changes"));
  });

  it("but whose key was refused goes on as what it was, and joins by an up where it was nobody", async () => {
    const member = memberOf("compute");
    const refused = () =>
      expect(
        joinMesh(member, { verb: "join", key: madeUpKey }, new AbortController().signal),
      ).rejects.toThrow("The mesh on compute");
    await refused();
    await until("that it hears from headscale again", allOnline);
    forgetMember("compute");
    await refused();
    expect(preview("compute").text).toContain("compute is not logged in to the mesh");
    well(up("compute"));
    well(preview("compute", "--expect-no-changes"));
  });

  it("but takes routes of others is put right without a key", () => {
    const [before] = entriesOf("desktop");
    tailscale("desktop", "set --accept-routes=true");
    expect(preview("desktop").text).toContain("tailscaled on desktop has --accept-routes");
    well(up("desktop"));
    well(preview("desktop", "--expect-no-changes"));
    expect(entriesOf("desktop")[0]?.id).toBe(before?.id);
  });
});

describe("headscale's policy", () => {
  it("that somebody opened is a difference, and is closed again by an up", () => {
    headscale("policy set --file /dev/stdin", '{"grants":[{"src":["*"],"dst":["*"],"ip":["*"]}]}');
    const said = preview("storage").text;
    expect(said).toMatch(/headscale's policy has .*"\*".*not declared/);
    well(up("storage"));
    well(preview("storage", "--expect-no-changes"));
    well(preview("desktop", "--expect-no-changes"));
  });

  it("with a test that fails is refused, and the one before stays in force", () => {
    const before = headscale("policy get");
    const wrong = {
      ...(JSON.parse(before) as object),
      tests: [{ src: "tag:compute", accept: ["tag:storage:22"] }],
    };
    expect(() => headscale("policy set --file /dev/stdin", JSON.stringify(wrong))).toThrow();
    expect(headscale("policy get")).toBe(before);
  });
});

describe("headscale, after a power cut of storage", () => {
  it("has all that it acknowledged, to the last moment", async () => {
    const made = beginOnNode(
      "storage",
      "for i in $(seq 1000); do podman exec headscale headscale users create cut-$i >/dev/null && echo cut-$i; done",
    );
    const acknowledged: string[] = [];
    createInterface(made.stdout).on("line", (line) => acknowledged.push(line));
    await until("that some were made", () => (acknowledged.length >= 10 ? true : undefined));
    lab("node", "kill", "--lose-cache", "storage");
    lab("node", "start", "storage");
    const there = await until("that headscale answers", users);
    expect(acknowledged.filter((name) => !there.includes(name))).toEqual([]);
    await until("that all are members", allOnline);
    onNode(
      "storage",
      `for name in ${there.filter((name) => name.startsWith("cut-")).join(" ")}; do podman exec headscale headscale users destroy --name "$name" --force >/dev/null; done`,
    );
  });
});

describe("the house without its coordination server", () => {
  it("goes on: who is connected stays so, and the LAN is as it was", async () => {
    const asked = [`${mesh("storage")}:9000`, `${nodes().storage.address}:9000`].sort();
    expect(reached("desktop", asked)).toEqual(asked);
    onNode("storage", "systemctl stop headscale");
    try {
      await until("the mesh without headscale", () =>
        reached("desktop", asked).length === asked.length ? true : undefined,
      );
    } finally {
      onNode("storage", "systemctl start headscale");
    }
    await until("that all are members again", allOnline, 120);
    well(preview("storage", "--expect-no-changes"));
  });
});
