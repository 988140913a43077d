import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Fake } from "./fakes";
import { Gateway } from "./gateway";
import { ask, many, type Answer } from "./client";

let gateway: Gateway;
const local = new Fake("local", { ms: 200, slots: 2 });
const first = new Fake("first", { ms: 150, limits: { tokens: 12_000, requests: 200 } });
const second = new Fake("second", { ms: 250, limits: { tokens: 24_000, requests: 400 } });
const fakes = [local, first, second];
/** What was seen, for the table at the end. */
const table: string[] = [];

/** Sixty requests, six at once; the fault comes with the eleventh. */
async function sixty(what: string, fault: () => void, stream = false): Promise<Answer[]> {
  const answers = await many(gateway, { count: 60, atOnce: 6, stream }, (i) => {
    if (i === 10) fault();
  });
  const good = answers.filter(({ status }) => status === 200);
  const from = fakes.map(({ name }) => `${name} ${good.filter((one) => one.from === name).length}`);
  const slowest = Math.max(...answers.map(({ seconds }) => seconds));
  table.push(`| ${what} | ${good.length} of 60 | ${slowest.toFixed(1)} s | ${from.join(", ")} |`);
  return answers;
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
    const cost = { inputCost: 1, outputCost: 2 };
    gateway = await Gateway.start({
      accounts: {
        first: {
          url: `${first.url}/v1`,
          apiKey: "key-first",
          tokensPerMinute: 12_000,
          requestsPerMinute: 200,
        },
        second: { url: `${second.url}/v1`, apiKey: "key-second", tokensPerMinute: 24_000 },
        spent: { url: `${second.url}/v1`, apiKey: "key-spent", budget: 0.0005, budgetTime: "1d" },
      },
      backends: { house: { url: local.url } },
      models: {
        chat: [
          { backend: "house", model: "small" },
          { account: "first", model: "big", ...cost },
          { account: "second", model: "big", ...cost },
        ],
        dear: [{ account: "spent", model: "dear", inputCost: 1, outputCost: 2 }],
      },
      clients: { mail: { models: ["chat"] }, saver: { models: ["dear"] } },
    });
  });
  beforeEach(async () => {
    for (const fake of fakes) fake.reset();
    // What was wrong in the test before is known to be over.
    await expect
      .poll(async () => (await ask(gateway, { model: "chat" })).from, { timeout: 60_000, interval: 500 })
      .toBe("local");
    for (const fake of fakes) fake.reset();
  });
  afterAll(async () => {
    console.log(["| Fault | Answered | Slowest | By |", "| --- | --- | --- | --- |", ...table].join("\n"));
    await gateway.stop();
    for (const fake of fakes) await fake.close();
  });

  it("answers all by the house's own server while that is well, two at once", async () => {
    const answers = await sixty("all is well", () => undefined);
    expect(failed(answers)).toEqual([]);
    expect(local.counts.most).toBeLessThanOrEqual(2);
    expect(tokensOf(answers)).toBe(served());
  });

  it.each([
    ["refuses", "gone"],
    ["answers with an error", "error"],
    ["hangs", "hang"],
  ] as const)(
    "goes on by the cloud when the house's server %s, and nobody waits for more than ten seconds",
    async (what, mode) => {
      const answers = await sixty(`local ${what}`, () => {
        local.mode = mode;
      });
      expect(failed(answers)).toEqual([]);
      expect(slowest(answers)).toBeLessThan(10 + 5);
      expect(tokensOf(answers)).toBe(served());
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
    // LiteLLM itself says no to this one.
    expect([400, 401]).toContain(await status({ model: "chat", more: { api_base: second.url } }));
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

  it("refuses what a budget does not pay for any more, also after a restart", async () => {
    const key = gateway.key("saver");
    await expect
      .poll(async () => (await ask(gateway, { model: "dear", key })).status, {
        timeout: 60_000,
        interval: 500,
      })
      .not.toBe(200);
    // LiteLLM hands what was spent to the store each second.
    await new Promise((done) => setTimeout(done, 5000));
    await gateway.kill("inference");
    await gateway.kill("inference-store");
    gateway.run("inference-store");
    gateway.run("inference");
    await gateway.ready();
    const { status, text } = await ask(gateway, { model: "dear", key });
    expect(status).not.toBe(200);
    expect(text).toMatch(/budget/i);
  });
});
