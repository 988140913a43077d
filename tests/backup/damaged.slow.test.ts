import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobsAtRest, jobsGoOn, metrics, newest, receives, script } from "../support/backup";
import { onNode } from "../support/lab";
import { byHand } from "../support/services";

/** What a base backup or a dump cannot hold, with the real server: each is said by name, and costs the rest nothing. */
const database = "damaged_test";
const backUp = () => script("postgres-backup.sh", "--accept-smaller");
const conf = "/etc/homelab/postgres/conf/postgresql.conf";
const dumps = () =>
  onNode("storage", `cd ${newest("dump")} && ls *.dump`)
    .trim()
    .split("\n");
const info = () => onNode("storage", `cat ${newest("base")}/info`);
const restarted = (change: string) => {
  onNode("storage", `${change} && systemctl restart postgres`);
  receives();
};

beforeAll(() => {
  jobsAtRest();
  byHand("postgres", `drop database if exists ${database}`);
  byHand("postgres", `create database ${database}`);
  byHand(database, "create table kept as select i, md5(i::text) v from generate_series(1, 5000) i");
  byHand(database, "create table other as select 1 as i");
  expect(backUp()).toMatchObject({ code: 0 });
});
afterAll(() => {
  byHand("postgres", `drop database if exists ${database}`);
  jobsGoOn();
  expect(backUp()).toMatchObject({ code: 0 });
});

describe("a tablespace", () => {
  const inContainer = (command: string) => onNode("storage", `podman exec postgres ${command}`);

  it("is refused by the base backup and said within a minute, and its tables are in the dumps", () => {
    inContainer("install -d -o postgres -g postgres /var/lib/postgresql/elsewhere");
    byHand("postgres", "create tablespace elsewhere location '/var/lib/postgresql/elsewhere'");
    try {
      byHand(database, "create table far tablespace elsewhere as select 7 as i");
      script("postgres-watch.sh");
      expect(metrics("backup_postgres")).toContain("homelab_backup_tablespaces 1\n");
      const { code, said } = backUp();
      expect({ code, said }).toMatchObject({ code: 1 });
      expect(said).toMatch(
        /No base backup: the server has tablespaces.*elsewhere \(\/var\/lib\/postgresql\/elsewhere\)/,
      );
      expect(dumps()).toContain(`${database}.dump`);
      expect(onNode("storage", `cat ${newest("dump")}/facts/${database}`)).toContain(
        '"public.far", "rows" : 1',
      );
      expect(metrics("backup_databases")).toContain("homelab_backup_base_failed 1\n");
    } finally {
      byHand(database, "drop table if exists far");
      byHand("postgres", "drop tablespace elsewhere");
      inContainer("rm -rf /var/lib/postgresql/elsewhere");
    }
    script("postgres-watch.sh");
    expect(metrics("backup_postgres")).toContain("homelab_backup_tablespaces 0\n");
  });
});

describe("more tables than the server can lock at once", () => {
  it("cost that database its dump, with a sentence that says what is short, and nobody else anything", () => {
    restarted(`cp ${conf} /var/tmp/conf.kept && echo 'max_locks_per_transaction = 10' >>${conf}`);
    try {
      byHand(
        database,
        "select format('create table many_%s (i int)', n) from generate_series(1, 1200) n \\gexec",
      );
      const { code, said } = backUp();
      expect({ code, said }).toMatchObject({ code: 1 });
      expect(said).toMatch(
        new RegExp(
          `${database}: it has 12\\d\\d tables.*max_locks_per_transaction.*The base backup holds it`,
        ),
      );
      expect(info()).toMatch(/^verified=\d+$/m);
      expect(dumps()).toContain("agent_gateway.dump");
      expect(dumps()).not.toContain(`${database}.dump`);
      // Whoever works there was not kept from locking anything.
      expect(byHand(database, "select count(*) from kept")).toBe("5000");
    } finally {
      restarted(`cp /var/tmp/conf.kept ${conf}`);
      byHand(database, "select format('drop table many_%s', n) from generate_series(1, 1200) n \\gexec");
    }
  });
});

