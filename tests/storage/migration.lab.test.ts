import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresSchema } from "../../services";
import { onNode } from "../support/lab";
import { byHand, dsnOf, psql } from "../support/services";
import { ChangedConfig, handedOut, preview, pulumi, up, well } from "../support/stack";

const root = join(__dirname, "../..");
const password = "of the source, 'odd' \"one\"";
const port = 5434;
const config = new ChangedConfig();

/** lab/drills/migrate's PostgreSQL 17 on compute. */
const source = (work: string) =>
  execFileSync("bash", ["-euc", `. lab/drills/migrate/lib.sh; ${work}`], {
    cwd: root,
    encoding: "utf8",
    input: `${password}\n`,
    stdio: ["pipe", "pipe", "pipe"],
    timeout: 280_000,
  });
const inSource = (database: string, sql: string) =>
  onNode(
    "compute",
    `podman exec -i --user postgres --env PGPORT=${port} lab-source psql -XqAt -v ON_ERROR_STOP=1 -d '${database}'`,
    sql,
  ).trim();

const databases = {
  ...postgresSchema.parse({}).databases,
  moved_shop: { owner: "agent", extensions: ["vector"], connect: ["system"] },
  moved_full: { owner: "agent" },
};
const migrate = (from: string, to: string) => ({
  source: { port, password },
  via: "compute",
  databases: { [from]: to },
  owners: { keeper: "system" },
});
const stack = (migrations: object) =>
  config.with([
    [["homelab:postgres", "databases"], databases],
    [["homelab:migrations"], migrations],
  ]);
const shop = { "old-shop": migrate("Old Shop", "moved_shop") };
/** All rows by PostgreSQL's own md5: nothing of the move's. */
const rows = "SELECT md5(string_agg(goods::text, '|' ORDER BY id)) FROM goods";

const forget = () => {
  for (const name of ["moved_shop", "moved_full"])
    byHand("postgres", `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  onNode("storage", "rm -rf --one-file-system /srv/homelab/migration/old-shop /srv/homelab/migration/again");
};

describe("databases of an older PostgreSQL that storage's stack names", () => {
  beforeAll(() => {
    forget();
    source(`source_begin 17 ${port}`);
    inSource("postgres", 'CREATE ROLE keeper LOGIN; CREATE DATABASE "Old Shop"; CREATE DATABASE other');
    inSource(
      "Old Shop",
      `CREATE EXTENSION vector;
       CREATE TABLE goods (id bigserial PRIMARY KEY, "what? --" text, place vector(3));
       INSERT INTO goods ("what? --", place) SELECT 'thing ''' || i, ARRAY[i, 1.0 / i, 0]::vector FROM generate_series(1, 3000) i;
       CREATE INDEX ON goods USING hnsw (place vector_l2_ops);
       CREATE TABLE kept (id int); ALTER TABLE kept OWNER TO keeper`,
    );
  });
  afterAll(() => {
    source("source_end");
    well(up("storage"));
    forget();
    config.remove();
  });

  it("are moved by an up, the preview of which says so; and then stay moved, whether the source is there or not", () => {
    const before = inSource("Old Shop", rows);
    const done = well(pulumi("storage", "up", "--yes", "--non-interactive", ...stack(shop)));
    expect(done.text).toMatch(/Would move Old Shop to moved_shop \(\d+ MB\)/);
    expect(done.text).toContain("moved_shop: verified");
    expect(done.text).not.toContain("of the source, ");
    expect(psql("desktop", dsnOf(handedOut(), "agent", "moved_shop"), rows)).toBe(before);
    expect(byHand("moved_shop", "INSERT INTO goods DEFAULT VALUES RETURNING id")).toBe("3001");
    expect(
      byHand(
        "moved_shop",
        "SELECT tableowner FROM pg_tables WHERE tablename IN ('goods', 'kept') ORDER BY tablename",
      ),
    ).toBe("agent\nsystem");
    expect(inSource("Old Shop", rows)).toBe(before);

    source("source_end");
    well(preview("storage", "--expect-no-changes", ...stack(shop)));
  });

  it("are refused where storage's database holds something, in the preview and by an up, which touches nothing", () => {
    source(`source_begin 17 ${port}`);
    inSource("postgres", "CREATE ROLE keeper; CREATE DATABASE other");
    byHand("moved_full", "CREATE TABLE mine (id int); INSERT INTO mine VALUES (7)");
    const refusal = "Database moved_full on storage is not empty (1 objects): it is left alone.";
    const both = stack({ ...shop, again: migrate("other", "moved_full") });
    for (const run of [preview("storage", ...both), up("storage", ...both)]) {
      expect(run.code).not.toBe(0);
      expect(run.text).toContain(refusal);
    }
    expect(byHand("moved_full", "SELECT id FROM mine")).toBe("7");
    expect(
      byHand(
        "postgres",
        "SELECT count(*) FROM pg_database WHERE datname ~ '^homelab_(moving|emptied|making)_'",
      ),
    ).toBe("0");
    expect(onNode("storage", "ls /srv/homelab/migration").trim()).toBe("old-shop");
  });
});
