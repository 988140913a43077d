/** Why a place says nothing of an object, or something else than the fixture states: the only reasons there are. */
import { judge } from "../engine/judge";
import { isUnknown, type Facts } from "../engine/facts";
import { landsOn } from "../engine/nodes";
import { normalize } from "../engine/paths";
import { fixtureTopology } from "../fixtures";
import { at, text } from "../readers/values";
import { admissionAnswer } from "./admission";
import type { Alone } from "./alone";
import type { Answer, Place } from "./answer";
import { collectionOf } from "./objects";
import { readAlone } from "./read";

/** A fixture and what it says. */
export interface Asked {
  readonly one: Alone;
  readonly facts: Facts;
  readonly wanted: Answer;
}

export interface Reason {
  readonly places: readonly Place[];
  /** "silent": the place cannot say anything of such an object. "differs": it answers, and not what is stated. */
  readonly kind: "silent" | "differs";
  readonly why: string;
  readonly holds: (asked: Asked) => boolean;
}

/** The fixture with what is read from it. */
export function asked(one: Alone, wanted: Answer): Asked {
  return { one, wanted, facts: readAlone(one).facts };
}

export const reasons: readonly Reason[] = [
  {
    places: ["checker"],
    kind: "silent",
    why: "Commands stand in programs; the checker reads files.",
    holds: ({ one }) => one.form === "command",
  },
  {
    places: ["admission"],
    kind: "silent",
    why: "The cluster never sees it: it is for a container engine, systemd or a shell.",
    holds: ({ one }) => one.form !== "object",
  },
  {
    places: ["admission"],
    kind: "silent",
    why: "An operator, a chart or an add-on turns it into pods, claims and volumes, and those are judged.",
    holds: ({ one }) => one.form === "object" && collectionOf(one.value) === undefined,
  },
  {
    places: ["admission"],
    kind: "silent",
    why: "The API server takes such an object from nobody, or drops the field in which it is said.",
    holds: ({ one }) => admissionAnswer(one.name) === "invalid" || dropped.includes(one.name),
  },
  {
    places: ["admission", "audit"],
    kind: "silent",
    why: "A claim and the pod that uses it are judged when both are there; until then nothing is kept.",
    holds: ({ one, facts }) =>
      one.form === "object" &&
      (facts.claims.length > 0 ||
        facts.workloads.some(({ volumes }) => volumes.some(({ source }) => source.kind === "claim"))),
  },
  {
    places: ["admission"],
    kind: "silent",
    why: "It is a patch: the whole object is judged once it is patched.",
    holds: ({ one }) => one.form === "object" && isPatch(one),
  },
  {
    places: ["audit"],
    kind: "silent",
    why: "A command says nothing of the traces it leaves; the audit finds those, not the command.",
    holds: ({ one }) => one.form === "command",
  },
  {
    places: ["audit"],
    kind: "silent",
    why: "What cannot be known beforehand can be seen on the node, as whatever it turns out to be; what is not valid never runs there.",
    // Units are read on the node as files are here.
    holds: ({ facts, wanted, one }) =>
      (one.form === "object" || /\.ya?ml$/.test(one.path)) &&
      (hasUnknown(facts) || wanted.verdict === "error"),
  },
  {
    places: ["audit"],
    kind: "silent",
    why: "It may land on a node that is not in the topology, and the audit looks at nodes of the topology.",
    holds: ({ facts, one }) => isOnlyElsewhere(facts, one),
  },
  {
    places: ["audit"],
    kind: "silent",
    why: "Only its driver or operator knows where it keeps its data on the node.",
    holds: ({ facts, wanted }) =>
      wanted.verdict === "refused" &&
      (facts.persistentVolumes.some(({ source }) => source.kind === "driver") ||
        facts.workloads.some(({ volumes }) => volumes.some(({ source }) => source.kind === "driver")) ||
        facts.operatorStorage.some(({ storage }) => storage.kind === "claim")),
  },
  {
    places: ["pack", "bare up", "admission"],
    kind: "differs",
    why: "The checker was asked with `--node` about a move there; the others judge the placement that is stated, and a claim with the pod that uses it.",
    holds: ({ one, facts }) => !one.fixture.placed && judge(facts, fixtureTopology).violations.length === 0,
  },
  {
    places: ["pack", "bare up", "audit"],
    kind: "differs",
    why: "A file that is put on a machine is taken to run there, whatever condition it states.",
    holds: ({ one }) => one.form === "file" && one.fixture.placed,
  },
  {
    places: ["admission"],
    kind: "differs",
    why: "Which programs keep metadata in files takes long tables and their settings: the checker and the pack have them, the cluster's policies only have the names of databases.",
    holds: ({ one }) => one.name.startsWith("embedded-metadata-db/"),
  },
  {
    places: ["audit"],
    kind: "differs",
    why: "What a pod writes beside its volumes is in K3s' own directory and lost with the pod already.",
    holds: ({ one }) =>
      one.form === "object" && /^(embedded-metadata-db|database-without-volume)\//.test(one.name),
  },
  {
    places: ["audit"],
    kind: "differs",
    why: "Directories are listed below /srv, /data, /mnt, /media and /home; elsewhere, and on raw devices, only files of databases are found, and what grows.",
    holds: ({ facts }) => {
      const paths = pathsOf(facts);
      return paths.length > 0 && paths.every((path) => !/^\/(srv|data|mnt|media|home)\//.test(path));
    },
  },
  {
    places: ["audit"],
    kind: "differs",
    why: "A declaration in the cluster is not on the node: there a file `.homelab-ephemeral` in the directory gives the reason.",
    holds: ({ one, wanted }) => one.form === "object" && wanted.verdict === "exempt",
  },
];

/** A hostPath has no `readOnly`, and no volume a type that nobody knows: the API knows no such fields. */
const dropped = ["writable-host-path/good-read-only.yaml", "writable-host-path/unknown-volume-type.yaml"];

function isPatch({ value }: Extract<Alone, { form: "object" }>): boolean {
  const template = at(value, "spec", "template", "spec");
  return template !== undefined && at(template, "containers") === undefined && text(value.kind) !== "Job";
}

function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isUnknown(value) || Object.values(value).some(hasUnknown);
}

function isOnlyElsewhere(facts: Facts, { fixture }: Alone): boolean {
  const nodes = [...facts.workloads, ...facts.persistentVolumes, ...facts.operatorStorage].flatMap(
    ({ placement }) => landsOn(placement, fixtureTopology, fixture.placed ? undefined : "compute") ?? [],
  );
  return nodes.length > 0 && !nodes.includes("compute");
}

function pathsOf(facts: Facts): readonly string[] {
  const sources = [
    ...facts.workloads.flatMap(({ volumes }) => volumes.map(({ source }) => source)),
    ...facts.persistentVolumes.map(({ source }) => source),
    ...facts.operatorStorage.map(({ storage }) => storage),
  ];
  return sources.flatMap((source) => {
    if (source.kind !== "hostPath" && source.kind !== "local") return [];
    return isUnknown(source.path) ? [] : [normalize(source.path)];
  });
}
