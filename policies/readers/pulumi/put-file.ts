/** Files put on a node over SSH: what they set up there is told by their place and their text. */
import { isUnknown, unknown } from "../../engine/facts";
import type { EphemeralDeclaration, Facts, FactsBuilder, Origin, Placement, Told } from "../../engine/facts";
import { parse, valuesOf } from "../../../packages/quadlet";
import { readFiles } from "../files/read";
import { originOf } from "./resource";
import type { PulumiResource, ReadContext } from "./resource";
import { cronCommands } from "./shell/cron";

export interface PutFile {
  readonly path: Told<string>;
  readonly content: Told<string>;
}

/** What a text over SSH is read for, and where what it sets up would be. */
export interface Putting {
  readonly resource: PulumiResource;
  readonly context: ReadContext;
  readonly placement: Placement;
  readonly ephemeral?: EphemeralDeclaration | undefined;
  /** True on the machine that runs Pulumi: what is set up there is on nobody's node. */
  readonly local?: boolean;
  /** True where what is put there states itself what it keeps, so that a program it runs need not be known. */
  readonly states?: boolean;
}

/** Reads the text of a script: ./shell/script.ts, which reads with this file what the script writes. */
export type ReadScript = (text: string, putting: Putting) => void;

const cronTable = /\/cron\.d\/|\/crontab$/;
const script = /\.(sh|bash)$|\/cron[^/]*\/|\/rc\.local$|\/init\.d\//;
const manifest = /\/manifests\/[^/]+\.(ya?ml|json)$/;

/** Files whose text decides what runs on the node or in the cluster. */
const runs =
  /\.(container|volume|pod|kube|build|quadlets)$|\/containers\/systemd\/|\/systemd\/(system|user)\/|(^|\/)(docker-)?compose[^/]*\.ya?ml$|\.(service|mount)$/;

/** True for a file whose text has to be known. */
export function decidesWhatRuns(path: string): boolean {
  return runs.test(path) || script.test(path) || manifest.test(path);
}

/** Reads the files put on one machine together: a quadlet may name the volume of another. */
export function putOnNode(files: readonly PutFile[], putting: Putting, readScript: ReadScript): void {
  const { context } = putting;
  const known = new Map<string, string>();
  for (const { path, content } of files) {
    if (isUnknown(path)) {
      addSetup(putting, unknown(`the path of a file it puts there: ${path.why}`));
      continue;
    }
    context.put.add(putKey(putting, path));
    if (!isUnknown(content)) known.set(path, content);
    else if (decidesWhatRuns(path)) addSetup(putting, unknown(`the text of ${path}: ${content.why}`));
  }
  readTexts(known, putting, readScript);
}

/** Reads texts by where they are put: tables of cron, scripts, services, and files that a tool reads. */
export function readTexts(
  texts: ReadonlyMap<string, string>,
  putting: Putting,
  readScript: ReadScript,
  isRun: (path: string) => boolean = () => false,
): void {
  for (const [path, text] of texts) {
    if (cronTable.test(path)) readScript(cronCommands(text, true), putting);
    else if (path.endsWith(".service")) readScript(serviceCommands(text), putting);
    else if ((script.test(path) || (text.startsWith("#!") && !runs.test(path))) && !isRun(path)) {
      readScript(text, putting);
      putting.context.put.add(putKey(putting, path, "judged"));
    }
  }
  addFiles(texts, putting);
}

/** What a service runs, as a script. Containers that it starts are read by the reader of services too. */
function serviceCommands(text: string): string {
  const unit = parse(text);
  return ["ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload"]
    .flatMap((key) => valuesOf(unit, "Service", key))
    .map((line) => line.replace(/^[-@:+!|]+/, "").replaceAll("%t", "/run"))
    .filter((line) => !/(^|\/)(podman|docker|nerdctl)\s/.test(line))
    .join("\n");
}

/** Adds what the files set up, as that of the resource that puts them there. */
export function addFiles(texts: ReadonlyMap<string, string>, putting: Putting): void {
  const { facts, errors } = readFiles(
    [...texts].map(([path, text]) => ({ path, text })),
    {
      read: (wanted) => [...texts].find(([path]) => path === wanted || path.endsWith(`/${wanted}`))?.[1],
      filesIn: (folder) => [...texts.keys()].filter((path) => path.startsWith(`${folder}/`)),
    },
  );
  for (const [path, why] of errors) {
    if (decidesWhatRuns(path)) addSetup(putting, unknown(`${path}: ${why}`));
  }
  addMoved(facts, putting);
}

/** Says that something a command does cannot be known; not of what states itself what it keeps. */
export function addUnclear(putting: Putting, why: string): void {
  if (putting.states !== true) addSetup(putting, unknown(why));
}

/** How {@link ReadContext.put} names a file on a machine; "judged" for scripts whose text was looked at. */
export function putKey({ placement }: Putting, path: string, as?: "judged"): string {
  return `${placement.kind === "host" ? placement.host : "?"} ${path}${as === undefined ? "" : " judged"}`;
}

/** True when a file of such a path was put on the same machine before. */
export function isPut(putting: Putting, fits: (path: string) => boolean): boolean {
  const start = putKey(putting, "");
  return [...putting.context.put].some((key) => key.startsWith(start) && fits(key.slice(start.length)));
}

export function addSetup({ resource, context, placement, ephemeral }: Putting, sets: Told<string>): void {
  context.facts.remoteSetups.push({
    origin: originOf(resource),
    placement,
    sets,
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
}

/** Kubernetes objects say where they land; everything else lands where the text is put. */
export function addMoved(from: Facts, { resource, context, placement, ephemeral }: Putting): void {
  const by = originOf(resource, "ssh");
  const to: FactsBuilder = context.facts;
  const own = <T extends { readonly origin: Origin }>(fact: T): T => ({
    ...fact,
    origin: { ...by, resource: `${fact.origin.resource} (put there by ${by.resource})` },
  });
  const declared = <T extends { readonly ephemeral?: EphemeralDeclaration }>(fact: T): T =>
    ephemeral === undefined || fact.ephemeral !== undefined ? fact : { ...fact, ephemeral };
  for (const workload of from.workloads) {
    const moved = declared(own(workload));
    to.workloads.push(
      workload.engine === "kubernetes"
        ? moved
        : {
            ...moved,
            placement,
            volumes: workload.volumes.map(({ name, source, mounts, mountsKnown }) => ({
              name,
              source,
              mounts,
              mountsKnown,
            })),
          },
    );
  }
  to.namedVolumes.push(...from.namedVolumes.map((one) => ({ ...declared(own(one)), placement })));
  to.operatorStorage.push(...from.operatorStorage.map((one) => declared(own(one))));
  to.remoteSetups.push(...from.remoteSetups.map((one) => declared(own(one))));
  to.claims.push(...from.claims.map(own));
  to.persistentVolumes.push(...from.persistentVolumes.map(own));
  to.storageClasses.push(...from.storageClasses.map(own));
  to.configTexts.push(...from.configTexts.map(own));
}
