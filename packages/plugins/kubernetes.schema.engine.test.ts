import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { isSecret, Plugin, type Properties } from "./testing/plugin";
import { report, root } from "./testing/toolchain";

interface Property {
  type?: string;
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
  oneOf?: Property[];
  secret?: boolean;
}
type Value = Properties[string];

const property: z.ZodType<Property> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    $ref: z.string().optional(),
    items: property.optional(),
    additionalProperties: property.optional(),
    oneOf: z.array(property).optional(),
    secret: z.boolean().optional(),
  }),
) as z.ZodType<Property>;
const shape = { required: z.array(z.string()).default([]) };
const schema = z.object({
  version: z.string(),
  resources: z.record(
    z.string(),
    z.object({
      inputProperties: z.record(z.string(), property),
      requiredInputs: z.array(z.string()).default([]),
    }),
  ),
  types: z.record(z.string(), z.object({ ...shape, properties: z.record(z.string(), property).default({}) })),
});
const official = schema.parse(
  JSON.parse(readFileSync(path.join(root, "packages/plugins/schemas/kubernetes.json"), "utf8")),
);

/** Every kind of object that this project declares, and what of it cannot be changed in place. */
const kinds: Record<string, readonly string[]> = {
  "core/v1:Namespace": [],
  "core/v1:ConfigMap": ["data", "binaryData"],
  "core/v1:Secret": ["data", "stringData", "type"],
  "core/v1:Service": ["spec.clusterIP"],
  "core/v1:ServiceAccount": [],
  "core/v1:PersistentVolume": ["spec.hostPath", "spec.local", "spec.nfs"],
  "core/v1:PersistentVolumeClaim": ["spec.accessModes", "spec.storageClassName", "spec.resources"],
  "core/v1:Pod": ["spec.volumes", "spec.nodeName", "spec.containers[0].image"],
  "core/v1:Node": [],
  "apps/v1:Deployment": ["spec.selector.matchLabels"],
  "apps/v1:StatefulSet": ["spec.selector.matchLabels", "spec.serviceName", "spec.volumeClaimTemplates"],
  "apps/v1:DaemonSet": ["spec.selector.matchLabels"],
  "batch/v1:Job": ["spec.template.spec.containers[0].image", "spec.completions", "spec.parallelism"],
  "batch/v1:CronJob": [],
  "rbac.authorization.k8s.io/v1:Role": [],
  "rbac.authorization.k8s.io/v1:RoleBinding": ["roleRef.name"],
  "rbac.authorization.k8s.io/v1:ClusterRole": [],
  "rbac.authorization.k8s.io/v1:ClusterRoleBinding": ["roleRef.name"],
  "storage.k8s.io/v1:StorageClass": ["provisioner", "parameters"],
  "networking.k8s.io/v1:NetworkPolicy": [],
  "networking.k8s.io/v1:Ingress": [],
  "scheduling.k8s.io/v1:PriorityClass": ["value"],
  "node.k8s.io/v1:RuntimeClass": ["handler"],
  "admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy": [],
  "admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding": [],
  "apiextensions.k8s.io/v1:CustomResourceDefinition": [],
};
/** Changed in place, also beside what cannot be. */
const changeable: Record<string, string> = {
  "apps/v1:Deployment": "spec.template.spec.containers[0].image",
  "apps/v1:StatefulSet": "spec.template.spec.containers[0].image",
  "apps/v1:DaemonSet": "spec.template.spec.containers[0].image",
  "batch/v1:Job": "spec.backoffLimit",
  "core/v1:Service": "spec.ports",
};

const named = (reference: Property): z.infer<typeof schema>["types"][string] | undefined =>
  official.types[reference.$ref?.replace("#/types/", "") ?? ""];

/** A value with everything that the schema has; what contains itself is left out the second time. */
function sample(of: Property, inside: readonly string[] = [], variant = 0): Value {
  const type = named(of);
  if (type !== undefined) {
    const within = [...inside, of.$ref ?? ""];
    const entries = Object.entries(type.properties).filter(([, entry]) => !containsOneOf(entry, within));
    return Object.fromEntries(entries.map(([key, entry]) => [key, sample(entry, within, variant)]));
  }
  if (of.oneOf !== undefined) return 8080 + variant;
  switch (of.type) {
    case "array":
      return [sample(of.items ?? {}, inside, variant)];
    case "object":
      return { key: sample(of.additionalProperties ?? { type: "string" }, inside, variant) };
    case "boolean":
      return variant === 0;
    case "integer":
    case "number":
      return 3 + variant;
    default:
      return of.$ref === undefined ? `text-${variant}` : { any: variant };
  }
}

function containsOneOf(of: Property, types: readonly string[]): boolean {
  return [of, of.items, of.additionalProperties, of.items?.additionalProperties, ...(of.oneOf ?? [])].some(
    (part) => part?.$ref !== undefined && types.includes(part.$ref),
  );
}

const wrongs: Record<string, Value> = {
  string: 1,
  boolean: "text",
  integer: 1.5,
  number: "text",
  array: "text",
  object: 1,
};

