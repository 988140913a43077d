import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyLines, unitSchema, type UnitSpec } from "../unit/spec";
import { canMount, connection, Machine } from "./testing/machine";

const service = "homelab-it.service";
const unitFile = `/etc/systemd/system/${service}`;
const conf = "/etc/homelab-it/it.conf";
const undo = `/var/lib/homelab/undo/${service}`;
const timer = "/etc/systemd/system/homelab-undo-homelab-it.timer";

/** A unit whose change must be confirmed; healthy while its configuration says so. */
const unit = (version: string, more: { path: string; content: string }[] = []): UnitSpec =>
  unitSchema.parse({
    ...{ connection, service, confirmSeconds: 60, onRemoval: ["touch", "/etc/homelab-it/removed"] },
    files: [
      { path: unitFile, content: `# ${version}\n` },
      { path: conf, content: `${version}\n`, mode: "0600" },
      ...more,
    ],
    health: { exec: ["grep", "-q", "good", conf], timeoutSeconds: 1, settleSeconds: 0 },
  });

describe.skipIf(!canMount)("a change that must be confirmed", () => {
  let machine: Machine;
  beforeEach(async () => {
    machine = await Machine.start(4096);
  });
  afterEach(() => {
    machine.stop();
  });
  const apply = (spec: UnitSpec) => machine.script("unit-apply", applyLines(spec, []));
  const confirm = () => machine.script("undo-confirm", `name\t${service}\nend\n`);
  /** What the timer does when its time is over. */
  const timeIsOver = () => machine.run(["bash", `${undo}/undo.sh`]);
  const is = (path: string) => machine.run(["test", "-e", path]).code === 0;
  const version = () => machine.sh(`cat ${conf}; tail -c +3 ${unitFile}; stat -c %a ${conf}`).split("\n");

  it("stays when it was confirmed, and nothing is left that would undo it", () => {
    expect(apply(unit("good-1")).code).toBe(0);
    expect(machine.sh(`grep -h OnActiveSec ${timer}`)).toBe("OnActiveSec=60");
    expect(confirm().code).toBe(0);
    expect([is(timer), is(undo)]).toEqual([false, false]);
    expect(version()).toEqual(["good-1", "good-1", "600"]);
  });

  it("is undone when nobody confirms it: files and modes are as before, new ones gone, and the unit is started with them", () => {
    apply(unit("good-1"));
    confirm();
    const extra = { path: "/etc/homelab-it/extra.conf", content: "x\n" };
    expect(apply(unit("good-2", [extra])).code).toBe(0);
    machine.asked();
    expect(timeIsOver().code).toBe(0);
    expect(version()).toEqual(["good-1", "good-1", "600"]);
    expect(is(extra.path)).toBe(false);
    expect(machine.asked()).toContain(`restart ${service}`);
    expect([is(timer), is(undo)]).toEqual([false, false]);
  });

  it("that was undone cannot be confirmed any more, and an up after it makes it again", () => {
    apply(unit("good-1"));
    confirm();
    apply(unit("good-2"));
    timeIsOver();
    const late = confirm();
    expect(late.code).toBe(26);
    expect(late.stderr).toContain("has been put back already");
    expect(apply(unit("good-2")).code).toBe(0);
    expect(confirm().code).toBe(0);
    expect(version()[0]).toBe("good-2");
  });

  it("that was undone leaves the way back to what was healthy before it", () => {
    apply(unit("good-1"));
    confirm();
    apply(unit("good-2"));
    timeIsOver();
    expect(apply(unit("bad")).code).toBe(20);
    expect(version()[0]).toBe("good-1");
    expect([is(timer), is(undo)]).toEqual([false, false]);
  });

  it("and had no predecessor is stopped, and takes with it what outlives it", () => {
    apply(unit("good-1"));
    machine.asked();
    timeIsOver();
    expect([is(unitFile), is(conf), is("/etc/homelab-it/removed")]).toEqual([false, false, true]);
    expect(machine.asked()).toContain(`stop ${service}`);
  });

  it("is undone first when another one comes before it was confirmed", () => {
    apply(unit("good-1"));
    confirm();
    apply(unit("good-2"));
    expect(apply(unit("good-3")).code).toBe(0);
    timeIsOver();
    expect(version()[0]).toBe("good-1");
  });
});
