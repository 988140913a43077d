/** An exported state (`pulumi stack export`) as resources: what is there, judged without running the program. */
import { isPlain, marked, plain } from "../pulumi";
import type { PulumiResource } from "../pulumi";
import { fields, record, records, text } from "../values";

/** Why a text is no exported state. */
export class NotAState extends Error {}

/**
 * Reads an export or a checkpoint file. Resources that are about to be deleted are left out; secrets that the export
 * keeps encrypted count as not known.
 *
 * @throws NotAState where the text is something else
 */
export async function resourcesOf(json: string): Promise<readonly PulumiResource[]> {
  let root: unknown;
  try {
    root = JSON.parse(json);
  } catch {
    throw new NotAState("it is not JSON: make it with `pulumi stack export --file state.json`.");
  }
  const file = record(root);
  const deployment = record(file?.deployment) ?? record(record(file?.checkpoint)?.latest);
  if (deployment === undefined || !Array.isArray(deployment.resources)) {
    throw new NotAState("it holds no deployment: make it with `pulumi stack export --file state.json`.");
  }
  const all = records(deployment.resources).filter((one) => one.delete !== true);
  const inputs = new Map<string, PulumiResource["inputs"]>();
  for (const one of all) inputs.set(text(one.urn) ?? "", await opened(one.inputs));
  return all.map((one) => {
    const urn = text(one.urn) ?? "";
    const provider = inputs.get((text(one.provider) ?? "").split("::").slice(0, 4).join("::"));
    return {
      urn,
      type: text(one.type) ?? "",
      name: urn.slice(urn.lastIndexOf("::") + 2),
      inputs: inputs.get(urn) ?? {},
      ...(provider === undefined ? {} : { provider }),
      ...(one.custom === false ? { isComponent: true } : {}),
    };
  });
}

async function opened(value: unknown): Promise<PulumiResource["inputs"]> {
  return fields(isPlain(value) ? marked(value) : (await plain(value)).value);
}
