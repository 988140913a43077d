import { setTimeout } from "node:timers/promises";
import { refusal, s3Request, type S3Request } from "../../../packages/s3";
import type { Difference } from "../differences";
import { bucketsOf, copyDifferences, volumesOf } from "./copies";
import type { ContentsInputs } from "./inputs";
import { pathDifferences, pathRules } from "./paths";

/** What is asked on the node itself. */
export interface Inside {
  /** @param filer `host:port` of the one that is asked. @default the node's own */
  shell(commands: readonly string[], filer?: string): Promise<string>;
  restart(): Promise<void>;
}

const enabled =
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';

/** Asks SeaweedFS for all that is declared, and says where it differs. The rules of its paths come first: what is put before is lost in a power cut. */
export async function differences(
  store: ContentsInputs,
  inside: Inside,
  signal: AbortSignal,
): Promise<Difference[]> {
  // Once is enough for all of them.
  let restarted: Promise<void> | undefined;
  const restart = () => (restarted ??= inside.restart());
  const [said, ...others] = await Promise.all([
    inside.shell([
      "fs.configure",
      "volume.list",
      ...(store.copies.other === undefined ? [] : ["cluster.ps"]),
    ]),
    ...Object.entries(store.buckets).map(([bucket, { versioned }]) =>
      bucketDifferences(store, bucket, versioned, inside, signal),
    ),
    ...Object.entries(store.users).map(([user, { secretKey }]) =>
      userDifferences(store, user, secretKey, restart, signal),
    ),
  ]);
  const on = `on ${store.connection.node}`;
  const at = said.indexOf("Topology ");
  const ofAll = [
    ...pathDifferences(pathRules(said.slice(0, at)), Object.keys(store.buckets)),
    ...copyDifferences(store, volumesOf(said.slice(at))),
  ].map(({ says, commands }) => ({
    says: `SeaweedFS ${on}: ${says}`,
    mend: async () => {
      await inside.shell(commands);
    },
  }));
  return [...ofAll, ...others.flat()];
}

async function bucketDifferences(
  store: ContentsInputs,
  bucket: string,
  versioned: boolean,
  inside: Inside,
  signal: AbortSignal,
): Promise<Difference[]> {
  const { endpoint, user, password: secret, connection } = store;
  const { other } = store.copies;
  const path = `/${bucket}`;
  const what = `the bucket ${bucket} on ${connection.node}`;
  const ask = (request: S3Request) => s3Request({ endpoint, user, secret }, request, signal);
  const put = async (request: S3Request) => {
    const refused = refusal(await ask(request));
    if (refused !== "") throw new Error(`${what}: SeaweedFS refuses with ${refused}.`);
  };
  const get = async (query: Record<string, string>, none: string) => {
    const answer = await ask({ method: "GET", path, query });
    const refused = refusal(answer);
    if (refused === none) return undefined;
    if (refused !== "")
      throw new Error(`SeaweedFS on ${connection.node} answers a question about ${path} with ${refused}.`);
    return answer.body;
  };
  const setVersioning = () => put({ method: "PUT", path, query: { versioning: "" }, body: enabled });
  const state = await get({ versioning: "" }, "NoSuchBucket");
  if (state === undefined) {
    // Made here, it would be newer than the one that has everything, and take its place.
    if (
      other !== undefined &&
      bucketsOf(await inside.shell(["fs.ls /buckets"], other.filer)).includes(bucket)
    )
      return [
        {
          says: `${what} has not come from ${other.node} yet, which has it.`,
          mend: () =>
            until(async () => (await get({ versioning: "" }, "NoSuchBucket")) !== undefined, signal),
        },
      ];
    return [
      {
        says: `${what} is missing, with all that was in it; an up makes it, empty.`,
        mend: async () => {
          await put({ method: "PUT", path });
          if (versioned) await setVersioning();
        },
      },
    ];
  }
  const found: Difference[] = [];
  if (versioned && !state.includes("<Status>Enabled</Status>"))
    found.push({ says: `${what} keeps no former versions.`, mend: setVersioning });
  if ((await get({ policy: "" }, "NoSuchBucketPolicy")) !== undefined) {
    found.push({
      says: `${what} has a policy of its own, by which others may reach it without being named.`,
      mend: () => put({ method: "DELETE", path, query: { policy: "" } }),
    });
  } else if ((await fetch(`${endpoint}${path}`, { signal, headers: { connection: "close" } })).ok) {
    found.push({
      says: `${what} is open to everybody, without a key.`,
      mend: async () => {
        await inside.shell([`s3.anonymous.set -bucket ${bucket} -access none`]);
      },
    });
  }
  return found;
}

/** Identities and their policies are in a file that the server reads when it starts, and that nobody changes through it. */
async function userDifferences(
  { endpoint, connection }: ContentsInputs,
  user: string,
  secret: string,
  restart: () => Promise<void>,
  signal: AbortSignal,
): Promise<Difference[]> {
  const refused = refusal(await s3Request({ endpoint, user, secret }, { method: "GET", path: "/" }, signal));
  // What else it may refuse is for its policy.
  if (["", "AccessDenied"].includes(refused)) return [];
  if (!["SignatureDoesNotMatch", "InvalidAccessKeyId"].includes(refused))
    throw new Error(
      `SeaweedFS answers the user ${user} with ${refused}, which says nothing about its secret key.`,
    );
  return [
    {
      says: `the user ${user} on ${connection.node} is not known with the declared key: SeaweedFS runs with other identities than declared, and is restarted.`,
      mend: restart,
    },
  ];
}

/** Waits until something is so. @throws when the signal says that it has lasted too long */
async function until(isSo: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await isSo())) {
    signal.throwIfAborted();
    await setTimeout(1000, undefined, { signal });
  }
}
