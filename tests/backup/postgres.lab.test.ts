import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  gapClosed,
  histories,
  history,
  metrics,
  newest,
  receives,
  script,
  tools,
  wal,
} from "../support/backup";
import { onNode } from "../support/lab";
import { byHand, untilByHand } from "../support/services";

/** The backups of PostgreSQL on storage: made, damaged, refused and restored. Everything is put back at the end. */
const drill = () => script("postgres-drill.sh");

/** Something done to a file of the backup for as long as `during` takes. */
function damaged(file: string, how: string, during: () => void): void {
  onNode("storage", `cp -a '${file}' /var/tmp/kept && f='${file}' && ${how}`);
  try {
    during();
  } finally {
    onNode("storage", `cp -a /var/tmp/kept '${file}' && rm /var/tmp/kept`);
  }
}
const flip = (at: number) =>
  `b=$(dd if="$f" bs=1 skip=${at} count=1 status=none | od -An -tu1) && printf "\\\\$(printf %o $((b ^ 1)))" | dd of="$f" bs=1 seek=${at} conv=notrunc status=none`;
const shorten = 'truncate -s -1 "$f"';

/** A database of its own: what is deleted there is no loss. */
const database = "backup_test";
const table = "kept";

beforeAll(() => {
  byHand("postgres", `drop database if exists ${database}`);
  byHand("postgres", `create database ${database}`);
  byHand(database, `create table ${table} as select i, md5(i::text) v from generate_series(1, 2000) i;`);
  expect(script("postgres-backup.sh", "--accept-smaller")).toMatchObject({ code: 0 });
});

afterAll(() => {
  byHand("postgres", `drop database if exists ${database}`);
  script("postgres-backup.sh", "--accept-smaller");
});

