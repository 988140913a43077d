/** kubectl, helm, k3s, compose and kube play: commands that hand other texts to something that runs them. */
import { noFacts, unknown } from "../../../engine/facts";
import { anywhere } from "../../../engine/facts";
import { readFiles } from "../../files/read";
import { readKubernetes } from "../../files/kubernetes/resources";
import type { Values } from "../../values";
import { addMoved, addSetup } from "../put-file";
import type { Putting } from "../put-file";
import type { Statement } from "./statements";

/** Texts written by the same script, by path; undefined where the text cannot be seen. */
export type Written = ReadonlyMap<string, string | undefined>;

/** Reads a command of one of these tools; false where it is none. */
export function readClusterCommand(
  one: Statement,
  fed: string | undefined,
  written: Written,
  putting: Putting,
): boolean {
  const [first = "", ...rest] = one.words;
  const tool = first.replace(/^.*\//, "");
  if (tool === "k3s" && rest[0] === "kubectl") return kubectl(rest.slice(1), fed, written, putting);
  if (tool === "kubectl" || tool === "oc") return kubectl(rest, fed, written, putting);
  if (tool === "helm") return helm(rest, written, putting);
  if (tool === "docker-compose" || tool === "podman-compose") return compose(rest, written, putting);
  if (tool === "docker" && rest[0] === "compose") return compose(rest.slice(1), written, putting);
  if (tool === "docker" && rest[0] === "stack" && rest[1] === "deploy")
    return compose(["up", ...rest.slice(2)], written, putting);
  if (tool === "podman" && /^(kube|play)$/.test(rest[0] ?? "") && /^(play|kube)$/.test(rest[1] ?? "")) {
    return kubePlay(rest.slice(2), fed, written, putting);
  }
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

function kubectl(
  words: readonly string[],
  fed: string | undefined,
  written: Written,
  putting: Putting,
): boolean {
  const verb = words.find((word) => !word.startsWith("-")) ?? "";
  if (!/^(apply|create|replace)$/.test(verb)) return true;
  const inCluster = { ...putting, placement: anywhere };
  if (words.some((word) => /^(-k|--kustomize)/.test(word))) {
    addSetup(
      inCluster,
      unknown("the kustomization it applies is not in the text; put the manifests into the program"),
    );
    return true;
  }
  for (const file of valuesOf(words, "-f", "--filename")) {
    const text = file === "-" || file === "/dev/stdin" ? fed : written.get(file);
    if (text === undefined) {
      if (putting.placement.kind === "host" && putting.context.put.has(`${putting.placement.host} ${file}`))
        continue;
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

function kubePlay(
  words: readonly string[],
  fed: string | undefined,
  written: Written,
  putting: Putting,
): boolean {
  const file = words.find((word) => !word.startsWith("-") || word === "-") ?? "-";
  if (words.includes("--down")) return true;
  const text = file === "-" ? fed : written.get(file);
  if (text === undefined) addSetup(putting, unknown(`the file ${file} it plays is not in the text`));
  else addPlayed(text, putting);
  return true;
}

function compose(words: readonly string[], written: Written, putting: Putting): boolean {
  if (!words.some((word) => /^(up|create|run|start|restart|deploy)$/.test(word))) return true;
  const files = valuesOf(words, "-f", "--file", "-c", "--compose-file");
  const seen = (file: string): boolean =>
    written.get(file) !== undefined ||
    (putting.placement.kind === "host" &&
      [...putting.context.put].some(
        (put) => put.startsWith(`${(putting.placement as { host: string }).host} `) && put.endsWith(file),
      ));
  const wanted =
    files.length > 0 ? files : ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
  const ok =
    files.length > 0
      ? wanted.every(seen)
      : wanted.some(seen) || [...written.keys()].some((path) => /compose[^/]*\.ya?ml$/.test(path));
  if (!ok) {
    addSetup(
      putting,
      unknown(
        `the compose file ${files[0] ?? "compose.yaml"} it starts is not in the program; put it there by the program`,
      ),
    );
  }
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

function helm(words: readonly string[], written: Written, putting: Putting): boolean {
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
      unseen: files.filter((file) => written.get(file) === undefined),
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
