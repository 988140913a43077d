import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Cable, Fake } from "./fakes";
import { Gateway } from "./gateway";
import { ask, many, type Answer } from "./client";

let gateway: Gateway;
let cable: Cable;
/** How long the budget of `brief` lasts, seconds; its setting is in hours, and the test cannot wait for one. */
const brief = 150;
const local = new Fake("local", { ms: 200, slots: 2 });
const first = new Fake("first", { ms: 150, limits: { tokens: 12_000, requests: 200 } });
const second = new Fake("second", { ms: 250, limits: { tokens: 24_000, requests: 400 } });
const fakes = [local, first, second];
/** What was seen, for the table at the end. */
const table: string[] = [];
const facts: string[] = [];

type Seen = Answer[] & {
  /** Tokens that the answers say. */
  readonly sent: number;
  /** Tokens that the gateway's log has for them. */
  readonly counted: number;
};

/** Sixty requests, six at once; the fault comes with the eleventh. */
async function sixty(what: string, fault: () => void, stream = false): Promise<Seen> {
  const answers = await many(gateway, { count: 60, atOnce: 6, stream }, (i) => {
    if (i === 10) fault();
  });
  const good = answers.filter(({ status }) => status === 200);
  const from = fakes.map(({ name }) => `${name} ${good.filter((one) => one.from === name).length}`);
  const slowest = Math.max(...answers.map(({ seconds }) => seconds));
  // LiteLLM logs what it has answered a little later.
  const counted = () => gateway.tokensOf(new Set(answers.map(({ chain }) => chain ?? "")));
  const sent = tokensOf(answers);
  await expect
    .poll(counted, { timeout: 20_000, interval: 500 })
    .toBe(sent)
    .catch(() => undefined);
  table.push(
    `| ${what} | ${good.length} of 60 | ${slowest.toFixed(1)} s | ${from.join(", ")} | ${sent}, ${counted()} |`,
  );
  return Object.assign(answers, { sent, counted: counted() });
}

const failed = (answers: readonly Answer[]) =>
  answers.filter(({ status, whole }) => status !== 200 || !whole);
const tokensOf = (answers: readonly Answer[]) => answers.reduce((sum, { tokens }) => sum + tokens, 0);
const slowest = (answers: readonly Answer[]) => Math.max(...answers.map(({ seconds }) => seconds));
const served = () => fakes.reduce((sum, { counts }) => sum + counts.tokens, 0);

