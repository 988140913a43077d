/** Claims, volumes and classes of Kubernetes. */
import { unknown } from "../../../engine/facts";
import type { ClaimSpec, ClassName, PersistentVolume } from "../../../engine/facts";
import { at, fields, record, text, textMap, texts } from "../../values";
import type { Values } from "../../values";
import { hasVariable, toldPath, withDefaults } from "../../variables";
import { volumePlacement } from "./placement";
import { networkSources, networkFlexDriver } from "./volumes";

const oldAnnotation = "volume.beta.kubernetes.io/storage-class";

/** A claim's class: the field, the old annotation, or what the two say together. */
function classOf(spec: Values, metadata?: unknown): ClassName {
  const annotated = text(at(metadata, "annotations", oldAnnotation));
  const field = spec.storageClassName;
  // A class as an object is no class to Kubernetes, but it says which one is meant.
  const named = text(field) ?? text(at(field, "name"));
  if (annotated !== undefined) {
    if (named === undefined && annotated === "") return { kind: "none" };
    if (named === undefined) return { kind: "named", name: annotated, by: "annotation" };
    if (named !== annotated) return unknown(`its field says "${named}" and its annotation "${annotated}"`);
  }
  return className(named);
}

/** A class by its name as written: absent, empty, a name, or a variable nobody filled in. */
export function className(stated: string | undefined): ClassName {
  if (stated === undefined) return { kind: "unnamed" };
  const name = withDefaults(stated);
  if (name === "") return { kind: "none" };
  if (hasVariable(name)) return unknown(`${name} has no value here`);
  return { kind: "named", name, by: "field" };
}

/** What a claim, or the template of one, asks for. */
export function claimSpec(spec: Values, metadata?: unknown): ClaimSpec {
  const volumeName = text(spec.volumeName);
  const size = quantity(text(at(spec, "resources", "requests", "storage")));
  const mode = text(spec.volumeMode);
  const labels = record(at(spec, "selector", "matchLabels"));
  return {
    class: classOf(spec, metadata),
    ...(volumeName === undefined || volumeName === "" ? {} : { volumeName }),
    ...(labels === undefined ? {} : { matchLabels: textMap(labels) }),
    accessModes: texts(spec.accessModes),
    ...(size === undefined ? {} : { size }),
    ...(mode === undefined ? {} : { mode }),
  };
}

/** A PersistentVolume without its origin. */
export function persistentVolume(resource: Values): Omit<PersistentVolume, "origin"> {
  const metadata = fields(resource.metadata);
  const spec = fields(resource.spec);
  const claimName = text(at(spec, "claimRef", "name"));
  const claimNamespace = text(at(spec, "claimRef", "namespace"));
  const size = quantity(text(at(spec, "capacity", "storage")));
  const mode = text(spec.volumeMode);
  return {
    name: text(metadata.name) ?? "",
    source: volumeSource(spec),
    placement: volumePlacement(spec),
    class: classOf(spec, metadata),
    labels: textMap(metadata.labels),
    accessModes: texts(spec.accessModes),
    ...(size === undefined ? {} : { size }),
    ...(mode === undefined ? {} : { mode }),
    ...(claimName === undefined
      ? {}
      : {
          claimRef: {
            name: claimName,
            ...(claimNamespace === undefined ? {} : { namespace: claimNamespace }),
          },
        }),
  };
}

function volumeSource(spec: Values): PersistentVolume["source"] {
  for (const kind of ["hostPath", "local"] as const) {
    if (record(spec[kind]) !== undefined) {
      return { kind, path: toldPath(withDefaults(text(at(spec, kind, "path")) ?? "(no path)")) };
    }
  }
  const network = networkSources.find((kind) => record(spec[kind]) !== undefined);
  if (network !== undefined) return { kind: "network", as: network };
  const driver = text(at(spec, "csi", "driver")) ?? text(at(spec, "flexVolume", "driver"));
  if (driver !== undefined) {
    return networkFlexDriver.test(driver) ? { kind: "network", as: driver } : { kind: "driver", driver };
  }
  const other = ["portworxVolume", "storageos", "flocker"].find((kind) => spec[kind] !== undefined);
  return other === undefined ? unknown("it states no source") : { kind: "driver", driver: other };
}

const units: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
const binary: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Bytes of a Kubernetes quantity such as "10Gi"; undefined for anything else. */
export function quantity(value: string | undefined): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$/.exec(value?.trim() ?? "");
  if (parts === null) return undefined;
  const unit = parts[2] ?? "";
  return Number(parts[1]) * (binary[unit] ?? units[unit] ?? 1);
}
