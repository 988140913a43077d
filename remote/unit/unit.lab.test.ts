import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { labConnection, onNode } from "../../tests/support/lab";
import { closeAll } from "../ssh";
import { unitSchema, type UnitSpec } from "./spec";
import { applyUnit, removeUnit, unitDrift } from "./unit";

const connection = labConnection("desktop");
const never = new AbortController().signal;

/** A small service that is healthy while /etc/homelab-probe/wish says so, and tells how often it was started. */
function probe(wish: string, extra: { reloadable?: string; seconds?: number } = {}): UnitSpec {
  return unitSchema.parse({
    connection,
    service: "homelab-probe.service",
    files: [
      {
        path: "/etc/systemd/system/homelab-probe.service",
        content: `[Unit]
Description=Probe of the tests
[Service]
ExecStart=/bin/bash -c 'echo "I was asked to be ${wish}"; echo started >>/run/homelab-probe.starts; exec sleep infinity'
ExecReload=/bin/bash -c 'echo reloaded >>/run/homelab-probe.starts'
[Install]
WantedBy=multi-user.target
`,
      },
      { path: "/etc/homelab-probe/wish", content: `${wish}\n` },
      { path: "/etc/homelab-probe/reloadable", content: extra.reloadable ?? "a\n", onChange: "reload" },
    ],
    directories: [{ path: "/srv/homelab-probe", mode: "0750" }],
    health: {
      exec: ["grep", "-q", "healthy", "/etc/homelab-probe/wish"],
      timeoutSeconds: extra.seconds ?? 3,
      // unit-apply.test.ts has what staying healthy means; here it would be waited for fifty times.
      settleSeconds: 0,
    },
    keeps: ["/srv/homelab-probe"],
  });
}

const starts = () =>
  onNode("desktop", "cat /run/homelab-probe.starts 2>/dev/null || true").trim().split("\n");
const forgetStarts = () => onNode("desktop", "rm -f /run/homelab-probe.starts");

