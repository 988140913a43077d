import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lab, labTopology, onNode } from "../support/lab";
import { byHand, dsnOf, psql, untilSaid } from "../support/services";
import { asStranger } from "../support/stranger";
import { ChangedConfig, handedOut, preview, up, well } from "../support/stack";

const image = "localhost/homelab-lab/conversation:1";
const nats = (user: string) => ({
  NATS_URL: "${NATS_URL}",
  NATS_USER: user,
  NATS_PASSWORD: `\${nats.${user}}`,
});
/** As in examples/workloads, with an image that the lab can make. */
const workloads = {
  familiar: {
    image,
    command: ["gateway.py", "8080"],
    ports: { http: { port: 8080, from: "operators", output: "FAMILIAR_URL" } },
    environment: {
      DATABASE_URL: "${dsn.agent.agent_gateway}",
      EMBEDDINGS_URL: "${EMBEDDINGS_URL}",
      ...nats("agent"),
    },
    memory: "256M",
    health: { http: "/healthz", port: "http" },
  },
  "multi-bert-inference": {
    image,
    command: ["embedding.py", "0.0.0.0:50051"],
    ports: { grpc: { port: 50051, output: "EMBEDDINGS_URL", scheme: "grpc" } },
    memory: "1G",
    startSeconds: 120,
    health: { exec: ["python", "health.py", "127.0.0.1:50051"] },
  },
  "agent-worker": {
    image,
    command: ["worker.py"],
    replicas: 2,
    environment: { DATABASE_URL: "${dsn.agent.agent_gateway}", ...nats("worker") },
    memory: "256M",
  },
};

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly answer?: string;
  readonly likeness?: number;
  readonly correlation_id?: string;
  readonly why?: string;
}

const chainId = () => randomBytes(16).toString("hex");

/** Says something to the gateway, as a person's program on desktop does. */
function say(text: string, chain = chainId()): Answer {
  const said = onNode(
    "desktop",
    `curl -s -i --max-time 30 -H 'traceparent: 00-${chain}-0123456789abcdef-01' --data-binary @- http://${labTopology().nodes.desktop.address}:8080/messages`,
    JSON.stringify({ text }),
  );
  const [head = "", body = "{}"] = said.replaceAll("\r", "").split("\n\n");
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0),
    retryAfter: /^retry-after: (\d+)/im.exec(head)?.[1],
    ...(JSON.parse(body) as object),
  };
}

const facts = [
  "The sourdough needs another hour in the oven.",
  "The rear brakes of the station wagon make a grinding noise.",
  "The night train to Vienna leaves from platform nine.",
  "PostgreSQL keeps the write-ahead log for seven days.",
];

describe("a conversation on desktop, with compute off", () => {
  const config = new ChangedConfig("desktop");
  const on = () => config.with([[["homelab:workloads"], workloads]]);
  let dsn: string;
  const rows = (what: string) => psql("desktop", dsn, `SELECT count(*) FROM conversation.${what}`);
  const journal = (unit: string, chain: string) =>
    onNode(
      "desktop",
      `journalctl -u ${unit} -o cat --no-pager | grep -c '"correlation_id": "${chain}"' || true`,
    ).trim();

  beforeAll(() => {
    dsn = dsnOf(handedOut(), "agent", "agent_gateway");
    byHand("agent_gateway", "DROP SCHEMA IF EXISTS conversation CASCADE");
    lab("node", "stop", "compute");
    well(up("desktop", ...on()));
  });
  afterAll(() => {
    well(up("desktop"));
    config.remove();
    byHand("agent_gateway", "DROP SCHEMA IF EXISTS conversation CASCADE");
    lab("node", "start", "compute");
  });

  it("is remembered, and answered with what means most nearly the same", () => {
    for (const fact of facts) expect(say(fact).status).toBe(200);
    expect(say("When is the bread done?")).toMatchObject({ status: 200, answer: facts[0] });
    expect(say("Is something wrong with my car?")).toMatchObject({ status: 200, answer: facts[1] });
    expect(say("How long is WAL kept?")).toMatchObject({ status: 200, answer: facts[3] });
    expect(rows("message")).toBe("7");
    untilSaid("notes", "7", () => rows("note"));
  });

  it("is one chain: in what PostgreSQL keeps, and in what each of the three said", () => {
    const chain = chainId();
    expect(say("Which platform for the train?", chain)).toMatchObject({
      answer: facts[2],
      correlation_id: chain,
    });
    const kept = (table: string) =>
      psql("desktop", dsn, `SELECT count(*) FROM conversation.${table} WHERE correlation_id = '${chain}'`);
    expect(kept("message")).toBe("1");
    untilSaid("the note", "1", () => kept("note"));
    expect(journal("workload-familiar", chain)).toBe("1");
    expect(journal("workload-multi-bert-inference", chain)).toBe("1");
    expect(journal("'workload-agent-worker*'", chain)).toBe("1");
  });

  it("is told to come again while the embeddings are away, remembers nothing then, and goes on by itself", () => {
    const before = rows("message");
    onNode("desktop", "systemctl stop workload-multi-bert-inference.service");
    expect(say("Who is there?")).toMatchObject({
      status: 503,
      retryAfter: "2",
      why: expect.stringContaining("embeddings") as string,
    });
    expect(rows("message")).toBe(before);
    onNode("desktop", "systemctl start workload-multi-bert-inference.service");
    untilSaid("the answer", "200", () => String(say("Who is there?").status), 120);
  });

  it("goes on after PostgreSQL was restarted, and after NATS was", () => {
    onNode("storage", "systemctl restart postgres.service");
    untilSaid("the answer", "200", () => String(say("PostgreSQL is back.").status), 120);
    onNode("desktop", "systemctl restart nats.service");
    untilSaid("the answer", "200", () => String(say("NATS is back.").status), 60);
    // A worker that was cut off hears again once it is back.
    const chain = chainId();
    untilSaid(
      "the note",
      "t",
      () => {
        say("Is anybody listening?", chain);
        return psql(
          "desktop",
          dsn,
          `SELECT count(*) > 0 FROM conversation.note WHERE correlation_id = '${chain}'`,
        );
      },
      60,
    );
  });

  it("shares its work between the replicas", () => {
    for (const one of ["workload-agent-worker", "workload-agent-worker-2"])
      expect(
        Number(onNode("desktop", `journalctl -u ${one} -o cat --no-pager | grep -c '"noted"' || true`)),
      ).toBeGreaterThan(0);
  });

  it("is open to the house and to no stranger, and nothing is left to change", () => {
    const { address } = labTopology().nodes.desktop;
    for (const port of [8080, 50051])
      expect(
        asStranger(
          `timeout 3 bash -c '</dev/tcp/${address}/${port}' 2>/dev/null && echo open || echo closed`,
        ).trim(),
      ).toBe("closed");
    expect(
      onNode("storage", `timeout 3 bash -c '</dev/tcp/${address}/50051' && echo open || echo closed`).trim(),
    ).toBe("open");
    well(preview("desktop", "--expect-no-changes", ...on()));
  });
});
