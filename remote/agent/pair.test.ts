import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canMount, Machine } from "./testing/machine";

/** What a new copy of the other server looks at before it stops anything; its disk is the data's own. */
const data = "/var/lib/pg";
let machine: Machine;
const copy = () => machine.script("pair", "verb\tcopy\nseconds\t1\nend\t\n");

describe.skipIf(!canMount)("a server that is to be a copy of the other", () => {
  beforeEach(async () => {
    machine = await Machine.start(2000);
    machine.sh(
      `mkdir -p /etc/containers/systemd ${data}/18/docker ${data}/pair
      echo 18 >${data}/18/docker/PG_VERSION; head -c 300000 /dev/zero >${data}/18/docker/rows
      printf 'Volume=${data}:/var/lib/postgresql\nImage=postgres\n' >/etc/containers/systemd/postgres.container`,
    );
    machine.play("ActiveState", "active");
  });
  afterEach(() => {
    machine.stop();
  });

  it("is not stopped when its disk has no room for the copy beside what it has", () => {
    machine.fill(20);
    const { code, stderr } = copy();
    expect({ code, stderr }).toMatchObject({ code: 45 });
    expect(stderr).toMatch(/MB free, and a copy beside the former data needs about .* Nothing was changed\./);
    expect(machine.asked()).toEqual([]);
    expect(machine.sh(`ls ${data}/18 ${data}/pair`)).toBe(`${data}/18:\ndocker\n\n${data}/pair:`);
  });

  it("needs no room for what earlier copies set aside", () => {
    machine.sh(`mkdir ${data}/18/docker.before-x; head -c 900000 /dev/zero >${data}/18/docker.before-x/rows`);
    expect(copy().code).not.toBe(45);
    expect(machine.asked()).toContain("stop postgres.service");
  });

  it("is not stopped when the cluster's folder is a mount point, which cannot be set aside", () => {
    machine.sh(`mount --bind ${data}/18/docker ${data}/18/docker`);
    const { code, stderr } = copy();
    expect({ code, stderr }).toMatchObject({ code: 46 });
    expect(stderr).toContain("is a mount point itself");
    expect(machine.asked()).toEqual([]);
  });
});

describe.skipIf(!canMount)("a server that is looked at", () => {
  const look = () => machine.script("pair", "verb\tlook\nseconds\t1\nend\t\n");
  beforeEach(async () => {
    machine = await Machine.start(2000);
    machine.sh(
      `mkdir -p /etc/containers/systemd /etc/homelab/postgres/conf ${data}/18/docker ${data}/pair
      echo 18 >${data}/18/docker/PG_VERSION; touch ${data}/18/docker/standby.signal /etc/homelab/postgres/conf/standing.sh
      printf 'Volume=${data}:/var/lib/postgresql\nImage=postgres\n' >/etc/containers/systemd/postgres.container`,
    );
  });
  afterEach(() => {
    machine.stop();
  });

  it("is what its data says while it does not answer", () => {
    machine.play("ActiveState", "active");
    expect(look()).toMatchObject({
      code: 0,
      stdout: `unit\tactive\ndata\t${data}\nrole\tstandby\n`,
    });
  });

  it("is known as far as its data says also where its image is gone, so that an up may bring that back", () => {
    expect(look()).toMatchObject({
      code: 0,
      stdout: `unit\tinactive\ndata\t${data}\nrole\tstandby\n`,
    });
  });
});
