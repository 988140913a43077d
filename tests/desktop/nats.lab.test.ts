import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snapshot } from "../support/backup";
import { onNode } from "../support/lab";
import { natsHandedOut, preview, well } from "../support/stack";

let outputs: ReturnType<typeof natsHandedOut>;
const open: NatsConnection[] = [];
/** Connects as a user, and goes on trying while the server is away. */
async function as(user: string, pass = outputs.passwords.nats[user] ?? ""): Promise<NatsConnection> {
  const made = await connect({
    servers: outputs.NATS_URL,
    user,
    pass,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
  });
  open.push(made);
  return made;
}

describe("NATS on desktop", () => {
  beforeAll(() => {
    outputs = natsHandedOut();
  });
  afterAll(async () => {
    const manager = await jetstreamManager(await as("agent"));
    await manager.streams.delete("LAB").catch(() => false);
    await Promise.all(open.map((one) => one.close()));
  });

  it("answers one that is asked by another", async () => {
    const [asks, answers] = [await as("agent"), await as("agent")];
    answers.subscribe("lab.echo", {
      callback: (_, message) => {
        message.respond(message.data);
      },
    });
    await answers.flush();
    expect((await asks.request("lab.echo", "hello", { timeout: 5000 })).string()).toBe("hello");
  });

  it("refuses a stranger, and what a user has no right to", async () => {
    await expect(as("agent", "wrong")).rejects.toThrow(/authorization violation/i);
    await expect(as("nobody", "x")).rejects.toThrow(/authorization violation/i);
    const worker = await as("worker");
    const refused = new Promise<string>((resolve) => {
      void (async () => {
        for await (const status of worker.status()) {
          if (status.type === "error") resolve(status.error.message);
        }
      })();
    });
    worker.publish("tasks.new", "mine");
    expect(await refused).toMatch(/permissions violation.*tasks\.new/i);
  });

  it("keeps what it acknowledged through a kill", async () => {
    const client = await as("agent");
    const manager = await jetstreamManager(client);
    await manager.streams.add({ name: "LAB", subjects: ["lab.kept.>"] });
    const stream = jetstream(client);
    for (let i = 0; i < 20; i += 1) await stream.publish(`lab.kept.${i}`, String(i));
    onNode("desktop", "systemctl kill --signal=KILL nats.service");
    let messages = -1;
    await expect
      .poll(
        async () => {
          const info = await manager.streams.info("LAB").catch(() => undefined);
          messages = info?.state.messages ?? -1;
          return messages;
        },
        { timeout: 60_000, interval: 500 },
      )
      .toBe(20);
  });

  it("has no password in its files, its unit or its arguments", () => {
    const seen = onNode(
      "desktop",
      "cat /etc/homelab/nats/* /etc/containers/systemd/nats.container; podman inspect nats; ps -eo args; journalctl -u nats --no-pager",
    );
    for (const password of Object.values(outputs.passwords.nats)) expect(seen).not.toContain(password);
  });

  it("has its streams in the backup of desktop's files, and back from it when they are gone", async () => {
    const said = onNode("desktop", "/usr/local/lib/homelab/backup-files/files.sh --accept-smaller 2>&1");
    expect(said).toMatch(/nats: (?:[\s\S]*\n)?LAB: 20 messages/);
    expect(snapshot("desktop", "ls latest /srv/homelab/nats-backup/streams/LAB")).toContain("stream.tar.s2");
    const manager = await jetstreamManager(await as("agent"));
    await manager.streams.delete("LAB");
    expect(onNode("desktop", "/usr/local/lib/homelab/dumps/nats restore")).toContain("LAB: 20 messages");
    expect((await manager.streams.info("LAB")).state.messages).toBe(20);
  });

  it("leaves nothing to change", () => {
    well(preview("desktop", "--expect-no-changes"));
  });
});
