import { bucketPolicy } from "../../components/object-store";
import { Minio, type MinioOptions } from "../../packages/plugins/testing/minio";
import type { S3Access } from "../../packages/s3";
import type { Context, Handler } from "../../provider/handler";
import { contents } from "../../provider/handlers/minio/contents";
import type { ContentsInputs as MinioInputs } from "../../provider/handlers/minio/inputs";
import { contentsBy } from "../../provider/handlers/seaweedfs/contents";
import type { ContentsInputs as SeaweedInputs } from "../../provider/handlers/seaweedfs/inputs";
import { Weed } from "../support/weed";

export const engineNames = ["minio", "seaweedfs"] as const;
export type EngineName = (typeof engineNames)[number];

/** What a test declares, as `homelab:objectStore` has it. */
export interface Declared {
  readonly buckets: Readonly<Record<string, { readonly versioned: boolean }>>;
  readonly users: Readonly<
    Record<string, { readonly buckets: readonly string[]; readonly access: "read-write" | "read-only" }>
  >;
}

/** A real engine on loopback, with buckets, users and policies as the house makes them. */
export interface Engine {
  readonly root: S3Access;
  readonly pid: number;
  readonly as: (user: string) => S3Access;
  /** Sentences on what is not as declared. */
  readonly drift: () => Promise<readonly string[]>;
  /** What a power cut does to it, and its start on the data that is left. */
  readonly kill: () => Promise<void>;
  readonly again: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const ctx: Context = {
  signal: new AbortController().signal,
  log: { info: () => undefined, warn: () => undefined },
};
const secretOf = (user: string) => `secret-of-${user}`;
const connection = (port: number) => ({
  ...{ node: "storage", host: "127.0.0.1", port, user: "root", hostKey: "" },
});
const versionedOf = ({ buckets }: Declared) =>
  Object.keys(buckets).filter((name) => buckets[name]?.versioned);

async function made<I extends object>(
  handler: Handler<I>,
  inputs: I,
): Promise<() => Promise<readonly string[]>> {
  await handler.apply(inputs, ctx, undefined);
  return () => handler.drift(inputs, ctx, {});
}

async function minio(declared: Declared, options: MinioOptions): Promise<Engine> {
  const server = new Minio(options);
  await server.start();
  const root = { endpoint: `http://127.0.0.1:${server.port}`, user: server.user, secret: server.password };
  const inputs: MinioInputs = {
    ...{ connection: connection(server.port), endpoint: root.endpoint },
    ...{ user: root.user, password: root.secret, buckets: declared.buckets },
    users: Object.fromEntries(
      Object.entries(declared.users).map(([user, consumer]) => [
        user,
        {
          ...{ secretKey: secretOf(user), policyName: `homelab-${user}` },
          policy: bucketPolicy(consumer, versionedOf(declared)),
        },
      ]),
    ),
  };
  return {
    root,
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    again: () => server.start(),
    as: (user) => ({ ...root, user, secret: secretOf(user) }),
    drift: await made(contents, inputs),
    stop: () => {
      server.stop();
      return Promise.resolve();
    },
  };
}

async function seaweedfs(declared: Declared, { folder }: MinioOptions): Promise<Engine> {
  const server = new Weed(folder);
  server.consumers = Object.fromEntries(
    Object.entries(declared.users).map(([user, consumer]) => [
      user,
      { ...consumer, secretKey: secretOf(user) },
    ]),
  );
  server.versioned = versionedOf(declared);
  await server.start();
  const handler = contentsBy(() => ({
    shell: (commands) => server.shell(commands),
    restart: () => server.restart(),
  }));
  const inputs: SeaweedInputs = {
    ...{ connection: connection(server.settings.apiPort), endpoint: server.endpoint, place: server.place },
    ...{ user: server.user, password: server.password, buckets: declared.buckets },
    copies: { replication: "000" },
    users: Object.fromEntries(
      Object.entries(declared.users).map(([user, { buckets }]) => [
        user,
        { secretKey: secretOf(user), buckets: [...buckets] },
      ]),
    ),
  };
  return {
    root: server.root,
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    again: () => server.start(),
    as: (user) => ({ ...server.root, user, secret: secretOf(user) }),
    drift: await made(handler, inputs),
    stop: () => server.stop(),
  };
}

/** @param options SeaweedFS takes the folder alone: it syncs what it acknowledges, whatever is said. */
export const startEngine = (
  name: EngineName,
  declared: Declared,
  options: MinioOptions = {},
): Promise<Engine> => (name === "minio" ? minio(declared, options) : seaweedfs(declared, options));