/** The real LiteLLM, HAProxy and Valkey as services/inference.ts renders them, before accounts and a model server that are played. */
describe("the inference gateway", () => {
  beforeAll(async () => {
    for (const fake of fakes) await fake.listen();
    cable = await Cable.to(local);
    const cost = { inputCost: 1, outputCost: 2 };
    gateway = await Gateway.start(
      {
        accounts: {
          first: {
            url: `${first.url}/v1`,
            apiKey: "key-first",
            tokensPerMinute: 12_000,
            requestsPerMinute: 200,
          },
          second: { url: `${second.url}/v1`, apiKey: "key-second", tokensPerMinute: 24_000 },
          spent: { url: `${second.url}/v1`, apiKey: "key-spent", budget: 0.0005, budgetTime: "1d" },
          brief: { url: `${second.url}/v1`, apiKey: "key-brief", budget: 0.0005, budgetTime: "77h" },
        },
        backends: { house: { url: cable.url } },
        models: {
          chat: [
            { backend: "house", model: "small", wake: true },
            { account: "first", model: "big", ...cost },
            { account: "second", model: "big", ...cost },
          ],
          dear: [{ account: "spent", model: "dear", ...cost }],
          brief: [{ account: "brief", model: "dear", ...cost }],
        },
        clients: { mail: { models: ["chat"] }, saver: { models: ["dear", "brief"] } },
      },
      { changed: (config) => config.replaceAll('"77h"', `"${brief}s"`) },
    );
  });
  beforeEach(async () => {
    for (const fake of fakes) fake.reset();
    cable.mend();
    // What was wrong in the test before is known to be over.
    await expect
      .poll(async () => (await ask(gateway, { model: "chat" })).from, { timeout: 60_000, interval: 500 })
      .toBe("local");
    for (const fake of fakes) fake.reset();
  });
  afterAll(async () => {
    console.log(
      [
        "| Fault | Answered | Slowest | By | Tokens: sent, counted |",
        "| --- | --- | --- | --- | --- |",
        ...table,
        "",
        ...facts,
      ].join("\n"),
    );
    await gateway.stop();
    await cable.close();
    for (const fake of fakes) await fake.close();
  });

  it("answers all by the house's own server while that is well, two at once", async () => {
    const answers = await sixty("all is well", () => undefined);
    expect(failed(answers)).toEqual([]);
    expect(local.counts.most).toBeLessThanOrEqual(2);
    expect(answers.sent).toBe(served());
    expect(answers.counted).toBe(answers.sent);
  });

  it.each([
    [
      "refuses",
      (): void => {
        local.mode = "gone";
      },
    ],
    [
      "answers with an error",
      (): void => {
        local.mode = "error";
      },
    ],
    [
      "hangs",
      (): void => {
        local.mode = "hang";
      },
    ],
    [
      "is cut off, with all of compute",
      () => {
        cable.cut();
      },
    ],
  ] as const)(
    "goes on by the cloud when the house's server %s, and nobody waits for more than ten seconds",
    async (what, fault) => {
      const answers = await sixty(`local ${what}`, fault);
      expect(failed(answers)).toEqual([]);
      expect(slowest(answers)).toBeLessThan(10 + 5);
      expect(answers.counted).toBe(answers.sent);
    },
  );

  it("asks nobody at a server that is gone, and asks it again within a minute of its return", async () => {
    local.mode = "hang";
    await expect
      .poll(async () => (await ask(gateway, { model: "chat" })).seconds, { timeout: 60_000 })
      .toBeLessThan(2);
    const before = local.asked;
    const answers = await many(gateway, { count: 12, atOnce: 3 });
    expect(failed(answers)).toEqual([]);
    expect(local.asked).toBe(before);
    // What homelab-inference-wake reads.
    expect(gateway.log("inference-door")).toContain('"server":"house-house","status":503,"wanted":"yes"}');
    local.mode = "ok";
    await expect
      .poll(async () => (await ask(gateway, { model: "chat" })).from, { timeout: 60_000, interval: 500 })
      .toBe("local");
  });

  it("streams, and counts the tokens that were sent", async () => {
    const answers = await sixty("streams", () => undefined, true);
    expect(failed(answers)).toEqual([]);
    expect(tokensOf(answers)).toBe(served());
  });

  it("ends every stream that began when the house's server is killed in the middle", async () => {
    const answers = await sixty(
      "local killed in the middle of streams",
      () => {
        local.mode = "gone";
      },
      true,
    );
    expect(failed(answers)).toEqual([]);
  });

  it.each([
    [
      "is exhausted",
      (fake: Fake) => {
        fake.exhaust();
      },
    ],
    [
      "answers with errors",
      (fake: Fake) => {
        fake.mode = "error";
      },
    ],
  ] as const)("goes on by the other account when one %s", async (what, fault) => {
    const answers = await sixty(`one account ${what}, no local server`, () => {
      local.mode = "gone";
      fault(first);
    });
    expect(failed(answers)).toEqual([]);
  });

  it("loses no request while LiteLLM is killed and starts again", async () => {
    const answers = await sixty("gateway killed and started again", () => {
      void gateway.kill("inference").then(() => {
        gateway.run("inference");
      });
    });
    expect(failed(answers)).toEqual([]);
  });

  it("answers while the store of its counts is killed and starts again", async () => {
    const answers = await sixty("store killed and started again", () => {
      void gateway.kill("inference-store").then(() => {
        gateway.run("inference-store");
      });
    });
    expect(failed(answers)).toEqual([]);
  });

  it("gives an account half of what it allows at most, and says when to come again instead", async () => {
    local.mode = "gone";
    second.mode = "error";
    const answers = await many(gateway, { count: 220, atOnce: 18 });
    const late = answers.filter(({ status }) => status !== 200);
    expect(first.counts.refused).toBe(0);
    expect(late.length).toBeGreaterThan(0);
    expect(late.filter(({ status, retryAfter }) => status === 429 && !(retryAfter > 0))).toEqual([]);
  });

  it("opens a client's models by its key, and nothing else", async () => {
    const status = async (more: Parameters<typeof ask>[1]) => (await ask(gateway, more)).status;
    expect(await status({ model: "dear" })).toBe(403);
    expect(await status({ model: "chat", key: "sk-made-up" })).toBe(401);
    expect(await status({ model: "chat", key: "" })).toBe(401);
    expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(401);
    // LiteLLM itself says no to this one, before the house is asked; nobody elsewhere is.
    const before = second.asked;
    expect(await status({ model: "chat", more: { api_base: second.url } })).toBeGreaterThanOrEqual(400);
    expect(second.asked).toBe(before);
    expect(await status({ model: "chat", more: { fallbacks: ["dear"] } })).toBe(400);
    const authorization = `Bearer ${gateway.key("mail")}`;
    for (const path of [
      "/key/generate",
      "/model/info",
      "/spend/logs",
      "/config/yaml",
      "/v1/files",
      "//metrics",
    ]) {
      const { status: code } = await fetch(`${gateway.url}${path}`, { headers: { authorization } });
      expect([401, 403, 404], path).toContain(code);
    }
  });

  it("logs a line for each answer with its chain and tokens, and nothing of what was said", async () => {
    const [chain, words] = [randomBytes(16).toString("hex"), `secret-${randomBytes(8).toString("hex")}`];
    const answer = await ask(gateway, { model: "chat", chain, words });
    expect(answer.chain).toBe(chain);
    const lines = () =>
      gateway
        .log("inference")
        .split("\n")
        .filter((line) => line.includes(chain));
    await expect.poll(() => lines().length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(JSON.parse(lines()[0] ?? "")).toMatchObject({
      ...{ correlation_id: chain, client: "mail", model: "chat", at: "house", status: "ok" },
      ...{ prompt_tokens: answer.tokens - 40, completion_tokens: 40 },
    });
    expect(gateway.log("inference-door")).toContain(`"correlation_id":"${chain}"`);
    for (const part of ["inference", "inference-door", "inference-store"] as const) {
      expect(gateway.log(part)).not.toContain(words);
      expect(gateway.log(part)).not.toContain(gateway.key("mail"));
    }
  });

  it("refuses with a sentence what a budget does not pay for any more, also after a restart, until its time is over", async () => {
    const key = gateway.key("saver");
    const use = (model: string) => ask(gateway, { model, key });
    /** Spends what there is, until the store knows it: LiteLLM hands it over each second. */
    const spend = async (model: string) => {
      await expect.poll(async () => (await use(model)).status, { timeout: 60_000, interval: 200 }).toBe(402);
      await expect
        .poll(() => gateway.spent(model), { timeout: 30_000, interval: 200 })
        .toBeGreaterThanOrEqual(0.0005);
    };
    await spend("dear");
    const began = Date.now();
    await spend("brief");
    const sentence =
      /^The budget for brief is used up: brief \(0\.0005 dollars\)\. It is whole again at \d{4}-\d\d-\d\d \d\d:\d\d UTC/;
    const said = async (model: string) => {
      const { status, text } = await use(model);
      return { status, says: (JSON.parse(text) as { error?: { message: string } }).error?.message };
    };
    expect(await said("brief")).toEqual({ status: 402, says: expect.stringMatching(sentence) as string });
    await gateway.kill("inference");
    await gateway.kill("inference-store");
    gateway.run("inference-store");
    gateway.run("inference");
    await gateway.ready();
    expect((await said("dear")).status).toBe(402);
    const restarted = (Date.now() - began) / 1000;
    // A computer that is busy enough takes as long as the budget lasts.
    if (restarted < brief - 30) expect((await said("brief")).status).toBe(402);
    await expect
      .poll(async () => (await use("brief")).status, { timeout: (brief + 60) * 1000, interval: 1000 })
      .toBe(200);
    const free = (Date.now() - began) / 1000;
    expect((await said("dear")).status).toBe(402);
    facts.push(
      `budget of ${brief} s: refused by a sentence, also after a restart; free again after ${free.toFixed(0)} s`,
    );
    expect(free).toBeLessThan(brief + 30);
  });
});
