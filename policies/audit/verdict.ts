/** What would be lost if a node vanished now. Pure. */
import { whyEngineVolumeIsLocal } from "../engine/engine-volumes";
import { noFacts } from "../engine/facts";
import { judge } from "../engine/judge";
import { isPlumbing, within } from "../engine/paths";
import { Stack } from "../engine/stack";
import type { Topology } from "../engine/topology";
import { ephemeralFrom } from "../readers/ephemeral";
import { readFiles } from "../readers/files/read";
import type { Seen, SeenContainer, SeenPlace, SeenVolume } from "./parse";

/** One thing that would be lost. */
export interface Loss {
  /** "podman volume data", "PostgreSQL", "directory". */
  readonly what: string;
  readonly path: string;
  readonly bytes: number | undefined;
  /** Who uses it, what is in it, where it comes from. */
  readonly notes: readonly string[];
  /** Why losing it costs nothing, where somebody said so. */
  readonly ephemeral?: string;
}

export interface Growth {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

export interface Findings {
  readonly losses: readonly Loss[];
  /** What units would set up at their next start that is not there yet: a sentence each. */
  readonly units: readonly string[];
  /** Directories that grew since the last look. */
  readonly grown: readonly Growth[];
}

/** Less than this in a directory of people or programs is settings, not data. */
const smallestDirectory = 1024 ** 2;
const smallestGrowth = 10 * 1024 ** 2;

/** Judges what was seen on a node. */
export function judgeSeen(seen: Seen, node: string, topology: Topology): Findings {
  const losses = [
    ...volumes(seen, topology),
    ...binds(seen),
    ...seen.userVolumes.map((place) => loss("volume of a user's podman", place)),
    ...seen.localPaths.map((place) => loss("K3s claim", place)),
  ];
  const kept = withDatabases(losses, seen);
  return {
    losses: [...kept, ...directories(seen, kept)].map((one) => declare(one, seen)),
    units: unitSentences(seen, node, topology),
    grown: seen.directories.flatMap(({ path, bytes }) => {
      const before = seen.before.get(path) ?? (seen.before.size > 0 ? 0 : undefined);
      if (before === undefined || bytes === undefined || bytes - before < smallestGrowth) return [];
      return [{ path, from: before, to: bytes }];
    }),
  };
}

/** The losses nobody said are none. */
export function undeclared({ losses }: Findings): readonly Loss[] {
  return losses.filter((one) => one.ephemeral === undefined);
}

function loss(what: string, { path, bytes }: SeenPlace, notes: readonly string[] = []): Loss {
  return { what, path, bytes, notes };
}

function volumes(seen: Seen, topology: Topology): Loss[] {
  return seen.volumes.flatMap((volume) => {
    if (!isLocal(volume, topology)) return [];
    const users = seen.containers.filter(
      ({ engine, mounts }) =>
        engine === volume.engine &&
        mounts.some(({ kind, source }) => kind === "volume" && source === volume.name),
    );
    const reasons = users.map((user) => reasonOf(user.labels, [volume.name]));
    const reason =
      reasonOf(volume.labels, [volume.name]) ??
      (reasons.length > 0 && reasons.every((one) => one !== undefined) ? reasons[0] : undefined);
    return [
      {
        what: `${volume.engine} volume ${volume.name}`,
        path: volume.path,
        bytes: volume.bytes,
        notes: users.map(usedBy),
        ...(reason === undefined ? {} : { ephemeral: reason }),
      },
    ];
  });
}

function isLocal({ name, driver, options }: SeenVolume, topology: Topology): boolean {
  const origin = { file: "", resource: name };
  const volume = {
    origin,
    names: [name],
    driver,
    options: Object.fromEntries(Object.entries(options).map(([key, value]) => [key.toLowerCase(), value])),
    external: false,
    makesItself: true,
    placement: { kind: "host", host: "" } as const,
  };
  return whyEngineVolumeIsLocal(volume, origin, new Stack(noFacts(), topology)) !== undefined;
}

function usedBy({ name, image, unit }: SeenContainer): string {
  return `used by ${name} (${image}), ${unit === undefined ? "started by hand" : `of ${unit}`}`;
}

/** A reason that covers one of the names; an empty one covers nothing. */
function reasonOf(labels: Readonly<Record<string, string>>, names: readonly string[]): string | undefined {
  const declared = ephemeralFrom(labels);
  if (declared === undefined || declared.reason.trim() === "") return undefined;
  const covers = declared.volumes === undefined || declared.volumes.some((name) => names.includes(name));
  return covers ? declared.reason.trim() : undefined;
}

/** Writable directories of the node in containers, each once. */
function binds(seen: Seen): Loss[] {
  const found = new Map<string, Loss>();
  for (const container of seen.containers) {
    for (const { kind, source, target, writable } of container.mounts) {
      if (kind !== "bind" || !writable || isPlumbing(source)) continue;
      const sizes = seen.directories.find(({ path }) => path === source)?.bytes;
      const reason = reasonOf(container.labels, [source, target]);
      const known = found.get(source);
      found.set(source, {
        what: "bind",
        path: source,
        bytes: sizes,
        notes: [...(known?.notes ?? []), usedBy(container)],
        // Every container that writes there has to say so.
        ...(reason === undefined || (known !== undefined && known.ephemeral === undefined)
          ? {}
          : { ephemeral: reason }),
      });
    }
  }
  return [...found.values()];
}

/** Databases inside of what is listed already are notes on it; the others are losses of their own. */
function withDatabases(losses: readonly Loss[], seen: Seen): Loss[] {
  const notes = new Map<string, string[]>();
  const own: Loss[] = [];
  for (const database of seen.databases) {
    const holder = losses.find(({ path }) => path !== "" && within(database.path, path));
    if (holder !== undefined) {
      notes.set(holder.path, [...(notes.get(holder.path) ?? []), `holds ${database.what}`]);
      continue;
    }
    const container = seen.containers.find(
      ({ layer }) => layer !== undefined && within(database.path, layer),
    );
    const reason = container === undefined ? undefined : reasonOf(container.labels, [container.name]);
    own.push({
      ...loss(
        database.what,
        database,
        container === undefined ? [] : [`inside ${container.name}, beside its volumes`],
      ),
      ...(reason === undefined ? {} : { ephemeral: reason }),
    });
  }
  return [
    ...losses.map((one) => ({ ...one, notes: [...one.notes, ...new Set(notes.get(one.path) ?? [])] })),
    ...own,
  ];
}

/** Directories for people's own things; those of programs are only watched for growth. */
function directories(seen: Seen, kept: readonly Loss[]): Loss[] {
  return seen.directories
    .filter(({ path }) => /^\/(srv|data|mnt|media|home)\/|^\/root$/.test(path))
    .filter(({ path }) => !kept.some((one) => one.path === path || within(one.path, path)))
    .flatMap((place) => [withoutDeclared(place, seen), ...declaredIn(place, seen)])
    .filter(({ bytes }) => bytes === undefined || bytes >= smallestDirectory)
    .map((place) => loss("directory", place));
}

/** Directories below one that are declared on their own; of one inside of another only the outer. */
function declaredIn({ path }: SeenPlace, { declared, declaredBytes }: Seen): SeenPlace[] {
  const inside = [...declared]
    .filter(([one, reason]) => reason !== "" && one !== path && within(one, path))
    .map(([one]) => one);
  return inside
    .filter((one) => !inside.some((other) => other !== one && within(one, other)))
    .map((one) => ({ what: "directory", path: one, bytes: declaredBytes.get(one) ?? 0 }));
}

/** What is left of a directory beside those. */
function withoutDeclared(place: SeenPlace, seen: Seen): SeenPlace {
  if (place.bytes === undefined) return place;
  const bytes = declaredIn(place, seen).reduce((rest, one) => rest - (one.bytes ?? 0), place.bytes);
  return { ...place, bytes };
}

/** A file `.homelab-ephemeral` with a reason covers its directory and all below. */
function declare(one: Loss, { declared }: Seen): Loss {
  if (one.ephemeral !== undefined) return one;
  const reason = [...declared].find(([path, why]) => why !== "" && within(one.path, path))?.[1];
  return reason === undefined ? one : { ...one, ephemeral: reason };
}

/** The units on the node, judged as their files would be. One that cannot be read is not passed over. */
function unitSentences(seen: Seen, node: string, topology: Topology): string[] {
  const { facts, errors } = readFiles(
    [...seen.units].map(([path, text]) => ({ path, text })),
    {
      read: (path) => seen.units.get(path),
      filesIn: (folder) => [...seen.units.keys()].filter((path) => path.startsWith(`${folder}/`)),
    },
  );
  return [
    ...judge(facts, topology, { node }).violations.map(({ detail, file }) => `${detail} (${file})`),
    ...[...errors].map(([path, why]) => `${path} cannot be judged: ${why}.`),
  ];
}
