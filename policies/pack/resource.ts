/** A resource as the policy server hands it over, made plain. */
import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import { isPlain, marked, plain } from "../readers/pulumi";
import type { PulumiResource } from "../readers/pulumi";
import { fields } from "../readers/values";

/**
 * The server wraps inputs so that reading an unknown one ends the policy with a mere advice. What is unknown is a
 * violation here, so the wrapping is taken off.
 *
 * @see unknownCheckingProxy and getSpecialProxyTarget in @pulumi/policy/proxy
 */
function unwrapped(props: unknown): unknown {
  const target = (props as { __getSpecialProxyTarget?: unknown } | undefined)?.__getSpecialProxyTarget;
  return target ?? props;
}

/** The resource with plain inputs and its provider's. */
export async function resourceOf(
  args: Pick<ResourceValidationArgs | PolicyResource, "urn" | "type" | "name" | "props" | "provider">,
): Promise<PulumiResource> {
  const { urn, type, name, provider } = args;
  const inputs = await opened(args.props);
  // Whatever a provider makes has one, by default too; components have none.
  if (provider === undefined) return { urn, type, name, inputs, isComponent: true };
  return { urn, type, name, inputs, provider: await opened(provider.props) };
}

async function opened(props: unknown): Promise<PulumiResource["inputs"]> {
  const raw = unwrapped(props);
  // Nearly all resources are plain; only assets and the like have to be waited for.
  return fields(isPlain(raw) ? marked(raw) : (await plain(raw)).value);
}
