import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createSecureServer } from "node:https";
import { createServer, type Server } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { certificateOf } from "../../services";
import { freePort } from "../../tests/support/ports";

/** The server's two addresses, both of this computer. */
const [byLan, byMesh] = ["127.0.0.1", "127.0.0.2"];

let folder: string, port: number;
let listeners: Server[] = [];
let begun: ChildProcess[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "homelab-find server-"));
  port = await freePort();
  configured(`https://${byLan}:${port}`);
  // In K3s' place: says what it was called with, a line each.
  writeFileSync(join(folder, "k3s"), `#!/bin/bash\nprintf '%s\\n' "$$" "$@"\n`);
  chmodSync(join(folder, "k3s"), 0o755);
});
afterEach(() => {
  for (const one of begun) one.kill("SIGKILL");
  for (const one of listeners) one.close();
  [begun, listeners] = [[], []];
  rmSync(folder, { recursive: true, force: true });
});

const configured = (server: string) => {
  writeFileSync(join(folder, "config.yaml"), `data-dir: /srv/k3s\nserver: ${server}\ntoken-file: /t\n`);
};
const url = (address: string) => `https://${address}:${port}`;

async function listens(server: Server, address: string): Promise<void> {
  listeners.push(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, address, resolve);
  });
}
/** As K3s does to who shows it no token. */
const answers = (address: string, status = 401) =>
  listens(
    createSecureServer({ ...tls }, (_, response) => response.writeHead(status).end()),
    address,
  );
const made = certificateOf("a password", byLan);
const tls = { cert: made.certificate, key: made.key };
/** Takes connections and says nothing. */
const isSilent = (address: string) =>
  listens(
    createServer((socket) => socket.on("error", () => undefined)),
    address,
  );

/** Begins the script; `called` is what K3s was called with, once it was. */
function start(args: readonly string[] = ["agent"], address = byMesh) {
  const command = [join(__dirname, "scripts/find-server.sh"), join(folder, "config.yaml"), address];
  const child = spawn("bash", [...command, join(folder, "k3s"), ...args], {
    // A proxy leads to none of the house's machines.
    env: { ...process.env, https_proxy: "http://127.0.0.1:1" },
  });
  begun.push(child);
  const said = { output: "", words: "" };
  child.stdout.on("data", (data: Buffer) => (said.output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (said.words += data.toString()));
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) =>
    child.on("close", (code, signal) => {
      resolve(signal ?? code);
    }),
  );
  return { child, said, ended, called: ended.then(() => said.output.split("\n").slice(1, -1)) };
}
const waits = (said: { readonly words: string }) =>
  vi.waitUntil(() => said.words.includes("waiting"), { timeout: 15_000 });

describe("an agent's server", () => {
  it("is the one at the LAN's address where that answers, whatever the mesh does", async () => {
    await answers(byLan);
    await answers(byMesh);
    const { called, said, child, ended } = start();
    expect(await called).toEqual(["agent", "--server", url(byLan)]);
    expect(await ended).toBe(0);
    expect(said.words).toBe(`The server answers at ${url(byLan)}.\n`);
    // systemd ends K3s by the process that it began.
    expect(said.output.split("\n")[0]).toBe(String(child.pid));
  });

  it("is the one in the mesh where only that answers, and the LAN's again once that does", async () => {
    await answers(byMesh, 200);
    expect(await start().called).toEqual(["agent", "--server", url(byMesh)]);
    await answers(byLan, 200);
    expect(await start().called).toEqual(["agent", "--server", url(byLan)]);
  });

  it("is the one in the mesh where something takes connections on the LAN and says nothing", async () => {
    await isSilent(byLan);
    await answers(byMesh);
    expect(await start().called).toEqual(["agent", "--server", url(byMesh)]);
  }, 20_000);

  it("answers while it is not ready yet: K3s waits for that itself", async () => {
    await answers(byLan, 503);
    expect(await start().called).toEqual(["agent", "--server", url(byLan)]);
  });

  it("is waited for where neither answers, with one word of it, and found when one does", async () => {
    const { called, said, child } = start();
    await waits(said);
    // Another round.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(said.words).toBe(
      `The server answers neither at ${url(byLan)} nor at ${url(byMesh)}: waiting for it.\n`,
    );
    expect(child.exitCode).toBeNull();
    await answers(byMesh);
    expect(await called).toEqual(["agent", "--server", url(byMesh)]);
  }, 20_000);

  it("is waited for no longer once the unit is stopped", async () => {
    const { said, child, ended } = start();
    await waits(said);
    child.kill("SIGTERM");
    expect(await ended).toBe("SIGTERM");
    expect(said.output).toBe("");
  });
});

describe("what find-server.sh is given", () => {
  const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === "::1"));
  it.skipIf(!hasIPv6)("may have an IPv6 address on the LAN", async () => {
    configured(`https://[::1]:${port}`);
    await answers("::1");
    expect(await start().called).toEqual(["agent", "--server", `https://[::1]:${port}`]);
  });

  it("is never pasted into a command", async () => {
    await answers(byLan);
    const hostile = ["agent", "--config", `$(touch "${folder}/hit")`, "a b", "'; touch hit; '", "*", ""];
    expect(await start(hostile, `$(touch "${folder}/hit")`).called).toEqual([
      ...hostile,
      "--server",
      url(byLan),
    ]);
    configured(`https://$(touch "${folder}/hit"):${port}`);
    await answers(byMesh);
    expect(await start().called).toEqual(["agent", "--server", url(byMesh)]);
    expect(existsSync(join(folder, "hit"))).toBe(false);
  });
});