/** What is wrong with a value when it has everything wrong that the schema can tell, and the value. */
function broken(of: Property, at: string, inside: readonly string[], sentences: string[]): Value {
  const type = named(of);
  if (type !== undefined && Object.keys(type.properties).length > 0) {
    const within = [...inside, of.$ref ?? ""];
    sentences.push(`${at}.unheardOf is not a property`);
    const entries = Object.entries(type.properties).filter(([, entry]) => !containsOneOf(entry, within));
    return {
      unheardOf: 1,
      ...Object.fromEntries(
        entries.map(([key, entry]) => [key, broken(entry, `${at}.${key}`, within, sentences)]),
      ),
    };
  }
  if (of.type === "array" && of.items !== undefined && named(of.items) !== undefined) {
    return [broken(of.items, `${at}[0]`, inside, sentences)];
  }
  const wrong = wrongs[of.oneOf === undefined && of.$ref === undefined ? (of.type ?? "") : ""];
  if (wrong === undefined) return { any: 1 };
  sentences.push(`${at} must be`);
  return wrong;
}

/** Replaces the value at a path such as `spec.containers[0].image`. */
function changed(object: Value, at: string, value: Value): Value {
  const [first = "", ...rest] = at.split(/[.[\]]+/).filter((step) => step !== "");
  const copy = (
    Array.isArray(object) ? [...(object as Value[])] : { ...(object as Properties) }
  ) as Properties;
  copy[first] = rest.length === 0 ? value : changed(copy[first] ?? {}, rest.join("."), value);
  return copy;
}

const propertyAt = (token: string, at: string): Property =>
  at
    .split(".")
    .flatMap((step) => (step.endsWith("[0]") ? [step.slice(0, -3), "[0]"] : [step]))
    .reduce<Property>(
      (of, step) =>
        (step === "[0]" ? of.items : named(of)?.properties[step]) ??
        official.resources[token]?.inputProperties[step] ??
        {},
      {},
    );

const part = report().find(({ name }) => name === "kubernetes");
const held = test.skipIf(part?.kind !== "stand-in");

describe("the stand-in for the kubernetes plugin", () => {
  const plugin = new Plugin(part?.path ?? "");
  beforeAll(async () => {
    if (part?.kind === "stand-in") await plugin.start();
  });
  afterAll(() => {
    plugin.stop();
  });

  test("has the version that package.json pins, and the kinds that this project declares", () => {
    const pins = z
      .object({
        devDependencies: z.record(z.string(), z.string()),
        dependencies: z.record(z.string(), z.string()),
      })
      .parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));
    expect({ ...pins.devDependencies, ...pins.dependencies }["@pulumi/kubernetes"]).toBe(official.version);
    expect(part?.version).toBe(official.version);
    expect(Object.keys(official.resources).sort()).toEqual(
      Object.keys(kinds)
        .map((kind) => `kubernetes:${kind}`)
        .sort(),
    );
  });

  describe.each(Object.entries(official.resources))("%s", (token, { inputProperties, requiredInputs }) => {
    const kind = token.slice("kubernetes:".length);
    const [apiVersion = "", kindName = ""] = kind.replace("core/", "").split(":");
    const identity = { apiVersion, kind: kindName };
    const entries = Object.entries(inputProperties);
    const whole: Properties = {
      ...Object.fromEntries(entries.map(([key, entry]) => [key, sample(entry)])),
      ...identity,
      // The server gives stringData back as data.
      ...(kindName === "Secret" ? { data: { key: Buffer.from("text-0").toString("base64") } } : {}),
    };

    held("takes everything that the schema has", async () => {
      const { failures } = await plugin.check(
        token,
        changed(whole, "metadata.generateName", null) as Properties,
      );
      expect(failures).toEqual([]);
    });

    held(
      "refuses everything that the schema does not have, at every depth, each with a sentence",
      async () => {
        const sentences: string[] = [];
        const inputs = entries
          .filter(([key]) => !(key in identity))
          .map(([key, entry]) => [key, broken(entry, key, [], sentences)] as const);
        const { failures } = await plugin.check(token, { ...Object.fromEntries(inputs), ...identity });
        expect(sentences.length).toBeGreaterThan(5);
        for (const sentence of sentences)
          expect(
            failures.some((failure) => failure.startsWith(sentence)),
            sentence,
          ).toBe(true);
      },
    );

    held("requires what the schema requires", async () => {
      const { failures } = await plugin.check(token, identity);
      expect(failures).toEqual(requiredInputs.map((key) => `${key} is required and missing`));
    });

    held("makes secret what the schema calls secret, and nothing else", async () => {
      const { inputs } = await plugin.check(token, whole);
      for (const [key, { secret }] of entries) expect(isSecret(inputs[key]), key).toBe(secret ?? false);
    });

    held("replaces where no update is possible, and updates elsewhere", async () => {
      const diff = async (at: string): Promise<string[]> =>
        (
          await plugin.diff(
            token,
            whole,
            changed(whole, at, sample(propertyAt(token, at), [], 1)) as Properties,
          )
        ).replaces;
      for (const at of ["metadata.name", "metadata.namespace"]) {
        // A namespace is nothing to an object that lives in none.
        if (at === "metadata.name" || namespaced(kindName)) expect(await diff(at), at).not.toEqual([]);
      }
      for (const at of kinds[kind] ?? []) expect(await diff(at), at).not.toEqual([]);
      for (const at of ["metadata.labels", changeable[kind] ?? "metadata.annotations"]) {
        expect(await diff(at), at).toEqual([]);
        const other = changed(whole, at, sample(propertyAt(token, at), [], 1)) as Properties;
        expect((await plugin.diff(token, whole, other)).changed, at).not.toEqual([]);
      }
      expect(await plugin.diff(token, whole, whole)).toEqual({ changed: [], replaces: [] });
    });
  });
});

function namespaced(kind: string): boolean {
  return !/^(Namespace|Node|PersistentVolume|Cluster.*|.*Class|ValidatingAdmission.*|CustomResourceDefinition)$/.test(
    kind,
  );
}
