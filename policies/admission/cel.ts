/** Pieces of CEL, made from what the engine knows, so that the cluster and the checker know the same. */
import { lifecycleLabels, nameLabels } from "../engine/nodes";
import { pathPattern } from "../engine/paths";
import {
  leadingOut,
  placeTypes,
  plumbing as plumbingPaths,
  plumbingAlone,
  plumbingTypes,
  socketName,
} from "../engine/tables/plumbing";
import type { Topology } from "../engine/topology";

/** A text as CEL writes it. */
export const quoted = (text: string): string => JSON.stringify(text);

/** A list of texts. */
export const list = (texts: readonly string[]): string => `[${texts.map(quoted).join(", ")}]`;

/** A regular expression of the engine as a CEL text; RE2 has no flags outside of the pattern. */
export const pattern = (regex: RegExp): string =>
  quoted(`${regex.flags.includes("i") ? "(?i)" : ""}${regex.source.replaceAll("\\/", "/")}`);

/**
 * Whether a pod spec can land on an on-demand node: as `landsOn` of the engine does, by nodeName, nodeSelector and
 * required affinity. A node name that the topology does not have counts as an on-demand node.
 *
 * @param spec expression of the pod spec
 */
export function lands(spec: string, topology: Topology): string {
  const always = topology.nodes.filter((node) => node.lifecycle === "always-on");
  const alwaysNames = list(always.flatMap((node) => [node.name, ...node.addresses]));
  const terms = `${spec}.?affinity.?nodeAffinity.?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms.orValue([])`;
  return `(${spec}.?nodeName.orValue("") != "" ? !(${spec}.nodeName in ${alwaysNames}) : ${scheduled(`${spec}.?nodeSelector.orValue({})`, terms, topology)})`;
}

/** Whether a selector and affinity terms leave an on-demand node open. */
export function scheduled(selector: string, terms: string, topology: Topology): string {
  const onDemand = topology.nodes.filter((node) => node.lifecycle === "on-demand");
  const known = list(topology.nodes.flatMap((node) => [node.name, ...node.addresses]));
  const names = list([...nameLabels]);
  const open = onDemand.map((node) => {
    const own = list([node.name, ...node.addresses]);
    return mayRun(selector, terms, (value) => `(${value} in ${own})`, topology, node.name);
  });
  // A host name nobody knows: asked for by a label, or by a requirement.
  const asked = (value: string): string =>
    `(!(${value} in ${known}) && ${mayRun(selector, terms, (other) => `(${other} == ${value})`, topology)})`;
  const bySelector = `${selector}.exists(k, k in ${names} && ${asked(`${selector}[k]`)})`;
  const byTerms = `${terms}.exists(t, (t.?matchExpressions.orValue([]) + t.?matchFields.orValue([])).exists(e, e.key in ${names} && e.operator == "In" && e.values.exists(x, ${asked("x")})))`;
  return `(${[...open, bySelector, byTerms].join(" || ")})`;
}

/** Whether nothing that is stated keeps a pod off one node. */
function mayRun(
  selector: string,
  terms: string,
  isName: (value: string) => string,
  topology: Topology,
  nodeName?: string,
): string {
  const names = list([...nameLabels]);
  const lifecycles = list([...lifecycleLabels]);
  const labels = topology.nodes.find((node) => node.name === nodeName)?.labels ?? {};
  const kept = [...new Set(topology.nodes.flatMap((node) => Object.keys(node.labels)))];
  const label = (key: string, value: string): string =>
    [
      `${key} in ${names} ? ${isName(value)}`,
      `${key} in ${lifecycles} ? ${value} == "on-demand"`,
      ...kept.map((known) => {
        const own = labels[known];
        return `${key} == ${quoted(known)} ? ${own === undefined ? "false" : `${value} == ${quoted(own)}`}`;
      }),
      "true",
    ].join(" : ");
  const among = `e.?values.orValue([]).exists(y, ${label("e.key", "y")})`;
  const isKnown = `(e.key in ${list([...nameLabels, ...lifecycleLabels, ...kept])})`;
  const isThere = `!(e.key in ${list(kept.filter((key) => labels[key] === undefined))})`;
  const holds = [
    `!${isKnown} ? true`,
    `e.operator == "In" ? ${among}`,
    `e.operator == "NotIn" ? !${among}`,
    `e.operator == "Exists" ? ${isThere}`,
    `e.operator == "DoesNotExist" ? !(${isThere})`,
    "false",
  ].join(" : ");
  const all = `(t.?matchExpressions.orValue([]) + t.?matchFields.orValue([])).all(e, ${holds})`;
  return `(${selector}.all(s, ${label("s", `${selector}[s]`)}) && (${terms}.size() == 0 || ${terms}.exists(t, ${all})))`;
}

/** Slashes may be doubled and have dots between; the API server lets no ".." through. */
const slash = "/+(\\./+)*";

/** Whether a hostPath volume source is device or runtime plumbing, as `isPlumbing` of the engine. */
export function plumbing(hostPath: string): string {
  const at = `${hostPath}.path`;
  const type = `${hostPath}.?type.orValue("")`;
  const matches = (regex: string): string => `${at}.matches(${quoted(regex)})`;
  const is = [
    `${type} in ${list(plumbingTypes)}`,
    matches(pathPattern(plumbingPaths, slash)),
    matches(pathPattern(plumbingAlone, slash, true)),
    `(${at}.matches(${pattern(socketName)}) && !(${type} in ${list(placeTypes)}))`,
  ].join(" || ");
  return `(${type} != "BlockDevice" && !${matches(pathPattern(leadingOut, slash))} && (${is}))`;
}

/**
 * Whether the class that a claim's spec names is off the node.
 *
 * The empty class is: it binds a volume that exists, and the policy for volumes lets no local one be open to an
 * on-demand node.
 */
export function classIsOffNode(claim: string, networkClasses: readonly string[]): string {
  const field = `${claim}.spec.?storageClassName`;
  const annotation = `${claim}.?metadata.?annotations[?"volume.beta.kubernetes.io/storage-class"]`;
  const allowed = list([...networkClasses, ""]);
  return `(${annotation}.hasValue() && ${field}.hasValue() && ${annotation}.value() != ${field}.value() ? false : ${annotation}.hasValue() ? ${annotation}.value() in ${list(networkClasses)} : ${field}.hasValue() && ${field}.value() in ${allowed})`;
}
