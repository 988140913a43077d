import * as pulumi from "@pulumi/pulumi";
import { storage } from "../../nodes/storage";
import { imageSchema } from "../../remote/image";
import { fileMode, type EndState, type EndUnit } from "./shape";
import { loadSettings } from "../../settings";
import { connectionOf, loadTopology } from "../../topology";

/**
 * What storage's program declares, as plain values that any tool can put in place. The program itself is run, against
 * Pulumi's mocks, so that the other tools install the very bytes that it does.
 * @param configuration the stack's configuration, `homelab:key` to text or JSON.
 * @param password makes a password for a generated one, by the resource's name.
 * @throws Error when the program declares something that the other tools' programs do not know how to make.
 */
export async function endState(
  configuration: Readonly<Record<string, string>>,
  password: (name: string) => string,
): Promise<EndState> {
  const found: Declared[] = [];
  // As in a preview: the program asks no machine.
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource({ type, name, inputs }) {
        const plain = unwrap(inputs) as Record<string, unknown>;
        found.push({ type, inputs: plain });
        return { id: `${name}-id`, state: { ...plain, ...answer(type, name, plain, password) } };
      },
    },
    "homelab",
    "storage",
    true,
  );
  const settings = loadSettings("storage", configuration);
  const topology = loadTopology(settings.topology);
  const node = { ...topology.nodes.storage, name: "storage" as const };
  await storage({ topology, settings, node, connection: connectionOf(node, settings.sshIdentity) });
  await pulumi.runtime.disconnect();
  return collect(found, settings.postgres.port, settings.minio.apiPort);
}

interface Declared {
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

function answer(
  type: string,
  name: string,
  inputs: Record<string, unknown>,
  password: (name: string) => string,
): Record<string, unknown> {
  switch (type) {
    case "random:index/randomPassword:RandomPassword":
      return { result: password(name) };
    case "homelab:remote:Image":
      return { reference: imageSchema.parse(inputs).reference, imageId: "id" };
    case "homelab:remote:Secret":
      return { fingerprint: "fingerprint", effective: inputs.value };
    default:
      return {};
  }
}

/** Inputs of the resources as the program gives them; each reader below takes what it needs of one type. */
interface UnitInputs {
  service: string;
  files: { path: string; content: string; mode?: string; onChange?: "restart" | "reload" | "nothing" }[];
  directories?: { path: string; mode?: string }[];
  reload?: string[];
  keeps?: string[];
}

function collect(found: readonly Declared[], postgresPort: number, minioPort: number): EndState {
  const of = <T>(type: string) => found.filter((one) => one.type === type).map((one) => one.inputs as T);
  const known = new Set<string>([...makers, ...found.map(({ type }) => type).filter(isAbstract)]);
  const strange = found.find(({ type }) => !known.has(type));
  if (strange !== undefined)
    throw new Error(`The bench's other tools do not know how to make ${strange.type}.`);

  const secrets = of<{ name: string; value: string }>("homelab:remote:Secret").map(({ name, value }) => ({
    name,
    value,
  }));
  const value = (name: string) => secrets.find((secret) => secret.name === name)?.value ?? "";
  return {
    units: of<UnitInputs>("homelab:remote:Unit").map(unit),
    images: of<{ repository: string; containerfile: string }>("homelab:remote:Image").map((image) => ({
      reference: imageSchema.parse(image).reference,
      containerfile: image.containerfile,
    })),
    secrets,
    postgres: {
      port: postgresPort,
      password: value("homelab-postgres-superuser"),
      roles: of<Role>("homelab:postgres:Role").map((role) => {
        if (role.memberOf.length > 0 || Object.keys(role.settings).length > 0)
          throw new Error(
            `The bench's other tools give roles neither memberships nor settings, as ${role.name} has.`,
          );
        const { name, password, superuser, createDatabase, createRole } = role;
        return { name, password, superuser, createDatabase, createRole };
      }),
      databases: of<{ name: string; owner: string; connect: string[] }>("homelab:postgres:Database").map(
        ({ name, owner, connect }) => ({
          name,
          owner,
          connect,
          extensions: of<{ database: string; name: string }>("homelab:postgres:Extension")
            .filter((extension) => extension.database === name)
            .map((extension) => extension.name),
        }),
      ),
    },
    minio: {
      port: minioPort,
      buckets: of<{ bucket: string }>("minio:index/s3Bucket:S3Bucket").map(({ bucket }) => ({
        name: bucket,
        versioned: of<{ bucket: string }>("minio:index/s3BucketVersioning:S3BucketVersioning").some(
          (versioning) => versioning.bucket === bucket,
        ),
      })),
      users: of<{ name: string; secret: string }>("minio:index/iamUser:IamUser").map(({ name, secret }) => {
        const policy = of<{ userName: string; policyName: string }>(
          "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment",
        ).find(({ userName }) => userName === name)?.policyName;
        const document = of<{ name: string; policy: string }>("minio:index/iamPolicy:IamPolicy").find(
          (one) => one.name === policy,
        )?.policy;
        if (policy === undefined || document === undefined)
          throw new Error(`MinIO's user ${name} has no policy.`);
        return { name, secret, policy, document };
      }),
    },
  };
}

interface Role {
  name: string;
  password: string;
  superuser: boolean;
  createDatabase: boolean;
  createRole: boolean;
  memberOf: string[];
  settings: Record<string, string>;
}

const makers = [
  "homelab:remote:Unit",
  "homelab:remote:Image",
  "homelab:remote:Secret",
  "homelab:postgres:Role",
  "homelab:postgres:Database",
  "homelab:postgres:Extension",
  "homelab:minio:Store",
  // Object lock, which the others give to a versioned bucket when they make it; all else in it are the resources below.
  "homelab:minio:Contents",
  "minio:index/s3Bucket:S3Bucket",
  "minio:index/s3BucketVersioning:S3BucketVersioning",
  "minio:index/iamUser:IamUser",
  "minio:index/iamPolicy:IamPolicy",
  "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment",
  "random:index/randomPassword:RandomPassword",
];

/** Of no effect on the machine: components, providers, and the look at the host. */
function isAbstract(type: string): boolean {
  return ["pulumi:", "homelab:index:", "command:", "homelab:remote:Host"].some((prefix) =>
    type.startsWith(prefix),
  );
}

function unit({ service, files, directories, reload, keeps }: UnitInputs): EndUnit {
  const placed = (onChange: "restart" | "reload" | "nothing") =>
    files
      .filter((file) => (file.onChange ?? "restart") === onChange)
      .map(({ path, content, mode }) => ({ path, content, mode: mode ?? fileMode }));
  return {
    service,
    // A quadlet's unit is generated, and enables itself.
    enable: files.some(({ path }) => path === `/etc/systemd/system/${service}`),
    files: { restart: placed("restart"), reload: placed("reload"), nothing: placed("nothing") },
    directories: (directories ?? []).map(({ path, mode }) => ({ path, mode: mode ?? "0755" })),
    reload: reload ?? ["/usr/bin/systemctl", "reload", service],
    keeps: keeps ?? [],
  };
}

/** @see https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/rpc.ts specialSigKey, specialSecretSig */
const signature = "4dabf18193072939515e22adb298388d";

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if (signature in record) return unwrap(record.value);
  return Object.fromEntries(Object.entries(record).map(([key, each]) => [key, unwrap(each)]));
}
