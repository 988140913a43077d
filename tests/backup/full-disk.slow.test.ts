import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  histories,
  history,
  jobsAtRest,
  jobsGoOn,
  metrics,
  newest,
  receives,
  script,
  wal,
} from "../support/backup";
import { diskNote, onNode } from "../support/lab";
import { byHand, untilByHand } from "../support/services";

/** A disk of its own for the backups on storage, which is full for a while: nothing is lost, and all goes on by itself. */
const directory = "/srv/homelab/backup";
const database = "full_disk_test";
const fill = `head -c 8G /dev/zero >${directory}/fill 2>/dev/null; df --output=avail ${directory} | tail -n 1`;
/** What was there is below the small disk meanwhile. */
const away = `systemctl stop homelab-backup-wal; ! mountpoint -q ${directory} || umount ${directory}; rm -f /var/lib/homelab/backup/disk ${diskNote(directory)}`;

beforeAll(() => {
  byHand("postgres", `drop database if exists ${database}`);
  byHand("postgres", `create database ${database}`);
  byHand(database, "create table kept as select i, md5(i::text) v from generate_series(1, 20000) i");
  jobsAtRest();
  onNode(
    "storage",
    `systemctl stop homelab-backup-wal && mount -t tmpfs -o size=400m small ${directory} &&
install -d -m 700 -o 999 -g 999 ${histories} && systemctl start homelab-backup-wal`,
  );
  receives();
  expect(script("postgres-backup.sh")).toMatchObject({ code: 0 });
  expect(script("buckets.sh")).toMatchObject({ code: 0 });
});

afterAll(() => {
  onNode("storage", `${away}; systemctl start homelab-backup-wal`);
  jobsGoOn();
  byHand("postgres", `drop database if exists ${database}`);
  receives();
});

/** Every byte of WAL that the server has written is in the backup. */
const allReceived = () =>
  untilByHand(
    "select pg_current_wal_flush_lsn() <= flush_lsn from pg_stat_replication where application_name = 'homelab_backup'",
    "t",
    120,
  );

describe("a full disk of backups", () => {
  it("stops no commit, costs nothing that is there, and is said by each job in a sentence", () => {
    const before = onNode("storage", `ls -d ${history()}/base/* ${history()}/dump/*`);
    expect(onNode("storage", fill).trim()).toBe("0");
    // More than the segment that was begun has room for.
    for (let n = 0; n < 3; n += 1)
      byHand(
        database,
        `insert into kept select i, md5(i::text) from generate_series(1, 20000) i; select pg_switch_wal()`,
      );
    const { code, said } = script("postgres-backup.sh");
    expect({ code, said }).toMatchObject({ code: 1 });
    expect(said).toMatch(/No base backup: .*No space left on device/);
    expect(said).toMatch(new RegExp(`could not be dumped: the disk of ${directory} is full`));
    expect(said).toMatch(
      new RegExp(`The disk of ${directory} is full: 0 MB are left\\. What may go has gone`),
    );
    expect(metrics("job_postgres")).toContain('homelab_job_success{job_kind="postgres"} 0\n');
    script("postgres-watch.sh");
    expect(metrics("job_watch")).toMatch(/homelab_job_last_run_timestamp_seconds\{job_kind="watch"\} \d+/);
    expect(onNode("storage", `ls -d ${history()}/base/* ${history()}/dump/*`)).toBe(before);
    expect(onNode("storage", "systemctl is-active homelab-backup-wal").trim()).toBe("active");
  });

  it("is gone on with by every job by itself as soon as there is room, without a gap in WAL", () => {
    onNode("storage", `rm ${directory}/fill`);
    receives();
    allReceived();
    expect(onNode("storage", `ls ${wal()}`)).not.toContain(".cut-");
    expect(onNode("storage", `ls -d ${history()}/wal*`).trim()).toBe(`${history()}/wal`);
    expect(script("postgres-backup.sh")).toMatchObject({ code: 0 });
    expect(script("buckets.sh")).toMatchObject({ code: 0 });
    expect(script("postgres-watch.sh")).toMatchObject({ code: 0 });
    expect(onNode("storage", `cat ${newest("base")}/info`)).toMatch(/^parent=\d/m);
    // The drill wants room beside what is there, and says so; on a larger disk it restores both forms.
    const narrow = script("postgres-drill.sh");
    expect(narrow).toMatchObject({ code: 1 });
    expect(narrow.said).toMatch(/was not restored: that needs about \d+ MB on the disk of /);
    onNode("storage", `mount -o remount,size=1500m ${directory}`);
    const { code, said } = script("postgres-drill.sh");
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).toMatch(/Base backup \S+ and WAL up to its moment: .*all as recorded/);
  });

  it("leaves no receiver that is active and does nothing: the watch starts it again", () => {
    onNode("storage", "podman exec homelab-backup-wal sh -c 'kill -STOP $(pidof pg_receivewal)'");
    byHand(database, "insert into kept values (-1, 'while it stands still')");
    expect(script("postgres-watch.sh")).toMatchObject({ code: 0 });
    // As if five minutes were over.
    onNode("storage", `sed -i 's/^[0-9]* /1000000000 /' ${directory}/.notes/receiver`);
    expect(script("postgres-watch.sh").said).toContain("is active, and has received nothing for");
    allReceived();
  });

  it("that is not there any more is not written to below", () => {
    onNode("storage", `systemctl stop homelab-backup-wal; umount ${directory}`);
    for (const job of ["postgres-backup.sh", "postgres-watch.sh", "buckets.sh", "postgres-drill.sh"]) {
      const { code, said } = script(job);
      expect({ code, said }).toMatchObject({ code: 1 });
      expect(said).toContain("which is not mounted now: nothing was written");
    }
  });
});
