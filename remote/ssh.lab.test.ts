import { afterAll, describe, expect, it } from "vitest";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labConnection, onNode } from "../tests/support/lab";
import { reachable } from "./reachable";
import { runScript } from "./run";
import { applySecret, observeSecret, removeSecret } from "./secret";
import { closeAll } from "./ssh";

const connection = labConnection("desktop");
const signal = new AbortController().signal;
const look = { stdin: "service\tssh.service\nend\n", timeoutSeconds: 20, signal };

describe("the way to a node", () => {
  afterAll(closeAll);

  it("carries many calls at once over one connection, more than sshd allows sessions", async () => {
    const all = await Promise.all(
      Array.from({ length: 100 }, () => runScript(connection, "unit-observe", look)),
    );
    expect(all.every((result) => result.stdout.includes("systemd\tActiveState\tactive"))).toBe(true);
  });

  it("refuses a host that shows another key", async () => {
    const other = labConnection("storage").hostKey;
    await expect(runScript({ ...connection, hostKey: other }, "unit-observe", look)).rejects.toThrow(
      /^desktop \(10\.77\.0\.12, port 22\) shows another host key than the topology has/,
    );
  });

  it("says which key was refused, and never shows it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "key-"));
    const identity = join(folder, "stranger");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", identity]);
    const refused = runScript({ ...connection, identity }, "unit-observe", look);
    await expect(refused).rejects.toThrow(`refused the key of ${identity} for user root`);
    await expect(refused).rejects.not.toThrow(/BEGIN|AAAA/);
    rmSync(folder, { recursive: true });
  });

  it("knows soon that a node is off", async () => {
    const begin = Date.now();
    const off = { ...connection, node: "compute", host: "10.77.0.99" };
    await expect(runScript(off, "unit-observe", look)).rejects.toThrow(
      "compute (10.77.0.99, port 22) does not answer: it is off, or the network between is down.",
    );
    expect(await reachable("10.77.0.99", 22)).toBe(false);
    // TCP by itself would wait for two minutes.
    expect(Date.now() - begin).toBeLessThan(30_000);
  });

  it("never lets a secret's value stand in a process list, a log or a unit file", async () => {
    const value = "correct-horse-battery-7391";
    const secret = { connection, name: "lab-test-secret", value };
    // Everything that ever stands in a process list meanwhile is kept, by a watcher that ends by itself.
    const watcher =
      "end=$((SECONDS+5)); while [ $SECONDS -lt $end ]; do cat /proc/[0-9]*/cmdline | tr '\\0' ' '; done";
    onNode(
      "desktop",
      `nohup bash -c "${watcher.replaceAll("$", "\\$")}" >/tmp/seen 2>/dev/null </dev/null &`,
    );
    const first = await applySecret(secret, signal);
    const second = await applySecret(secret, signal);
    expect(onNode("desktop", "sleep 6; grep -c homelab-secret /tmp/seen").trim()).not.toBe("0");
    // The same value is left as it is, so that what uses it need not restart.
    expect(second).toEqual(first);
    expect(await observeSecret(secret, signal)).toMatchObject({ id: first.id });
    const other = await applySecret({ ...secret, value: `${value}-2` }, signal);
    expect(other.id).not.toBe(first.id);
    const where = "/tmp/seen /etc /run/systemd /var/log /run/log";
    expect(onNode("desktop", `grep -rl ${value} ${where} 2>/dev/null || true`)).toBe("");
    expect(onNode("desktop", `journalctl --no-pager | grep -c ${value} || true`).trim()).toBe("0");
    await removeSecret(secret, signal);
    expect(await observeSecret(secret, signal)).toBeUndefined();
  });
});
