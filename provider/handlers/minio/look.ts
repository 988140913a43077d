import { isDeepStrictEqual } from "node:util";
import { refusal, s3Request, type S3Request } from "../../../packages/s3";
import { sealed, zipOf } from "./admin";
import type { Difference } from "../differences";
import type { ContentsInputs } from "./inputs";

const admin = "/minio/admin/v3";
const versioning =
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';
const lock =
  '<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>';

/** Order and repetition mean nothing in a policy, nor does whether one value stands in a list. */
function canonical(policy: unknown): unknown {
  if (Array.isArray(policy)) {
    return [...new Set(policy.map((each) => JSON.stringify(canonical(each))))].sort();
  }
  if (typeof policy !== "object" || policy === null) return policy;
  const lists = ["Action", "Resource", "Statement"];
  return Object.fromEntries(
    Object.entries(policy)
      .filter(([, value]) => value !== "")
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [
        key,
        canonical(
          (lists.includes(key) || typeof value === "string") && !Array.isArray(value) ? [value] : value,
        ),
      ]),
  );
}

const samePolicy = (a: unknown, b: unknown): boolean => isDeepStrictEqual(canonical(a), canonical(b));

/** Asks MinIO for all that is declared, and says where it differs: each question is one request, all at once. */
export async function differences(store: ContentsInputs, signal: AbortSignal): Promise<Difference[]> {
  const found = await Promise.all([
    ...Object.entries(store.buckets).map(([bucket, { versioned }]) =>
      bucketDifferences(store, bucket, versioned, signal),
    ),
    ...Object.entries(store.users).map(([user, wanted]) => userDifferences(store, user, wanted, signal)),
  ]);
  return found.flat();
}

function asker(store: ContentsInputs, signal: AbortSignal) {
  const ask = (request: S3Request) =>
    s3Request({ endpoint: store.endpoint, user: store.user, secret: store.password }, request, signal);
  return {
    ask,
    /** An answer, or nothing when the server says that there is no such thing. */
    get: async (path: string, query: Record<string, string>, none: readonly string[]) => {
      const answer = await ask({ method: "GET", path, query });
      const refused = refusal(answer);
      if (refused === "") return answer.body;
      if (none.includes(refused)) return undefined;
      throw new Error(`MinIO on ${store.connection.node} answers a question about ${path} with ${refused}.`);
    },
    put: async (request: S3Request, what: string) => {
      const refused = refusal(await ask(request));
      if (refused !== "")
        throw new Error(`${what} on ${store.connection.node}: MinIO refuses with ${refused}.`);
    },
  };
}

async function bucketDifferences(
  store: ContentsInputs,
  bucket: string,
  versioned: boolean,
  signal: AbortSignal,
): Promise<Difference[]> {
  const { get, put } = asker(store, signal);
  const path = `/${bucket}`;
  const what = `the bucket ${bucket}`;
  const on = `on ${store.connection.node}`;
  const setVersioning = () => put({ method: "PUT", path, query: { versioning: "" }, body: versioning }, what);
  // Object lock is the one thing for which MinIO refuses `x-minio-force-delete`. S3 itself gives it to a new bucket only.
  const setLock = () =>
    put(
      {
        method: "PUT",
        path: `${admin}/import-bucket-metadata`,
        query: { bucket },
        body: zipOf(`${bucket}/object-lock.xml`, lock),
      },
      what,
    );
  const state = await get(path, { versioning: "" }, ["NoSuchBucket"]);
  if (state === undefined) {
    return [
      {
        says: `${what} ${on} is missing, with all that was in it; an up makes it, empty.`,
        mend: async () => {
          await put({ method: "PUT", path }, what);
          if (versioned) {
            await setVersioning();
            await setLock();
          }
        },
      },
    ];
  }
  const found: Difference[] = [];
  const open = await get(path, { policy: "" }, ["NoSuchBucketPolicy"]);
  if (open !== undefined) {
    found.push({
      says: `${what} ${on} has a policy of its own, by which others may reach it without being named.`,
      mend: () => put({ method: "DELETE", path, query: { policy: "" } }, what),
    });
  }
  if (!versioned) return found;
  if (!state.includes("<Status>Enabled</Status>")) {
    found.push({ says: `${what} ${on} keeps no former versions.`, mend: setVersioning });
  }
  const locked = await get(path, { "object-lock": "" }, ["ObjectLockConfigurationNotFoundError"]);
  if (locked?.includes("<ObjectLockEnabled>Enabled</ObjectLockEnabled>") !== true) {
    found.push({
      says: `${what} ${on} lets a consumer take former versions away.`,
      mend: setLock,
    });
  }
  return found;
}

