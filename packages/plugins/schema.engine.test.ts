import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { isSecret, isUnknown, Plugin, type Properties } from "./testing/plugin";
import { report, root } from "./testing/toolchain";

const property = z.looseObject({
  type: z.string().optional(),
  secret: z.boolean().default(false),
  replaceOnChanges: z.boolean().default(false),
  willReplaceOnChanges: z.boolean().default(false),
});
const schema = z.object({
  version: z.string(),
  resources: z.record(
    z.string(),
    z.object({
      inputProperties: z.record(z.string(), property),
      requiredInputs: z.array(z.string()).default([]),
      properties: z.record(z.string(), property),
      required: z.array(z.string()).default([]),
    }),
  ),
});

/** What a resource type is tried with: two different good values for each input. */
type Samples = Record<string, readonly [JsonValue, JsonValue]>;
type JsonValue = Properties[string];

/** Inputs that the official plugin has and the stand-in refuses with a sentence. */
const unsupported: Record<string, readonly string[]> = {
  "command:local:Command": ["assetPaths", "archivePaths"],
};
/** Inputs that cannot be given beside another one: tried alone. */
const alone: Record<string, readonly string[]> = {
  "minio:index/s3Bucket:S3Bucket": ["bucketPrefix"],
  "minio:index/iamPolicy:IamPolicy": ["namePrefix"],
  "random:index/randomPassword:RandomPassword": ["number"],
  "random:index/randomString:RandomString": ["number"],
};
/** Plugins whose schema is silent about replacing: by the source of the official plugin, all changes do. */
const replacesAlways = ["random"];

const names: readonly [JsonValue, JsonValue] = ["name-one", "name-two"];
const policy = (action: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: [action], Resource: ["*"] }],
  });
const command: Samples = {
  create: ["echo 1", "echo 2"],
  update: ["echo 1", "echo 2"],
  delete: ["echo 1", "echo 2"],
  stdin: ["1", "2"],
  environment: [{ A: "1" }, { A: "2" }],
  logging: ["none", "stdout"],
  triggers: [[1], [2]],
  addPreviousOutputInEnv: [false, true],
};
const text: Samples = {
  length: [20, 21],
  keepers: [{ a: "1" }, { a: "2" }],
  lower: [true, false],
  upper: [true, false],
  special: [true, false],
  number: [true, false],
  numeric: [true, false],
  minLower: [1, 2],
  minUpper: [1, 2],
  minNumeric: [1, 2],
  minSpecial: [1, 2],
  overrideSpecial: ["+", "-"],
};
const samples: Record<string, Samples> = {
  "command:remote:Command": { ...command, connection: [{ host: "a" }, { host: "b" }] },
  "command:local:Command": { ...command, dir: ["/", "/tmp"], interpreter: [["sh"], ["bash"]] },
  "random:index/randomPassword:RandomPassword": text,
  "random:index/randomString:RandomString": text,
  "random:index/randomId:RandomId": { byteLength: [4, 5], keepers: [{ a: "1" }, { a: "2" }], prefix: names },
  "random:index/randomBytes:RandomBytes": { length: [4, 5], keepers: [{ a: "1" }, { a: "2" }] },
  "random:index/randomUuid:RandomUuid": { keepers: [{ a: "1" }, { a: "2" }] },
  "minio:index/s3Bucket:S3Bucket": {
    bucket: names,
    bucketPrefix: names,
    acl: ["private", "public-read"],
    forceDestroy: [false, true],
    objectLocking: [false, true],
    quota: [1000, 2000],
  },
  "minio:index/s3BucketVersioning:S3BucketVersioning": {
    bucket: names,
    versioningConfiguration: [{ status: "Enabled" }, { status: "Suspended" }],
  },
  "minio:index/iamUser:IamUser": {
    name: names,
    secret: ["secret-one", "secret-two"],
    disableUser: [false, true],
    forceDestroy: [false, true],
    updateSecret: [false, true],
    tags: [{ a: "1" }, { a: "2" }],
  },
  "minio:index/iamPolicy:IamPolicy": {
    name: names,
    namePrefix: names,
    policy: [policy("s3:GetObject"), policy("s3:PutObject")],
  },
  "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment": { userName: names, policyName: names },
};

const parts = report();
const load = (name: string): z.infer<typeof schema> =>
  schema.parse(JSON.parse(readFileSync(path.join(root, "packages/plugins/schemas", `${name}.json`), "utf8")));

