import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConnectionArgs } from "./connection-args";
import { runScript } from "./run";
import { closeAll } from "./ssh";

const hostKey = ssh2.utils.generateKeyPairSync("ed25519");
const userKey = ssh2.utils.generateKeyPairSync("ed25519");
const folder = mkdtempSync(join(tmpdir(), "homelab-run-"));
/** How many sessions are refused before one is granted. */
let refusals = 0;
let connection: ConnectionArgs;

const sshd = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) => {
  client
    .on("error", () => undefined)
    .on("authentication", (attempt) => {
      attempt.accept();
    })
    .on("session", (accept, reject) => {
      if (refusals > 0) {
        refusals -= 1;
        reject();
        return;
      }
      accept().on("exec", (begin) => {
        const channel = begin();
        channel.write("said\n");
        channel.exit(0);
        channel.end();
      });
    });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => sshd.listen(0, "127.0.0.1", resolve));
  writeFileSync(join(folder, "key"), userKey.private, { mode: 0o600 });
  const { port } = sshd.address() as AddressInfo;
  connection = {
    ...{ node: "storage", host: "127.0.0.1", port, user: "root" },
    ...{ hostKey: hostKey.public, identity: join(folder, "key") },
  };
});
afterAll(async () => {
  await closeAll();
  sshd.close();
  rmSync(folder, { recursive: true });
});

describe("a script on a node", () => {
  it("waits for a session while sshd has none to give, and hears all that comes at once", async () => {
    refusals = 3;
    const options = { stdin: "end\n", timeoutSeconds: 5, signal: new AbortController().signal };
    expect(await runScript(connection, "names", options)).toEqual({ code: 0, stdout: "said\n", stderr: "" });
    expect(refusals).toBe(0);
  });
});
