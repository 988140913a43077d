import { describe, expect, it } from "vitest";
import { house } from "../../power/testing";
import { quadletsOn, services, type Keeps } from "../../services";
import { loadSettings } from "../../settings";
import type { Node } from "../../topology";
import { declared, passwordOf } from "../testing";
import { QuadletService } from ".";
import { quadletText } from "./text";

const off = loadSettings("desktop", {}, { home: "/nowhere", exists: () => false });
const settings = loadSettings(
  "desktop",
  { "homelab:nats": JSON.stringify({ enabled: true, quadlet: { Service: { Nice: 5 } } }) },
  { home: "/nowhere", exists: () => false },
).nats;
const { nats } = services;
const { desktop, compute } = house.nodes;
const [found] = quadletsOn({ node: desktop, topology: house }, { ...off, nats: settings });
if (found === undefined) throw new Error("NATS is off");
const { run } = found;
const keeps = nats.keeps(settings, undefined);
const always = desktop as Node<"always-on">;
const args = {
  ...{ node: always, run, keeps, sshIdentity: undefined },
  passwords: nats.passwords?.(settings) ?? [],
  secrets: nats.secrets?.(settings) ?? {},
};

describe("a QuadletService", () => {
  it("is an image, its secrets and a unit, named after it", async () => {
    const all = await declared(() => new QuadletService("nats", args));
    expect(all.map(({ type, name, parent }) => [type, name, parent])).toEqual(
      expect.arrayContaining([
        ["homelab:index:QuadletService", "nats", ""],
        ["homelab:remote:Image", "nats-image", "nats"],
        ["homelab:remote:Secret", "nats-agent-secret", "nats"],
        ["homelab:remote:Secret", "nats-accounts-secret", "nats"],
        ["homelab:remote:Unit", "nats-unit", "nats"],
      ]),
    );
    const unit = all.find(({ name }) => name === "nats-unit");
    expect(unit?.inputs).toMatchObject({
      service: "nats.service",
      directories: [
        { path: "/srv/homelab/nats", mode: "0700", owner: "0:0" },
        { path: "/srv/homelab/nats-backup", mode: "0700" },
      ],
      keeps: ["/srv/homelab/nats"],
      health: { http: "http://127.0.0.1:8222/healthz" },
    });
    expect(unit?.dependsOn.join()).toContain("nats-accounts-secret");
  });

  it("that has times is a timer, and a unit that ends by itself and is not restarted", async () => {
    const timed = { ...run, schedule: { at: ["Mon..Fri 03:30", "12:00"], limitSeconds: 600 } };
    const all = await declared(() => new QuadletService("nats", { ...args, run: timed }));
    const unit = all.find(({ name }) => name === "nats-unit")?.inputs as {
      service: string;
      health: object;
      files: { path: string; content: string }[];
    };
    const text = (end: string) => unit.files.find(({ path }) => path.endsWith(end))?.content ?? "";
    expect(unit).toMatchObject({
      service: "nats.timer",
      health: { exec: ["systemctl", "is-active", "--quiet", "nats.timer"] },
    });
    expect(text("/nats.timer")).toMatch(
      /OnCalendar=Mon\.\.Fri 03:30\nOnCalendar=12:00\n[^]*Persistent=true\n[^]*WantedBy=timers\.target/,
    );
    expect(text("/nats.container")).toMatch(/Type=oneshot\n[^]*Restart=no\nTimeoutStartSec=600\n/);
    expect(text("/nats.container")).not.toContain("[Install]");
    expect(unit.files.some(({ path }) => path.includes("health"))).toBe(false);
  });

  it("that reaches loopback alone is held to it by the kernel, and others are not", () => {
    const bound = "IPAddressAllow=localhost\nIPAddressDeny=any\n";
    expect(quadletText({ ...run, reaches: "loopback" }, keeps, "x:1")).toContain(bound);
    expect(quadletText(run, keeps, "x:1")).not.toContain("IPAddress");
  });

  it("has commands run on the node before each start and once it is removed, where it names some", async () => {
    const before = [["-/usr/sbin/ip", "link", "add", "x"], ["/usr/bin/true"]];
    const text = quadletText({ ...run, before }, keeps, "x:1");
    expect(text).toContain("ExecStartPre=-/usr/sbin/ip link add x\nExecStartPre=/usr/bin/true\n");
    expect(quadletText(run, keeps, "x:1")).not.toContain("ExecStartPre");
    const onRemoval = ["/usr/sbin/ip", "link", "del", "x"];
    const all = await declared(() => new QuadletService("nats", { ...args, run: { ...run, onRemoval } }));
    expect(all.find(({ name }) => name === "nats-unit")?.inputs).toMatchObject({ onRemoval });
  });

  it("has its passwords in secrets and nowhere else", async () => {
    const all = await declared(() => new QuadletService("nats", args));
    const secret = all.find(({ name }) => name === "nats-accounts-secret");
    expect(JSON.stringify(secret?.inputs)).toContain(passwordOf("nats-agent"));
    expect(JSON.stringify(all.map(({ visible }) => visible))).not.toContain("PASSWORD-OF");
  });

  it("that keeps data is refused on an on-demand node, whatever its type says", () => {
    expect(() => new QuadletService("nats", { ...args, node: compute })).toThrow(
      "nats keeps data and cannot run on compute, which is on-demand",
    );
  });

  it("waits for the disk of what it keeps, and adds what the stack file says", () => {
    const text = quadletText(run, keeps, "localhost/homelab/nats:1");
    expect(text).toContain("RequiresMountsFor=/srv/homelab/nats");
    expect(text).toContain("MemoryMax=512M");
    expect(text).toContain("Nice=5");
    expect(text).toContain("Volume=/etc/homelab/nats/nats.conf:/etc/nats/nats.conf:ro");
    const nothing: Keeps = { kind: "nothing" };
    expect(quadletText(run, nothing, "x:1")).not.toContain("RequiresMountsFor");
  });
});
