/** Placement that Kubernetes objects state. */
import { unknown } from "../../../engine/facts";
import type { NodeRequirement, ScheduledPlacement, Toleration } from "../../../engine/facts";
import { at, fields, records, text, textMap, texts } from "../../values";
import type { Values } from "../../values";

const operators = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] as const;

/** Placement of a pod spec: nodeName, nodeSelector, required node affinity, tolerations. */
export function placementOf(spec: Values): ScheduledPlacement {
  const nodeName = text(spec.nodeName);
  return {
    kind: "scheduled",
    ...(nodeName === undefined || nodeName === "" ? {} : { nodeName }),
    selector: textMap(spec.nodeSelector),
    required: requiredTerms(
      at(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"),
    ),
    tolerations: records(spec.tolerations).map(toleration),
  };
}

/** Placement of a PersistentVolume: `spec.nodeAffinity.required`. */
export function volumePlacement(spec: Values): ScheduledPlacement {
  return {
    kind: "scheduled",
    selector: {},
    required: requiredTerms(at(spec, "nodeAffinity", "required")),
    // Taints keep pods away, not volumes.
    tolerations: [{ operator: "Exists" }],
  };
}

/** What several places say together: all of it must hold. */
export function bothPlacements(one: ScheduledPlacement, other: ScheduledPlacement): ScheduledPlacement {
  const nodeName = one.nodeName ?? other.nodeName;
  return {
    kind: "scheduled",
    ...(nodeName === undefined ? {} : { nodeName }),
    selector: { ...one.selector, ...other.selector },
    required: [...one.required, ...other.required],
    tolerations: [...one.tolerations, ...other.tolerations],
  };
}

function requiredTerms(required: unknown): ScheduledPlacement["required"] {
  const terms = records(at(required, "nodeSelectorTerms")).map((term) => [
    ...records(term.matchExpressions).map((expression) => requirement(expression, false)),
    ...records(term.matchFields).map((expression) => requirement(expression, true)),
  ]);
  return terms.length === 0 ? [] : [terms];
}

function requirement(expression: Values, field: boolean): NodeRequirement {
  const stated = text(expression.operator);
  const operator = operators.find((known) => known === stated);
  return {
    key: text(expression.key) ?? "",
    operator: operator ?? unknown(`the operator ${stated ?? "(none)"} is not one of Kubernetes'`),
    values: texts(expression.values),
    ...(field ? { field } : {}),
  };
}

function toleration(value: Values): Toleration {
  return textMap(fields(value));
}