describe("a backup of PostgreSQL", () => {
  it("holds each commit on its own disk within moments", () => {
    byHand(database, `insert into ${table} values (0, 'just now')`);
    const behind = byHand(
      "postgres",
      "select pg_sleep(1); select pg_wal_lsn_diff(pg_current_wal_flush_lsn(), flush_lsn) from pg_stat_replication where application_name = 'homelab_backup'",
    );
    expect(behind).toBe("0");
  });

  it("can be restored in both forms, and holds then what it held", () => {
    const { code, said } = drill();
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).toMatch(
      /Base backup \S+ and WAL up to its moment: \d+ tables, \d{4,} rows, all as recorded/,
    );
    expect(said).toMatch(/Dump \S+: \d+ tables, \d{4,} rows, all as recorded/);
    expect(metrics("job_postgres-drill")).toContain('homelab_job_success{job_kind="postgres-drill"} 1\n');
  });

  it.each<[what: string, file: () => string, how: string, says: RegExp]>([
    [
      "a flipped byte in a base backup",
      () => `${newest("base")}/data/PG_VERSION`,
      flip(0),
      /Base backup \S+ is damaged/,
    ],
    [
      "a base backup cut short",
      () => `${newest("base")}/data/global/pg_control`,
      shorten,
      /Base backup \S+ is damaged/,
    ],
    [
      "a flipped byte in WAL",
      () => `${wal()}/${onNode("storage", `tail -n 1 ${wal()}/sums | cut -c67-`).trim()}`,
      flip(4000),
      /WAL in \S+ is not what it was/,
    ],
    ["a dump cut short", () => `${newest("dump")}/${database}.dump`, shorten, /The dump \S+ is damaged/],
    [
      "a base backup of another cluster",
      () => `${newest("base")}/data/backup_manifest`,
      `sed -i 's/"System-Identifier": [0-9]*/"System-Identifier": 42/' "$f" && (cd "$(dirname "$f")/.." && cp sums /var/tmp/sums && sha256sum info data/backup_manifest >sums)`,
      /is of another cluster than its history/,
    ],
  ])("fails its drill loudly for %s", (_what, file, how, says) => {
    damaged(file(), how, () => {
      const { code, said } = drill();
      onNode("storage", `[ ! -e /var/tmp/sums ] || mv /var/tmp/sums ${newest("base")}/sums`);
      expect({ code, said }).toMatchObject({ code: 1 });
      expect(said).toMatch(says);
      expect(metrics("job_postgres-drill")).toContain('homelab_job_success{job_kind="postgres-drill"} 0\n');
    });
  });

  it("brings back a table as it was before it was dropped", () => {
    const at = byHand(database, "select pg_sleep(0.1); select clock_timestamp()");
    byHand(database, `select pg_sleep(0.1); drop table ${table}`);
    const { code, said } = script("restore.sh", "dump", at, database, `public.${table}`);
    expect({ code, said }).toMatchObject({ code: 0 });
    const file = /^\/srv\S+\.dump$/m.exec(said)?.[0] ?? "none";
    onNode(
      "storage",
      `podman exec -i --user postgres postgres pg_restore --exit-on-error -d ${database} <${file}; rm ${file}`,
    );
    expect(byHand(database, `select count(*), sum(i) from ${table}`)).toBe("2001|2001000");
  });

  it("is refused when a database holds less than half of what it held, until somebody says that it is right", () => {
    byHand(database, `delete from ${table} where i > 100`);
    const before = newest("dump");
    const { code, said } = script("postgres-backup.sh");
    expect({ code, said }).toMatchObject({ code: 3 });
    expect(said).toMatch(/backup_test holds \d+ rows, and held \d+ in the backup .*--accept-smaller/);
    expect(newest("dump")).toBe(before);
    expect(script("postgres-backup.sh", "--accept-smaller")).toMatchObject({ code: 0 });
    expect(newest("dump")).not.toBe(before);
  });

  it("is refused for a cluster that is not the one which the history is of", () => {
    const id = onNode("storage", `cat ${histories}/cluster`).trim();
    onNode("storage", `echo 42 >${histories}/cluster`);
    try {
      const { code, said } = script("postgres-backup.sh");
      expect({ code, said }).toMatchObject({ code: 3 });
      expect(said).toContain(`is the cluster ${id}, but the backups in ${histories} are of the cluster 42`);
      script("postgres-watch.sh");
      expect(metrics("backup_postgres")).toContain("homelab_backup_foreign_cluster 1\n");
    } finally {
      script("restore.sh", "accept-cluster", id);
    }
    expect(onNode("storage", `ls ${histories}`).split("\n")).not.toContain("42");
    script("postgres-watch.sh");
  });

  it("goes on in another folder when the server has removed what comes next, says so, and is whole again by itself", () => {
    const before = wal();
    // Right after a segment was ended there is none that has begun.
    byHand("postgres", "select pg_create_restore_point('something_to_receive')");
    onNode(
      "storage",
      `for i in {1..100}; do ls ${before}/*.partial >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1`,
    );
    onNode("storage", "systemctl stop homelab-backup-watch.timer homelab-backup-wal");
    try {
      byHand("postgres", "select pg_drop_replication_slot('homelab_backup')");
      const next = onNode("storage", `basename $(ls ${before}/*.partial | tail -n 1) .partial`).trim();
      onNode(
        "storage",
        `for i in 1 2 3; do podman exec --user postgres postgres psql -XqAt -c 'select pg_switch_wal()' -c checkpoint; done`,
      );
      untilByHand(`checkpoint; select (pg_stat_file('pg_wal/${next}', true)).size is null`, "t");
      onNode("storage", "systemctl start homelab-backup-wal");
      receives();
      expect(wal()).not.toBe(before);

      const inGap = byHand(
        database,
        `insert into ${table} values (-1, 'in the gap'); select clock_timestamp()`,
      );
      byHand(database, `select pg_sleep(0.1); insert into ${table} values (-2, 'after it')`);
      expect(script("postgres-watch.sh")).toMatchObject({ code: 0 });
      expect(metrics("backup_postgres")).toContain("homelab_backup_wal_gap 1\n");
      const { code, said } = script("restore.sh", "dump", inGap, database);
      expect({ code, said }).toMatchObject({ code: 1 });
      expect(said).toMatch(/wal\S* ends in a gap: .* received anew into wal\.from-\d+T\d+Z/);

      gapClosed();
      expect(onNode("storage", `ls ${before}`)).toContain(`${next}.partial\n`);

      // As if the days for which backups are kept were over.
      const config = "sed 's/^KEEP_DAYS=.*/KEEP_DAYS=0/; s/^FULL_EVERY_DAYS=.*/FULL_EVERY_DAYS=0/'";
      onNode(
        "storage",
        `${config} /etc/homelab/backup/config >/var/tmp/config && HOMELAB_BACKUP_CONFIG=/var/tmp/config ${tools}/postgres-backup.sh && rm /var/tmp/config`,
      );
      expect(onNode("storage", `ls -d ${history()}/wal*`).trim()).toBe(wal());
      expect(drill()).toMatchObject({ code: 0 });
    } finally {
      onNode("storage", "systemctl start homelab-backup-wal homelab-backup-watch.timer");
    }
  });
});
