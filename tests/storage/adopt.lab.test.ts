import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { store } from "../../provider/handlers/minio/store";
import { secret } from "../../provider/handlers/remote/secret";
import { secretSchema } from "../../remote/secret";
import { closeAll } from "../../remote/ssh";
import { minioSchema, postgresSchema } from "../../services";
import { labConnection, onNode } from "../support/lab";
import { byHand, mc } from "../support/services";
import { ChangedConfig, pulumi, up, well } from "../support/stack";

/** What somebody made on storage under names that are declared later: one name for all of it. */
const name = "hers";
const config = new ChangedConfig();
const declared = (...adopt: string[]) =>
  config.with([
    [["homelab:postgres", "roles"], { ...postgresSchema.parse({}).roles, [name]: {} }],
    [
      ["homelab:postgres", "databases"],
      { ...postgresSchema.parse({}).databases, [name]: { owner: "agent" } },
    ],
    [["homelab:postgres", "adopt"], adopt],
    [["homelab:minio", "buckets"], { ...minioSchema.parse({}).buckets, [name]: {} }],
    [["homelab:minio", "users"], { ...minioSchema.parse({}).users, [name]: { buckets: [name] } }],
    [["homelab:minio", "adopt"], adopt],
  ]);

const connection = labConnection("storage");
const said: string[] = [];
const note = (text: string) => void said.push(text);
const ctx = { log: { info: note, warn: note }, signal: new AbortController().signal };
const inputs = store.inputs.parse({
  ...{
    connection,
    endpoint: "http://10.77.0.11:9000",
    dataDirectory: minioSchema.parse({}).dataDirectory,
  },
  ...{ buckets: { [name]: { versioned: false } }, users: { [name]: { policyName: `homelab-${name}` } } },
});
const key = "herOwnKeyOfFortyLetters";
const withKey = (command: string) =>
  onNode(
    "storage",
    `podman exec -i minio sh -c 'export MC_HOST_hers="http://${name}:$(cat)@127.0.0.1:9000"; exec mc --quiet ${command}'`,
    key,
  ).trim();
/** All that would be lost if it were taken over unasked. */
const hers = () => ({
  role: byHand("postgres", `SELECT rolpassword, rolsuper FROM pg_authid WHERE rolname = '${name}'`),
  database: byHand(
    "postgres",
    `SELECT datdba::regrole, datacl, datallowconn FROM pg_database WHERE datname = '${name}'`,
  ),
  rows: byHand(name, "SELECT * FROM kept"),
  object: withKey(`cat hers/${name}/kept`),
  policy: mc(`admin policy info root homelab-${name}`),
  user: mc(`admin user info root ${name}`),
});

