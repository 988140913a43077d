import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it, vi } from "vitest";
import { magicPacket, wakeLines } from "../../power/wake-on-lan";
import { house } from "../../power/testing";
import { powerKeeperSchema, powerScheduleSchema } from "../../services";
import { requireAlwaysOn } from "../../topology";
import { declared, named } from "../testing";
import { PowerKeeper, PowerSchedule } from ".";

const { storage, compute } = house.nodes;
const keeper = (settings: object) =>
  declared(
    () =>
      new PowerKeeper("power", {
        node: requireAlwaysOn(storage, "this test"),
        topology: house,
        settings: powerKeeperSchema.parse(settings),
        sshIdentity: undefined,
      }),
  );
const schedule = (settings: object) =>
  declared(
    () =>
      new PowerSchedule("power", {
        node: compute,
        keeper: storage.address,
        settings: powerScheduleSchema.parse(settings),
        sshIdentity: undefined,
      }),
  );

/** Texts of a unit's files by path. */
function files(unit: { inputs: Readonly<Record<string, unknown>> }): Record<string, string> {
  const all = unit.inputs.files as { path: string; content: string }[];
  return Object.fromEntries(all.map(({ path, content }) => [path, content]));
}

/** What is said while a program declares its resources. */
async function warnings(program: () => Promise<unknown>): Promise<string[]> {
  const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue(undefined);
  try {
    await program();
    return warn.mock.calls.map(([text]) => text);
  } finally {
    warn.mockRestore();
  }
}

describe("a schedule in an hour that is missing once a year", () => {
  it.each<[key: string, program: (moment: string) => Promise<unknown>]>([
    ["homelab:power.wake.compute", (moment) => keeper({ enabled: true, wake: { compute: [moment] } })],
    ["homelab:power.sleep", (moment) => schedule({ enabled: true, sleep: [moment] })],
  ])("is warned of in %s, and no other", async (key, program) => {
    expect(await warnings(() => program("Sat 02:30"))).toEqual([
      expect.stringContaining(`${key} is Sat 02:30: on the day on which clocks go forward`),
    ]);
    expect(await warnings(() => program("07:30"))).toEqual([]);
  });
});

describe("a PowerKeeper", () => {
  it("listens for last words and wakes nobody where no time is given", async () => {
    const all = await keeper({ enabled: true });
    expect(all.map(({ name }) => name)).toEqual(["power", "power-words"]);
    const texts = files(named(all, "power-words"));
    expect(texts["/etc/systemd/system/homelab-power-words.socket"]).toContain(
      "ListenStream=10.0.0.1:4009\nAccept=yes\n",
    );
    // Only on-demand nodes may speak, each for itself.
    expect(texts["/etc/systemd/system/homelab-power-words@.service"]).toContain(
      "ExecStart=/usr/local/lib/homelab/homelab-power-words/listen.sh 10.0.0.3=compute\n",
    );
    expect(named(all, "power").visible.placement).toMatchObject({ node: "storage", keeps: "none" });
  });

  it("has a timer that wakes a node by the script and the packet of the command", async () => {
    const all = await keeper({ enabled: true, wake: { compute: ["Mon..Fri 07:30", "Sat 10:00"] } });
    const unit = named(all, "power-wake-compute");
    expect(unit.inputs.service).toBe("homelab-wake-compute.timer");
    const texts = files(unit);
    expect(texts["/etc/systemd/system/homelab-wake-compute.timer"]).toContain(
      "OnCalendar=Mon..Fri 07:30\nOnCalendar=Sat 10:00\nAccuracySec=1\nPersistent=true\n",
    );
    const packet = magicPacket("02:4c:41:42:00:0d").toString("base64");
    expect(texts["/etc/systemd/system/homelab-wake-compute.service"]).toContain(
      `StandardInput=data\nStandardInputText=address\\t10.0.0.3\nStandardInputText=packet\\t${packet}\nStandardInputText=end\n`,
    );
    const script = texts["/usr/local/lib/homelab/homelab-wake-compute/wake.sh"] ?? "";
    expect(script).toContain("set -euo pipefail");
    expect(script).not.toContain("source head.sh");
  });

  it("cannot wake a node without a hardware address", () => {
    expect(() => wakeLines(storage)).toThrow("storage has no hardware address");
  });
});

describe("a PowerSchedule", () => {
  it("only says when its node comes and goes, where no time is given", async () => {
    const all = await schedule({ enabled: true });
    expect(all.map(({ name }) => name)).toEqual(["power", "power-report"]);
    const text = files(named(all, "power-report"))["/etc/systemd/system/homelab-power.service"] ?? "";
    const script = "/usr/local/lib/homelab/homelab-power/report.sh";
    expect(text).toContain(`ExecStart=${script} 10.0.0.1 4009 on\n`);
    expect(text).toContain(`ExecStop=${script} 10.0.0.1 4009 off\n`);
    expect(named(all, "power").visible.placement).toMatchObject({ node: "compute", keeps: "none" });
  });

  it("looks every minute whether its node is used, and is given the limits", async () => {
    const all = await schedule({ enabled: true, idleMinutes: 30, idleCpuPercent: 40 });
    expect(all.map(({ name }) => name)).toEqual(["power", "power-report", "power-idle"]);
    const texts = files(named(all, "power-idle"));
    expect(texts["/etc/systemd/system/homelab-idle.service"]).toContain(
      "ExecStart=/usr/local/lib/homelab/homelab-idle/idle.sh 22 40 1800\n",
    );
    expect(texts["/etc/systemd/system/homelab-idle.timer"]).toContain("OnUnitInactiveSec=60\n");
    expect(named(all, "power-idle").inputs.service).toBe("homelab-idle.timer");
  });

  it("goes off by its schedule through the same look, so never while it is used", async () => {
    const all = await schedule({ enabled: true, sleep: ["23:00"] });
    expect(all.map(({ name }) => name)).toEqual(["power", "power-report", "power-idle", "power-sleep"]);
    const texts = files(named(all, "power-sleep"));
    expect(texts["/etc/systemd/system/homelab-sleep.timer"]).toContain("OnCalendar=23:00\n");
    expect(texts["/etc/systemd/system/homelab-sleep.service"]).toContain("/run/homelab-power/due\n");
    expect(JSON.stringify(texts)).not.toContain("poweroff");
    // Without idle minutes it goes off by schedule only.
    expect(files(named(all, "power-idle"))["/etc/systemd/system/homelab-idle.service"]).toContain(
      "idle.sh 22 25 0\n",
    );
  });
});
