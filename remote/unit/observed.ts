import { contentHash, hashesOf, type UnitSpec } from "./spec";

/** What unit-observe.sh found on the node. */
export interface Observed {
  /** Run and reload hash of what was last brought up healthy; undefined when nothing was, or it was interrupted. */
  readonly applied: { readonly run: string; readonly reload: string } | undefined;
  readonly files: ReadonlyMap<string, { sha256: string; mode: string; owners: readonly string[] }>;
  /** Paths where something else than a plain file stands. */
  readonly others: readonly string[];
  readonly dropIns: readonly string[];
  readonly systemd: Readonly<Record<string, string>>;
  /** What a service that has ended had set up is not there any more. */
  readonly undone: boolean;
}

/** Reads the output of unit-observe.sh. */
export function parseObserved(stdout: string): Observed {
  const files = new Map<string, { sha256: string; mode: string; owners: string[] }>();
  const others: string[] = [];
  const dropIns: string[] = [];
  const systemd: Record<string, string> = {};
  let applied: Observed["applied"];
  let undone = false;
  for (const line of stdout.split("\n")) {
    const [kind, a = "", b = "", c = "", d = "", e = ""] = line.split("\t");
    if (kind === "file") files.set(a, { sha256: b, mode: c, owners: [d, e] });
    else if (kind === "other") others.push(a);
    else if (kind === "drop-in") dropIns.push(a);
    else if (kind === "systemd") systemd[a] = b;
    else if (kind === "undone") undone = true;
    else if (kind === "applied") {
      const [run = "", reload = ""] = a.split(" ");
      applied = { run, reload };
    }
  }
  return { applied, files, others, dropIns, systemd, undone };
}

/** Drop-ins which somebody added: neither the program's own nor the system's. */
export function foreignDropIns(unit: UnitSpec, seen: Observed): string[] {
  const ours = new Set(unit.files.map((file) => file.path));
  const byHand = (seen.systemd.DropInPaths ?? "")
    .split(" ")
    .filter((path) => path.startsWith("/etc/systemd/system/"));
  return [...new Set([...byHand, ...seen.dropIns])].filter((path) => !ours.has(path));
}

/** How the node differs from the unit as declared: a sentence each, without contents (they may be secret). */
export function driftSentences(unit: UnitSpec, seen: Observed): string[] {
  const node = unit.connection.node;
  const found: string[] = [];
  for (const file of unit.files) {
    const there = seen.files.get(file.path);
    if (there === undefined) {
      found.push(
        seen.others.includes(file.path)
          ? `${file.path} on ${node} is no plain file any more.`
          : `${file.path} on ${node} is missing.`,
      );
    } else if (there.sha256 !== contentHash(file.content)) {
      found.push(`${file.path} on ${node} was changed by hand.`);
    } else if (there.mode !== file.mode || !there.owners.includes(file.owner)) {
      found.push(
        `${file.path} on ${node} has mode ${there.mode} and owner ${there.owners.join(" = ")}; declared are ${file.mode} and ${file.owner}.`,
      );
    }
  }
  for (const path of foreignDropIns(unit, seen)) {
    found.push(`${path} on ${node} was added by hand and changes ${unit.service}; it will be set aside.`);
  }
  const active = seen.systemd.ActiveState ?? "unknown";
  if (active !== "active") found.push(`${unit.service} on ${node} is ${active}, not active.`);
  else if (seen.undone) found.push(`What ${unit.service} set up on ${node} was taken away by hand.`);
  const wanted = hashesOf(unit);
  if (seen.applied === undefined) {
    found.push(
      `${unit.service} on ${node} was not brought up to the end: an earlier run was stopped or failed.`,
    );
  } else if (
    found.length === 0 &&
    (seen.applied.run !== wanted.run || seen.applied.reload !== wanted.reload)
  ) {
    found.push(`${unit.service} on ${node} still runs with earlier settings.`);
  }
  return found;
}
