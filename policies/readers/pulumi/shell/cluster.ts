/** kubectl, helm, k3s, compose and kube play: commands that hand other texts to something that runs them. */
import { noFacts, unknown, anywhere } from "../../../engine/facts";
import { readFiles } from "../../files/read";
import { readKubernetes } from "../../files/kubernetes/resources";
import type { Values } from "../../values";
import { addFiles, addMoved, addSetup, addUnclear, isPut } from "../put-file";
import type { Putting } from "../put-file";
import type { Texts } from "./output";
import type { Statement } from "./statement";
import { nameOf } from "./wrappers";

/** What a command that hands texts on can take them from. */
export interface Handed {
  /** What it is fed, where the text tells. */
  readonly fed: string | undefined;
  readonly texts: Texts;
  /** Paths of the files that the same text wrote. */
  readonly written: readonly string[];
}

/** Reads a command of one of these tools; false where it is none. */
export function readClusterCommand(one: Statement, handed: Handed, putting: Putting): boolean {
  const [, ...rest] = one.words;
  const tool = nameOf(one);
  if (tool === "k3s" && rest[0] === "kubectl") return kubectl(rest.slice(1), handed, putting);
  if (tool === "kubectl" || tool === "oc") return kubectl(rest, handed, putting);
  if (tool === "helm") return helm(rest, handed, putting);
  if (tool === "docker-compose" || tool === "podman-compose") return compose(rest, handed, putting);
  return false;
}

/** `curl … | sh` for K3s: a server keeps the cluster's state, an agent keeps none. */
export function k3sServer(one: Statement): string | undefined {
  const text = one.text;
  const asked = { ...one.env, ...one.from?.env };
  const agent =
    /\bagent\b/.test(`${one.words.join(" ")} ${asked.INSTALL_K3S_EXEC ?? ""}`) || asked.K3S_URL !== undefined;
  const elsewhere =
    `${text} ${asked.INSTALL_K3S_EXEC ?? ""}`.includes("--datastore-endpoint") ||
    asked.K3S_DATASTORE_ENDPOINT !== undefined;
  return agent || elsewhere
    ? undefined
    : "it sets up a K3s server, which keeps the cluster's state on the node";
}

function kubectl(words: readonly string[], { fed, texts }: Handed, putting: Putting): boolean {
  const plain = words.filter((word, at) => !word.startsWith("-") && !clusterOption.test(words[at - 1] ?? ""));
  const [verb = "", kind = ""] = plain;
  const inCluster = { ...putting, placement: anywhere, local: false };
  if (
    /^(run|edit|patch|set|autoscale|debug|cp|plugin)$/.test(verb) ||
    (verb === "create" && makesPods.test(kind))
  ) {
    return named(verb, kind, words, plain, inCluster);
  }
  if (!/^(apply|create|replace)$/.test(verb)) return true;
  if (words.some((word) => /^(-k|--kustomize)/.test(word))) {
    addSetup(
      inCluster,
      unknown("the kustomization it applies is not in the text; put the manifests into the program"),
    );
    return true;
  }
  for (const file of valuesOf(words, "-f", "--filename")) {
    const text = file === "-" || file === "/dev/stdin" ? fed : texts.get(file);
    if (text === undefined) {
      if (isPut(putting, (path) => path === file)) continue;
      addSetup(
        inCluster,
        unknown(
          `the manifests it applies (${file === "-" ? "standard input" : file}) are not in the text; put them into the program`,
        ),
      );
    } else addManifests(text, inCluster);
  }
  return true;
}

/** What podman plays lands on its machine, with claims as podman's own volumes. */
function addPlayed(text: string, putting: Putting): void {
  const unit = readFiles([{ path: "played.kube", text: "[Kube]\nYaml=played.yaml\n" }], {
    read: (path) => (path === "played.yaml" ? text : undefined),
    filesIn: () => [],
  });
  for (const why of unit.errors.values()) addSetup(putting, unknown(`the manifests it plays: ${why}`));
  const workloads = unit.facts.workloads.map((one) => ({ ...one, placement: putting.placement }));
  addMoved({ ...unit.facts, workloads }, putting);
}

function addManifests(text: string, putting: Putting): void {
  const { facts, errors } = readFiles([{ path: "manifests.yaml", text }], {
    read: () => undefined,
    filesIn: () => [],
  });
  for (const why of errors.values()) addSetup(putting, unknown(`the manifests it applies: ${why}`));
  addMoved(facts, putting);
}

/** `podman kube play`: pods on the machine itself. */
export function kubePlay(words: readonly string[], { fed, texts }: Handed, putting: Putting): boolean {
  const file = words.find((word) => !word.startsWith("-") || word === "-") ?? "-";
  if (words.includes("--down")) return true;
  const text = file === "-" ? fed : texts.get(file);
  if (text === undefined) addSetup(putting, unknown(`the file ${file} it plays is not in the text`));
  else addPlayed(text, putting);
  return true;
}