interface Account {
  readonly policyName?: string;
  readonly status?: string;
  readonly memberOf?: readonly string[] | null;
}

async function userDifferences(
  store: ContentsInputs,
  user: string,
  { secretKey, policyName, policy }: ContentsInputs["users"][string],
  signal: AbortSignal,
): Promise<Difference[]> {
  const { get, put } = asker(store, signal);
  const what = `the user ${user}`;
  const on = `on ${store.connection.node}`;
  const found: Difference[] = [];

  const known = await get(`${admin}/info-canned-policy`, { name: policyName, v: "2" }, [
    "XMinioAdminNoSuchPolicy",
  ]);
  const there = known === undefined ? undefined : (JSON.parse(known) as { Policy?: unknown }).Policy;
  if (!samePolicy(there, JSON.parse(policy))) {
    found.push({
      says:
        there === undefined
          ? `the policy ${policyName} ${on} is missing.`
          : `the policy ${policyName} ${on} was changed by hand.`,
      mend: () =>
        put(
          { method: "PUT", path: `${admin}/add-canned-policy`, query: { name: policyName }, body: policy },
          what,
        ),
    });
  }

  const attach = () =>
    put(
      {
        method: "PUT",
        path: `${admin}/set-user-or-group-policy`,
        query: { policyName, userOrGroup: user, isGroup: "false" },
      },
      what,
    );
  const set = () =>
    put(
      {
        method: "PUT",
        path: `${admin}/add-user`,
        query: { accessKey: user },
        body: sealed(store.password, JSON.stringify({ secretKey, status: "enabled" })),
      },
      what,
    );
  const info = await get(`${admin}/user-info`, { accessKey: user }, ["XMinioAdminNoSuchUser"]);
  if (info === undefined) {
    found.push({
      says: `${what} ${on} is missing.`,
      mend: async () => {
        await set();
        await attach();
      },
    });
    return found;
  }
  const account = JSON.parse(info) as Account;
  if (account.status !== "enabled") {
    found.push({ says: `${what} ${on} is switched off.`, mend: set });
  } else if (!(await knows(store, user, secretKey, signal))) {
    found.push({ says: `${what} ${on} has another secret key than declared.`, mend: set });
  }
  if (account.policyName !== policyName) {
    found.push({
      says: `${what} ${on} has ${account.policyName ?? "no policy"}, declared is ${policyName}.`,
      mend: attach,
    });
  }
  for (const group of account.memberOf ?? []) {
    found.push({
      says: `${what} ${on} was put into the group ${group} by hand, and has its rights too.`,
      mend: () =>
        put(
          {
            method: "PUT",
            path: `${admin}/update-group-members`,
            body: JSON.stringify({ group, members: [user], groupStatus: "", isRemove: true }),
          },
          what,
        ),
    });
  }
  return found;
}

/** Whether the server takes a user's key. What else it may refuse is for its policy. */
async function knows(
  { endpoint }: ContentsInputs,
  user: string,
  secret: string,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await s3Request({ endpoint, user, secret }, { method: "GET", path: "/" }, signal);
  const refused = refusal(answer);
  if (["SignatureDoesNotMatch", "InvalidAccessKeyId"].includes(refused)) return false;
  // An answer from anything but its policy says nothing about the key.
  if (!["", "AccessDenied"].includes(refused)) {
    throw new Error(
      `MinIO answers the user ${user} with ${refused}, which says nothing about its secret key.`,
    );
  }
  return true;
}
