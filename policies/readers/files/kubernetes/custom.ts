/** Custom resources: pod templates, loose volumes and storage blocks, wherever they stand. */
import { unknown } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { at, fields, record, records, text } from "../../values";
import type { Values } from "../../values";
import { toldPath } from "../../variables";
import { origin } from "../context";
import type { FileContext } from "../context";
import { claimSpec } from "./claims";
import { alwaysClaims, nodeDisks } from "./operators";
import { namespaceOf, resourceName } from "./names";
import { StorageScan } from "./scan";

/** Reads a custom resource by what its fields look like and by what is known of its operator. */
export function readCustomResource(resource: Values, group: string, context: FileContext): void {
  const kind = text(resource.kind) ?? "";
  // A bucket is in an object store, and that is judged where it is set up.
  if (/Bucket(Claim|Class|Access|Policy|Source)?$/.test(kind)) return;
  addDataVolumes(resource, kind, context);
  const from = origin(context, resourceName(resource));
  const metadata = fields(resource.metadata);
  const ephemeral = ephemeralFrom(metadata.annotations, metadata.labels);
  const scan = new StorageScan({
    origin: from,
    ...namespaceOf(resource),
    by: "operator",
    ...(ephemeral === undefined ? {} : { ephemeral }),
  });
  scan.visit(
    Object.fromEntries(Object.entries(resource).filter(([key]) => key !== "metadata" && key !== "status")),
  );
  if (kind === "CephCluster") addCeph(resource, scan);
  addNodeDisks(resource, group, scan);
  const field = alwaysClaims(kind, group);
  if (field !== undefined && scan.foundStorage) addSilentSets(field, resource, scan);
  if (field !== undefined && context.isPartial !== true && !scan.foundStorage && !scan.foundEphemeral) {
    scan.add(
      `${field} (its operator makes a claim when it is left out)`,
      {
        kind: "claimTemplate",
        spec: { class: { kind: "unnamed" } },
      },
      scan.placementAt(fields(resource.spec)),
    );
  }
  context.facts.workloads.push(...scan.workloads());
  context.facts.operatorStorage.push(...scan.storage);
}

/** Claims that a virtual machine's disks are made of: DataVolumes, and a machine's own templates of them. */
function addDataVolumes(resource: Values, kind: string, context: FileContext): void {
  const volumes = kind === "DataVolume" ? [resource] : records(at(resource, "spec", "dataVolumeTemplates"));
  for (const volume of volumes) {
    const spec = record(at(volume, "spec", "pvc")) ?? record(at(volume, "spec", "storage")) ?? {};
    context.facts.claims.push({
      origin: origin(context, resourceName(resource)),
      name: text(at(volume, "metadata", "name")) ?? "",
      ...namespaceOf(resource),
      spec: claimSpec(spec, volume.metadata),
    });
  }
}

/** Disks and directories of nodes that are given to a storage system. */
function addNodeDisks(resource: Values, group: string, scan: StorageScan): void {
  const field = nodeDisks(text(resource.kind) ?? "", group);
  if (field === undefined) return;
  const disks = at(resource, ...field.split("."));
  const spec = fields(resource.spec);
  const node = text(spec.name) ?? text(spec.node) ?? text(spec.nodeName);
  const placement = { ...scan.placementAt(spec), ...(node === undefined ? {} : { nodeName: node }) };
  for (const disk of Array.isArray(disks) ? (disks as unknown[]) : Object.values(fields(disks))) {
    const path = text(disk) ?? text(at(disk, "path"));
    scan.add(
      field,
      path === undefined || path === ""
        ? unknown("it gives the nodes' own disks to a storage system")
        : { kind: "hostPath", path: toldPath(path) },
      placement,
    );
  }
}

/** Of several sets of nodes, those that say nothing of storage: the operator makes claims for them all the same. */
function addSilentSets(field: string, resource: Values, scan: StorageScan): void {
  const cut = field.indexOf("[]");
  if (cut < 0) return;
  const path = field.slice(0, cut);
  for (const [index, set] of records(at(resource, ...path.split("."))).entries()) {
    const own = scan.fresh();
    own.visit(set);
    if (own.foundStorage || own.foundEphemeral) continue;
    scan.add(
      `${path}[${String(index)}]${field.slice(cut + 2)} (its operator makes a claim when it is left out)`,
      { kind: "claimTemplate", spec: { class: { kind: "unnamed" } } },
      own.placementAt(set),
    );
  }
}

/** Ceph keeps its data on the nodes' own disks, whatever else is said. */
function addCeph(resource: Values, scan: StorageScan): void {
  const spec = fields(resource.spec);
  if (record(spec.external) !== undefined && at(spec, "external", "enable") === true) return;
  const path = text(spec.dataDirHostPath);
  scan.add(
    "spec.dataDirHostPath",
    path === undefined
      ? unknown("Ceph keeps data on the nodes' own disks")
      : { kind: "hostPath", path: toldPath(path) },
    scan.placementAt(spec),
  );
}
