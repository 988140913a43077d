import { execFile } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, many, type Answer } from "../inference/client";
import { Fake } from "../inference/fakes";
import { homelabCommand } from "../support/command";
import { beginOnNode, labTopology, onNode } from "../support/lab";
import { preview, well } from "../support/stack";
import { agentsHandedOut, Tasks } from "./tasks";

/** The accounts that lab/agents names, played here. */
const first = new Fake("first", { ms: 150, limits: { tokens: 12_000, requests: 10_000 } });
const second = new Fake("second", { ms: 150, limits: { tokens: 24_000, requests: 10_000 } });
let outputs: ReturnType<typeof agentsHandedOut>;
let gateway: { readonly url: string; readonly key: (client: string) => string };
const tasks = new Tasks(() => outputs);
const root = join(__dirname, "../..");
const run = promisify(execFile);
/** What was measured, said at the end. */
const facts: string[] = [];

/** Neither the first nor the second: what llama.cpp says has no meaning. */
const isLocal = async () => {
  const answer = await ask(gateway, { model: "chat" });
  return answer.status === 200 && answer.from === undefined;
};
const slowest = (answers: readonly Answer[]) =>
  `${Math.max(...answers.map(({ seconds }) => seconds)).toFixed(1)} s`;
/** Without waiting: the played accounts answer in this process. */
const begin = (node: string, command: string) => run(join(root, "lab/ssh"), [node, command]);
const failed = (answers: readonly Answer[]) => answers.filter(({ status }) => status !== 200);

