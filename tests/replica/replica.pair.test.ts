import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import {
  gapClosed,
  history,
  histories,
  linesAt,
  metrics,
  newest,
  receives,
  script,
  wal,
} from "../support/backup";
import { lab, onNode } from "../support/lab";
import {
  at,
  failoverDsn,
  pairCommand,
  replicaOff,
  replicaOn,
  seconds,
  storagePrimary,
  storageWithReplica,
  until,
  committer,
} from "../support/pair";
import { byHand, dsnOf, psql, psqlRefusal } from "../support/services";
import { handedOut, nothingToChange, up } from "../support/stack";

let storage: StorageOutputs;
let agent: string;
/** What the backup receives into, and a moment, both before the promotion. */
let former: { readonly wal: string; readonly moment: string };
const count = "SELECT count(*) FROM lab_replica";

beforeAll(() => {
  replicaOn(true);
  storage = handedOut();
  agent = dsnOf(storage, "agent", "agent_gateway");
  psql("desktop", agent, "DROP TABLE IF EXISTS lab_replica; CREATE TABLE lab_replica (n int PRIMARY KEY)");
});
afterAll(() => {
  storagePrimary();
  replicaOff();
  onNode("storage", `rm -rf /srv/homelab/postgres/18/docker.before-* ${histories}/*.before-*`);
  byHand("agent_gateway", "DROP TABLE IF EXISTS lab_replica");
  expect(script("postgres-backup.sh", "--accept-smaller")).toMatchObject({ code: 0 });
  expect(byHand("postgres", "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'desktop'")).toBe(
    "0",
  );
  nothingToChange();
});

describe("the standby", () => {
  it("follows: agent can read there, and not write", () => {
    psql("desktop", agent, "INSERT INTO lab_replica VALUES (1)");
    until("compute", at(agent, "desktop"), count, "1");
    expect(psqlRefusal("compute", at(agent, "desktop"), "INSERT INTO lab_replica VALUES (2)")).toMatch(
      /read-only transaction/,
    );
  });

  it("is followed as a role that may do nothing else", () => {
    const flags = "rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication";
    expect(byHand("postgres", `SELECT ${flags} FROM pg_roles WHERE rolname = 'replicator'`)).toBe(
      "f|f|f|f|t",
    );
    const as = agent.replace(/\/\/.*@/, `//replicator:${storage.replication?.password ?? ""}@`);
    expect(psqlRefusal("desktop", as, "SELECT 1")).toMatch(/pg_hba\.conf rejects connection/);
  });

  it("catches up when it was off", () => {
    lab("node", "kill", "desktop");
    // Without waiting for the standby, which is off.
    psql(
      "compute",
      agent,
      "SET synchronous_commit = local; INSERT INTO lab_replica SELECT generate_series(2, 5000)",
    );
    lab("node", "start", "desktop");
    until("compute", at(agent, "desktop"), count, "5000");
  });
});

