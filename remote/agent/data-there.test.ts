import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { driftSentences, parseObserved, refusals } from "../unit/observed";
import { applyLines, lookLines, nameLines, unitSchema } from "../unit/spec";
import { canMount, connection, Machine } from "./testing/machine";

/** The data of a unit is on a disk that is mounted by hand, and that is missing after the next start. */
const data = "/var/lib/disk/pg";
const dropIn = "/etc/systemd/system/homelab-it.service.d/homelab-data.conf";

function unit(version: string, where: { keeps?: string[] } = { keeps: [data] }) {
  return unitSchema.parse({
    ...{ connection, service: "homelab-it.service", ...where },
    files: [{ path: "/etc/systemd/system/homelab-it.service", content: `# ${version}\n` }],
    health: { exec: ["true"], timeoutSeconds: 1, settleSeconds: 0 },
  });
}

describe.skipIf(!canMount)("data on a disk that is not mounted", () => {
  let machine: Machine;
  const apply = (spec = unit("one")) => machine.script("unit-apply", applyLines(spec, []));
  const observe = (spec = unit("one")) =>
    parseObserved(machine.script("unit-observe", lookLines(spec)).stdout);
  const mount = (at = "/var/lib/disk") => machine.sh(`mkdir -p ${at} && mount -t tmpfs disk ${at}`);
  /** What systemd runs before each start. */
  const start = () => {
    const condition = machine.sh(`sed -n 's/^ExecCondition=+//p' ${dropIn}`).replaceAll("$$", "$");
    return machine.run(["bash", "-c", condition]);
  };

  beforeEach(async () => {
    machine = await Machine.start(2000);
    mount();
    machine.sh(`mkdir -p ${data}/18`);
    expect(apply()).toMatchObject({ code: 0, stderr: "" });
    machine.asked();
  });
  afterEach(() => {
    machine.stop();
  });

  it("is missed before each start, in a preview and in an up, in one sentence that says what to do", () => {
    expect([start().code, observe().unmounted.size]).toEqual([0, 0]);
    machine.sh(`umount -l /var/lib/disk && mkdir -p ${data}`);
    const sentence =
      "its data (/var/lib/disk/pg) is on the disk that is mounted at /var/lib/disk, which is not mounted now. Mount it, and see to it that /etc/fstab does so at each start; it starts by itself then. If what is in /var/lib/disk/pg is right as it is: rm /var/lib/homelab/mounts/%var%lib%disk%pg";
    expect(start()).toMatchObject({ code: 255, stderr: `homelab-it.service is not started: ${sentence}\n` });
    expect(refusals(unit("two"), observe())).toEqual([
      `homelab-it.service on storage is not started: ${sentence}.`,
    ]);
    expect(apply(unit("two"))).toMatchObject({ code: 21, stderr: `${sentence}\n` });
    expect(machine.sh(`ls -A ${data}; cat /etc/systemd/system/homelab-it.service`)).toBe("# one");
    expect(machine.asked().filter((line) => line.startsWith("restart"))).toEqual([]);
    machine.sh(`rm /var/lib/homelab/mounts/%var%lib%disk%pg`);
    expect([start().code, apply(unit("two")).code]).toEqual([0, 0]);
  });

  it("is missed also where a former copy of it is below the mount point", () => {
    machine.sh(`umount -l /var/lib/disk && mkdir -p ${data}/18`);
    expect(start().code).toBe(255);
    mount();
    expect(start().code).toBe(0);
  });

  it("is missed where the directory is a link to the disk, and where it is a bind mount", () => {
    machine.sh(`rmdir ${data}/18
      mkdir -p /var/lib/disk/deep/18 /var/lib/bound && ln -s /var/lib/disk/deep /var/lib/link
      mount --bind /var/lib/disk/deep /var/lib/bound`);
    const spec = unit("one", { keeps: ["/var/lib/link", "/var/lib/bound"] });
    expect([apply(spec).code, start().code]).toEqual([0, 0]);
    machine.sh("umount /var/lib/bound");
    expect(start().stderr).toContain("(/var/lib/bound) is on the disk that is mounted at /var/lib/bound,");
    machine.sh("umount -l /var/lib/disk");
    expect(start().stderr).toContain("(/var/lib/link) is on the disk that is mounted at /var/lib/disk,");
  });

  it("is missed where the directory was changed meanwhile, until the new one has data", () => {
    machine.sh("umount -l /var/lib/disk");
    const moved = unit("two", { keeps: ["/var/lib/other"] });
    expect(apply(moved)).toMatchObject({ code: 21 });
    expect(refusals(moved, observe(moved)).join()).toContain(
      "is on the disk that is mounted at /var/lib/disk",
    );
    machine.sh("mkdir -p /var/lib/other/18");
    expect(apply(moved).code).toBe(0);
  });

  it("may be moved to a disk of its own, which is known from the next start on", () => {
    const plain = unit("one", { keeps: ["/var/lib/plain"] });
    machine.sh("mkdir -p /var/lib/plain/18");
    expect([apply(plain).code, start().code]).toEqual([0, 0]);
    mount("/var/lib/plain");
    expect(start().stderr).toContain(
      "/var/lib/plain is mounted where its data is (/var/lib/plain), and has none",
    );
    machine.sh("mkdir /var/lib/plain/lost+found");
    expect([start().code, apply(plain).code]).toEqual([255, 21]);
    machine.sh("mkdir /var/lib/plain/18");
    expect(start()).toMatchObject({ code: 0, stderr: "" });
    expect(machine.sh("ls /var/lib/homelab/mounts")).not.toContain("next");
    machine.sh("umount -l /var/lib/plain");
    expect(start().code).toBe(255);
  });

  it("may be moved to a disk of its own, which a preview says of until an up knows it", () => {
    const plain = unit("one", { keeps: ["/var/lib/plain"] });
    machine.sh("mkdir -p /var/lib/plain/18");
    apply(plain);
    mount("/var/lib/plain");
    machine.sh("mkdir /var/lib/plain/18");
    expect(observe(plain).unguarded).toEqual(["/var/lib/plain"]);
    expect(apply(plain).stdout).toMatch(/did\tkept/);
    expect(observe(plain).unguarded).toEqual([]);
    machine.sh("umount -l /var/lib/plain");
    expect(start().code).toBe(255);
  });

  it("may be moved from the system's own disk to one of its own", () => {
    const plain = unit("one", { keeps: ["/var/lib/plain"] });
    machine.sh("mkdir -p /var/lib/plain/18");
    expect(apply(plain).code).toBe(0);
    machine.sh("echo / >/var/lib/homelab/mounts/%var%lib%plain");
    mount("/var/lib/plain");
    expect(start().stderr).toContain("is mounted where its data is (/var/lib/plain), and has none");
    machine.sh("mkdir /var/lib/plain/18");
    expect(start()).toMatchObject({ code: 0, stderr: "" });
  });

  it("is guarded from the next up on where a version before did not, and again where somebody took the guard away", () => {
    expect(observe().unguarded).toEqual([]);
    machine.sh(`rm -r ${dropIn} /var/lib/homelab/mounts; echo true >/var/lib/homelab/data-there.sh`);
    const seen = observe();
    expect(seen.unguarded).toEqual([data, "/var/lib/homelab/data-there.sh", dropIn]);
    expect(driftSentences(unit("one"), seen).join()).toContain(
      "Nothing keeps homelab-it.service on storage from",
    );
    expect(apply().stdout).toMatch(/did\tkept/);
    expect([observe().unguarded, start().code]).toEqual([[], 0]);
    machine.sh("umount -l /var/lib/disk");
    expect(start().code).toBe(255);
    machine.sh("rm /var/lib/homelab/data-there.sh");
    expect(start().code).toBe(0);
  });

  it("is nothing to a unit that keeps none, and the guard goes with its unit", () => {
    expect(apply(unit("two", {})).code).toBe(0);
    expect(machine.sh(`ls ${dropIn} 2>&1 || true`)).toContain("No such file");
    apply();
    machine.script("unit-remove", nameLines(unit("one")));
    expect(machine.sh("ls -A /etc/systemd/system; ls /var/lib/homelab/mounts")).toBe("%var%lib%disk%pg");
  });
});
