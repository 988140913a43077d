import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { StorageOutputs } from "../../../nodes/storage-outputs";
import { histories } from "../../../tests/support/backup";
import { onNode } from "../../../tests/support/lab";
import { dsnOf, psql } from "../../../tests/support/services";
import {
  bucket,
  copiesListed,
  folder,
  secretOf,
  snapshotsListed,
  sumOf,
  table,
  type Acknowledged,
} from "./work";

/** What is compared, in the order of the report. */
export const kinds = [
  "commits in PostgreSQL",
  "objects in S3",
  "segments of WAL in the backup",
  "seals of segments",
  "base backups and dumps",
  "objects in the mirror",
  "snapshots of desktop (restic, on storage)",
  "copies off storage (restic, on desktop)",
  "a unit's files (the provider)",
  "secrets (the provider)",
] as const;
export type Kind = (typeof kinds)[number];

export interface Compared {
  readonly kind: Kind;
  readonly acknowledged: number;
  readonly lost: readonly string[];
}

export interface Found {
  readonly compared: readonly Compared[];
  /** What is there under a name that says it is whole, and is not. */
  readonly torn: readonly string[];
  /** Base backups and dumps that were looked through. */
  readonly backups: readonly string[];
}

/** As storage is before the first cut: what may be empty, and what the secrets hold. */
export interface Before {
  readonly empty: ReadonlySet<string>;
  readonly secrets: ReadonlyMap<string, string>;
  readonly stretches: number;
  /** Base backups and dumps of the time before. */
  readonly backups: readonly string[];
  /** What was counted as acknowledged: it has to be there after every later cut, and is counted once. */
  readonly counted: Set<string>;
}

type Lines = ReadonlyMap<string, readonly (readonly string[])[]>;
const script = ["../../store-client.sh", "look.sh"]
  .map((name) => readFileSync(join(__dirname, name), "utf8"))
  .join("\n");

function look(round: number, known: readonly string[]): Lines {
  const said = onNode("storage", `bash -s -- ${[bucket, folder(round), ...known].join(" ")}`, script);
  const lines = new Map<string, string[][]>();
  for (const line of said.split("\n").filter((text) => text !== "")) {
    const [key = "", ...rest] = line.split("\t");
    lines.set(key, [...(lines.get(key) ?? []), rest]);
  }
  if (!lines.has("end")) throw new Error(`what is on storage could not be read to its end:\n${said}`);
  return lines;
}

const torn = (lines: Lines): string[] =>
  (lines.get("torn") ?? []).map(([what = "", why = ""]) => `${what}: ${why}`);

/** What is torn on storage now. @param known base backups and dumps that need not be looked through */
export const tornOnNode = (round: number, known: readonly string[]): string[] => torn(look(round, known));

const first = (lines: Lines, key: string): string[] => (lines.get(key) ?? []).map(([value = ""]) => value);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const listed = (node: "storage" | "desktop", command: string) => onNode(node, command).split("\n");

export function before(): Before {
  const there = onNode("storage", `ls -d ${histories}/*/{base,dump}/*`);
  const backups = there.split("\n").filter((path) => path !== "");
  const lines = look(0, backups);
  return {
    empty: new Set(first(lines, "empty")),
    secrets: new Map((lines.get("secret") ?? []).map(([name = "", sum = ""]) => [name, sum])),
    stretches: first(lines, "stretch").length,
    backups,
    counted: new Set([
      ...first(lines, "segment"),
      ...first(lines, "seal"),
      ...listed("storage", snapshotsListed),
      ...listed("desktop", copiesListed),
    ]),
  };
}

/** How many there are that were counted in no round before. */
function fresh(names: ReadonlySet<string>, counted: Set<string>): number {
  const before = counted.size;
  names.forEach((name) => counted.add(name));
  return counted.size - before;
}