describe("an image that is missing", () => {
  it("costs the base backup, with a sentence that says how it comes back, and no dump", () => {
    const image = onNode("storage", "sed -n 's/^POSTGRES_IMAGE=//p' /etc/homelab/backup/config").trim();
    onNode("storage", `podman tag ${image} localhost/kept-by-a-test && podman untag ${image} ${image}`);
    try {
      const { code, said } = backUp();
      expect({ code, said }).toMatchObject({ code: 1 });
      expect(said).toMatch(
        /No base backup: .*The image \S+ is missing on this machine;.*pulumi up --stack storage/,
      );
      expect(dumps()).toContain(`${database}.dump`);
    } finally {
      onNode(
        "storage",
        `podman tag localhost/kept-by-a-test ${image} && podman untag localhost/kept-by-a-test localhost/kept-by-a-test`,
      );
    }
  });
});

describe("a byte flipped in the file of a table", () => {
  const file = () =>
    `/srv/homelab/postgres/18/docker/${byHand(database, "select pg_relation_filepath('kept')")}`;
  const flipped = (path: string) => {
    onNode(
      "storage",
      `systemctl stop postgres && b=$(dd if=${path} bs=1 skip=9000 count=1 status=none | od -An -tu1) &&
printf "\\\\$(printf %o $((b ^ 1)))" | dd of=${path} bs=1 seek=9000 conv=notrunc status=none; systemctl start postgres`,
    );
    receives();
  };

  it("is said by each backup until it is mended; the last one without it is named, and nothing older goes", () => {
    byHand(database, "checkpoint");
    expect(backUp()).toMatchObject({ code: 0 });
    const whole = newest("base").split("/").at(-1) ?? "none";
    const path = file();
    flipped(path);
    try {
      // As if the days for which backups are kept were over, and a full one is due.
      onNode(
        "storage",
        "sed 's/^KEEP_DAYS=.*/KEEP_DAYS=0/; s/^FULL_EVERY_DAYS=.*/FULL_EVERY_DAYS=0/' /etc/homelab/backup/config >/var/tmp/config",
      );
      const first = onNode(
        "storage",
        "HOMELAB_BACKUP_CONFIG=/var/tmp/config /usr/local/lib/homelab/backup/postgres-backup.sh --accept-smaller 2>&1 || echo failed",
      );
      expect(first).toMatch(/Pages of the server's data are damaged, by their checksums: /);
      expect(first).toContain(`The last base backup without such pages is ${whole}`);
      expect(first).toMatch(
        new RegExp(`${database}: the rows of public\\.kept are not in the dump: .*invalid page`),
      );
      expect(first).toMatch(/nothing older is taken away until they are mended[^]*failed\n$/);
      expect(onNode("storage", `ls $(dirname ${newest("base")})`)).toContain(whole);
      expect(info()).toMatch(/^damaged=yes$/m);
      // The next one is a full one again, and says it again, by the usual settings too.
      const second = backUp();
      expect(second).toMatchObject({ code: 1 });
      expect(second.said).toMatch(/Pages of the server's data are damaged/);
      // The table comes back out of the one before.
      const { code, said } = script("restore.sh", "dump", "latest", database, "public.kept", "--base", whole);
      expect({ code, said }).toMatchObject({ code: 0 });
      const dump = /^\/srv\S+\.dump$/m.exec(said)?.[0] ?? "none";
      const rows = onNode(
        "storage",
        `podman exec -i --user postgres postgres pg_restore --data-only -f - <${dump} | grep -c '^[0-9]'; rm ${dump}`,
      );
      expect(rows.trim()).toBe("5000");
    } finally {
      flipped(path);
      onNode("storage", "rm -f /var/tmp/config");
    }
    expect(backUp()).toMatchObject({ code: 0 });
    expect(info()).not.toMatch(/^(damaged|parent)=./m);
  });
});
