/** Custom resources: pod templates, loose volumes and storage blocks, wherever they stand. */
import { unknown } from "../../../engine/facts";
import { ephemeralFrom } from "../../ephemeral";
import { at, fields, record, text } from "../../values";
import type { Values } from "../../values";
import { toldPath } from "../../variables";
import { origin } from "../context";
import type { FileContext } from "../context";
import { alwaysClaims } from "./operators";
import { namespaceOf, resourceName } from "./names";
import { StorageScan } from "./scan";

/** Reads a custom resource by what its fields look like and by what is known of its operator. */
export function readCustomResource(resource: Values, group: string, context: FileContext): void {
  const kind = text(resource.kind) ?? "";
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
  const field = alwaysClaims(kind, group);
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
