import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Sshd } from "../packages/plugins/testing/sshd";
import { freePort } from "../tests/support/ports";
import type { ConnectionArgs } from "./connection-args";
import { readSecretFile } from "./secret-file";
import { closeAll, listenOn, openStream } from "./ssh";

/** A real sshd, hardened as the usual guides have it. What is asked of it only looks. */
const { signal } = new AbortController();
let sshd: Sshd;
let echo: Server;
const echoPort = () => (echo.address() as AddressInfo).port;

async function hardened(settings: readonly string[], restricted = ""): Promise<ConnectionArgs> {
  sshd = new Sshd(await freePort(), settings, restricted);
  await sshd.start();
  return {
    ...{ node: "storage", host: "127.0.0.1", port: sshd.port, user: sshd.user },
    ...{ hostKey: sshd.hostKey.trim(), identity: join(sshd.folder, "user") },
  };
}

/** A second, of which sshd counts each as a session. */
const ask = (connection: ConnectionArgs, seconds = 1) =>
  readSecretFile(
    { connection, path: "/nowhere/at/all", readAgainOn: {}, timeoutSeconds: seconds },
    seconds,
    signal,
  );

async function echoed(connection: ConnectionArgs, text: string): Promise<string> {
  const stream = await openStream(connection, "127.0.0.1", echoPort(), signal);
  return new Promise((resolve, reject) => {
    let heard = "";
    stream.on("error", reject).on("data", (data: Buffer) => {
      heard += data.toString();
      if (heard.length < text.length) return;
      stream.destroy();
      resolve(heard);
    });
    stream.write(text);
  });
}

beforeAll(async () => {
  echo = createServer((socket) => socket.pipe(socket).on("error", () => undefined));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  echo.close();
});
afterEach(async () => {
  await closeAll();
  sshd.stop();
});

describe("an sshd that allows few sessions on a connection", () => {
  it.each([1, 2, 3])("is asked over further connections: MaxSessions %i", async (sessions) => {
    const connection = await hardened([`MaxSessions ${sessions}`]);
    const begun = Date.now();
    await Promise.all(Array.from({ length: 20 }, () => ask(connection)));
    // One after the other they take twenty seconds.
    expect(Date.now() - begun).toBeLessThan(17_000);
    await ask(connection, 0);
  });

  it("is told when it allows none", async () => {
    const connection = await hardened(["MaxSessions 0"]);
    await expect(ask(connection)).rejects.toThrow(
      /^storage opens no session for \w+ .*MaxSessions in sshd_config there must be at least 1/,
    );
  });
});

describe("an sshd that forwards no port", () => {
  const text = "x".repeat(200_000);

  it.each([
    ["AllowTcpForwarding no", ["AllowTcpForwarding no"], ""],
    ["DisableForwarding yes", ["DisableForwarding yes"], ""],
    ["PermitOpen none", ["PermitOpen none"], ""],
    ["a Match block", ["Match User *:   AllowTcpForwarding no"], ""],
    ["restrict in authorized_keys", [], "restrict"],
    ["a connection for each session", ["DisableForwarding yes", "MaxSessions 1"], ""],
  ])("has a shell pass on what PostgreSQL and we say: %s", async (_what, settings, restricted) => {
    const connection = await hardened(settings, restricted);
    expect(await echoed(connection, text)).toBe(text);
    // Two at once, and what else is asked meanwhile.
    const both = await Promise.all([echoed(connection, "a"), echoed(connection, "b"), ask(connection, 0)]);
    expect(both.slice(0, 2)).toEqual(["a", "b"]);
  });

  it("is not taken for a port on which nothing listens, nor the other way round", async () => {
    const nobody = await freePort();
    for (const settings of [["DisableForwarding yes"], []]) {
      const connection = await hardened(settings);
      await expect(openStream(connection, "127.0.0.1", nobody, signal)).rejects.toThrow(
        /connection refused/i,
      );
      await closeAll();
      sshd.stop();
    }
  });

  it("notices when the other side has ended", async () => {
    const connection = await hardened(["DisableForwarding yes"]);
    const brief = createServer((socket) => socket.end("bye"));
    await new Promise<void>((resolve) => brief.listen(0, "127.0.0.1", resolve));
    const stream = await openStream(connection, "127.0.0.1", (brief.address() as AddressInfo).port, signal);
    let heard = "";
    stream.on("data", (data: Buffer) => (heard += data.toString()));
    await new Promise((resolve) => stream.once("close", resolve));
    expect(heard).toBe("bye");
    brief.close();
  });

  it("is told what to allow where a port on the node is needed", async () => {
    const connection = await hardened(["DisableForwarding yes"]);
    await expect(listenOn(connection, () => Promise.reject(new Error("never")))).rejects.toThrow(
      /AllowTcpForwarding, DisableForwarding/,
    );
  });
});

describe("an sshd that does not let us work", () => {
  it.each([
    ["another user", ["AllowUsers somebody-else"], /refused the key of .*AllowUsers.*PermitRootLogin/],
    ["two ways of proving oneself", ["AuthenticationMethods publickey,publickey"], /AuthenticationMethods/],
    ["another command", ["ForceCommand echo Only backups here."], /ForceCommand.*Only backups here\./],
    ["another key exchange", ["KexAlgorithms sntrup761x25519-sha512@openssh.com"], /allow curve25519-sha256/],
    ["another cipher", ["Ciphers chacha20-poly1305@openssh.com"], /^$|no cipher in common/],
  ])("is said in one sentence what to change: %s", async (_what, settings, sentence) => {
    const connection = await hardened(settings);
    const said = await ask(connection, 0).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    expect(said).toMatch(sentence);
    expect(said).not.toMatch(/BEGIN|off, or the network/);
  });

  it("by a command of the key's own", async () => {
    const connection = await hardened([], 'command="/bin/false"');
    await expect(ask(connection, 0)).rejects.toThrow(/did not run what it was asked to \(exit code 1\)/);
  });

  it("at the moment, as after a ban, is not said to be off", async () => {
    const connection = await hardened([]);
    const rude = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
    const { port } = rude.address() as AddressInfo;
    await expect(ask({ ...connection, port }, 0)).rejects.toThrow(/ends connections before the login/);
    await new Promise((resolve) => rude.close(resolve));
    await expect(ask({ ...connection, port, user: "other" }, 0)).rejects.toThrow(
      /refuses connections: .*fail2ban/,
    );
  });
});
