import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { history, jobsAtRest, jobsGoOn, metrics, newest, script } from "../support/backup";
import { hostileByMistake, hostileDatabase, hostileOwner, hostileSettings, traps } from "../support/hostile";
import { onNode } from "../support/lab";
import { byHand } from "../support/services";

/** A server in which much is wrong at once: what is wrong with one database costs no other its backup. */
const caught = "/tmp/caught";
const names = ["hostile", "interrupted", "closed", "full_up", "read_only", "busy", "huge", "template_like"];
let said = "";
let code = -1;
let point = "";

function clean(): void {
  onNode("storage", `podman exec --user postgres postgres rm -f ${caught}`);
  byHand("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'busy'");
  byHand("postgres", "update pg_database set datistemplate = false where datname = 'template_like'");
  byHand("postgres", "update pg_database set datconnlimit = -1, datallowconn = true where datconnlimit = -2");
  for (const name of names) byHand("postgres", `drop database if exists ${name} with (force)`);
  byHand("postgres", `drop role if exists ${hostileOwner}`);
}

beforeAll(() => {
  jobsAtRest();
  clean();
  for (const statement of hostileDatabase("hostile")) byHand("postgres", statement);
  byHand("hostile", `set session authorization ${hostileOwner};\n${traps(caught)}`);
  byHand("hostile", hostileByMistake());
  for (const statement of hostileSettings("hostile")) byHand("postgres", statement);
  for (const name of names.slice(1)) byHand("postgres", `create database ${name}`);
  const rows = "create table kept as select i, md5(i::text) v from generate_series(1, 500) i";
  for (const name of names.slice(3)) byHand(name, rows);
  // More than a text may have, as bytea is written; COPY and pg_dump both end at it.
  byHand("huge", "create table one_row as select repeat('x', 600000000)::bytea as body");
  // A row of three hundred megabytes is fine.
  byHand("full_up", "create table large as select repeat(md5('x'), 5000000) a, repeat(md5('y'), 5000000) b");
  byHand("postgres", "alter database full_up connection limit 0");
  byHand("postgres", "alter database read_only set default_transaction_read_only = on");
  byHand("postgres", "alter database closed with allow_connections false");
  byHand("postgres", "alter database template_like is_template true");
  byHand("postgres", "update pg_database set datconnlimit = -2 where datname = 'interrupted'");
  onNode(
    "storage",
    `podman exec -d --user postgres postgres sh -c "{ echo 'begin; insert into kept values (0, 0);'; sleep 100; } | psql -Xq busy"; sleep 1`,
  );
  onNode("storage", `podman exec --user postgres postgres rm -f ${caught}`);
  ({ code, said } = script("postgres-backup.sh", "--accept-smaller"));
  point = newest("dump").split("/").at(-1) ?? "none";
});

afterAll(() => {
  clean();
  jobsGoOn();
  expect(script("postgres-backup.sh", "--accept-smaller")).toMatchObject({ code: 0 });
});

describe("a backup of a server in which much is wrong", () => {
  it("has a verified base backup, and the dump of every database that can be dumped", () => {
    expect(newest("base").endsWith(point)).toBe(true);
    expect(onNode("storage", `cat ${newest("base")}/info`)).toMatch(/^verified=\d+$/m);
    const dumps = onNode("storage", `cd ${newest("dump")} && ls *.dump`)
      .trim()
      .split("\n");
    expect(dumps).toEqual(
      expect.arrayContaining(
        ["busy", "full_up", "hostile", "huge", "read_only", "template_like"].map((name) => `${name}.dump`),
      ),
    );
  });

  it("says what it lacks, and why, and ends as one that failed", () => {
    expect(code).toBe(1);
    expect(said).toMatch(/WARNING: interrupted is what a DROP DATABASE left/);
    expect(said).toMatch(/WARNING: closed allows no connections/);
    expect(said).toMatch(
      /busy is dumped at a moment of its own.*process \d+ of postgres, idle in transaction, in a transaction since/,
    );
    expect(said).toMatch(/huge: the rows of public\.one_row are not in the dump: .*invalid memory alloc/);
    expect(said).not.toMatch(/(ERROR|WARNING): (full_up|read_only|hostile|template_like)/);
    expect(metrics("backup_databases")).toContain('homelab_backup_database_failed{name="huge"} 1\n');
    expect(metrics("backup_databases")).toContain('homelab_backup_database_failed{name="read_only"} 0\n');
  });

  it("evaluated nothing of a hostile owner's as superuser", () => {
    const found = onNode("storage", `podman exec postgres cat ${caught} 2>/dev/null || true`);
    expect(found).toBe("");
    expect(byHand("postgres", `select rolsuper from pg_roles where rolname = '${hostileOwner}'`)).toBe("f");
    const facts = onNode("storage", `cat ${newest("dump")}/facts/hostile`);
    expect(facts).toMatch(/"table" : "public\.items", "rows" : 100, /);
    expect(facts).toMatch(/"large objects" : 1, /);
  });

  it("is restored by the drill as far as it goes", () => {
    const drilled = script("postgres-drill.sh");
    expect({ code: drilled.code, said: drilled.said }).toEqual({
      code: 0,
      said: expect.any(String) as string,
    });
    expect(drilled.said).toMatch(/Base backup .*\(without 1 databases .*all as recorded/);
    expect(drilled.said).toMatch(/Dump .*\(without \d tables .*all as recorded/);
    expect(onNode("storage", `ls ${history()}`)).not.toMatch(/\.part/);
  });
});
