import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";

/** Runs component programs against Pulumi's mocks and gives back what they declared. */

/** What stands in the place of a secret. */
export const secret = "[secret]";

/** Generated passwords in tests; to be found nowhere but in secrets. */
export const passwordOf = (name: string) => `PASSWORD-OF-${name}`;

/** A resource as the engine was asked to register it. */
export interface Declared {
  readonly type: string;
  readonly name: string;
  /** Its types from the outermost parent on, and its name: what the engine knows it by. */
  readonly identity: string;
  /** What else the engine may know it by, from an earlier version of the program. */
  readonly aliases: readonly string[];
  /** Name of the parent, if it is one of the program's own. */
  readonly parent: string;
  /** Inputs with secrets in clear. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The same as a state file shows them: {@link secret} for each. */
  readonly visible: Readonly<Record<string, unknown>>;
  readonly dependsOn: readonly string[];
  readonly deletedWith: string;
  readonly retainOnDelete: boolean;
  /** Name of the provider resource, if one was given. */
  readonly provider: string;
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getObject(): { toJavaScript(): Record<string, unknown> };
  getDependenciesList(): string[];
  getDeletedwith(): string;
  getRetainondelete(): boolean;
  getProvider(): string;
  getAliasesList(): AliasMessage[];
}

interface AliasMessage {
  getUrn(): string;
  getSpec(): { getName(): string; getType(): string; getParenturn(): string } | undefined;
}

interface Monitor {
  registerResource(request: RegisterRequest, callback: unknown): Promise<void>;
}

/**
 * Runs a program until every resource it declares is registered.
 * @param outputs further outputs of mocked resources, by type.
 * @param stack of which it is a preview. @default an up of a stack without a name of its own
 */
export async function declared(
  program: () => unknown,
  outputs: Readonly<Record<string, Record<string, unknown>>> = {},
  stack?: string,
): Promise<Declared[]> {
  const found: Declared[] = [];
  const monitor = MockMonitor.prototype as unknown as Monitor;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back below, and called with its own `this`
  const original = monitor.registerResource;
  monitor.registerResource = function (request, callback) {
    found.push(read(request));
    return original.call(this, request, callback);
  };
  try {
    const mocks = {
      call: () => ({}),
      newResource: ({ type, name, inputs }: pulumi.runtime.MockResourceArgs) => ({
        id: `${name}-id`,
        state: { ...(inputs as object), ...answered(type, name, inputs as object), ...outputs[type] },
      }),
    };
    await (stack === undefined
      ? pulumi.runtime.setMocks(mocks)
      : pulumi.runtime.setMocks(mocks, "homelab", stack, true, "organization"));
    await program();
    await pulumi.runtime.disconnect();
  } finally {
    monitor.registerResource = original;
  }
  return found;
}

/** The one resource of this name. */
export function named(all: readonly Declared[], name: string): Declared {
  const found = all.filter((each) => each.name === name);
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`${found.length} of ${name} among ${all.map((each) => each.name).join(", ")}`);
  }
  return found[0];
}

function answered(type: string, name: string, inputs: object): Record<string, unknown> {
  switch (type) {
    case "random:index/randomPassword:RandomPassword":
      return { result: passwordOf(name) };
    case "homelab:remote:Image":
      return { reference: "localhost/homelab/image:hash", imageId: "image-id" };
    case "homelab:remote:Secret":
      return { fingerprint: `fingerprint-of-${name}`, effective: (inputs as { value: unknown }).value };
    case "kubernetes:core/v1:Secret":
      return (inputs as { type?: string }).type === "kubernetes.io/service-account-token"
        ? { data: { token: Buffer.from(passwordOf(name)).toString("base64") } }
        : {};
    default:
      return {};
  }
}

/** @see https://www.pulumi.com/docs/iac/concepts/resources/names/#urns */
function identityOf(parent: string, type: string, name: string): string {
  const [, , types = ""] = parent.split("::");
  const chain = ["", "pulumi:pulumi:Stack"].includes(types) ? type : `${types}$${type}`;
  return `${chain}::${name}`;
}

const nameIn = (urn: string) => urn.split("::").at(-1) ?? "";

function read(request: RegisterRequest): Declared {
  const raw = request.getObject().toJavaScript();
  return {
    type: request.getType(),
    name: request.getName(),
    identity: identityOf(request.getParent(), request.getType(), request.getName()),
    aliases: request.getAliasesList().map((alias) => {
      const spec = alias.getSpec();
      if (spec === undefined) return alias.getUrn().split("::").slice(2).join("::");
      return identityOf(
        spec.getParenturn() || request.getParent(),
        spec.getType() || request.getType(),
        spec.getName() || request.getName(),
      );
    }),
    parent: nameIn(request.getParent()),
    inputs: unwrap(raw, (value) => value) as Record<string, unknown>,
    visible: unwrap(raw, () => secret) as Record<string, unknown>,
    dependsOn: request.getDependenciesList().map(nameIn),
    deletedWith: nameIn(request.getDeletedwith()),
    retainOnDelete: request.getRetainondelete(),
    provider: request.getProvider().split("::").at(-2) ?? "",
  };
}

/** @see https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/rpc.ts specialSigKey, specialSecretSig */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

function unwrap(value: unknown, show: (secret: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => unwrap(each, show));
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if (record[signature] === secretSignature) return show(unwrap(record.value, show));
  return Object.fromEntries(Object.entries(record).map(([key, each]) => [key, unwrap(each, show)]));
}

const address = { storage: "10.0.0.1", desktop: "10.0.0.2", compute: "10.0.0.3" } as const;

/** An always-on node for tests. */
export function alwaysOn(name: "storage" | "desktop" = "storage") {
  return {
    name,
    address: address[name],
    lifecycle: "always-on" as const,
    memoryBytes: 16 * 1024 ** 3,
    hostKey: "ssh-ed25519 AAAA",
    ssh: { user: "root", port: 22 },
  };
}
