import { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import type { S3Access } from "../s3";

export type StoreAccess = S3Access;

const titles = { minio: "MinIO", seaweedfs: "SeaweedFS" } as const;
export type Engine = keyof typeof titles;

/** An engine that objects are moved from or to. */
export interface Store {
  readonly engine: Engine;
  /** As people call it. */
  readonly name: string;
  readonly access: StoreAccess;
  readonly client: S3Client;
}

// Its warning that later versions need a later Node: this one is pinned.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/** How many objects are on their way at once. */
export const atOnce = 16;

/** A client that asks again, a few times, what was not answered. */
const clientOf = ({ endpoint, user, secret }: StoreAccess): S3Client =>
  new S3Client({
    ...{ endpoint, region: "us-east-1", forcePathStyle: true, maxAttempts: 5 },
    credentials: { accessKeyId: user, secretAccessKey: secret },
    // Content-MD5 and the tag are compared here; a checksum that nobody asked for would be kept as the object's own.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });

export const storeAt = (engine: Engine, access: StoreAccess): Store => ({
  ...{ engine, name: titles[engine], access, client: clientOf(access) },
});

/** Whether a refusal has one of these names, or is HTTP's `404` where it has none. */
export const refusedWith = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof S3ServiceException && names.includes(error.name);

/** Works on all items, some at once. The first failure ends it, after what has begun. */
export async function eachOf<T>(
  items: Iterable<T>,
  signal: AbortSignal,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  const stop = { failed: false };
  const worker = async () => {
    for (let next = left.next(); next.done !== true && !stop.failed; next = left.next()) {
      signal.throwIfAborted();
      try {
        await act(next.value);
      } catch (error) {
        stop.failed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  const failed = ended.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason as Error;
}
