import { NotHandedOutError, type SecretSources, type StorageValues } from "./service";

/** Secrets of a service by key, each made of what is known. */
export type SecretsOf = Readonly<Record<string, (given: SecretSources) => string>>;

/** Which database a service keeps its books in, and as whom. */
interface Books {
  readonly role: string;
  readonly database: string;
}

/** MinIO takes any region, and clients want one. */
const region = "us-east-1";

/**
 * The connection string of a service's database, as SQLAlchemy wants it: 2.1 takes another driver where none is named.
 * @param key the service's, below `homelab:`.
 * @throws NotHandedOutError when storage has no such role or database.
 */
export function sqlAlchemyUrl(storage: StorageValues, books: Books, key: string): string {
  return databaseUrl(storage, books, key).replace(/^postgresql:/, "postgresql+psycopg2:");
}

/** The connection string of a service's database. */
export function databaseUrl({ dsns }: StorageValues, { role, database }: Books, key: string): string {
  const found = dsns[role]?.[database];
  if (found !== undefined) return found;
  const known = Object.entries(dsns).flatMap(([name, of]) =>
    Object.keys(of).map((one) => `${name} to ${one}`),
  );
  throw new NotHandedOutError(
    `homelab:${key} names the role ${role} and the database ${database}, and storage hands out no such connection; it has ${known.join(", ")}.`,
  );
}

/** Variables of clients of the object store. */
export const s3Variables = ({ user }: { readonly user: string }, key: string): SecretsOf => ({
  AWS_ACCESS_KEY_ID: ({ storage }) => s3Keys(storage, user, key).accessKey,
  AWS_SECRET_ACCESS_KEY: ({ storage }) => s3Keys(storage, user, key).secretKey,
  AWS_DEFAULT_REGION: () => region,
});

function s3Keys({ s3 }: StorageValues, user: string, key: string) {
  const keys = s3[user];
  if (keys !== undefined) return keys;
  throw new NotHandedOutError(
    `homelab:${key}.user is ${user}, and storage hands out no keys for it; it has ${Object.keys(s3).join(", ")}.`,
  );
}
