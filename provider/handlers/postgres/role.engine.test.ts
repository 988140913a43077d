import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sessions } from "../../../packages/postgres/connect";
import { roleHandler } from "./role";
import { roleInputs, type RoleInputs } from "./role-plan";
import { openLocally, startCluster, type Cluster } from "../../../packages/postgres/testing";
import { listening } from "./testing";

let cluster: Cluster;
const sessions = new Sessions(openLocally);
const handler = roleHandler(sessions);

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(async () => {
  await sessions.close();
  await cluster.stop();
});

const role = (name: string, more: object = {}): RoleInputs =>
  roleInputs.parse({ server: cluster.server, name, password: `${name}'s "own" $secret`, ...more });
const drift = (inputs: RoleInputs) => handler.drift(inputs, listening(), {});
const apply = (inputs: RoleInputs) => handler.apply(inputs, listening(), undefined);
const sql = (text: string, database = "postgres") => cluster.query(database, text);

describe("a role", () => {
  it("is missing, is made, and then is as declared and lets its user in", async () => {
    await sql("CREATE ROLE readers; CREATE ROLE writers");
    const agent = role("agent", {
      createDatabase: true,
      memberOf: ["writers", "readers"],
      settings: { work_mem: "65536kB", search_path: '"$user", public, "Odd, one"', "my.own": "it's" },
    });
    expect(await drift(agent)).toEqual(["role agent on storage is missing"]);
    await apply(agent);
    expect(await drift(agent)).toEqual([]);
    const as = { user: "agent", password: agent.password };
    expect(await cluster.query("postgres", "SHOW search_path", as)).toEqual([
      { search_path: '"$user", public, "Odd, one"' },
    ]);
    expect(await cluster.query("postgres", "SHOW my.own", as)).toEqual([{ "my.own": "it's" }]);
  });

  it("is not touched by a second apply", async () => {
    const twice = role("twice", { settings: { work_mem: "8MB" } });
    await apply(twice);
    const before = await sql("SELECT xmin, * FROM pg_authid WHERE rolname = 'twice'");
    const logged = cluster.log().length;
    await apply(twice);
    expect(await sql("SELECT xmin, * FROM pg_authid WHERE rolname = 'twice'")).toEqual(before);
    expect(cluster.log().slice(logged)).not.toMatch(/ALTER|CREATE|GRANT|REVOKE/);
  });

  it.each([
    ["ALTER ROLE changed SUPERUSER", "superuser is on, declared off"],
    ["ALTER ROLE changed CREATEDB", "createDatabase is on, declared off"],
    ["ALTER ROLE changed CREATEROLE", "createRole is on, declared off"],
    ["ALTER ROLE changed NOLOGIN", "login is off, declared on"],
    ["ALTER ROLE changed REPLICATION", "replication is on, declared off"],
    ["ALTER ROLE changed BYPASSRLS", "bypassRls is on, declared off"],
    ["ALTER ROLE changed CONNECTION LIMIT 3", "is limited to 3 connections, declared without limit"],
    ["ALTER ROLE changed PASSWORD 'other'", "has another password than declared"],
    ["ALTER ROLE changed PASSWORD NULL", "has no password"],
    [
      "SET password_encryption = 'md5'; ALTER ROLE changed PASSWORD 'changed''s \"own\" $secret'",
      "has a password that is not stored as SCRAM-SHA-256",
    ],
    ["REVOKE team FROM changed", "is not a member of team, declared so"],
    ["GRANT team TO changed WITH ADMIN OPTION", "may give membership of team to others, not declared"],
    ["GRANT pg_read_all_data TO changed", "is a member of pg_read_all_data, not declared"],
    ["ALTER ROLE changed RESET work_mem", 'setting work_mem is not set, declared "8MB"'],
    ["ALTER ROLE changed SET work_mem = '1GB'", 'setting work_mem is "1GB", declared "8MB"'],
    ["ALTER ROLE changed SET \"DateStyle\" = 'ISO'", "setting datestyle is set, not declared"],
    [
      "ALTER ROLE changed IN DATABASE template1 SET work_mem = '1GB'",
      "has settings of its own in database template1 (work_mem), not declared",
    ],
  ])("changed by hand with %s is seen and put right", async (byHand, said) => {
    await sql("DROP ROLE IF EXISTS team; CREATE ROLE team");
    const changed = role("changed", { memberOf: ["team"], settings: { work_mem: "8MB" } });
    await apply(changed);
    expect(await drift(changed)).toEqual([]);
    await sql(byHand);
    expect(await drift(changed)).toEqual([`role changed on storage: ${said}`]);
    await apply(changed);
    expect(await drift(changed)).toEqual([]);
  });

  it("that may expire is seen and put right", async () => {
    const guest = role("guest");
    await apply(guest);
    await sql("ALTER ROLE guest VALID UNTIL '2020-01-01 00:00 UTC'");
    expect(await drift(guest)).toEqual([expect.stringContaining("its password expires at 2020-01-01")]);
    await apply(guest);
    expect(await drift(guest)).toEqual([]);
  });

  it("takes a new password, and the old one no longer opens", async () => {
    await apply(role("rotated", { password: "before" }));
    await apply(role("rotated", { password: "after" }));
    await cluster.query("postgres", "SELECT 1", { user: "rotated", password: "after" });
    await expect(
      cluster.query("postgres", "SELECT 1", { user: "rotated", password: "before" }),
    ).rejects.toThrow("password authentication failed");
  });

  it("leaves neither password nor verifier in a log of all statements", async () => {
    await apply(role("discreet", { password: "never-to-be-logged-1" }));
    await apply(role("discreet", { password: "never-to-be-logged-2" }));
    expect(cluster.log()).toContain("pg_advisory_xact_lock");
    expect(cluster.log()).not.toContain("never-to-be-logged");
    const [stored] = await cluster.query<{ p: string }>(
      "postgres",
      "SELECT rolpassword AS p FROM pg_authid WHERE rolname = 'discreet'",
    );
    expect(stored?.p).toMatch(/^SCRAM-SHA-256/);
    expect(cluster.log()).not.toContain(stored?.p);
  });

  it("made a member of nobody known fails with a sentence", async () => {
    await expect(apply(role("lonely", { memberOf: ["nobody"] }))).rejects.toThrow(
      'role lonely on storage: role "nobody" does not exist.',
    );
    expect(await drift(role("lonely"))).toEqual(["role lonely on storage is missing"]);
  });
});

