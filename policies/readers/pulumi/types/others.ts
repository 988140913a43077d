/** Resources of packages that no reader here knows: what must be known fails where it is not. */
import { isUnknown, unknown } from "../../../engine/facts";
import type { EphemeralDeclaration, HostPlacement, Unknown } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { at, fields, record, text, texts } from "../../values";
import { originOf, told } from "../resource";
import type { PulumiResource, ReadContext } from "../resource";
import { elsewhere, serverFields, servicesOfOthers } from "./tables";

/** The package of a type: "aws" of "aws:s3/bucket:Bucket". */
export function packageOf(type: string): string {
  return type.slice(0, Math.max(type.indexOf(":"), 0));
}

/** True for types of packages whose resources are nowhere on a node. */
export function isElsewhere(type: string): boolean {
  return elsewhere.has(packageOf(type));
}

/** Adds what a resource of another package would keep, or that it cannot be known. */
export function readOther(resource: PulumiResource, context: ReadContext): void {
  // A component makes nothing itself; what it is made of comes as resources of their own.
  if (resource.isComponent === true) return;
  const { type, provider } = resource;
  const name = packageOf(type);
  const ephemeral = declaredFor(resource, context);
  const own = { origin: originOf(resource), ...(ephemeral === undefined ? {} : { ephemeral }) };
  const servers = serverFields[name];
  if (servers !== undefined) {
    const placement = serverPlacement(provider ?? {}, servers);
    if (placement === "of others") return;
    const sets = `it keeps ${article(type)} in the server that the provider ${name} works on`;
    const what = isUnknown(placement) ? unknown(placement.why) : sets;
    context.facts.remoteSetups.push({ ...own, placement, sets: what });
    return;
  }
  const why =
    name.endsWith("-nodejs") || type.includes(":dynamic:")
      ? "it is made by a provider in the program's own code"
      : `nothing is known of resources of the package ${name}`;
  const sets = unknown(
    `${why}; where it keeps nothing on a node, say so with homelab:ephemeral["${type}"] in the stack's configuration`,
  );
  context.facts.remoteSetups.push({ ...own, placement: unknown(why), sets });
}

/** By labels or annotations of its own, or by the stack's configuration for its type. */
function declaredFor(
  { type, inputs }: PulumiResource,
  context: ReadContext,
): EphemeralDeclaration | undefined {
  const metadata = fields(inputs.metadata);
  const own = ephemeralFrom(
    inputs.labels,
    inputs.annotations,
    inputs.tags,
    metadata.annotations,
    metadata.labels,
  );
  if (own !== undefined) return own;
  return ephemeralFrom({ "homelab.dev/ephemeral": context.declaredTypes?.[type] });
}

function serverPlacement(
  provider: PulumiResource["inputs"],
  paths: readonly string[],
): HostPlacement | Unknown | "of others" {
  const stated = paths.map((path) => at(provider, path)).find((value) => value !== undefined);
  const address = Array.isArray(stated)
    ? texts(stated)[0]
    : record(stated) === undefined
      ? told(stated)
      : undefined;
  if (address === undefined) {
    return unknown(
      `its provider names no server: give it a provider of its own with ${paths[0] ?? "its address"}`,
    );
  }
  if (isUnknown(address)) return unknown(`the server that its provider works on: ${address.why}`);
  const host = hostIn(address);
  if (host === undefined) return unknown(`the server ${address} that its provider works on names no node`);
  return servicesOfOthers.test(host) ? "of others" : { kind: "host", host };
}

/** The host of "scheme://user@host:port/path", "host:port" or "host"; undefined where it is the machine itself. */
function hostIn(address: string): string | undefined {
  const host = /^(?:[\w+.-]+:\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^:/?,\s]+)/
    .exec(address)?.[1]
    ?.replace(/^\[|\]$/g, "");
  if (
    host === undefined ||
    address.includes(":///") ||
    /^(localhost|127\.0\.0\.1$|::1$|0\.0\.0\.0$|unix$)/.test(host)
  )
    return undefined;
  return host;
}

function article(type: string): string {
  const kind = text(type.slice(type.lastIndexOf(":") + 1)) ?? type;
  return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
}
