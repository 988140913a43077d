import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { clause, RemoteError } from "../packages/errors";
import { answersAnew, confirm } from "./confirm";
import { connectionSchema } from "./connection-args";
import { answers, coordinatorSchema, decoded, encoded, plainName, tag } from "./mesh-answers";

/** A grant. @see https://tailscale.com/kb/1337/policy-syntax */
const grantSchema = z.strictObject({
  /** Who may reach it, e.g. `tag:desktop`. */
  src: z.array(z.string()).min(1),
  /** Whom they may reach, e.g. `tag:storage`. */
  dst: z.array(z.string()).min(1),
  /** On which ports, e.g. `tcp:5432`. */
  ip: z.array(z.string()).min(1),
});
/** A test of the policy. @see https://tailscale.com/kb/1337/policy-syntax */
const testSchema = z.strictObject({
  /** Who connects, e.g. `tag:desktop`. */
  src: z.string(),
  /** What it must reach, e.g. `tag:storage:5432`. @default nothing */
  accept: z.array(z.string()).optional(),
  /** What it must not reach, e.g. `tag:storage:5432`. @default nothing */
  deny: z.array(z.string()).optional(),
});

/** The inputs of homelab:mesh:PolicyPart. */
export const policySchema = z.strictObject({
  /** headscale, whose policy it is a part of. */
  coordinator: coordinatorSchema,
  /**
   * The node itself, as whoever runs this reaches it over SSH: a policy that closes that is taken back.
   * @default only headscale's node is asked
   */
  connection: connectionSchema.optional(),
  /** Node whose ports these are. */
  node: plainName,
  /** Its tag. */
  tag,
  /** Who may give a machine which tag. */
  owners: z.record(z.string(), z.array(z.string())),
  /** Who may reach which of its ports. */
  grants: z.array(grantSchema),
  /** What must hold, or the policy is refused and the former one stays. */
  tests: z.array(testSchema),
});
export type PolicySpec = z.infer<typeof policySchema>;

const inForce = z.object({
  tagOwners: z.record(z.string(), z.array(z.string())).default({}),
  grants: z.array(grantSchema.strip()).default([]),
  acls: z.array(z.unknown()).default([]),
  ssh: z.array(z.unknown()).default([]),
});

/** How the policy that is in force differs from a node's part of it: a sentence each. */
export function policyDifferences({ tag: own, owners, grants }: PolicySpec, policy: string): string[] {
  const what = `headscale's policy for ${own}`;
  if (policy.trim() === "") return [`${what} is missing: headscale lets every member reach everything.`];
  const parsed = inForce.safeParse(parsedJson(policy));
  if (!parsed.success) return [`${what} is none that this program wrote.`];
  const text = (grant: unknown) => JSON.stringify(grant);
  const there = parsed.data.grants.filter(({ dst }) => dst.includes(own)).map(text);
  const wanted = grants.map(({ src, dst, ip }) => text({ src, dst, ip }));
  const others = parsed.data.grants.filter(({ dst }) => !dst.every((one) => one in owners));
  return [
    ...wanted.filter((one) => !there.includes(one)).map((one) => `${what} lacks ${one}.`),
    ...there
      .filter((one) => !wanted.includes(one))
      .map((one) => `${what} has ${one}, which is not declared.`),
    ...[...others, ...parsed.data.acls, ...parsed.data.ssh].map(
      (one) => `headscale's policy has ${text(one)}, which is not declared.`,
    ),
    ...Object.entries(owners)
      .filter(([name, list]) => text(parsed.data.tagOwners[name]) !== text(list))
      .map(([name]) => `The owners of ${name} in headscale's policy are others than declared.`),
  ];
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The policy that is in force, JSON as it was written; empty when there is none. */
export async function askPolicy({ coordinator, node }: PolicySpec, signal: AbortSignal): Promise<string> {
  const rows = [
    ["verb", "look"],
    ["container", coordinator.container],
    ["node", node],
  ] as const;
  return decoded((await answers(coordinator.connection, "mesh-policy", rows, 90, signal)).get("policy"));
}

/** Within so many seconds a new part of the policy must be confirmed. */
const confirmSeconds = 60;

/** By then the members judge by a new policy: headscale gathers changes for a second before it hands them on. */
const handedOnMs = 5_000;

/**
 * Puts a node's part in the place of its former one, and the whole in force; refused as a whole when a test fails. One that cuts
 * off whoever runs this, from headscale or from the node, is taken back by storage itself.
 */
export async function setPolicy(spec: PolicySpec, signal: AbortSignal): Promise<void> {
  const { coordinator, node, owners, grants, tests } = spec;
  const numbered = (kind: string, all: readonly unknown[]) => [
    [`${kind}s`, String(all.length)] as const,
    ...all.map((one, i) => [`${kind}${i}`, encoded(JSON.stringify(one))] as const),
  ];
  const said = await answers(
    coordinator.connection,
    "mesh-policy",
    [
      ["verb", "set"],
      ["confirm", String(confirmSeconds)],
      ["container", coordinator.container],
      ["node", node],
      ["owners", encoded(JSON.stringify(owners))],
      ...numbered("grant", grants),
      ...numbered("test", tests),
    ],
    120,
    signal,
  );
  if (said.get("armed") !== "yes") return;
  const what = `headscale's policy for ${spec.tag}`;
  await sleep(handedOnMs, undefined, { signal });
  const lost = spec.connection === undefined ? undefined : await answersAnew(spec.connection);
  if (lost !== undefined)
    throw new RemoteError(
      `${what} was changed, and ${node} is not reached any more: ${clause(lost)}. headscale's node puts back by itself what was before, within a minute. Look at what of the change closes SSH to this machine, then run this again.`,
    );
  await confirm(coordinator.connection, `mesh-policy-${node}`, what, signal);
}
