import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../../tests/support/nats-server";
import { queues, type QueuesInputs } from "./queues";

const image = "localhost/homelab/agent:1";
const agents = {
  pools: { mail: { image, replicas: 3, turns: 2, aliveSeconds: 2, tries: 2 }, code: { image, turns: 1 } },
};
const connection = { node: "desktop", host: "127.0.0.1", port: 1, user: "root", hostKey: "ssh-ed25519 AAAA" };
const said: string[] = [];
const context = {
  log: { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) },
  signal: new AbortController().signal,
};
let server: NatsServer;
let tasks: NatsConnection;
let given: QueuesInputs;

/** What the server says to a user who may not do it. */
async function refusalOf(user: string, act: (nats: NatsConnection) => void): Promise<string> {
  const nats = await server.as(user);
  const refused = new Promise<string>((resolve) => {
    void (async () => {
      for await (const status of nats.status()) if (status.type === "error") resolve(status.error.message);
    })();
  });
  act(nats);
  return refused;
}

/** The real nats-server. */
describe("homelab:nats:Queues", () => {
  beforeAll(async () => {
    server = await NatsServer.start(agents);
    tasks = await server.as("agents-tasks");
    given = {
      ...{ connection, server: server.address, stream: "AGENTS" },
      ...{ user: "agents-queue", password: "password-of-agents-queue" },
      pools: {
        mail: { turns: 2, aliveSeconds: 2, tries: 2 },
        code: { turns: 1, aliveSeconds: 10, tries: 5 },
      },
    };
  });
  afterAll(() => server.stop());

  it("says what is missing, makes it, and finds nothing to do then", async () => {
    expect(await queues.drift(given, context, {})).toEqual([
      "The stream AGENTS is missing.",
      "The stream AGENTS_DONE is missing.",
      "The queue of mail is missing.",
      "The queue of code is missing.",
    ]);
    await queues.apply(given, context, undefined);
    expect(await queues.drift(given, context, {})).toEqual([]);
    await queues.apply(given, context, given);
    expect(await queues.drift(given, context, {})).toEqual([]);
  });

  it("sees what was changed by hand, puts it right, and loses no task", async () => {
    await jetstream(tasks).publish("agents.task.mail.1", "{}");
    const js = await jetstreamManager(await server.as("agents-queue"));
    await js.consumers.update("AGENTS", "mail", { max_ack_pending: 99 });
    await js.consumers.delete("AGENTS", "code");
    expect(await queues.drift(given, context, {})).toEqual([
      "The queue of mail is not as declared: max_ack_pending.",
      "The queue of code is missing.",
    ]);
    await queues.apply(given, context, given);
    expect(await queues.drift(given, context, {})).toEqual([]);
    expect((await js.streams.info("AGENTS")).state.messages).toBe(1);
  });

  it("gives out again a task whose agent shows no sign of life", async () => {
    for (const number of [2, 3]) await jetstream(tasks).publish(`agents.task.mail.${number}`, "{}");
    const mail = await jetstream(await server.as("agents-mail")).consumers.get("AGENTS", "mail");
    const first = await mail.next({ expires: 5000 });
    const second = await mail.next({ expires: 5000 });
    expect([first?.subject, second?.subject]).toEqual(["agents.task.mail.1", "agents.task.mail.2"]);
    await second?.ackAck();
    // The first one says nothing any more: it is given out again.
    const seen: string[] = [];
    while (!seen.includes("agents.task.mail.1")) {
      const message = await mail.next({ expires: 20_000 });
      if (message === null) throw new Error("nothing was given out any more");
      seen.push(message.subject);
      expect(await message.ackAck()).toBe(true);
    }
  });

  it("lets a pool read nothing of another's, nor answers that are not its own", async () => {
    const denied = /permissions violation/i;
    await expect(refusalOf("agents-mail", (nats) => nats.subscribe("agents.task.>"))).resolves.toMatch(
      denied,
    );
    await expect(refusalOf("agents-mail", (nats) => nats.subscribe("_INBOX_agents-code.>"))).resolves.toMatch(
      denied,
    );
    await expect(refusalOf("agents-mail", (nats) => nats.subscribe("_INBOX.>"))).resolves.toMatch(denied);
    await expect(
      refusalOf("agents-mail", (nats) => {
        nats.publish("agents.done.code.1");
      }),
    ).resolves.toMatch(denied);
    await expect(
      refusalOf("agents-mail", (nats) => {
        nats.publish("$JS.API.CONSUMER.MSG.NEXT.AGENTS.code");
      }),
    ).resolves.toMatch(denied);
    await expect(
      refusalOf("agents-mail", (nats) => {
        nats.publish("$JS.API.STREAM.MSG.GET.AGENTS");
      }),
    ).resolves.toMatch(denied);
  });

  it("takes a pool's queue away, leaves its tasks, and says so", async () => {
    await jetstream(tasks).publish("agents.task.code.1", "{}");
    const fewer = { ...given, pools: { mail: given.pools.mail ?? { turns: 1, aliveSeconds: 2, tries: 2 } } };
    await queues.apply(fewer, context, given);
    expect(said.at(-1)).toBe(
      "The pool code is gone; 1 of its tasks stay in the stream AGENTS, below agents.task.code.>.",
    );
    const js = await jetstreamManager(await server.as("agents-queue"));
    expect((await js.streams.info("AGENTS")).state.messages).toBeGreaterThan(0);
  });
});
