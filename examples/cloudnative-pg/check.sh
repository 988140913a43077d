#!/usr/bin/env bash
# check.sh: what cluster.ts renders, held against CloudNativePG's own schema: by the validator and the types that
# @kubernetes-models/cloudnative-pg (MIT) made of the operator's release 1.24.1. Needs the npm registry; leaves nothing behind.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "$here/.check-XXXXXX")
trap 'rm -rf "$work"' EXIT
printf '{ "private": true }\n' >"$work/package.json"
npm install --silent --no-audit --no-fund --no-package-lock --prefix "$work" @kubernetes-models/cloudnative-pg@0.1.4
cat >"$work/render.ts" <<'TS'
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Cluster } from "@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Cluster";
import type { ICluster } from "@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Cluster";
import { parseTopology } from "../../../topology";
import { postgresCluster } from "../cluster";

const topology = readFileSync(join(__dirname, "../../three-machines/topology.yaml"), "utf8");
const made = postgresCluster(parseTopology(topology.replace("on-demand", "always-on"), "topology.yaml"), {
  ...{ name: "house", namespace: "postgres", image: "ghcr.io/cloudnative-pg/postgresql:18", size: "20Gi" },
  ...{ databases: ["shop"], roles: ["shop"], source: { user: "postgres", secret: "storage" } },
});
// The types have no place for a field that the operator does not know: nothing may be left over.
type Unknown<Made, Known> = Made extends readonly (infer A)[]
  ? NonNullable<Known> extends readonly (infer B)[]
    ? Unknown<A, B>
    : never
  : Made extends object
    ? { [K in keyof Made]: K extends keyof NonNullable<Known> ? Unknown<Made[K], NonNullable<Known>[K]> : K }[keyof Made]
    : never;
type Spec = NonNullable<ICluster["spec"]>;
const known: [Unknown<typeof made.spec.affinity, Spec["affinity"]>, Exclude<keyof typeof made.spec, keyof Spec>] extends [never, never] ? true : false = true;
if (!known) throw new Error("unreachable");
new Cluster(made).validate();
try {
  new Cluster({ ...made, spec: { ...made.spec, instances: 0 } }).validate();
} catch {
  console.log("as the operator's schema has it; without instances it is refused");
  process.exit(0);
}
throw new Error("the validator refuses nothing");
TS
cd "$here/../.."
npx --no-install tsc --noEmit --strict --skipLibCheck --module nodenext --moduleResolution nodenext --target es2023 --esModuleInterop "$work/render.ts"
npx --no-install tsx "$work/render.ts"
