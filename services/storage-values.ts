import { NotHandedOutError, type SecretSources, type StorageValues } from "./service";

/** Secrets of a service by key, each made of what is known. */
export type SecretsOf = Readonly<Record<string, (given: SecretSources) => string>>;

/** Which database a service keeps its books in, and as whom. */
export interface Books {
  readonly role: string;
  readonly database: string;
}

/**
 * The connection string of a service's database, as SQLAlchemy wants it: 2.1 takes another driver where none is named. The
 * password is not in it: `credentials` has it in a file.
 * @param key the service's, below `homelab:`.
 * @throws NotHandedOutError when storage has no such role or database.
 */
export function sqlAlchemyUrl(storage: StorageValues, books: Books, key: string): string {
  const url = new URL(databaseUrl(storage, books, key));
  url.password = "";
  return url.href.replace(/^postgresql:/, "postgresql+psycopg2:");
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

/** MinIO takes any region, and clients want one. */
export const s3Region: SecretsOf = { AWS_DEFAULT_REGION: () => "us-east-1" };

/** What opens the object store for one of its users. @throws NotHandedOutError when storage has no such user */
export function s3Keys({ s3 }: StorageValues, user: string, key: string) {
  const keys = s3[user];
  if (keys !== undefined) return keys;
  throw new NotHandedOutError(
    `homelab:${key}.user is ${user}, and storage hands out no keys for it; it has ${Object.keys(s3).join(", ")}.`,
  );
}
