import { randomBytes } from "node:crypto";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chain } from "../../components/observability-stack/dashboards/queries";
import { find, until } from "../support/alerts";
import { onNode, tunnelBy } from "../support/lab";
import { pulumi, well } from "../support/stack";

/** With `lab/observability on`: a request through NATS and PostgreSQL, as docs/correlation.md has it, and how it is found again. */

interface Outputs {
  readonly NATS_URL: string;
  readonly passwords: { readonly nats: Readonly<Record<string, string>> };
  readonly dsns: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
const stackOutputs = (stack: "storage" | "desktop"): Outputs => {
  const { text } = well(pulumi(stack, "stack", "output", "--show-secrets", "--json"));
  return JSON.parse(text.slice(text.indexOf("{"))) as Outputs;
};
const traceparent = (id: string) => `00-${id}-${randomBytes(8).toString("hex")}-01`;
const idIn = (header: string) => /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(header)?.[1] ?? "";

const inPostgres = (sql: string) =>
  onNode(
    "storage",
    "podman exec -i --user postgres postgres psql -v ON_ERROR_STOP=1 -qAt agent_gateway",
    sql,
  );

/** What an agent has: messages, a table in which it notes what it did, and a journal. */
const open: NatsConnection[] = [];
let database: Client | undefined;
let close: (() => void) | undefined;

beforeAll(async () => {
  const { NATS_URL, passwords } = stackOutputs("desktop");
  const { dsns } = stackOutputs("storage");
  for (let each = 0; each < 2; each++)
    open.push(await connect({ servers: NATS_URL, user: "agent", pass: passwords.nats.agent ?? "" }));
  // PostgreSQL is open to the nodes only: the agent is one on desktop.
  const dsn = new URL(dsns.agent?.agent_gateway ?? "");
  const tunnel = await tunnelBy("desktop", dsn.host);
  close = tunnel.close;
  dsn.host = `127.0.0.1:${tunnel.port}`;
  database = new Client({ connectionString: dsn.href });
  await database.connect();
  await database.query(
    "create table if not exists chain_test (at timestamptz default now(), what text, " +
      "correlation_id text default nullif(current_setting('homelab.correlation_id', true), ''), program text default current_setting('application_name'));" +
      "create index if not exists chain_test_id on chain_test (correlation_id) where correlation_id is not null;" +
      "create schema if not exists observability;" +
      "create or replace view observability.chain as select correlation_id, at, 'agent' as source, what, interval '0' as took, 'done' as status " +
      "from chain_test where correlation_id is not null",
  );
});
afterAll(async () => {
  await database?.end();
  close?.();
  inPostgres("drop schema if exists observability cascade; drop table if exists chain_test");
  await Promise.all(open.map((one) => one.close()));
});

/** Takes a task, notes it, asks PostgreSQL for what fails, and says so: an agent of a few lines. */
async function agent(nats: NatsConnection): Promise<void> {
  const tasks = nats.subscribe("tasks.chain", { max: 1 });
  await nats.flush();
  void (async () => {
    for await (const task of tasks) {
      const id = idIn(task.headers?.get("traceparent") ?? "");
      await database?.query("begin");
      await database?.query(
        "select set_config('homelab.correlation_id', $1, true), set_config('application_name', 'scout cid:' || $1, true)",
        [id],
      );
      await database?.query("insert into chain_test (what) values ('looked')");
      await database?.query("savepoint mistake");
      await database?.query("select 1 / 0").catch(() => undefined);
      await database?.query("rollback to savepoint mistake");
      await database?.query("commit");
      onNode("desktop", `logger -t scout 'looked for it correlation_id=${id}'`);
      const answer = headers();
      answer.set("traceparent", traceparent(id));
      task.respond("done", { headers: answer });
    }
  })();
}

const rows = Number(process.env.CHAIN_LINES ?? 1_000_000);

describe("a request through NATS, PostgreSQL and the journal", () => {
  const id = randomBytes(16).toString("hex");

  it("is one chain: in PostgreSQL's view, in its log, and in the agent's", async () => {
    const [asks, answers] = open;
    if (asks === undefined || answers === undefined) throw new Error("not connected");
    await agent(answers);
    const sent = headers();
    sent.set("traceparent", traceparent(id));
    const answer = await asks.request("tasks.chain", "look", { timeout: 60_000, headers: sent });
    expect(idIn(answer.headers?.get("traceparent") ?? "")).toBe(id);
    expect(
      inPostgres(`select source, what from observability.chain where correlation_id = '${id}'`).trim(),
    ).toBe("agent|looked");
    expect(inPostgres(`select program from chain_test where correlation_id = '${id}'`).trim()).toBe(
      `scout cid:${id}`,
    );
    // What the connection does next is not taken for a part of it.
    const after = await database?.query<{ id: string }>(
      "select coalesce(current_setting('homelab.correlation_id', true), '') || current_setting('application_name') as id",
    );
    expect(after?.rows[0]?.id).not.toContain(id);
    const lines = await until(
      "that both lines arrived",
      () => {
        const found = find(`_time:1h ${chain.logs.victorialogs.replace("$correlation_id", id)}`);
        return new Set(found.map((line) => line._HOSTNAME)).size === 2 ? found : undefined;
      },
      120,
    );
    expect(lines.map((line) => line._msg).join("\n")).toMatch(/division by zero/);
    expect(lines.map((line) => line._msg).join("\n")).toContain(`looked for it correlation_id=${id}`);
  });

  it(`is found by its id in less than a second among ${rows} lines of as many ids`, async () => {
    // As journal entries are: a stream is a unit of a node, the id a field.
    const name = `homelab-test-${randomBytes(4).toString("hex")}`;
    const began = Date.now();
    onNode(
      "storage",
      `now=$(date +%s)000; for part in 0 1 2 3 4 5 6 7 8 9; do awk -v part=$part -v count=${rows / 10} -v now="$now" 'BEGIN { for (i = 1; i <= count; i++) ` +
        `printf "{\\"_time\\":%d,\\"_HOSTNAME\\":\\"desktop\\",\\"SYSLOG_IDENTIFIER\\":\\"${name}\\",\\"CORRELATION_ID\\":\\"%010d%022d\\",\\"_msg\\":\\"looked for number %d\\"}\\n", now - (part * count + i) % 3000000, part, i, i }' | ` +
        `curl -sS --fail -X POST --data-binary @- -H 'Content-Type: application/stream+json' 'http://127.0.0.1:9428/insert/jsonline?_stream_fields=_HOSTNAME,SYSLOG_IDENTIFIER'; done`,
    );
    await until(
      "that all lines are there",
      () =>
        Number(find(`_time:1d SYSLOG_IDENTIFIER:="${name}" | stats count() all`)[0]?.all) >= rows ||
        undefined,
      120,
    );
    console.log(`${rows} lines in ${((Date.now() - began) / 1000).toFixed(0)} s`);
    const asked = `_time:1d ${chain.logs.victorialogs.replace("$correlation_id", id)}`;
    expect(find(asked).length).toBeGreaterThan(0);
    const seconds = [1, 2, 3].map(() =>
      Number(
        onNode(
          "storage",
          "curl -sS -o /dev/null -w '%{time_total}' --data @- http://127.0.0.1:9428/select/logsql/query",
          new URLSearchParams({ query: asked }).toString(),
        ),
      ),
    );
    console.log(`found in ${seconds.join(", ")} s`);
    expect(Math.min(...seconds)).toBeLessThan(1);
  });
});
