import { setMaxListeners } from "node:events";
import { dirname } from "node:path";
import { rootSecretPrefix, rootUser } from "../../../components/object-store";
import {
  copyOnce,
  Followed,
  mend,
  planMove,
  storeAt,
  verify,
  type Apart,
  type Difference,
  type Move,
} from "../../../packages/objects";
import { readSecret } from "../../../remote/secret";
import { declaredStore, type ObjectStoreEngine } from "../../../services";
import { loadStackFile, type StorageSettings } from "../../../settings";
import { hostPort, requireAlwaysOn } from "../../../topology";
import type { NodeOptions } from "../../program/command";
import { ruled } from "../../terminal";
import { complain, print, withNodes, type NodeAccess } from "../nodes";

export type ObjectsVerb = "plan" | "run" | "verify" | "switch";

interface Prepared {
  readonly move: Move;
  readonly settings: StorageSettings;
  /** The engine that is copied to. */
  readonly to: ObjectStoreEngine;
  readonly from: ObjectStoreEngine;
}

/** Carries a verb out. @returns the exit code */
export function migrateObjects(
  verb: ObjectsVerb,
  options: NodeOptions & { readonly read?: boolean },
): Promise<number> {
  return withNodes(options, async (nodes) => {
    const stop = new AbortController();
    // Each request listens.
    setMaxListeners(0, stop.signal);
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => {
        stop.abort(new Error("Stopped. What was copied stays: run it again to go on."));
      });
    const prepared = await prepare(options, nodes, stop.signal);
    switch (verb) {
      case "plan":
        return plan(prepared);
      case "run":
        return run(prepared);
      case "verify":
        return compare(prepared, options.read === true);
      case "switch":
        return change(prepared, options.read === true);
    }
  });
}

async function prepare(
  { topology: file }: NodeOptions,
  { topology, connection }: NodeAccess,
  signal: AbortSignal,
): Promise<Prepared> {
  const settings = loadStackFile("storage", dirname(file), topology);
  const node = requireAlwaysOn(topology.nodes.storage, "the object store");
  const { engine: from, beside: to } = settings.objectStore;
  if (to === undefined)
    throw new Error(
      `Only ${from} runs: set homelab:objectStore.beside to the other engine in Pulumi.storage.yaml, run \`pulumi up\` of storage, then this again.`,
    );
  const store = async (engine: ObjectStoreEngine) => {
    const name = `${rootSecretPrefix(engine)}-password`;
    return storeAt(engine, {
      endpoint: `http://${hostPort(node.address, settings[engine].apiPort)}`,
      user: rootUser,
      secret: await readSecret({ connection: connection("storage"), name }, signal),
    });
  };
  const [source, target] = [await store(from), await store(to)];
  const buckets = Object.keys(declaredStore(settings).buckets);
  return { move: { source, target, buckets, signal, progress: progress() }, settings, to, from };
}

/** A line on a terminal, or one every ten seconds elsewhere. */
function progress(): Move["progress"] {
  const terminal = process.stderr.isTTY;
  let last = Date.now();
  return (bucket, done, all) => {
    if (terminal && done === all) process.stderr.write("\r\u001b[K");
    if (done === all || Date.now() - last < (terminal ? 200 : 10_000)) return;
    last = Date.now();
    const line = `${bucket}: ${done} of ${all} keys`;
    process.stderr.write(terminal ? `\r\u001b[K${line}` : `${line}\n`);
  };
}

const size = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
const names = ({ move: { source, target } }: Prepared) => `${source.name} to ${target.name}`;

async function plan(prepared: Prepared): Promise<number> {
  const { buckets, obstacles, notes } = await planMove(prepared.move);
  print(
    ruled(
      ["BUCKET", "VERSIONS KEPT", "KEYS", "VERSIONS", "DELETE MARKERS", "SIZE", "KEYS THERE"],
      buckets.map(({ bucket, versioned, keys, versions, markers, bytes, there }) =>
        [bucket, versioned ? "yes" : "no", keys, versions, markers, size(bytes), there].map(String),
      ),
      (column) => column > 1,
    ),
  );
  print(`\nFrom ${names(prepared)}.\n\nTo know\n${notes.map((note) => `- ${note}`).join("\n")}`);
  if (obstacles.length > 0)
    print(`\nCannot be moved as they are\n${obstacles.map((one) => `- ${one}`).join("\n")}`);
  return obstacles.length > 0 ? 1 : 0;
}

