import { createServer, type Server as NetServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { freePort } from "../../../tests/support/ports";
import { Unreachable } from "../../../packages/errors";
import { Sessions, type OpenStream } from "../../../packages/postgres/connect";
import { databaseHandler } from "./database";
import { databaseInputs } from "./database-plan";
import { roleHandler } from "./role";
import { roleInputs } from "./role-plan";
import { openLocally, startCluster, type Cluster } from "../../../packages/postgres/testing";
import { listening } from "./testing";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.query("postgres", "CREATE ROLE agent LOGIN");
});
afterAll(() => cluster.stop());

const one = z.object({ one: z.number() });
const task = (more: object = {}) => ({
  ...{ server: cluster.server, database: "postgres", subject: "a test on storage" },
  ...{ signal: new AbortController().signal, ...more },
});

/** Counts what is opened. */
function counting(): { open: OpenStream; opened: () => number } {
  let count = 0;
  const open: OpenStream = (...args) => {
    count += 1;
    return openLocally(...args);
  };
  return { open, opened: () => count };
}

describe("sessions", () => {
  it("use one connection for a database, however many ask at once", async () => {
    const { open, opened } = counting();
    const sessions = new Sessions(open);
    const asked = Array.from({ length: 15 }, () =>
      sessions.use(task(), (session) => session.rows(one, "SELECT $1::int AS one", [1])),
    );
    expect(await Promise.all(asked)).toEqual(asked.map(() => [{ one: 1 }]));
    expect(opened()).toBe(1);
    await sessions.close();
  });

  it("give an unused connection back", async () => {
    const sessions = new Sessions(openLocally, { idle: 20 });
    await sessions.use(task(), (session) => session.run(["SELECT 1"]));
    const ours = () =>
      cluster.query("postgres", "SELECT FROM pg_stat_activity WHERE application_name = 'homelab'");
    for (let tries = 0; (await ours()).length > 0 && tries < 100; tries += 1) await sleep(20);
    expect(await ours()).toEqual([]);
  });

  it("look again on a new connection when the kept one has died", async () => {
    const { open, opened } = counting();
    const sessions = new Sessions(open);
    const look = () => sessions.use(task(), (session) => session.rows(one, "SELECT 1 AS one"));
    await look();
    await cluster.query(
      "postgres",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'homelab'",
    );
    expect(await look()).toEqual([{ one: 1 }]);
    expect(opened()).toBe(2);
    await sessions.close();
  });

  it("stop at once when the run is cancelled", async () => {
    const sessions = new Sessions(openLocally);
    const run = new AbortController();
    const began = Date.now();
    const slow = sessions.use(task({ signal: run.signal }), (s) => s.run(["SELECT pg_sleep(30)"]));
    setTimeout(() => {
      run.abort();
    }, 200);
    await expect(slow).rejects.toThrow("a test on storage: stopped before it was done.");
    expect(Date.now() - began).toBeLessThan(5000);
    expect(await sessions.use(task(), (session) => session.rows(one, "SELECT 1 AS one"))).toEqual([
      { one: 1 },
    ]);
    await sessions.close();
  });

  it("say in a sentence that nobody listens, as something that is not known", async () => {
    const sessions = new Sessions(openLocally, { patience: 300 });
    const server = { ...cluster.server, port: await freePort() };
    for (const intent of ["look", "change"] as const) {
      const error: unknown = await sessions
        .use(task({ server, intent }), (session) => session.run(["SELECT 1"]))
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(Unreachable);
      expect(error).toHaveProperty(
        "message",
        `PostgreSQL on storage does not answer on its loopback port ${server.port}: connection refused.`,
      );
    }
  });

  it("wait, for a change, until the server has started", async () => {
    const port = await freePort();
    const sessions = new Sessions((c, host, asked, s) =>
      openLocally(c, host, asked === port ? port : asked, s),
    );
    const server = { ...cluster.server, port };
    const asked = sessions.use(task({ server, intent: "change" }), (s) => s.rows(one, "SELECT 1 AS one"));
    await sleep(300);
    const late = await forwarder(port, cluster.server.port);
    expect(await asked).toEqual([{ one: 1 }]);
    await sessions.close();
    late.close();
  });

  it("tell a wrong password from everything else, without repeating it", async () => {
    const sessions = new Sessions(openLocally);
    const server = { ...cluster.server, password: "mistaken-secret" };
    const error: unknown = await sessions
      .use(task({ server }), (session) => session.run(["SELECT 1"]))
      .catch((e: unknown) => e);
    expect(String(error)).toContain("PostgreSQL on storage refuses user postgres");
    expect(String(error)).not.toContain("mistaken-secret");
    expect(error).not.toBeInstanceOf(Unreachable);
  });
});

describe("a run that is killed", () => {
  it.each(Array.from({ length: 12 }, (_, i) => i + 1))(
    "at its answer number %i is finished by the next, for a role and a database",
    async (answers) => {
      const role = roleInputs.parse({
        ...{ server: cluster.server, name: `cut${answers}`, password: "secret" },
        settings: { work_mem: "8MB" },
      });
      const database = databaseInputs.parse({
        server: cluster.server,
        name: `cut${answers}`,
        owner: "agent",
      });
      const cut = new Sessions(cutAfter(answers), { patience: 0 });
      const ctx = listening();
      const cutRun = [
        roleHandler(cut).apply(role, ctx, undefined),
        databaseHandler(cut).apply(database, ctx, undefined),
      ];
      const ends = await Promise.allSettled(cutRun);
      if (answers < 8) expect(ends.map((end) => end.status)).toContain("rejected");
      const next = new Sessions(openLocally);
      await roleHandler(next).apply(role, ctx, undefined);
      await databaseHandler(next).apply(database, ctx, undefined);
      expect(await roleHandler(next).drift(role, ctx, {})).toEqual([]);
      expect(await databaseHandler(next).drift(database, ctx, {})).toEqual([]);
      await next.close();
    },
  );
});

/** Streams that break when the server has answered so many times. */
function cutAfter(answers: number): OpenStream {
  return async (...args) => {
    const stream = await openLocally(...args);
    let seen = 0;
    stream.on("data", () => {
      seen += 1;
      if (seen === answers) stream.destroy();
    });
    return stream;
  };
}

async function forwarder(from: number, to: number): Promise<NetServer> {
  const server = createServer((socket) => {
    void openLocally(cluster.server.connection, "127.0.0.1", to, new AbortController().signal).then(
      (stream) => {
        socket.pipe(stream).pipe(socket);
        for (const end of [socket, stream]) end.on("error", () => socket.destroy());
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(from, "127.0.0.1", resolve));
  return server;
}
