/** `.kube` units: podman plays a manifest, and makes of its claims volumes of its own on the node. */
import { noFacts } from "../../../engine/facts";
import type { NamedVolume, Placement, Volume, Workload } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { at, record, records, text, textMap } from "../../values";
import type { Values } from "../../values";
import { addAsGiven } from "../along";
import { origin } from "../context";
import type { FileContext } from "../context";
import { readKubernetes } from "../kubernetes/resources";
import { isKubernetes } from "../kubernetes/names";

/**
 * Reads the documents of a manifest as podman plays them: on this machine, whatever placement they state, and with
 * each claim, of whichever class, a volume of podman's.
 */
export function readPlayed(documents: readonly unknown[], placement: Placement, context: FileContext): void {
  const read = noFacts();
  const inner = { ...context, facts: read };
  const objects = documents.flatMap((one) => itemsOf(one));
  for (const object of objects) {
    if (text(object.kind) === "PersistentVolumeClaim")
      context.facts.namedVolumes.push(volumeOf(object, placement, context));
    else readKubernetes(object, inner);
  }
  const workloads = read.workloads.flatMap((one) => played({ ...one, placement }));
  addAsGiven({ ...read, workloads, claims: [], persistentVolumes: [] }, context.facts, (path) => path);
}

function itemsOf(document: unknown): readonly Values[] {
  const own = record(document);
  if (own === undefined || !isKubernetes(own)) return [];
  return text(own.kind) === "List" ? records(own.items).filter(isKubernetes) : [own];
}

/** The pod, and apart from it what podman makes volumes of: these are for the rule of container engines. */
function played(workload: Workload): readonly Workload[] {
  const claims = workload.volumes.flatMap((volume): Volume[] => {
    const { source } = volume;
    if (source.kind === "claimTemplate") return [{ ...volume, source: { kind: "named", name: volume.name } }];
    if (source.kind !== "claim") return [];
    return typeof source.claim === "string"
      ? [{ ...volume, source: { kind: "named", name: source.claim } }]
      : [{ ...volume, source: source.claim }];
  });
  if (claims.length === 0) return [workload];
  // The pod keeps the mounts, by which a database is seen to have its volume.
  const seen = new Set(claims.map(({ name }) => name));
  const pod: Workload = {
    ...workload,
    volumes: workload.volumes.map((volume) =>
      seen.has(volume.name) ? { ...volume, source: { kind: "ephemeral", as: "judged as podman's" } } : volume,
    ),
  };
  return [pod, { ...workload, engine: "containers", volumes: claims, containers: [] }];
}

/** A claim as podman makes a volume of it: annotations say its driver and options. */
function volumeOf(claim: Values, placement: Placement, context: FileContext): NamedVolume {
  const name = text(at(claim, "metadata", "name")) ?? "";
  const annotations = textMap(at(claim, "metadata", "annotations"));
  const told = (key: string): string | undefined => annotations[`volume.podman.io/${key}`];
  const stated = {
    type: told("type"),
    device: told("device-source") ?? told("device"),
    o: told("mount-options"),
  };
  const ephemeral = ephemeralFrom(annotations);
  return {
    origin: origin(context, `PersistentVolumeClaim ${name}`),
    names: [name],
    driver: told("driver") ?? "local",
    options: Object.fromEntries(
      Object.entries(stated).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    external: false,
    makesItself: false,
    placement,
    ...(ephemeral === undefined ? {} : { ephemeral }),
  };
}