const forget = () => {
  byHand("postgres", `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  byHand("postgres", `DROP ROLE IF EXISTS ${name}`);
  for (const command of [
    `rb --force root/${name}`,
    `admin user rm root ${name}`,
    `admin policy rm root homelab-${name}`,
  ]) {
    try {
      mc(command);
    } catch {
      // It is not there.
    }
  }
  onNode(
    "storage",
    `podman secret ls --noheading --format '{{.Name}}' | grep -E -- '-${name}$' | xargs -r podman secret rm`,
  );
};

describe("what somebody else made on storage under a declared name", () => {
  beforeAll(() => {
    forget();
    byHand("postgres", `CREATE ROLE ${name} LOGIN SUPERUSER PASSWORD 'her own'`);
    byHand("postgres", `CREATE DATABASE ${name} OWNER ${name}`);
    byHand(name, "CREATE TABLE kept AS SELECT 'ten years' AS words");
    mc(`mb root/${name}`);
    mc(`admin user add root ${name} '${key}'`);
    mc(`admin policy attach root readwrite --user ${name}`);
    onNode(
      "storage",
      "podman exec -i minio sh -c 'cat >/tmp/policy'",
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::hers/*"]}]}',
    );
    mc(`admin policy create root homelab-${name} /tmp/policy`);
    onNode("storage", "podman exec -i minio sh -c 'cat >/tmp/kept'", "ten years");
    withKey(`cp /tmp/kept hers/${name}/kept`);
  });
  afterAll(async () => {
    byHand("postgres", `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    well(up("storage"));
    forget();
    config.remove();
    await closeAll();
  });

  it("is refused in the preview of an up, with how to adopt it, and nothing of it is changed", () => {
    const before = hers();
    const tried = pulumi("storage", "up", "--yes", "--non-interactive", ...declared());
    expect(tried.code).not.toBe(0);
    expect(tried.text.replaceAll(/\s+/g, " ")).toMatch(
      /(role|database|bucket|user|policy) \S+ on storage is somebody else's: .* to homelab:(postgres|minio)\.adopt/,
    );
    expect(tried.text).not.toContain("updating");
    expect(hers()).toEqual(before);
  });

  it("in the object store is told kind by kind, and by an up that had no preview", async () => {
    const sentences = (await store.plan?.(inputs, ctx, undefined))?.errors ?? [];
    expect(sentences.map((sentence) => sentence.split(" on storage ")[0])).toEqual([
      `the bucket ${name}`,
      `the user ${name}`,
      `the policy homelab-${name}`,
    ]);
    await expect(store.apply(inputs, ctx, undefined)).rejects.toThrow("is somebody else's");
    // What the state has from a version without marks is this program's.
    expect((await store.plan?.(inputs, ctx, inputs))?.errors).toEqual([]);
    const other = store.inputs.parse({
      ...inputs,
      buckets: { "not-there": { versioned: false } },
      users: {},
    });
    expect((await store.plan?.(other, ctx, undefined))?.errors).toEqual([]);
  });

  it("is taken over with all that it has when it is to be adopted, and is this program's from then on, with a state or without", async () => {
    well(up("storage", ...declared(name)));
    expect(
      byHand(
        "postgres",
        `SELECT rolsuper, shobj_description(oid, 'pg_authid') FROM pg_authid WHERE rolname = '${name}'`,
      ),
    ).toBe("f|[managed by homelab]");
    expect(byHand("postgres", `SELECT datdba::regrole FROM pg_database WHERE datname = '${name}'`)).toBe(
      "agent",
    );
    expect(byHand(name, "SELECT * FROM kept")).toBe("ten years");
    expect(mc(`cat root/${name}/kept`)).toBe("ten years");
    expect(mc(`admin user info root ${name}`)).toContain(`"policyName":"homelab-${name}"`);
    expect(() => withKey(`ls hers/${name}`)).toThrow();
    expect(await store.plan?.(inputs, ctx, undefined)).toEqual({ notes: [], unmet: [], errors: [] });
    expect(await store.drift(inputs, ctx, {})).toEqual([]);
  });
});

describe("a podman secret of somebody else's", () => {
  const theirs = secretSchema.parse({
    connection,
    name: `homelab-lab-${name}`,
    value: "generated",
    existing: "adopt",
  });
  const held = () =>
    onNode(
      "storage",
      `podman secret inspect --showsecret --format '{{.ID}} {{.SecretData}}' ${theirs.name}`,
    ).trim();

  it("is refused with a command that adopts it, which then does", async () => {
    onNode("storage", `printf 'her own' | podman secret create ${theirs.name} -`);
    const before = held();
    const refused = await secret.apply(theirs, ctx, undefined).then(
      () => "taken over",
      (error: unknown) => String(error),
    );
    expect(refused).toContain(`${theirs.name} on storage is somebody else's`);
    expect((await secret.plan?.(theirs, ctx, undefined))?.errors).toHaveLength(1);
    expect(held()).toBe(before);

    onNode(
      "storage",
      `set -o pipefail; ${/\((podman secret inspect .*? -)\);/.exec(refused)?.[1] ?? "false"}`,
    );
    expect(await secret.apply(theirs, ctx, undefined)).toMatchObject({ effective: "her own" });
    await secret.remove(theirs, ctx);
    onNode("storage", `podman secret rm ${theirs.name}`);
  });
});