/** With `lab/agents on`. */
describe("the gateway and agents on machines", () => {
  beforeAll(async () => {
    await first.listen(4811);
    await second.listen(4812);
    outputs = agentsHandedOut();
    const keys = outputs.passwords.inference ?? {};
    gateway = {
      url: outputs.INFERENCE_URL,
      key: (client) => keys[client === "mail" ? "tester" : client] ?? "",
    };
  });
  beforeEach(async () => {
    await expect.poll(isLocal, { timeout: 120_000, interval: 1000 }).toBe(true);
    for (const fake of [first, second]) fake.reset();
  });
  afterAll(async () => {
    console.log(facts.join("\n"));
    await tasks.close();
    for (const fake of [first, second]) await fake.close();
  });

  it("are as they are declared once they are up", () => {
    for (const node of ["desktop", "compute"] as const) well(preview(node, "--expect-no-changes"));
  });

  it("have an agent's question answered by llama.cpp on compute", async () => {
    const { said, chain } = await tasks.done("mail", "hello");
    expect(said).toHaveLength(2);
    expect(first.asked + second.asked).toBe(0);
    // From the task to the tokens, by one id.
    expect(
      onNode(
        "desktop",
        `journalctl -q -o cat -u inference -g ${chain} | grep -c '"client": "agents-mail"'`,
      ).trim(),
    ).toBe("2");
  });

  it("ask Ollama on compute as well, found by the topology", async () => {
    const answer = await ask(gateway, { model: "tiny" });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"completion_tokens":')]);
    expect(answer.tokens).toBeGreaterThan(0);
  });

  it("lose no request when the gateway is killed", async () => {
    const answers = await many(gateway, { count: 60, atOnce: 6 }, (i) => {
      if (i === 10) void begin("desktop", "podman kill -s KILL inference >/dev/null");
    });
    expect(failed(answers)).toEqual([]);
    facts.push(`LiteLLM killed: 60 of 60, the slowest after ${slowest(answers)}`);
    expect(onNode("desktop", "systemctl is-active inference").trim()).toBe("active");
  });

  it("do not notice that PostgreSQL is restarted", async () => {
    const answers = await many(gateway, { count: 60, atOnce: 6 }, (i) => {
      if (i === 10) void begin("storage", "systemctl restart --no-block postgres");
    });
    expect(failed(answers)).toEqual([]);
    facts.push(`PostgreSQL restarted: 60 of 60, the slowest after ${slowest(answers)}`);
  });

  it("go on by the cloud while compute sleeps, wake it when they are asked, and go back to it within a minute", async () => {
    // What the door knows of compute, by desktop's clock; the machines' is this computer's.
    const door = beginOnNode(
      "desktop",
      `while :; do printf '%s %s\\n' "$(date +%s%3N)" "$(curl -fsS http://127.0.0.1:4003/metrics | sed -n 's/^haproxy_server_status{proxy="house-house",server="house",state="UP"} //p')"; sleep 0.3; done`,
    );
    const known: { at: number; up: boolean }[] = [];
    createInterface(door.stdout).on("line", (line) => {
      const [at, up] = line.split(" ");
      known.push({ at: Number(at), up: up === "1" });
    });
    const answers: (Answer & { readonly at: number })[] = [];
    let asks = true;
    const client = async () => {
      while (asks) answers.push({ ...(await ask(gateway, { model: "chat" })), at: Date.now() });
    };
    onNode("desktop", "systemctl stop homelab-inference-wake");
    const clients = Promise.all([client(), client()]);
    try {
      await expect.poll(() => known.at(-1)?.up, { timeout: 60_000 }).toBe(true);
      const cut = Date.now();
      await run(join(root, "lab/node"), ["kill", "compute"]);
      await expect.poll(() => known.at(-1)?.up, { timeout: 60_000, interval: 200 }).toBe(false);
      const knew = (known.find(({ at, up }) => at > cut && !up)?.at ?? Infinity) - cut;
      facts.push(`compute off: known to the gateway after ${(knew / 1000).toFixed(1)} s`);
      expect(knew).toBeLessThan(10_000);
      expect((await tasks.done("mail", "hello")).said.join()).toMatch(/from (first|second)/);
      const asked = Date.now();
      onNode("desktop", "systemctl start homelab-inference-wake");
      await expect.poll(() => known.at(-1)?.up, { timeout: 300_000, interval: 200 }).toBe(true);
      const up = known.findLast((one, i) => one.up && known[i - 1]?.up === false)?.at ?? Infinity;
      const isFrom = (from: string | undefined) => (one: (typeof answers)[number]) =>
        one.at > up && one.status === 200 && one.from === from;
      await expect.poll(() => answers.some(isFrom(undefined)), { timeout: 60_000, interval: 200 }).toBe(true);
      const first = answers.find(isFrom(undefined))?.at ?? Infinity;
      facts.push(
        `asked for: compute's llama.cpp is up ${((up - asked) / 1000).toFixed(1)} s later, and answers the first request ${((first - up) / 1000).toFixed(1)} s after that`,
      );
      expect(first - up).toBeLessThan(60_000);
    } finally {
      asks = false;
      await clients;
      door.stdin.end();
      door.kill();
      onNode("desktop", "systemctl start homelab-inference-wake");
      await run(join(root, "lab/node"), ["start", "compute"]);
    }
    expect(failed(answers)).toEqual([]);
    facts.push(
      `meanwhile ${answers.length} of ${answers.length} requests answered, the slowest after ${slowest(answers)}`,
    );
    expect(onNode("desktop", "journalctl -q -o cat -u homelab-inference-wake -n 20")).toContain(
      "compute is told to wake: house was asked for a model.",
    );
  });

  it("have no key in unit files, argument lists or the journal", () => {
    const secrets = [
      ...Object.values(outputs.passwords.inference ?? {}),
      ...Object.entries(outputs.passwords.nats ?? {}).flatMap(([user, of]) =>
        user.startsWith("agents-") ? [of] : [],
      ),
      ...Object.values(outputs.passwords["inference-store"] ?? {}),
      ...["sk-first-of-the-lab", "sk-second-of-the-lab"],
    ];
    expect(secrets.length).toBeGreaterThan(8);
    const found = onNode(
      "desktop",
      `cat >/run/keys-of-test; trap 'rm -f /run/keys-of-test' EXIT
       grep -rlFf /run/keys-of-test /etc/containers /etc/systemd /etc/homelab /run/systemd 2>/dev/null || true
       cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -Ff /run/keys-of-test || true
       for each in $(podman ps -q); do podman inspect "$each" | grep -Ff /run/keys-of-test || true; done
       journalctl -q -o cat --no-pager | grep -cFf /run/keys-of-test || true`,
      `${secrets.join("\n")}\n`,
    );
    expect(found.trim()).toBe("0");
  });

  it("give an agent its own two secrets, and nothing of another's or of PostgreSQL", () => {
    const inside = (command: string) =>
      onNode("desktop", `podman exec agent-mail-1 sh -c '${command}' 2>&1 || true`);
    expect(inside("ls /run/secrets").trim().split(/\s+/).sort()).toEqual([
      "inference-key.json",
      "nats-password.json",
    ]);
    expect(inside("cat /proc/[0-9]*/cmdline")).not.toMatch(/inference-door|valkey|litellm/);
    expect(inside("env")).not.toMatch(/password|key=|dsn|postgres/i);
    expect(inside("ls /etc/homelab /var/lib/containers")).toMatch(/No such file/);
    // The gateway's own parts listen on the node's loopback, which an agent shares: what they ask for is a password.
    const python = (program: string) =>
      onNode("desktop", "podman exec -i agent-mail-1 python3 - 2>&1 || true", program);
    expect(
      python(
        'import socket\ns = socket.create_connection(("127.0.0.1", 6380))\ns.send(b"KEYS *\\r\\n")\nprint(s.recv(99))\n',
      ),
    ).toContain("NOAUTH");
    expect(
      python('import urllib.request\nurllib.request.urlopen("http://127.0.0.1:4001/v1/models")\n'),
    ).toMatch(/HTTP Error 40[013]/);
  });

  it("leave LiteLLM no way out of its node, also not to the rest of the house", () => {
    const { address } = labTopology().nodes.storage;
    const python = (host: string, port: number) =>
      onNode(
        "desktop",
        "podman exec -i inference python3 - 2>&1 || true",
        `import socket\nsocket.create_connection(("${host}", ${port}), 5)\nprint("there")\n`,
      );
    expect(
      onNode("desktop", `curl -s -o /dev/null -w '%{http_code}' http://${address}:9000/minio/health/live`),
    ).toBe("200");
    expect(python(address, 9000)).toMatch(/timed out|not permitted/);
    expect(python("127.0.0.1", 4002)).toContain("there");
  });

  it("are shown by `homelab agents`", async () => {
    await tasks.done("mail", "hello");
    const { code, text } = homelabCommand("agents", ["--output", "json"], 60);
    expect(code).toBe(0);
    const seen = JSON.parse(text) as {
      agents: { name: string; running: boolean; speaks: boolean; task?: object }[];
      queues: object[];
      accounts: { name: string; of: string; limit: number }[];
      tokens: Record<string, number>;
    };
    expect(seen.agents.map(({ name, running }) => [name, running])).toEqual(
      ["agent-code-1", "agent-mail-1", "agent-mail-2", "agent-mail-3"].map((name) => [name, true]),
    );
    expect(seen.agents.some(({ speaks }) => speaks)).toBe(true);
    expect(seen.agents.filter(({ task }) => task !== undefined)).toEqual([]);
    expect(seen.queues).toEqual(["code", "mail"].map((pool) => ({ pool, waiting: 0, taken: 0, again: 0 })));
    expect(seen.accounts).toContainEqual(
      expect.objectContaining({ name: "first", of: "tokens", limit: 6000 }),
    );
    expect(seen.tokens["agents-mail"]).toBeGreaterThan(0);
  });
});