/** Sums as `sha256sum` prints them, by number. */
function sums(lines: Lines, key: string): ReadonlyMap<number, string> {
  return new Map(
    first(lines, key).map((line) => {
      const [sum = "", name = ""] = line.split(/ [ *]/);
      return [Number(name), sum];
    }),
  );
}

const wrong = (wanted: readonly number[], there: ReadonlyMap<number, string>): string[] =>
  wanted
    .filter((n) => there.get(n) !== sumOf(n))
    .map((n) => `${n} ${there.has(n) ? "holds something else" : "is gone"}`);
const gone = (wanted: Iterable<string>, there: readonly string[]): string[] => {
  const set = new Set(there);
  return [...wanted].filter((one) => !set.has(one));
};

/**
 * @param known base backups and dumps that were looked through in a former round
 */
export function compare(
  storage: StorageOutputs,
  round: number,
  from: number,
  said: Acknowledged,
  at: Before,
  known: readonly string[],
): Found {
  const lines = look(round, known);
  const rows = psql(
    "desktop",
    dsnOf(storage, "agent", "agent_gateway"),
    `SELECT n FROM ${table} WHERE n >= ${from}`,
  );
  const numbers = new Set(rows.split("\n").map(Number));
  const unit = Number(first(lines, "unit")[0] ?? 0);
  const secrets = new Map((lines.get("secret") ?? []).map(([name = "", sum = ""]) => [name, sum]));
  const name = secretOf(0).name;
  // The cut may have fallen between the change and its answer.
  const values = [said.secret, said.secret + 1].map((n) => sha256(secretOf(n).value));
  const secretsLost = [
    ...[...at.secrets]
      .filter(([one, sum]) => one !== name && secrets.get(one) !== sum)
      .map(([one]) => `${one} ${secrets.has(one) ? "holds something else" : "is gone"}`),
    ...(said.secret === 0 || values.includes(secrets.get(name) ?? "")
      ? []
      : [`${name} is not what was set last`]),
  ];
  const lost: Record<Kind, readonly [number, readonly string[]]> = {
    "commits in PostgreSQL": [
      said.commits.length,
      said.commits.filter((n) => !numbers.has(n)).map((n) => `${n} is gone`),
    ],
    "objects in S3": [said.objects.length, wrong(said.objects, sums(lines, "object"))],
    "segments of WAL in the backup": [
      fresh(said.segments, at.counted),
      gone(said.segments, first(lines, "segment")),
    ],
    "seals of segments": [fresh(said.seals, at.counted), gone(said.seals, first(lines, "seal"))],
    "base backups and dumps": [said.backups.length, gone(said.backups, first(lines, "backup"))],
    "objects in the mirror": [said.mirrored.length, wrong(said.mirrored, sums(lines, "mirror"))],
    "snapshots of desktop (restic, on storage)": [
      fresh(said.snapshots, at.counted),
      gone(said.snapshots, listed("storage", snapshotsListed)),
    ],
    "copies off storage (restic, on desktop)": [
      fresh(said.copies, at.counted),
      gone(said.copies, listed("desktop", copiesListed)),
    ],
    "a unit's files (the provider)": [
      said.unit > 0 ? said.unit - from : 0,
      said.unit > unit ? [`${said.unit} was applied, and ${unit} is there`] : [],
    ],
    "secrets (the provider)": [said.secret > 0 ? said.secret - from : 0, secretsLost],
  };
  return {
    compared: kinds.map((kind) => ({ kind, acknowledged: lost[kind][0], lost: lost[kind][1] })),
    torn: [
      ...torn(lines),
      ...first(lines, "empty")
        .filter((path) => !at.empty.has(path))
        .map((path) => `${path} is empty`),
      ...(first(lines, "stretch").length > at.stretches
        ? ["WAL could not be received where it ended: there is another stretch"]
        : []),
      ...said.failures.map((text) => `failed before the cut: ${text}`),
    ],
    backups: first(lines, "backup"),
  };
}
