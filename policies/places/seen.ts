/** What the audit would find on the on-demand node after the object had run there: its traces, from what it says. */
import type { Seen, SeenContainer, SeenMount, SeenPlace, SeenVolume } from "../audit/parse";
import { isUnknown } from "../engine/facts";
import type { ClaimSpec, Facts, NamedVolume, Told, Volume, Workload } from "../engine/facts";
import { landsOn } from "../engine/nodes";
import { normalize } from "../engine/paths";
import { serverIn } from "../engine/servers";
import { fixtureTopology } from "../fixtures";
import type { Alone } from "./alone";
import { placeOnNode } from "./programs";
import { readAlone } from "./read";

/** More than the audit takes for settings. */
const bytes = 5_000_000;

/** What the audit sees of it. */
export function seenOf(one: Alone): Seen {
  const { facts } = readAlone(one);
  const here = facts.workloads.filter(({ placement }) => lands(placement, one));
  const engines = here.filter(({ engine }) => engine === "containers");
  const pods = here.filter(({ engine }) => engine === "kubernetes");
  const isUnit = one.form === "file" && !/\.(ya?ml|json)$/.test(one.path);
  return {
    containers: engines.map(container),
    volumes: engineVolumes(engines, facts),
    userVolumes: [],
    localPaths: claims(pods, facts, one),
    disks: [],
    databases: [],
    directories: [...new Set([...hostPaths(pods), ...objectsPaths(facts, one)])].map((path) =>
      place("directory", path),
    ),
    before: new Map(),
    units: new Map(isUnit ? [[placeOnNode(one.path), one.text]] : []),
    declared: new Map(),
    declaredBytes: new Map(),
  };
}

function lands(placement: Workload["placement"], { fixture }: Alone): boolean {
  return landsOn(placement, fixtureTopology, fixture.placed ? undefined : "compute") === "compute";
}

function place(what: string, path: string): SeenPlace {
  return { what, path, bytes };
}

/** A container as its engine shows it: volumes and binds; what is in memory is neither. */
function container({ containers, volumes, ephemeral, origin }: Workload): SeenContainer {
  const [first] = containers;
  return {
    engine: "podman",
    name: first?.name ?? origin.resource,
    image: typeof first?.image === "string" ? first.image : "",
    labels: {
      ...(ephemeral === undefined ? {} : { "homelab.dev/ephemeral": ephemeral.reason }),
      ...(ephemeral?.volumes === undefined
        ? {}
        : { "homelab.dev/ephemeral-volumes": ephemeral.volumes.join(",") }),
    },
    mounts: [...volumes.flatMap(mounts), ...declaredByImage(containers, volumes)],
  };
}

function mounts(volume: Volume): SeenMount[] {
  const { source } = volume;
  const of = (kind: SeenMount["kind"], from: string): SeenMount[] =>
    volume.mounts.map(({ target, readOnly }) => ({ kind, source: from, target, writable: !readOnly }));
  switch (source.kind) {
    case "named":
      return of("volume", source.name);
    case "anonymous":
      return of("volume", anonymous(volume.name));
    case "bind":
      return isUnknown(source.path) ? [] : of("bind", source.path);
    default:
      return [];
  }
}

/** The name that an engine gives to a volume without one. */
function anonymous(of: string): string {
  return Buffer.from(of).toString("hex").padEnd(64, "0").slice(0, 64);
}

/** An image of a database declares a volume, and the engine makes one where none is given. */
function declaredByImage(containers: Workload["containers"], volumes: readonly Volume[]): SeenMount[] {
  return containers.flatMap((one) => {
    const dirs = serverIn(one)?.dataDirs ?? [];
    const [target] = dirs;
    const given = volumes.some((volume) => volume.mounts.some((mount) => dirs.includes(mount.target)));
    if (target === undefined || given || one.imageVolumes === "tmpfs") return [];
    return [{ kind: "volume", source: anonymous(one.name), target, writable: true }];
  });
}

function engineVolumes(workloads: readonly Workload[], { namedVolumes }: Facts): SeenVolume[] {
  const used = workloads.flatMap((one) =>
    container(one).mounts.flatMap(({ kind, source }) => (kind === "volume" ? [source] : [])),
  );
  const defined = namedVolumes.filter(
    ({ makesItself, names }) => makesItself || names.some((name) => used.includes(name)),
  );
  const others = used.filter((name) => !namedVolumes.some(({ names }) => names.includes(name)));
  return [
    ...defined.map((volume) =>
      engineVolume(volume.names.find((name) => used.includes(name)) ?? volume.names[0] ?? "", volume),
    ),
    ...[...new Set(others)].map((name) => engineVolume(name)),
  ];
}

function engineVolume(name: string, from?: NamedVolume): SeenVolume {
  const reason = from?.ephemeral?.reason;
  return {
    engine: "podman",
    name,
    driver: typeof from?.driver === "string" && from.driver !== "" ? from.driver : "local",
    options: from?.options ?? {},
    labels: reason === undefined ? {} : { "homelab.dev/ephemeral": reason },
    path: `/var/lib/containers/storage/volumes/${name}/_data`,
    bytes,
  };
}

/** Directories of the node that pods write to. */
function hostPaths(pods: readonly Workload[]): string[] {
  return pods.flatMap(({ volumes }) =>
    volumes.flatMap(({ source, mounts: uses, mountsKnown }) =>
      source.kind === "hostPath" && (!mountsKnown || uses.some(({ readOnly }) => !readOnly))
        ? known(source.path)
        : [],
    ),
  );
}

/** Those of volumes and of what operators make. */
function objectsPaths(facts: Facts, one: Alone): string[] {
  return [
    ...facts.persistentVolumes.flatMap(({ source, placement }) =>
      (source.kind === "hostPath" || source.kind === "local") && lands(placement, one)
        ? known(source.path)
        : [],
    ),
    ...facts.operatorStorage.flatMap(({ storage, placement }) =>
      storage.kind === "hostPath" && lands(placement, one) ? known(storage.path) : [],
    ),
  ];
}

function known(path: Told<string>): string[] {
  return isUnknown(path) ? [] : [normalize(path)];
}

/** Directories that K3s' provisioner makes for claims: of every class but those that are off the node. */
function claims(pods: readonly Workload[], facts: Facts, one: Alone): SeenPlace[] {
  const specs: ClaimSpec[] = [
    ...pods.flatMap(({ volumes }) =>
      volumes.flatMap(({ source }) => (source.kind === "claimTemplate" ? [source.spec] : [])),
    ),
    ...facts.operatorStorage.flatMap(({ storage, placement }) =>
      storage.kind === "claimTemplate" && lands(placement, one) ? [storage.spec] : [],
    ),
  ];
  return specs.flatMap(({ class: name }, index) =>
    name.kind === "named" && fixtureTopology.networkClasses.includes(name.name)
      ? []
      : [place("local-path", `/var/lib/rancher/k3s/storage/pvc-${index}`)],
  );
}
