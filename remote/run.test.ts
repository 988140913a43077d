import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ConnectionArgs } from "./connection-args";
import { runScript } from "./run";
import { closeAll } from "./ssh";

const hostKey = ssh2.utils.generateKeyPairSync("ed25519");
const userKey = ssh2.utils.generateKeyPairSync("ed25519");
const folder = mkdtempSync(join(tmpdir(), "homelab-run-"));
/** How many sessions are refused before one is granted. */
let refusals = 0;
/** What the login shell does before the command, as a start-up file would. */
let startUp = "";
let loginShell = "bash";
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
      accept().on("exec", (begin, _reject, { command }) => {
        const channel = begin();
        // As sshd does: the user's shell is given the command, and reads its start-up file first.
        const shell = spawn(loginShell, ["-c", `${startUp}\n${command}`]);
        // A shell that ends at once reads nothing of what it is sent.
        shell.stdin.on("error", () => undefined);
        channel.pipe(shell.stdin);
        shell.stdout.pipe(channel, { end: false });
        shell.stderr.pipe(channel.stderr, { end: false });
        shell.on("close", (code) => {
          channel.exit(code ?? 255);
          channel.end();
        });
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

const ask = (path = folder) =>
  runScript(connection, "object-stores", {
    stdin: `minio\t${path}\nseaweedfs\t${folder}/none\nend\n`,
    timeoutSeconds: 5,
    signal: new AbortController().signal,
  });

/** What it says of a directory in which there is one, `found`. */
const answered = "minio\tthere\tempty\toff\nseaweedfs\tgone\tempty\toff\nbucket\tfound\n";

describe("a script on a node", () => {
  beforeEach(() => {
    startUp = "";
    loginShell = "bash";
  });

  it("waits for a session while sshd has none to give, and hears all that comes at once", async () => {
    refusals = 3;
    mkdirSync(join(folder, "sub", "found"), { recursive: true });
    expect(await ask(join(folder, "sub"))).toEqual({ code: 0, stdout: answered, stderr: "" });
    expect(refusals).toBe(0);
  });

  it.each([
    ["greets", "echo Welcome; echo 'Last login: today'"],
    ["greets without an end of line", "printf Welcome"],
    ["warns on standard error", "echo 'stty: not a terminal' >&2; echo more >&2"],
    ["echoes its commands", "set -xv"],
    ["is chatty for longer than a packet", "head -c 300000 /dev/zero | tr '\\0' x"],
  ])("is heard alone where the login shell %s", async (_what, startUpFile) => {
    mkdirSync(join(folder, "chatty", "found"), { recursive: true });
    startUp = startUpFile;
    expect(await ask(join(folder, "chatty"))).toEqual({ code: 0, stdout: answered, stderr: "" });
  });

  it("says what went wrong without what the login shell had said before", async () => {
    startUp = "echo 'warning: no locale' >&2";
    const cut = runScript(connection, "object-stores", {
      stdin: "minio\t/\n",
      timeoutSeconds: 5,
      signal: new AbortController().signal,
    });
    expect(await cut).toMatchObject({
      code: 30,
      stderr: "The description arrived cut short: nothing was done.\n",
    });
  });

  it("is not taken for done where something else runs in its place", async () => {
    loginShell = "/bin/echo";
    await expect(ask()).rejects.toThrow(
      "storage did not run what it was asked to (exit code 0): look at the login shell of root there, and at ForceCommand in sshd_config. It said: -c",
    );
  });
});
