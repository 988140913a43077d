import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canMount, Machine } from "./testing/machine";

describe.skipIf(!canMount)("release.sh on a machine with a small disk", () => {
  let machine: Machine;
  const parent = "/var/lib/releases/it";
  beforeEach(async () => {
    machine = await Machine.start(2000);
    // What is published is on another disk.
    machine.sh("mount -t tmpfs none /mnt");
    for (const version of ["v1", "v2", "v3"]) {
      machine.sh(
        `mkdir -p /mnt/${version}; cd /mnt/${version}; head -c 200000 /dev/zero | tr '\\0' ${version.slice(1)} >it; sha256sum it >sums`,
      );
    }
  });
  afterEach(() => {
    machine.stop();
  });
  const apply = (version: string, keep: string, copy = "") =>
    machine.script(
      "release",
      `verb\tapply\ndirectory\t${parent}/${version}\nurl\tfile:///mnt/${version}\nchecksums\tsums\nkeep\t${keep}\ntimeout\t20\nfile\t0755\tit\t${copy}\nend\n`,
    );
  const stands = () => machine.sh(`ls -A ${parent}; head -c 1 ${parent}/*/it`);

  it("says in one sentence that there is no room, and leaves the version before whole", () => {
    expect(apply("v1", "v1")).toMatchObject({ code: 0 });
    const before = stands();
    for (const pages of [0, 2, 20, 48]) {
      machine.fill(pages);
      const answer = apply("v2", "v1");
      machine.free();
      expect(answer.code).toBe(22);
      expect(answer.stderr.trim()).toMatch(
        /^\S+ cannot be written: .*[nN]o space left.* Nothing was changed\.$/,
      );
      expect(stands()).toBe(before);
    }
    expect(apply("v2", "v1")).toMatchObject({ code: 0 });
  });

  it("keeps a version that a unit still runs, or would go back to", () => {
    apply("v1", "v1");
    machine.sh(
      `mkdir -p /var/lib/homelab/units/it.service/healthy; echo "ExecStart=${parent}/v1/it" >/var/lib/homelab/units/it.service/healthy/0.file`,
    );
    // Its unit did not come up with v2; the state has v2 all the same.
    apply("v2", "v1");
    apply("v3", "v2");
    expect(machine.sh(`ls ${parent}`)).toBe("v1\nv2\nv3");
    machine.sh("rm -r /var/lib/homelab/units");
    apply("v3", "v2");
    expect(machine.sh(`ls ${parent}`)).toBe("v2\nv3");
  });

  it("sets aside what somebody had put where its copy goes", () => {
    machine.sh("mkdir -p /var/lib/images && echo mine >/var/lib/images/it");
    expect(apply("v1", "v1", "/var/lib/images/it").code).toBe(0);
    expect(machine.sh("cat /var/lib/images/it.set-aside-*; head -c 1 /var/lib/images/it")).toBe("mine\n1");
    apply("v2", "v1", "/var/lib/images/it");
    expect(machine.sh("ls /var/lib/images | wc -l; head -c 1 /var/lib/images/it")).toBe("2\n2");
  });
});