describe("a unit on a real machine", () => {
  beforeEach(async () => {
    await removeUnit(probe("healthy"), never);
    onNode("desktop", "rm -rf /run/homelab-probe.starts /etc/systemd/system/homelab-probe.service.d");
    await applyUnit(probe("healthy"), never);
  });
  afterAll(async () => {
    await removeUnit(probe("healthy"), never);
    onNode("desktop", "rm -rf /srv/homelab-probe /run/homelab-probe.starts");
    await closeAll();
  });

  it("is installed, enabled and running after the first apply", async () => {
    expect(await unitDrift(probe("healthy"), never)).toEqual([]);
    expect(onNode("desktop", "systemctl is-enabled homelab-probe").trim()).toBe("enabled");
    expect(onNode("desktop", "stat -c %a /srv/homelab-probe").trim()).toBe("750");
    expect(starts()).toEqual(["started"]);
  });

  it("is left alone by a second apply", async () => {
    expect(await applyUnit(probe("healthy"), never)).toMatchObject({ action: "kept", changed: [] });
    expect(starts()).toEqual(["started"]);
  });

  it("is reloaded, not restarted, when only a reloadable file changed", async () => {
    const applied = await applyUnit(probe("healthy", { reloadable: "b\n" }), never);
    expect(applied).toMatchObject({ action: "reloaded", changed: ["/etc/homelab-probe/reloadable"] });
    expect(starts()).toEqual(["started", "reloaded"]);
  });

  it("is restarted once when a file that it reads at the start changed", async () => {
    const applied = await applyUnit(probe("healthy indeed"), never);
    expect(applied.action).toBe("restarted");
    expect(starts()).toEqual(["started", "started"]);
  });

  it.each([
    ["a changed file", "echo broken >/etc/homelab-probe/wish", /wish on desktop was changed by hand/],
    ["a missing file", "rm /etc/homelab-probe/wish", /wish on desktop is missing/],
    ["another mode", "chmod 600 /etc/homelab-probe/wish", /has mode 0600/],
    ["a stopped service", "systemctl stop homelab-probe", /homelab-probe\.service on desktop is inactive/],
    [
      "a drop-in",
      "mkdir -p /etc/systemd/system/homelab-probe.service.d && echo '[Service]' >/etc/systemd/system/homelab-probe.service.d/x.conf && systemctl daemon-reload",
      /x\.conf on desktop was added by hand/,
    ],
    [
      "a file that is a link now",
      "cp /etc/homelab-probe/wish /tmp/wish && ln -sf /tmp/wish /etc/homelab-probe/wish",
      /no plain file any more/,
    ],
  ])("shows %s and puts it right", async (_what, command, expected) => {
    onNode("desktop", command);
    const drift = await unitDrift(probe("healthy"), never);
    expect(drift.join("\n")).toMatch(expected);
    await applyUnit(probe("healthy"), never);
    expect(await unitDrift(probe("healthy"), never)).toEqual([]);
  });

  it("puts the predecessor back when the new one is not healthy, and says why", async () => {
    const failing = applyUnit(probe("ill"), never);
    await expect(failing).rejects.toThrow(
      /did not become healthy within 3 s .*its predecessor is back and healthy/s,
    );
    await expect(failing).rejects.toThrow(/I was asked to be ill/);
    expect(await unitDrift(probe("healthy"), never)).toEqual([]);
  });

  it("goes back to what was declared, not to what somebody made of it by hand", async () => {
    onNode("desktop", "echo 'healthy, by hand' >/etc/homelab-probe/wish");
    await expect(applyUnit(probe("ill"), never)).rejects.toThrow(/its predecessor is back and healthy/);
    expect(await unitDrift(probe("healthy"), never)).toEqual([]);
  });

  it("refuses a quadlet that podman would drop without a word, and touches nothing", async () => {
    const quadlet = unitSchema.parse({
      connection,
      service: "homelab-odd.service",
      files: [
        {
          path: "/etc/containers/systemd/homelab-odd.container",
          content: "[Container]\nImage=localhost/none\nNoSuchKey=1\n",
        },
      ],
      health: { exec: ["true"] },
    });
    await expect(applyUnit(quadlet, never)).rejects.toThrow(
      /quadlet of homelab-odd\.service is not valid.*NoSuchKey/s,
    );
    expect(onNode("desktop", "ls /etc/containers/systemd 2>/dev/null || true")).not.toContain("homelab-odd");
  });

  it("is not held up by a broken quadlet of somebody else, unless podman then makes no unit at all", async () => {
    const quadlet = unitSchema.parse({
      connection,
      service: "homelab-mine.service",
      files: [
        {
          path: "/etc/containers/systemd/homelab-mine.container",
          content: "[Container]\nImage=localhost/none\nPull=never\n",
        },
      ],
      health: { exec: ["true"], timeoutSeconds: 2 },
    });
    const theirs = "/etc/containers/systemd/homelab-theirs.container";
    try {
      onNode("desktop", `mkdir -p /etc/containers/systemd && printf '[Container]\\nNoImage=1\\n' >${theirs}`);
      // There is no such image: that it was started at all shows that the quadlet was taken.
      await expect(applyUnit(quadlet, never)).rejects.toThrow(/localhost\/none/);
      onNode("desktop", `echo garbage >${theirs}`);
      await expect(applyUnit(quadlet, never)).rejects.toThrow(
        /podman makes no unit homelab-mine\.service of its quadlet\..*homelab-theirs\.container.*garbage/s,
      );
    } finally {
      await removeUnit(quadlet, never);
      onNode("desktop", `rm -f ${theirs}; systemctl daemon-reload`);
    }
  });

  it("ends what outlives it when it is removed, also when it was stopped long before", async () => {
    const path = "/usr/local/lib/homelab-probe-end.sh";
    const { files, ...rest } = probe("healthy");
    const unit = unitSchema.parse({
      ...rest,
      files: [
        ...files,
        { path, content: '#!/bin/bash\necho "$1" >>/run/homelab-probe.ended\n', mode: "0755" },
      ],
      onRemoval: [path, "what it left"],
    });
    await applyUnit(unit, never);
    onNode("desktop", "rm -f /run/homelab-probe.ended; systemctl stop homelab-probe");
    await removeUnit(unit, never);
    // Once more, as after a run that was cut off: its program is gone by now.
    await removeUnit(unit, never);
    expect(onNode("desktop", `cat /run/homelab-probe.ended; ls ${path} 2>&1 || true`)).toMatch(
      /^what it left\nls: .*No such file/,
    );
  });

  it("stays, with its files, when what outlives it cannot be ended", async () => {
    const unit = { ...probe("healthy"), onRemoval: ["/usr/bin/false"] };
    await expect(removeUnit(unit, never)).rejects.toThrow(
      /homelab-probe\.service on desktop could not be removed: What homelab-probe\.service leaves behind/,
    );
    expect(onNode("desktop", "cat /etc/homelab-probe/wish").trim()).toBe("healthy");
  });

  it("is finished by the next apply when a run is cut off at any moment", async () => {
    for (let round = 0; round < 12; round++) {
      forgetStarts();
      const cut = new AbortController();
      const wish = `healthy ${round}`;
      setTimeout(
        () => {
          cut.abort();
        },
        20 + round * 40,
      );
      await applyUnit(probe(wish), cut.signal).catch((error: unknown) => {
        expect(String(error)).toMatch(/cancelled|aborted/);
      });
      await applyUnit(probe(wish), never);
      expect(await unitDrift(probe(wish), never)).toEqual([]);
      expect(starts()).toContain("started");
    }
  });
});
