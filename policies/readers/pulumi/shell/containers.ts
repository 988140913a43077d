/** docker, podman and nerdctl on the command line: where they work, and what they do there. */
import { noFacts, unknown } from "../../../engine/facts";
import type { Placement, Told } from "../../../engine/facts";
import { addRuns } from "../../shell/commands";
import { addMoved, addUnclear } from "../put-file";
import type { Putting } from "../put-file";
import { notYet, notYetWhy, originOf } from "../resource";
import { compose, kubePlay } from "./cluster";
import type { Handed } from "./cluster";
import type { Statement } from "./statement";
import { engineVerbs } from "./tables/programs";
import { nameOf } from "./wrappers";

const makes = /^(run|create|volume|pod)$/;

/** Global options that take a value as a word of their own. */
const valued =
  /^(--config|-c|--context|-H|--host|-l|--log-level|--connection|--url|--identity|--root|--runroot|--storage-driver|--storage-opt|--cgroup-manager|--network-config-dir|--namespace|-n|--address|-a|--tlscacert|--tlscert|--tlskey|--ssh|--tmpdir|--volumepath)$/;

/** Reads a command of a container engine; false where it is none. */
export function readEngineCommand(one: Statement, handed: Handed, putting: Putting): boolean {
  if (!/^(docker|podman|nerdctl)$/.test(nameOf(one))) return false;
  const { placement, verb, at } = aimed(one, putting.placement);
  const elsewhere = placement !== putting.placement;
  const own = elsewhere ? { ...putting, placement, local: false } : putting;
  if (verb === undefined) return true;
  const second = one.words[at + 1] ?? "";
  if (one.open.has(at)) addUnclear(own, `what it tells ${nameOf(one)} to do has no value here`);
  else if (verb === "context" && /^(use|create|update|import)$/.test(second)) {
    addUnclear(
      own,
      "it changes which machine later commands of docker go to; use DOCKER_HOST or --host instead",
    );
  } else if (verb === "compose") compose(one.words.slice(at + 1), handed, own);
  else if (verb === "stack") compose(["up", ...one.words.slice(at + 2)], handed, own);
  else if (/^(kube|play)$/.test(verb) && /^(play|kube)$/.test(second))
    kubePlay(one.words.slice(at + 2), handed, own);
  else if (/^(kube|generate)$/.test(verb)) return true;
  else if (verb === "container" && /^(run|create)$/.test(second)) addContainers(one, own);
  else if (verb === "volume" && !/^(create|import)$/.test(second)) return true;
  else if (makes.test(verb)) addContainers(one, own);
  else if (verb !== "context" && !engineVerbs.has(verb)) {
    addUnclear(own, `${nameOf(one)} ${verb} is not among the commands that are known to keep nothing`);
  }
  return true;
}

function addContainers(one: Statement, putting: Putting): void {
  // On the machine that runs Pulumi it is nobody's node.
  if (putting.local === true) return;
  const read = noFacts();
  addRuns(one.text, originOf(putting.resource, "ssh"), putting.placement, read);
  addMoved({ ...read, workloads: read.workloads.map(withKnownImage) }, putting);
}

function withKnownImage<T extends { readonly containers: readonly { image: Told<string> }[] }>(
  workload: T,
): T {
  return {
    ...workload,
    containers: workload.containers.map((one) =>
      typeof one.image === "string" && one.image.startsWith("$")
        ? { ...one, image: unknown(one.image === notYet ? notYetWhy : `${one.image} has no value here`) }
        : one,
    ),
  };
}

/** The machine that the command's options or variables lead to, and its verb. */
function aimed(
  { words, open, env }: Statement,
  here: Placement,
): { placement: Placement; verb: string | undefined; at: number } {
  let placement = byName(env.DOCKER_CONTEXT ?? env.CONTAINER_CONNECTION, here);
  placement = byUrl(env.DOCKER_HOST ?? env.CONTAINER_HOST, placement);
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) return { placement, verb: word, at };
    const [option = "", ...inline] = word.split("=");
    const takesNext = valued.test(word);
    const value = takesNext
      ? words[at + 1]
      : inline.length > 0
        ? inline.join("=")
        : /^-[Hc]./.exec(word) === null
          ? undefined
          : word.slice(2);
    if (takesNext) at += 1;
    if (open.has(at) && /^(-H|-c|--host|--url|--context|--connection)/.test(option)) {
      placement = unknown(`the machine ${words[at] ?? ""} that it goes to has no value here`);
    } else if (/^(-H|--host|--url)/.test(option)) placement = byUrl(value, placement);
    else if (/^(-c|--context|--connection)/.test(option)) placement = byName(value, placement);
  }
  return { placement, verb: undefined, at: words.length };
}

function byName(name: string | undefined, otherwise: Placement): Placement {
  if (name === undefined || name === "" || name === "default" || name === "desktop-linux") return otherwise;
  return name.startsWith("$")
    ? unknown(`the machine ${name} that it goes to has no value here`)
    : { kind: "host", host: name };
}

function byUrl(url: string | undefined, otherwise: Placement): Placement {
  if (url === undefined || url === "" || /^(unix|npipe|fd):/.test(url)) return otherwise;
  const host = /^(?:\w+:\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)/.exec(url)?.[1];
  if (host === undefined || url.includes("$"))
    return unknown(`the machine ${url} that it goes to has no value here`);
  return { kind: "host", host: host.replace(/^\[|\]$/g, "") };
}