describe("a role that is there already", () => {
  const comment = "SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = ";
  const stored = () => sql("SELECT * FROM pg_authid WHERE rolname = 'hers'");

  it("and is somebody else's is refused, in a preview too, and nothing of it is changed", async () => {
    await sql("CREATE ROLE hers LOGIN SUPERUSER PASSWORD 'her own'; COMMENT ON ROLE hers IS 'for Ada'");
    const before = await stored();
    const sentence = /role hers on storage is somebody else's: .*add hers to homelab:postgres\.adopt/;
    await expect(apply(role("hers"))).rejects.toThrow(sentence);
    const planned = await handler.plan?.(role("hers"), listening(), undefined);
    expect(planned?.errors.join()).toMatch(sentence);
    expect(await stored()).toEqual(before);
    expect(await sql(`${comment}'hers'`)).toEqual([{ comment: "for Ada" }]);
  });

  it("is taken over when it is to be adopted, and then bears a mark beside what a person wrote", async () => {
    const adopted = role("hers", { adopt: true });
    const planned = await handler.plan?.(adopted, listening(), undefined);
    expect(planned).toMatchObject({ notes: [expect.stringContaining("would be taken over")], errors: [] });
    await apply(adopted);
    expect(await drift(adopted)).toEqual([]);
    expect(await sql(`${comment}'hers'`)).toEqual([{ comment: "for Ada [managed by homelab]" }]);
    // Left in or taken out again: it is this program's by now, with a state and without.
    for (const later of [adopted, role("hers")]) {
      await apply(later);
      expect(await handler.plan?.(later, listening(), undefined)).toMatchObject({ notes: [], errors: [] });
    }
  });

  it("and is in the state from before there were marks gets one without a word", async () => {
    await sql("CREATE ROLE older LOGIN");
    const older = role("older");
    expect(await handler.plan?.(older, listening(), older)).toEqual({ notes: [], unmet: [], errors: [] });
    expect(await drift(older)).toContain("role older on storage bears no mark of this program yet");
    const ctx = listening();
    await handler.apply(older, ctx, older);
    expect(ctx.heard).toEqual([]);
    expect(await drift(older)).toEqual([]);
    await apply(older);
  });

  it("has lost its mark when a namesake takes its place", async () => {
    await apply(role("replaced"));
    await sql("DROP ROLE replaced; CREATE ROLE replaced LOGIN");
    await expect(apply(role("replaced"))).rejects.toThrow("role replaced on storage is somebody else's");
  });
});

describe("removing a role", () => {
  it("takes it away with its rights, and again does nothing", async () => {
    await apply(role("leaver"));
    await sql("CREATE DATABASE work");
    await sql("GRANT CREATE ON DATABASE work TO leaver");
    await sql("CREATE TABLE t (); GRANT SELECT ON t TO leaver", "work");
    await sql("ALTER DEFAULT PRIVILEGES FOR ROLE leaver GRANT SELECT ON TABLES TO PUBLIC", "work");
    await handler.remove(role("leaver"), listening());
    await handler.remove(role("leaver"), listening());
    expect(await drift(role("leaver"))).toEqual(["role leaver on storage is missing"]);
    expect(await sql("SELECT count(*)::int AS n FROM t", "work")).toEqual([{ n: 0 }]);
  });

  it("is refused while it owns something, which is named and stays", async () => {
    await apply(role("keeper"));
    await sql("CREATE DATABASE kept OWNER keeper");
    await sql("SET ROLE keeper; CREATE TABLE public.notes ()", "kept");
    await expect(handler.remove(role("keeper"), listening())).rejects.toThrow(
      "role keeper on storage is not removed: it still has database kept and table public.notes in database kept. " +
        'Give them to another role (REASSIGN OWNED BY "keeper" TO …, in each database)',
    );
    expect(await drift(role("keeper"))).toEqual([]);
    expect(await sql("SELECT FROM public.notes", "kept")).toEqual([]);
  });
});
