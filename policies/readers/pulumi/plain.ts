/** Pulumi's values made plain: what is unknown is marked, secrets are opened, assets are described. */
import * as pulumi from "@pulumi/pulumi";
import { notYet } from "./resource";

/** How the wire says that a value is not known, by its type. @see @pulumi/policy/proxy */
const unknownMarks = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

const sigKey = "4dabf18193072939515e22adb298388d";
const secretSig = "1b47061264138c4ac30d75fd1eb44270";

export interface Plain {
  readonly value: unknown;
  /** Texts that were secret, so that no message shows them. */
  readonly secrets: ReadonlySet<string>;
}

/** Opens outputs, secrets, promises and assets, however deep. What a proxy hides is handed over as it is. */
export async function plain(value: unknown): Promise<Plain> {
  const secrets = new Set<string>();
  const opened = await open(value, false, secrets);
  return { value: opened, secrets };
}

/** True where everything can be looked at without waiting. Most resources: no asset, no output. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  if (Array.isArray(value)) return value.every(isPlain);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  if (sigKey in value) return false;
  return Object.values(value).every(isPlain);
}

/** The same for what {@link isPlain} holds for, without waiting. */
export function marked(value: unknown): unknown {
  if (typeof value === "string") return unknownMarks.has(value) ? notYet : value;
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, marked(item)]));
  }
  return value;
}

async function open(value: unknown, secret: boolean, secrets: Set<string>): Promise<unknown> {
  if (typeof value === "string") {
    if (unknownMarks.has(value)) return notYet;
    if (secret) secrets.add(value);
    return value;
  }
  if (value === null || typeof value !== "object") return value;
  if (pulumi.isUnknown(value)) return notYet;
  if (value instanceof Promise) return open(await value, secret, secrets);
  if (pulumi.Output.isInstance(value)) return openOutput(value, secret, secrets);
  if (pulumi.asset.Asset.isInstance(value) || pulumi.asset.Archive.isInstance(value)) {
    return openAsset(value, secret, secrets);
  }
  if (Array.isArray(value)) {
    return Promise.all((value as readonly unknown[]).map((item) => open(item, secret, secrets)));
  }
  const sig = (value as Record<string, unknown>)[sigKey];
  if (sig === secretSig) {
    const within = value as { value?: unknown; plaintext?: unknown };
    if (typeof within.plaintext === "string") return open(parsed(within.plaintext), true, secrets);
    // An exported state keeps secrets encrypted.
    return "value" in within ? open(within.value, true, secrets) : notYet;
  }
  if (typeof sig === "string") return exported(value);
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, item]) => [key, await open(item, secret, secrets)] as const),
  );
  return Object.fromEntries(entries);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return notYet;
  }
}

interface Inside {
  readonly isKnown: Promise<boolean>;
  readonly isSecret: Promise<boolean>;
  promise(withUnknowns?: boolean): Promise<unknown>;
}

async function openOutput(output: object, secret: boolean, secrets: Set<string>): Promise<unknown> {
  const inside = output as unknown as Inside;
  const inner = secret || (await inside.isSecret);
  if (!(await inside.isKnown)) return notYet;
  return open(await inside.promise(true), inner, secrets);
}

/** `{ asset: "file", path }`, `{ asset: "text", text }`, `{ asset: "folder", path }` or `{ asset: "unknown" }`. */
async function openAsset(value: object, secret: boolean, secrets: Set<string>): Promise<unknown> {
  const of = async (property: string) => open((value as Record<string, unknown>)[property], secret, secrets);
  if (value instanceof pulumi.asset.FileAsset) return { asset: "file", path: await of("path") };
  if (value instanceof pulumi.asset.StringAsset) return { asset: "text", text: await of("text") };
  if (value instanceof pulumi.asset.FileArchive) return { asset: "folder", path: await of("path") };
  if (value instanceof pulumi.asset.AssetArchive) return { asset: "assets", assets: await of("assets") };
  return { asset: "unknown" };
}

/** Assets as an exported state describes them. */
function exported(value: Record<string, unknown>): unknown {
  if (typeof value.text === "string") return { asset: "text", text: value.text };
  if (typeof value.path === "string") {
    const folder = value[sigKey] === "0def7320c3a5731c473e5ecbe6d01bc7";
    return { asset: folder ? "folder" : "file", path: value.path };
  }
  return { asset: "unknown" };
}
