import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const scripts = join(__dirname, "scripts");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-words-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("who listens for last words", () => {
  /** What is kept when this is said from an address. */
  function kept(address: string, said: string): string {
    copyFileSync(join(scripts, "listen.sh"), join(folder, "listen.sh"));
    writeFileSync(join(folder, "power-word.sh"), `cat >>${folder}/kept\n`);
    const { status, stderr } = spawnSync(
      "bash",
      [join(folder, "listen.sh"), "10.0.0.3=compute", "fd00::4=tv"],
      { input: said, encoding: "utf8", env: { PATH: process.env.PATH ?? "", REMOTE_ADDR: address } },
    );
    expect([status, stderr]).toEqual([0, ""]);
    return existsSync(join(folder, "kept")) ? readFileSync(join(folder, "kept"), "utf8") : "";
  }

  it.each([
    ["10.0.0.3", "idle\n", "node\tcompute\nwhy\tidle\nend\n"],
    ["fd00::4", "on\n", "node\ttv\nwhy\ton\nend\n"],
    ["10.0.0.3", "poweroff\nnode\tstorage\n", "node\tcompute\nwhy\tpoweroff\nend\n"],
  ])("takes the word of %s", (address, said, expected) => {
    expect(kept(address, said)).toBe(expected);
  });

  it.each([
    ["another machine's", "10.0.0.4", "idle\n"],
    ["one that it does not know", "10.0.0.3", "idle; reboot\n"],
    ["one that is not ended", "10.0.0.3", "idle"],
    ["too long a one", "10.0.0.3", `${"idle".repeat(1000)}\n`],
    ["none", "10.0.0.3", ""],
  ])("keeps nothing of %s", (_what, address, said) => {
    expect(kept(address, said)).toBe("");
  });
});

describe("a node that says when it comes", () => {
  const report = (port: number, word: string) =>
    new Promise<number>((resolve) => {
      spawn("bash", [join(scripts, "report.sh"), "127.0.0.1", String(port), word], {
        stdio: "ignore",
      }).once("exit", (code) => {
        resolve(code ?? 255);
      });
    });

  it("says so once where somebody listens", async () => {
    let heard = "";
    let times = 0;
    const server = createServer((socket) => {
      times++;
      socket.on("data", (data: Buffer) => (heard += data.toString()));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    expect(await report(port, "on")).toBe(0);
    // This computer is not going off, so there is nothing to say.
    expect(await report(port, "off")).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.close();
    expect([heard, times]).toEqual(["on\n", 1]);
  });

  it("starts all the same where nobody does", async () => {
    expect(await report(1, "on")).toBe(0);
  });
});