/** `docker compose up`, `docker stack deploy`. */
export function compose(words: readonly string[], { texts, written }: Handed, putting: Putting): boolean {
  if (!words.some((word) => /^(up|create|run|start|restart|deploy)$/.test(word))) return true;
  // On the machine that runs Pulumi it is nobody's node.
  if (putting.local === true) return true;
  const files = valuesOf(words, "-f", "--file", "-c", "--compose-file");
  const seen = (file: string): boolean =>
    texts.get(file) !== undefined || isPut(putting, (path) => path.endsWith(file));
  const wanted =
    files.length > 0 ? files : ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
  const ok =
    files.length > 0
      ? wanted.every(seen)
      : wanted.some(seen) || written.some((path) => /compose[^/]*\.ya?ml$/.test(path));
  if (!ok) {
    addSetup(
      putting,
      unknown(
        `the compose file ${files[0] ?? "compose.yaml"} it starts is not in the program; put it there by the program`,
      ),
    );
    return true;
  }
  const here = wanted
    .filter((file) => !written.includes(file))
    .flatMap((file) => {
      const text = texts.get(file);
      return text === undefined ? [] : [[file, text] as const];
    });
  addFiles(new Map(here), putting);
  return true;
}

const makesPods = /^(deployment|deploy|job|cronjob|cj)$/;

const clusterOption =
  /^(-n|--namespace|--context|--kubeconfig|--cluster|--user|-s|--server|-l|--selector|-o|--output|--image|--token)$/;

/** Pods that are made by name and image, and changes of which the result is not in the text. */
function named(
  verb: string,
  kind: string,
  words: readonly string[],
  plain: readonly string[],
  putting: Putting,
): boolean {
  const image = valuesOf(words, "--image")[0];
  if (verb === "cp" || verb === "plugin" || (verb === "run" && image === undefined)) return true;
  if (
    (verb === "run" || verb === "create") &&
    image !== undefined &&
    !words.some((word) => word.startsWith("--overrides"))
  ) {
    const name = (verb === "run" ? plain[1] : plain[2]) ?? "pod";
    const manifest = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: { containers: [{ name, image }] },
    };
    addManifests(JSON.stringify(manifest), putting);
    return true;
  }
  if (verb === "create" && /^(job|cronjob|cj)$/.test(kind)) return true;
  if (verb === "set" && !/^volumes?$/.test(kind)) return true;
  if (verb === "autoscale" || verb === "debug") return true;
  addUnclear(
    putting,
    `what kubectl ${verb} makes of the cluster's objects is not in the text; put the manifests into the program`,
  );
  return true;
}

/** A release as flux would describe it, so that one reader knows all charts. */
export function releaseResource(
  release: {
    name: string;
    namespace?: string | undefined;
    chart: string;
    values: unknown;
    unseen: readonly string[];
  },
  metadata: Values = {},
): Values {
  const { name, namespace, chart, values, unseen } = release;
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) },
    spec: {
      chart: { spec: { chart } },
      values,
      valuesFrom: unseen.map((file) => ({ kind: "file", name: file })),
    },
  };
}

function helm(words: readonly string[], { texts }: Handed, putting: Putting): boolean {
  const verb = words.findIndex((word) => word === "install" || word === "upgrade");
  if (verb < 0) return true;
  const rest = words
    .slice(verb + 1)
    .filter((word, index, all) => !word.startsWith("-") && !takesValue(all[index - 1] ?? ""));
  const [name = "release", chart = ""] = rest.length > 1 ? rest : ["release", rest[0] ?? ""];
  const values: Record<string, unknown> = {};
  for (const set of valuesOf(words, "--set", "--set-string")) {
    for (const pair of set.split(/(?<!\\),/)) {
      const cut = pair.indexOf("=");
      if (cut > 0) assign(values, pair.slice(0, cut).split("."), literal(pair.slice(cut + 1)));
    }
  }
  const files = valuesOf(words, "-f", "--values");
  const read = noFacts();
  readKubernetes(
    releaseResource({
      name,
      chart: chart.replace(/^.*\//, ""),
      values,
      unseen: files.filter((file) => texts.get(file) === undefined),
    }),
    { path: putting.resource.urn, facts: read, lookup: () => undefined, filesIn: () => [] },
  );
  addMoved(read, putting);
  return true;
}

function literal(text: string): unknown {
  return text === "true" ? true : text === "false" ? false : text;
}

function assign(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const below = into[key];
  const next = typeof below === "object" && below !== null ? (below as Record<string, unknown>) : {};
  into[key] = next;
  assign(next, rest, value);
}

function takesValue(option: string): boolean {
  return /^(-n|--namespace|-f|--values|--set|--set-string|--set-file|--set-json|--version|--repo|--timeout|--kubeconfig|--kube-context)$/.test(
    option,
  );
}

function valuesOf(words: readonly string[], ...options: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    if (options.includes(word)) return [words[index + 1] ?? ""];
    const joined = options.find((option) => option.startsWith("--") && word.startsWith(`${option}=`));
    if (joined !== undefined) return [word.slice(joined.length + 1)];
    return options.includes("-f") && /^-f./.test(word) && !word.startsWith("--") ? [word.slice(2)] : [];
  });
}
