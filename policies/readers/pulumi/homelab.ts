/** This project's own resources: units and what they keep, PostgreSQL's objects, jobs, components and their placement. */
import { isUnknown, unknown } from "../../engine/facts";
import type { HostPlacement, RemoteSetup, Unknown } from "../../engine/facts";
import { at, record, records, text, texts } from "../values";
import { readKubernetesResource } from "./kubernetes";
import { putOnNode } from "./put-file";
import { readScript } from "./shell/script";
import { isNotYet, notYetWhy, originOf, told } from "./resource";
import type { PulumiResource, ReadContext } from "./resource";
import { readOther } from "./types/others";
import { ownKeepingNothing } from "./types/tables";

/** What the servers keep that these modules' resources are of, by module. */
const keptByServer: ReadonlyMap<string, string> = new Map([
  ["minio", "the buckets of an object store"],
  ["seaweedfs", "the buckets of an object store"],
  ["nats", "streams and what of them is still to be done"],
  ["prefect", "jobs and what became of their runs"],
]);

export function readHomelab(resource: PulumiResource, context: ReadContext): void {
  const [, module, kind] = resource.type.split(":");
  if (module === "index") context.facts.remoteSetups.push(...component(resource));
  else if (module !== undefined && keptByServer.has(module)) {
    context.facts.remoteSetups.push({
      origin: originOf(resource),
      placement: connectionPlacement(resource.inputs.connection),
      sets: `it keeps ${keptByServer.get(module) ?? ""}`,
    });
  } else if (module === "postgres") {
    context.facts.remoteSetups.push({
      origin: originOf(resource),
      placement: connectionPlacement(at(resource.inputs, "server", "connection")),
      sets: `it keeps a PostgreSQL ${(kind ?? "").toLowerCase()}`,
    });
  } else if (module === "mesh") {
    // What a member is known by, its component says to keep; the policy is headscale's.
    if (kind === "PolicyPart") {
      context.facts.remoteSetups.push({
        origin: originOf(resource),
        placement: connectionPlacement(at(resource.inputs, "coordinator", "connection")),
        sets: "it keeps the policy of a mesh",
      });
    }
  } else if (module === "kubernetes") readObjects(resource, context);
  else if (module === "remote" && kind === "Unit") readUnit(resource, context);
  else if (module !== "remote" || !ownKeepingNothing.has(kind ?? "")) readOther(resource, context);
}

/** What it would write into the cluster. Objects of which it has the names alone are resources of their own. */
function readObjects(resource: PulumiResource, context: ReadContext): void {
  const { objects } = resource.inputs;
  if (isNotYet(objects)) {
    const sets = unknown(`its objects: ${notYetWhy}`);
    context.facts.remoteSetups.push({ origin: originOf(resource), placement: sets, sets });
  }
  for (const inputs of records(objects)) {
    if (Object.keys(inputs).every((key) => ["apiVersion", "kind", "metadata"].includes(key))) continue;
    const type = `kubernetes:${text(inputs.apiVersion) ?? ""}:${text(inputs.kind) ?? ""}`;
    readKubernetesResource({ ...resource, type, inputs }, context);
  }
}

/** The machine at the other end of an SSH connection. */
export function connectionPlacement(connection: unknown): HostPlacement | Unknown {
  const node = told(at(connection, "node"));
  const host = told(at(connection, "host"));
  if (isNotYet(connection) || isUnknown(host) || isUnknown(node)) {
    return unknown(`its connection: ${notYetWhy}`);
  }
  // The address decides: a node's name is only what a program says of it.
  const name = host ?? node;
  return name === undefined ? unknown("its connection names no host") : { kind: "host", host: name };
}

/** What a component says of itself. One that says nothing may do anything. */
function component(resource: PulumiResource): RemoteSetup[] {
  const origin = originOf(resource);
  const stated = resource.inputs.placement;
  const placement = record(stated);
  const keeps = text(placement?.keeps);
  const node = told(placement?.node);
  if (placement === undefined || keeps === undefined || node === undefined || isUnknown(node)) {
    const why = isNotYet(stated)
      ? `its placement is not a plain value: ${notYetWhy}`
      : "it does not say what it keeps and on which node: pass its placement to super() (components/placement.ts), and do not set PULUMI_NODEJS_SKIP_COMPONENT_INPUTS";
    return [{ origin, placement: unknown(why), sets: unknown(why) }];
  }
  const at = { kind: "host", host: node } as const;
  const paths = texts(placement.paths).join(", ");
  switch (keeps) {
    case "none":
      return [];
    case "ephemeral": {
      const reason = told(placement.reason);
      return [
        {
          origin,
          placement: at,
          sets: `it keeps data in ${paths}`,
          ephemeral: { reason: typeof reason === "string" ? reason : "" },
        },
      ];
    }
    case "persistent":
      return [{ origin, placement: at, sets: `it keeps data in ${paths}` }];
    default: {
      const why = `its placement says that it keeps "${keeps}"; allowed are none, ephemeral and persistent`;
      return [{ origin, placement: at, sets: unknown(why) }];
    }
  }
}

function readUnit(resource: PulumiResource, context: ReadContext): void {
  const placement = connectionPlacement(resource.inputs.connection);
  const { files, keeps } = resource.inputs;
  const kept = texts(keeps);
  const reason = text(resource.inputs.ephemeral);
  if (kept.length > 0 || isNotYet(keeps)) {
    context.facts.remoteSetups.push({
      origin: originOf(resource),
      placement,
      sets: isNotYet(keeps) ? unknown(`what it keeps: ${notYetWhy}`) : `it keeps data in ${kept.join(", ")}`,
      ...(reason === undefined ? {} : { ephemeral: { reason } }),
    });
  }
  if (isNotYet(files)) {
    const sets = unknown(`its files: ${notYetWhy}`);
    context.facts.remoteSetups.push({ origin: originOf(resource), placement, sets });
  }
  const put = records(files).map((file) => ({
    path: told(file.path) ?? unknown("it states no path"),
    content: told(file.content) ?? unknown("it states no content"),
  }));
  // What it keeps is stated, so the programs in its scripts need not be known.
  putOnNode(put, { resource, context, placement, states: true }, readScript);
}
