/** The filer's rules for paths, as `fs.configure` of `weed shell` prints them. */

interface PathRule {
  readonly locationPrefix: string;
  readonly fsync?: boolean;
  readonly volumeGrowthCount?: number;
  readonly readOnly?: boolean;
  readonly ttl?: string;
}

/** Below it are all buckets. */
const buckets = "/buckets/";

/** What makes an acknowledged object one that a power cut does not take, and keeps a new bucket from taking seven volumes. */
const wanted = "-fsync=true -volumeGrowthCount=1";

/** @throws Error for an answer that holds none. */
export function pathRules(said: string): PathRule[] {
  const text = /\{[^]*\}/.exec(said)?.[0];
  if (text === undefined) throw new Error("SeaweedFS does not say which rules its paths have.");
  return (JSON.parse(text) as { readonly locations?: readonly PathRule[] }).locations?.slice() ?? [];
}

/** A rule by which what is put into the buckets is kept otherwise than declared, and the commands that put it right. */
export interface PathDifference {
  readonly says: string;
  readonly commands: readonly string[];
}

/** How the rules differ from: every bucket syncs what it acknowledges, and takes everything for ever. */
export function pathDifferences(rules: readonly PathRule[], declared: readonly string[]): PathDifference[] {
  const all = rules.find(({ locationPrefix }) => locationPrefix === buckets);
  const found: PathDifference[] = [];
  const set = `fs.configure -locationPrefix=${buckets} ${wanted} -apply`;
  if (all?.fsync !== true)
    found.push({
      says: "objects are acknowledged before they are on the disk (fsync is off): a power cut takes them.",
      commands: [set],
    });
  if (all?.volumeGrowthCount !== 1)
    found.push({ says: "a new bucket takes more than one volume at once.", commands: [set] });
  for (const rule of rules) {
    const bucket = declared.find((name) => rule.locationPrefix.startsWith(`${buckets}${name}`));
    const own = rule === all ? "all buckets" : bucket === undefined ? undefined : `the bucket ${bucket}`;
    if (own === undefined) continue;
    const odd = [
      ...(rule !== all && rule.fsync === false ? ["fsync off"] : []),
      ...(rule.readOnly === true ? ["nothing may be written"] : []),
      ...((rule.ttl ?? "") === "" ? [] : [`objects vanish after ${rule.ttl ?? ""}`]),
    ];
    if (odd.length > 0)
      found.push({
        says: `${own} has a rule of its own for ${rule.locationPrefix}: ${odd.join(", ")}.`,
        commands: [
          `fs.configure -locationPrefix=${rule.locationPrefix} -delete -apply`,
          ...(rule === all ? [set] : []),
        ],
      });
  }
  return found;
}
