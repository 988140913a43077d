import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NodeName } from "../../topology";
import { diskNote, lab, onNode } from "../support/lab";
import { emptyDisk, mountDisk, putDisk } from "../support/loop-disk";
import { up, well } from "../support/stack";

interface Kept {
  readonly service: string;
  readonly directory: string;
  /** Says on the node that the data of before is there, and is served. */
  readonly serves: string;
}

const ofService = (name: string, serves: string): Kept => ({
  service: `${name}.service`,
  directory: `/srv/homelab/${name}`,
  serves,
});
const image = (directory: string) => `/var/lib/lab-disk-${directory.replaceAll("/", "-")}.img`;
const mounted = ({ directory }: Kept) => mountDisk(image(directory), directory);
const aside = (directory: string) => `${directory}.lab-aside`;

/** A disk of its own for each, mounted by hand: no line of /etc/fstab, so systemd knows nothing of it after a start. */
describe.each<[node: NodeName, kept: readonly Kept[]]>([
  [
    "storage",
    [
      ofService(
        "postgres",
        "podman exec --user postgres postgres psql -XAtqd postgres -c 'select count(*) from lab_disk' | grep -x 1",
      ),
      ofService(
        "minio",
        "test -e /srv/homelab/minio/lab-disk && curl -fsS http://127.0.0.1:9000/minio/health/live",
      ),
    ],
  ],
  [
    "desktop",
    [ofService("nats", "test -d /srv/homelab/nats/jetstream && curl -fsS http://127.0.0.1:8222/healthz")],
  ],
])("%s starts without the disks that its data is on", (node, kept) => {
  const on = (script: string) => onNode(node, `set -eu; ${script}`);
  const says = (command: string) => onNode(node, `{ ${command}; } 2>&1 || true`).trim();

  beforeAll(() => {
    if (node === "storage")
      on(`podman exec --user postgres postgres psql -XAtqd postgres -c 'create table lab_disk as select 1'
mkdir /srv/homelab/minio/lab-disk`);
    const disk = emptyDisk(512);
    for (const one of kept) {
      const { service, directory } = one;
      onNode(node, putDisk(image(directory)), disk);
      on(`systemctl stop ${service}
mv ${directory} ${aside(directory)}
mkdir ${directory}
${mounted(one)}
rmdir ${directory}/lost+found
cp -a ${aside(directory)}/. ${directory}/
systemctl start ${service}`);
    }
    // Now it is known where the data is.
    well(up(node));
    lab("node", "kill", node);
    lab("node", "start", node);
  });
  afterAll(() => {
    for (const { service, directory } of kept) {
      on(`systemctl stop ${service}
! mountpoint -q ${directory} || umount ${directory}
if [ -e ${aside(directory)} ]; then rmdir ${directory}; mv ${aside(directory)} ${directory}; fi
rm -f ${image(directory)} ${diskNote(directory)}
systemctl reset-failed ${service} || true
systemctl start ${service}`);
    }
    if (node === "storage")
      on(`timeout 60 sh -c 'until podman exec --user postgres postgres psql -XAtqd postgres -c "drop table if exists lab_disk"; do sleep 0.5; done'
rmdir /srv/homelab/minio/lab-disk`);
    well(up(node));
  });

  it.each(kept)("$service says so and is not started", async ({ service, directory }) => {
    const sentence = `${service} is not started: its data (${directory}) is on the disk that is mounted at ${directory}, which is not mounted now.`;
    await expect
      .poll(() => says(`journalctl -b -u ${service} --no-pager`), { timeout: 90_000, interval: 1000 })
      .toContain(sentence);
    expect(says(`systemctl is-active ${service}`)).not.toBe("active");
  });

  it.each(kept)(
    "$service begins no empty data below the mount point, however often it is asked",
    ({ service, directory }) => {
      says(`systemctl restart ${service}`);
      says(`systemctl start ${service}`);
      expect(says(`find ${directory} -mindepth 1 | head`)).toBe("");
    },
  );

  it.each(kept)("$service starts by itself with its data once the disk is mounted", async (one) => {
    on(mounted(one));
    await expect
      .poll(() => says(`{ ${one.serves}; } >/dev/null && echo served`), { timeout: 120_000, interval: 1000 })
      .toBe("served");
  });
});
