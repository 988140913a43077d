import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chain } from "../../components/observability-stack/dashboards/queries";
import { find, secondsToFind } from "../support/alerts";
import { until } from "../support/until";
import { ChainTable, inPostgres, shownOf } from "../support/chain";
import { ChainAgent } from "../support/chain-agent";
import { onNode } from "../support/lab";
import { idIn, newId } from "../support/trace";

/** With `lab/observability on`: a request through NATS and PostgreSQL, as docs/correlation.md has it, and how it is found again. */

/** What an agent has: messages, a table in which it notes what it did, and a journal. */
let agent: ChainAgent | undefined;
let table: ChainTable | undefined;

beforeAll(async () => {
  agent = await ChainAgent.open();
  table = await ChainTable.open();
});
afterAll(async () => {
  await table?.close();
  await agent?.close();
});

const rows = Number(process.env.CHAIN_LINES ?? 1_000_000);

describe("a request through NATS, PostgreSQL and the journal", () => {
  const id = newId();

  it("is one chain: in PostgreSQL's view, in its log, and in the agent's", async () => {
    if (agent === undefined || table === undefined) throw new Error("not connected");
    const book = table;
    const answer = await agent.task(id, 60, (own) => book.note(own, "looked", "select 1 / 0"));
    expect(idIn(answer.headers?.get("traceparent"))).toBe(id);
    expect(shownOf(id)).toEqual(["agent|looked"]);
    expect(inPostgres(`select program from chain_test where correlation_id = '${id}'`).trim()).toBe(
      `scout cid:${id}`,
    );
    // What the connection does next is not taken for a part of it.
    expect(await table.leftOver()).not.toContain(id);
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
    const seconds = [1, 2, 3].map(() => secondsToFind(asked));
    console.log(`found in ${seconds.join(", ")} s`);
    expect(Math.min(...seconds)).toBeLessThan(1);
  });
});
