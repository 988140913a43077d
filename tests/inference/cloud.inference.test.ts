import { connect } from "node:net";
import { createServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificateOf, type Certificate } from "../../services/certificate";
import { ask } from "./client";
import { Fake } from "./fakes";
import { Gateway } from "./gateway";

/** TLS in front of a played account. @returns its port, and how it ends */
async function behind(fake: Fake, { certificate, key }: Certificate) {
  const server = createServer({ cert: certificate, key }, (socket) => {
    const to = connect(fake.port, "127.0.0.1");
    socket.on("error", () => to.destroy());
    to.on("error", () => socket.destroy());
    socket.pipe(to).pipe(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  return { port, close: () => server.close() };
}

const account = new Fake("first", { ms: 10 });
const known = certificateOf("of this test", "localhost");
const elsewhere = certificateOf("of this test, too", "elsewhere.example");
let ends: (() => void)[] = [];
let gateway: Gateway;

describe("an account that is asked by https", () => {
  beforeAll(async () => {
    await account.listen();
    const [right, wrong, unknown] = await Promise.all([
      behind(account, known),
      behind(account, elsewhere),
      behind(account, certificateOf("of nobody", "localhost")),
    ]);
    ends = [right, wrong, unknown].map(({ close }) => close);
    const at = ({ port }: { port: number }, path = "/v1") => ({
      ...{ url: `https://localhost:${port}${path}`, apiKey: "key-of-the-account" },
    });
    const costs = { inputCost: 1, outputCost: 2 };
    gateway = await Gateway.start(
      {
        accounts: { right: at(right), deep: at(right, "/openai/v1"), wrong: at(wrong), unknown: at(unknown) },
        models: Object.fromEntries(
          ["right", "deep", "wrong", "unknown"].map((name) => [
            name,
            [{ account: name, model: "big", ...costs }],
          ]),
        ),
        clients: { mail: { models: ["right", "deep", "wrong", "unknown"] } },
      },
      { authorities: `${known.certificate}\n${elsewhere.certificate}` },
    );
  });
  afterAll(async () => {
    await gateway.stop();
    for (const end of ends) end();
    await account.close();
  });

  it("answers, and its key goes to it", async () => {
    const answer = await ask(gateway, { model: "right" });
    expect([answer.status, answer.from]).toEqual([200, "first"]);
    expect(account.last.authorization).toBe("Bearer key-of-the-account");
    expect(account.last.url).toBe("/v1/chat/completions");
    expect(account.last.host).toMatch(/^localhost:\d+$/);
  });

  it("is asked below the path of its url", async () => {
    expect((await ask(gateway, { model: "deep" })).status).toBe(200);
    expect(account.last.url).toBe("/openai/v1/chat/completions");
  });

  it.each([
    ["a certificate of another name", "wrong"],
    ["a certificate that nobody vouches for", "unknown"],
  ])("is told nothing when it shows %s", async (_what, model) => {
    const { asked } = account;
    expect((await ask(gateway, { model })).status).toBeGreaterThanOrEqual(500);
    expect(account.asked).toBe(asked);
  });
});
