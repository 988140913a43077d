import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Unreachable } from "../../../packages/errors";
import { closeAll } from "../../../remote/ssh";
import type { Server } from "../../../packages/postgres/server";
import { overSsh } from "../../../packages/postgres/over-ssh";
import { role } from "./role";
import { roleInputs } from "./role-plan";
import { startCluster, type Cluster } from "../../../packages/postgres/testing";
import { listening } from "./testing";

const hostKey = ssh2.utils.generateKeyPairSync("ed25519");
const userKey = ssh2.utils.generateKeyPairSync("ed25519");
const home = mkdtempSync(join(tmpdir(), "homelab-ssh-"));
const channels = { opened: 0 };

/** An SSH server that does nothing but forward, as sshd's `ssh -L` does. */
const sshd = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) => {
  client.on("error", () => undefined);
  client.on("authentication", (attempt) => {
    attempt.accept();
  });
  client.on("tcpip", (accept, reject, to) => {
    const socket = connect(to.destPort, to.destIP);
    socket.once("connect", () => {
      channels.opened += 1;
      const channel = accept();
      socket.pipe(channel).pipe(socket);
      channel.on("error", () => undefined);
    });
    socket.on("error", () => {
      reject();
    });
  });
});

let cluster: Cluster;
let server: Server;

beforeAll(async () => {
  cluster = await startCluster();
  await new Promise<void>((resolve) => sshd.listen(0, "127.0.0.1", resolve));
  const identity = join(home, "key");
  writeFileSync(identity, userKey.private, { mode: 0o600 });
  const { port } = sshd.address() as AddressInfo;
  const connection = {
    node: "storage",
    host: "127.0.0.1",
    port,
    user: "root",
    hostKey: hostKey.public,
    identity,
  };
  server = { ...cluster.server, connection };
});
afterAll(async () => {
  await overSsh.close();
  await closeAll();
  sshd.close();
  await cluster.stop();
  rmSync(home, { recursive: true, force: true });
});

describe("over SSH", () => {
  it("fifteen roles at once are made, and looked at again through one channel", async () => {
    const roles = Array.from({ length: 15 }, (_, i) =>
      roleInputs.parse({ server, name: `role${i}`, password: "secret" }),
    );
    await Promise.all(roles.map((inputs) => role.apply(inputs, listening(), undefined)));
    expect((await Promise.all(roles.map((inputs) => role.drift(inputs, listening(), {})))).flat()).toEqual(
      [],
    );
    expect(channels.opened).toBe(1);
  });

  it("a question waits for no acknowledgement of half of it", async () => {
    const inputs = roleInputs.parse({ server, name: "quick", password: "secret" });
    await role.apply(inputs, listening(), undefined);
    const took: number[] = [];
    for (let time = 0; time < 10; time += 1) {
      const began = performance.now();
      await role.drift(inputs, listening(), {});
      took.push(performance.now() - began);
    }
    // A delayed acknowledgement takes 40 ms, each time; the fastest of ten is no matter of a busy computer.
    expect(Math.min(...took)).toBeLessThan(25);
  });

  it("a server that does not listen is something that is not known", async () => {
    const inputs = roleInputs.parse({ server: { ...server, port: 1 }, name: "any", password: "secret" });
    const error: unknown = await role.drift(inputs, listening(), {}).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Unreachable);
    expect(String(error)).toContain("PostgreSQL on storage does not answer on its loopback port 1:");
  });
});
