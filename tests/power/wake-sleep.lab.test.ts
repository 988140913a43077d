import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lab, onNode } from "../support/lab";
import { command } from "./command";
import { off, status } from "./power";

beforeAll(() => {
  lab("node", "start", "compute");
});
afterAll(() => {
  lab("node", "start", "compute");
});

describe("compute, put to sleep and woken", () => {
  it("stays on while it keeps something that nobody declared, which is shown", () => {
    onNode("compute", "mkdir -p /srv/kept-here && head -c 2000000 /dev/urandom >/srv/kept-here/data");
    try {
      const { code, text } = command("sleep", "compute");
      expect(code).toBe(1);
      expect(text).toMatch(/directory {2}\/srv\/kept-here/);
      expect(text.trim().split("\n").at(-1)).toMatch(/^compute stays on: .*--force/);
      expect(status()).toBe("on");
    } finally {
      onNode("compute", "rm -r /srv/kept-here");
    }
  });

  it("goes off in order, also for whoever holds its power button", async () => {
    const { code, text } = command("sleep", "compute");
    expect([code, text]).toEqual([0, expect.stringMatching(/^compute is off: it went within \d+ s\.$/m)]);
    await off(30);
    expect(onNode("storage", "cut -f1 /var/lib/homelab/power/compute").trim()).toBe("sleep");
  });

  it("is off already for the next who asks", () => {
    expect(command("sleep", "compute")).toEqual({ code: 0, text: "compute is off already.\n" });
  });

  it("comes up by a packet from storage, and storage's neighbours are as they were", () => {
    const neighbours = () =>
      onNode("storage", "ip neigh show nud permanent; ip neigh | grep -c ff:ff || true");
    const before = neighbours();
    const { code, text } = command("wake", "compute");
    expect([code, text]).toEqual([0, expect.stringMatching(/compute is on: it answered after \d+ s\.\n$/)]);
    expect(text).toContain("storage has sent compute (02:4c:41:42:00:0d) a packet");
    expect(status()).toBe("on");
    expect(neighbours()).toBe(before);
    expect(onNode("compute", "systemctl is-system-running --wait || systemctl --failed").trim()).toBe(
      "running",
    );
  });

  it("is on already for the next who asks", () => {
    expect(command("wake", "compute")).toEqual({
      code: 0,
      text: expect.stringMatching(/^compute is on already, since .+\.\n$/) as string,
    });
  });
});

describe("storage", () => {
  it("is not put to sleep, whoever insists", () => {
    const { code, text } = command("sleep", "--force", "storage");
    expect([code, text]).toEqual([
      1,
      "storage is always on, and the house relies on that: only on-demand nodes are put to sleep.\n",
    ]);
    expect(onNode("storage", "echo on").trim()).toBe("on");
  });
});
