import { bucketPolicy, type Consumer } from "../object-store";

/** A consumer with its secret key. */
export interface Keyed extends Consumer {
  readonly secretKey: string;
}

const policyNameOf = (user: string) => `homelab-${user}`;

/**
 * The policy of a consumer, as SeaweedFS takes it: a statement without resources, by which MinIO refuses its admin API, would
 * refuse everything here. That API is switched off.
 */
function seaweedPolicy(consumer: Consumer, versioned: readonly string[]): string {
  const { Statement: statements, ...rest } = JSON.parse(bucketPolicy(consumer, versioned)) as {
    readonly Version: string;
    readonly Statement: readonly { readonly Resource?: readonly string[] }[];
  };
  return JSON.stringify({ ...rest, Statement: statements.filter(({ Resource }) => Resource !== undefined) });
}

/**
 * SeaweedFS' identities and their policies, as its `-s3.config`: a secret. What is in this file nobody changes by its APIs;
 * a file without identities refuses everybody.
 */
export function identities(
  root: { readonly user: string; readonly secretKey: string },
  consumers: Readonly<Record<string, Keyed>>,
  versioned: readonly string[],
): string {
  const names = Object.keys(consumers).sort();
  return JSON.stringify({
    identities: [
      {
        name: root.user,
        credentials: [{ accessKey: root.user, secretKey: root.secretKey }],
        actions: ["Admin"],
      },
      ...names.map((name) => ({
        name,
        credentials: [{ accessKey: name, secretKey: consumers[name]?.secretKey }],
        policyNames: [policyNameOf(name)],
      })),
    ],
    policies: Object.entries(consumers)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, consumer]) => ({ name: policyNameOf(name), content: seaweedPolicy(consumer, versioned) })),
  });
}
