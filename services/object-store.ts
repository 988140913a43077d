import { z } from "zod";
import { bucketName, flag, listOf, s3User, strict } from "./fields";
import { minioSchema, type MinioSettings } from "./minio";
import { service, type JudgedBy } from "./service";
import { bucketsOf, usersOf } from "./s3-fields";

/** What may serve the house's S3 endpoint. Buckets, users and outputs are the same with each. */
const engines = ["minio", "seaweedfs"] as const;
export type ObjectStoreEngine = (typeof engines)[number];
const engine = z.enum(engines, { error: "must be minio or seaweedfs" });

/** `homelab:objectStore`: what the house keeps in S3, and which engine serves it. */
const objectStoreSchema = strict({
  engine: engine
    .default("minio")
    .describe(
      "what serves S3: `seaweedfs`, as the stack file of a new house says, or `minio`, for houses that began with it; changing it moves nothing: docs/components/object-store.md",
    ),
  beside: engine
    .optional()
    .describe(
      "the other engine, which runs beside with the same buckets and users on its own port, and is handed out to nobody: for moving the objects",
    ),
  readOnly: flag
    .default(false)
    .describe("every consumer may only read, with each engine: for the last part of moving the objects"),
  buckets: bucketsOf()
    .optional()
    .describe("buckets by name; when not given, those of `homelab:minio.buckets`"),
  users: usersOf()
    .optional()
    .describe("consumers by access key; when not given, those of `homelab:minio.users`"),
  adopt: listOf(z.union([bucketName, s3User]))
    .optional()
    .describe(
      "names of buckets and users that somebody else made and that are taken over; when not given, those of `homelab:minio.adopt`",
    ),
});
export type ObjectStoreSettings = z.output<typeof objectStoreSchema>;

/** What is declared in terms of S3, whichever engine serves it. */
export type DeclaredStore = Pick<MinioSettings, "buckets" | "users" | "adopt">;

interface Stack {
  readonly objectStore: ObjectStoreSettings;
  readonly minio: MinioSettings;
}

const readers = (users: MinioSettings["users"]): MinioSettings["users"] =>
  Object.fromEntries(
    Object.entries(users).map(([user, consumer]) => [user, { ...consumer, access: "read-only" }]),
  );

/** Buckets, users and what is adopted: of `homelab:objectStore`, else of `homelab:minio`, where they stood before. */
export const declaredStore = ({ objectStore, minio }: Stack): DeclaredStore => ({
  buckets: objectStore.buckets ?? minio.buckets,
  users: objectStore.readOnly
    ? readers(objectStore.users ?? minio.users)
    : (objectStore.users ?? minio.users),
  adopt: objectStore.adopt ?? minio.adopt,
});

/** Which of the keys that hold a part it is declared in. */
const holder = (own: ObjectStoreSettings, part: keyof DeclaredStore) =>
  `homelab:${own[part] === undefined ? "minio" : "objectStore"}.${part}`;

function problems(own: ObjectStoreSettings, { stack }: JudgedBy): string[] {
  const minio = stack.minio as MinioSettings;
  const { buckets, users } = declaredStore({ objectStore: own, minio });
  const byDefault = minioSchema.parse({});
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const known = Object.keys(buckets);
  return [
    ...(own.beside === own.engine
      ? [
          `homelab:objectStore.beside is ${own.engine}: it must be the other engine, or left out, because homelab:objectStore.engine is ${own.engine} already.`,
        ]
      : []),
    ...(["buckets", "users", "adopt"] as const).flatMap((part) =>
      own[part] === undefined || same(minio[part], byDefault[part]) || same(minio[part], own[part])
        ? []
        : [
            `homelab:minio.${part} is set, and homelab:objectStore.${part} says something else: leave homelab:minio.${part} out, or both must be the same.`,
          ],
    ),
    ...Object.entries(users).flatMap(([user, { buckets: wanted }]) =>
      wanted.flatMap((bucket, i) =>
        known.includes(bucket)
          ? []
          : [
              `${holder(own, "users")}.${user}.buckets.${i} is "${bucket}": it must be one of ${holder(own, "buckets")} (${known.join(", ")}).`,
            ],
      ),
    ),
  ];
}

export const objectStore = service({
  title: "object store",
  purpose: "which engine serves S3, and the buckets and users that it has",
  key: "objectStore",
  on: ["storage"],
  settings: objectStoreSchema,
  problems,
  enabled: () => true,
  // Its engine does.
  keeps: () => ({ kind: "nothing" }),
});