describe("a power cut of storage, and the promotion", () => {
  let acknowledged: number[] = [];

  it("is refused while storage answers", () => {
    const { code, text } = pairCommand("promote", "desktop");
    expect(code).toBe(1);
    expect(text).toMatch(/storage's PostgreSQL is primary and answers/);
  });

  it("loses no commit that was acknowledged, with synchronous replication", async () => {
    // One from before that moment, if only from another test.
    if (onNode("storage", `ls ${history()}/base 2>/dev/null || true`) === "") {
      expect(script("postgres-backup.sh")).toMatchObject({ code: 0 });
    }
    former = { wal: wal(), moment: byHand("postgres", "SELECT clock_timestamp()") };
    const loop = committer(agent, "lab_replica", 10_001);
    await seconds(3);
    lab("node", "kill", "storage");
    await loop.end();
    acknowledged = loop.acknowledged();
    const { code, text } = pairCommand("promote", "desktop");
    expect(code, text).toBe(0);
    expect(text).toMatch(/last contact +\d+ s ago/);
    const there = new Set(
      psql("desktop", at(agent, "desktop"), "SELECT n FROM lab_replica").split("\n").map(Number),
    );
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter((n) => !there.has(n))).toEqual([]);
  });

  it("is found by clients that know both hosts", () => {
    const asked = onNode(
      "compute",
      'IFS= read -r dsn; PGCONNECT_TIMEOUT=3 psql -XqAt -c "SELECT host(inet_server_addr())" "$dsn"',
      `${failoverDsn(storage, "agent", "agent_gateway")}\n`,
    );
    expect(asked.trim()).toBe("10.77.0.12");
  });

  it("is not undone by storage when that comes back", () => {
    lab("node", "start", "storage");
    onNode("storage", "timeout 60 sh -c 'until systemctl is-failed postgres; do sleep 0.5; done'");
    expect(psqlRefusal("desktop", agent, "SELECT 1")).toMatch(/Connection refused/);
    expect(onNode("storage", "journalctl -b -u postgres -o cat")).toMatch(
      /desktop's PostgreSQL is primary \(timeline \d+\), so storage's does not start/,
    );
  });

  it("is not undone by an up, which says who is primary", () => {
    const { code, text } = up("storage", ...storageWithReplica(true));
    expect(code).not.toBe(0);
    expect(text).toMatch(/desktop's PostgreSQL is primary since .*Nothing was changed\./);
  });

  it("has a way back, on which nothing is lost", () => {
    psql("desktop", at(agent, "desktop"), "INSERT INTO lab_replica VALUES (9000)");
    const joined = pairCommand("rejoin", "storage");
    expect(joined.code, joined.text).toBe(0);
    // Its backup looks on, and makes none of a standby.
    onNode("storage", "systemctl start homelab-backup-watch");
    expect(script("postgres-backup.sh").said).toMatch(/is a standby/);
    const over = pairCommand("promote", "--switch-over", "storage");
    expect(over.code, over.text).toBe(0);
    const there = new Set(psql("desktop", agent, "SELECT n FROM lab_replica").split("\n").map(Number));
    expect([...acknowledged, 9000].filter((n) => !there.has(n))).toEqual([]);
    expect(psqlRefusal("desktop", at(agent, "desktop"), "INSERT INTO lab_replica VALUES (9001)")).toMatch(
      /read-only transaction/,
    );
  });
});

describe("the backup, after a promotion and the way back", () => {
  it("goes on by itself, beside what it received before", () => {
    receives();
    expect(wal()).not.toBe(former.wal);
    expect(onNode("storage", `ls ${former.wal}`)).toMatch(/^00000\w+\.partial$/m);
  });

  it("makes a new base backup by itself, and says that there was a gap", () => {
    gapClosed();
    const said = metrics("backup_postgres");
    expect(said).toContain("homelab_backup_wal_streaming 1\n");
    expect(said).toMatch(/^homelab_backup_wal_began_anew_timestamp_seconds [1-9]\d{9}$/m);
    expect(onNode("storage", `cat ${newest("base")}/info`)).toMatch(/^parent=$/m);
  });

  it("can be restored: the drill finds what there is now", () => {
    const { code, said } = script("postgres-drill.sh");
    expect({ code, said }).toMatchObject({ code: 0 });
  });

  it("goes back to a moment before the promotion, and to one after it", () => {
    const moment = byHand("postgres", "SELECT pg_sleep(0.1); SELECT clock_timestamp()");
    psql("desktop", agent, "SELECT pg_sleep(0.1); INSERT INTO lab_replica VALUES (9500)");
    const then = linesAt(former.moment, "agent_gateway", "lab_replica");
    expect(then).toHaveLength(5000);
    const now = linesAt(moment, "agent_gateway", "lab_replica");
    expect(now).toContain("9000");
    expect(now).toContain("10001");
    expect(now).not.toContain("9500");
  });

  it("goes on after a restore in place too, which says how the standby is recreated", () => {
    const moment = byHand("postgres", "SELECT pg_sleep(0.1); SELECT clock_timestamp()");
    psql("desktop", agent, "SELECT pg_sleep(0.1); DROP TABLE lab_replica");
    const { code, said } = script("restore.sh", "postgres", moment, "--yes");
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).toContain("npx homelab rejoin desktop");
    receives();
    expect(psql("desktop", agent, "SELECT count(*) FROM lab_replica WHERE n IN (9000, 9500)")).toBe("2");
    const joined = pairCommand("rejoin", "desktop");
    expect(joined.code, joined.text).toBe(0);
    psql("desktop", agent, "INSERT INTO lab_replica VALUES (9600)");
    until("compute", at(agent, "desktop"), "SELECT count(*) FROM lab_replica WHERE n = 9600", "1");
  });
});