/** The first few, and how many more there are. */
function list(title: string, lines: readonly string[]): void {
  const shown = lines.slice(0, 20).map((line) => `- ${line}`);
  const more = lines.length > 20 ? [`- and ${lines.length - 20} more`] : [];
  complain(`\n${title}\n${[...shown, ...more].join("\n")}`);
}
const ofApart = ({ bucket, key, why }: Apart) => `${bucket}/${key}: ${why}`;
const ofDifference = ({ bucket, key, pair, what }: Difference) =>
  `${bucket}/${key}${pair?.[0].id === undefined ? "" : ` (version ${pair[0].id})`}: ${what}`;

/** Clients that write faster than it is copied are not waited for. */
const rounds = 10;

/** @returns how many versions the last round found; none when nothing is left */
async function copied(
  prepared: Prepared,
): Promise<{ readonly left: number; readonly apart: readonly Apart[] }> {
  for (let round = 1; ; round += 1) {
    const { versions, bytes, removed, apart } = await copyOnce(prepared.move);
    print(
      `Round ${round}: ${versions} versions copied (${size(bytes)})${removed === 0 ? "" : `, ${removed} objects removed that ${prepared.move.source.name} no longer has`}.`,
    );
    const left = versions + removed;
    if (left === 0 || round === rounds || apart.length > 0) return { left, apart };
  }
}

async function run(prepared: Prepared): Promise<number> {
  const { left, apart } = await copied(prepared);
  if (apart.length > 0) {
    list("Left alone: move it out of the way by hand, or keep it, and run this again", apart.map(ofApart));
    return 1;
  }
  if (left > 0) {
    complain(`Clients still write: ${left} changes in the last round. Run it again, or go on to switch.`);
    return 1;
  }
  print(`Nothing is left to copy from ${names(prepared)}.`);
  return 0;
}

async function compare({ move }: Prepared, read: boolean): Promise<number> {
  const { versions, differences } = await verify(move, read);
  print(`${versions} versions compared, ${differences.length} differences.`);
  if (differences.length === 0) return 0;
  list("They differ", differences.map(ofDifference));
  return 1;
}

async function change(prepared: Prepared, read: boolean): Promise<number> {
  const { move, settings, from, to } = prepared;
  if (!settings.objectStore.readOnly) {
    complain(
      "Consumers may write, and what they write last would stay behind. Set homelab:objectStore.readOnly to true in Pulumi.storage.yaml, run `pulumi up` of storage, then this again: they go on reading.",
    );
    return 1;
  }
  const { left, apart } = await copied(prepared);
  if (left > 0 || apart.length > 0) {
    list(
      "They do not hold the same",
      apart.length > 0 ? apart.map(ofApart) : [`somebody still writes: ${left} changes in the last round`],
    );
    return 1;
  }
  const first = await verify(move, false);
  if (first.differences.length > 0) await mend(move, first);
  const code = await compare(prepared, read);
  if (code !== 0) return code;
  // The other way round from now on: what is in the former one is known to be of this move.
  const followed = await Followed.read(move.target, move.source, move.signal);
  await followed.rest(move.buckets, new Date());
  print(
    [
      `${move.source.name} and ${move.target.name} hold the same. Now, in Pulumi.storage.yaml:`,
      `  homelab:objectStore.engine: ${to}`,
      `  homelab:objectStore.beside: ${from}`,
      "  homelab:objectStore.readOnly: take it out",
      "then `pulumi up` of storage, and of the nodes whose services use S3.",
      `To go back: homelab objects migrate run and switch again, which then copy to ${move.source.name}.`,
      `To stay: take homelab:objectStore.beside out; ${move.source.name}'s directory stays until \`homelab delete-data\`.`,
    ].join("\n"),
  );
  return 0;
}
