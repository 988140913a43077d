/** Helm charts are judged by what they render; one that rendered nothing yet is judged by its values. */
import type { StackValidationArgs } from "@pulumi/policy";
import type { PulumiResource } from "../readers/pulumi";
import { resourceOf } from "./resource";

const chart = /^kubernetes:helm\.sh\/v\d+:Chart$/;

/** The charts of which no rendered resource was seen, as releases. */
export async function chartsWithoutChildren(args: StackValidationArgs): Promise<readonly PulumiResource[]> {
  const parents = new Set(args.resources.map((resource) => resource.parent?.urn));
  const bare = args.resources.filter(({ type, urn }) => chart.test(type) && !parents.has(urn));
  const read = await Promise.all(bare.map((resource) => resourceOf(resource)));
  return read.map((resource) => ({ ...resource, type: "kubernetes:helm.sh/v3:Release" }));
}