describe.each(["command", "random", "minio"])("the stand-in for the %s plugin", (name) => {
  const official = load(name);
  const part = parts.find((candidate) => candidate.name === name);
  // Where the official plugin is in place there is no stand-in to hold against anything.
  const held = test.skipIf(part?.kind !== "stand-in");
  const plugin = new Plugin(part?.path ?? "");
  beforeAll(async () => {
    if (part?.kind === "stand-in") await plugin.start();
  });
  afterAll(() => {
    plugin.stop();
  });

  test("has the version that package.json pins", () => {
    const pins = z
      .object({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));
    expect(official.version).toBe(pins.dependencies[`@pulumi/${name}`]);
    expect(part?.version).toBe(official.version);
  });

  describe.each(Object.entries(official.resources))("%s", (token, spec) => {
    const tried = samples[token] ?? {};
    const refused = unsupported[token] ?? [];
    const exclusive = alone[token] ?? [];
    const pick = (keys: readonly string[], which: 0 | 1 = 0): Properties =>
      Object.fromEntries(keys.map((key) => [key, tried[key]?.[which] ?? null]));
    const inputs = Object.keys(spec.inputProperties);
    const together = inputs.filter((key) => !refused.includes(key) && !exclusive.includes(key));

    test("is tried with every input that the schema has", () => {
      expect(Object.keys(tried).sort()).toEqual(inputs.filter((key) => !refused.includes(key)).sort());
    });

    held("takes every input of the schema", async () => {
      expect((await plugin.check(token, pick(together))).failures).toEqual([]);
      for (const key of exclusive) {
        const { failures } = await plugin.check(token, pick([...spec.requiredInputs, key]));
        expect(failures, key).toEqual([]);
      }
    });

    held("refuses what the schema does not have, and says so", async () => {
      const { failures } = await plugin.check(token, { ...pick(together), unheardOf: "x" });
      expect(failures.join()).toContain("unheardOf is not a property");
    });

    held("says in a sentence what it does not support", async () => {
      for (const key of refused) {
        const { failures } = await plugin.check(token, { ...pick(together), [key]: ["x"] });
        expect(failures.join()).toContain(`${key} is not supported by this stand-in`);
      }
    });

    held("requires what the schema requires, and nothing else", async () => {
      for (const key of spec.requiredInputs) {
        const { failures } = await plugin.check(token, pick(together.filter((other) => other !== key)));
        expect(failures).toEqual([`${key} is required and missing`]);
      }
      expect((await plugin.check(token, pick(spec.requiredInputs))).failures).toEqual([]);
    });

    held("refuses a value of another type", async () => {
      for (const key of together.filter((name) => spec.inputProperties[name]?.type !== undefined)) {
        const wrong = spec.inputProperties[key]?.type === "string" ? 1 : "text";
        const { failures } = await plugin.check(token, { ...pick(together), [key]: wrong });
        expect(failures.join(), key).toContain(`${key} must be`);
      }
    });

    held("makes secret the inputs and outputs that the schema calls secret, and no others", async () => {
      const checked = (await plugin.check(token, pick(together))).inputs;
      for (const key of together) {
        expect(isSecret(checked[key]), key).toBe(spec.inputProperties[key]?.secret);
      }
      const outputs = await plugin.previewCreate(token, checked);
      for (const [key, value] of Object.entries(outputs)) {
        expect(isSecret(value), key).toBe(spec.properties[key]?.secret);
      }
    });

    held("gives the outputs that the schema has, unknown where only the real thing tells", async () => {
      const outputs = await plugin.previewCreate(token, (await plugin.check(token, pick(together))).inputs);
      expect(Object.keys(spec.properties)).toEqual(expect.arrayContaining(Object.keys(outputs)));
      expect(Object.keys(outputs)).toEqual(expect.arrayContaining(spec.required));
      for (const key of spec.required) expect(isUnknown(outputs[key]), key).toBe(!inputs.includes(key));
    });

    held("replaces where the official plugin replaces, updates everywhere else", async () => {
      for (const key of inputs.filter((candidate) => !refused.includes(candidate))) {
        const base = exclusive.includes(key) ? pick([...spec.requiredInputs, key]) : pick(together);
        const changed = await plugin.diff(token, base, { ...base, ...pick([key], 1) });
        const declared = spec.inputProperties[key];
        const replaces =
          replacesAlways.includes(name) ||
          declared?.replaceOnChanges === true ||
          declared?.willReplaceOnChanges === true;
        expect(changed.changed, key).toContain(key);
        expect(changed.replaces.includes(key), key).toBe(replaces);
        expect(changed.replaces.length > 0, key).toBe(replaces);
      }
      const same = pick(together);
      expect(await plugin.diff(token, same, same)).toEqual({ changed: [], replaces: [] });
    });
  });
});
