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
  /** Paths at which something stands that this program did not write. */
  readonly foreign: readonly string[];
  /** What a service that has ended had set up is not there any more. */
  readonly undone: boolean;
  /** What its health check says; undefined where it is healthy, or does not run. */
  readonly ill: string | undefined;
  /** How often systemd has started it again, where that goes on. */
  readonly loops: number | undefined;
  /** Why its data is not where it was: a sentence by path. */
  readonly unmounted: ReadonlyMap<string, string>;
  /** What is missing of that by which a start without its data is refused. */
  readonly unguarded: readonly string[];
  /** Directories with its data that it would look at no more, and the new one that has none of it. */
  readonly moved: readonly Moved[];
}

/** A directory that was changed in the settings, while its data stayed where it was. */
export interface Moved {
  readonly former: string;
  readonly now: string;
}

/** Takes `moved FORMER NEW` apart, as unit-observe.sh and unit-apply.sh say it. */
export function movedOf(rows: readonly (readonly string[])[]): Moved[] {
  return rows.filter(([kind]) => kind === "moved").map(([, former = "", now = ""]) => ({ former, now }));
}

/** Reads the output of unit-observe.sh. */
export function parseObserved(stdout: string): Observed {
  const files = new Map<string, { sha256: string; mode: string; owners: string[] }>();
  const others: string[] = [];
  const foreign: string[] = [];
  const dropIns: string[] = [];
  const systemd: Record<string, string> = {};
  const unmounted = new Map<string, string>();
  const unguarded: string[] = [];
  let applied: Observed["applied"];
  let undone = false;
  let ill: string | undefined;
  let loops: number | undefined;
  const rows = stdout.split("\n").map((line) => line.split("\t"));
  for (const [kind, a = "", b = "", c = "", d = "", e = ""] of rows) {
    if (kind === "file") files.set(a, { sha256: b, mode: c, owners: [d, e] });
    else if (kind === "other") others.push(a);
    else if (kind === "drop-in") dropIns.push(a);
    else if (kind === "systemd") systemd[a] = b;
    else if (kind === "foreign") foreign.push(a);
    else if (kind === "unmounted") unmounted.set(a, b);
    else if (kind === "unguarded") unguarded.push(a);
    else if (kind === "undone") undone = true;
    else if (kind === "ill") ill = a.trim();
    else if (kind === "loops") loops = Number(a);
    else if (kind === "applied") {
      const [run = "", reload = ""] = a.split(" ");
      applied = { run, reload };
    }
  }
  return {
    ...{ applied, files, others, dropIns, systemd, foreign, undone, ill, loops, unmounted, unguarded },
    moved: movedOf(rows),
  };
}

/** Drop-ins which somebody added to this unit: neither the program's own, nor those for several units. */
export function foreignDropIns(unit: UnitSpec, seen: Observed): string[] {
  const ours = new Set(unit.files.map((file) => file.path));
  const byHand = (seen.systemd.DropInPaths ?? "")
    .split(" ")
    .filter((path) => path.startsWith(`/etc/systemd/system/${unit.service}.d/`));
  return [...new Set([...byHand, ...seen.dropIns])].filter(
    // The second is unit-lib.sh's own.
    (path) => !ours.has(path) && !path.endsWith(".service.d/homelab-data.conf"),
  );
}

/** Why no run can start it as things are: a sentence each. */
export function refusals(unit: UnitSpec, seen: Observed): string[] {
  const where = `${unit.service} on ${unit.connection.node}`;
  const masked =
    seen.systemd.LoadState === "masked"
      ? [
          `${where} is masked, so that nothing can start it (${seen.systemd.FragmentPath ?? "it"} is a link to /dev/null): run \`systemctl unmask ${unit.service}\` there.`,
        ]
      : [];
  return [
    ...masked,
    ...[...seen.unmounted.values()].map((why) => `${where} is not started: ${why}.`),
    ...seen.moved.map((each) => movedSentence(unit, each)),
  ];
}

/** Says that a changed directory would start an empty service, with the commands that move the data. */
export function movedSentence(unit: UnitSpec, { former, now }: Moved): string {
  const { node } = unit.connection;
  return [
    `${unit.service} on ${node} would start without its data: that is in ${former}, and ${now} has none of it. To move it, on ${node}:`,
    `  systemctl stop ${unit.service}`,
    `  mkdir -p ${now} && cp -a ${former}/. ${now}/ && sync`,
    `then run this again; once all is well, \`npx homelab delete-data ${node} ${former}\` deletes the former copy. To begin with nothing all the same: mv ${former} ${former}.former`,
  ].join("\n");
}

/** What the first run takes the place of: files that this program did not write. */
export function takenPlaces(unit: UnitSpec, seen: Observed): string[] {
  const { node } = unit.connection;
  return [...new Set([...seen.foreign, ...foreignDropIns(unit, seen)])].map(
    (path) =>
      `${path} on ${node} was not written by this program: it is set aside whole in /var/lib/homelab/set-aside/${unit.service}, and comes back if ${unit.service} does not come up.`,
  );
}

/** What systemd itself says against the unit. */
function systemdSentences(unit: UnitSpec, seen: Observed): string[] {
  const where = `${unit.service} on ${unit.connection.node}`;
  const { LoadState = "", LoadError = "", FragmentPath = "", SourcePath = "" } = seen.systemd;
  if (["bad-setting", "error"].includes(LoadState)) {
    return [`systemd cannot load ${where} (${LoadState}): ${LoadError.trim() || "see systemctl status"}.`];
  }
  const from = SourcePath === "" ? FragmentPath : SourcePath;
  const own = unit.files.some(({ path }) => path === FragmentPath || path === SourcePath);
  // Where /etc has links in it systemd may name a file in another way.
  const same = unit.files.some(({ path }) => path.split("/").at(-1) === from.split("/").at(-1));
  if (LoadState !== "loaded" || from === "" || own || same) return [];
  return [`systemd takes ${where} from ${from}, which this program did not write.`];
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
  found.push(...systemdSentences(unit, seen), ...refusals(unit, seen));
  for (const path of foreignDropIns(unit, seen)) {
    found.push(`${path} on ${node} was added by hand and changes ${unit.service}; it will be set aside.`);
  }
  if (seen.unguarded.length > 0) {
    found.push(
      `Nothing keeps ${unit.service} on ${node} from starting without its data: ${seen.unguarded.join(", ")} is missing or another one.`,
    );
  }
  const active = seen.systemd.ActiveState ?? "unknown";
  if (active !== "active") found.push(`${unit.service} on ${node} is ${active}, not active.`);
  else if (seen.loops !== undefined)
    found.push(
      `${unit.service} on ${node} ends soon after each start: systemd has started it again ${seen.loops} times. See \`journalctl -u ${unit.service}\` there.`,
    );
  else if (seen.ill !== undefined)
    found.push(
      `${unit.service} on ${node} runs, but its health check fails${seen.ill === "" ? "" : `: ${seen.ill}`}.`,
    );
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
