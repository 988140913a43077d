/**
 * The placement rule inside the program: a `pulumi up` that runs no policy pack is held to it too.
 *
 * The engine hands every resource of the stack, those of packages and remote components too, to a transform before
 * anything is done about it, at preview as at up. Nothing is transformed here: a resource that would keep data on an
 * on-demand node is refused, and with it the program ends.
 */
import * as pulumi from "@pulumi/pulumi";
import type { Topology } from "../../topology";
import type { Exemption, Violation } from "../engine/verdicts";
import { isRead, packageOf, plain, serverFields } from "../readers/pulumi";
import type { PulumiResource } from "../readers/pulumi";
import { fields, text } from "../readers/values";
import { declaredTypes } from "../watch/declared";
import { localFiles } from "../watch/files";
import { engineTopology } from "../watch/topology";
import { sentences, IncrementalJudge } from "../watch/incremental-judge";
import type { JudgeOptions } from "../watch/incremental-judge";

/**
 * Stops this program at the first resource that breaks the placement rule. Called once, before any resource is made.
 *
 * @param topology the house's, which says what is on-demand and which storage classes are off the node
 */
export function placementGuard(topology: Topology): void {
  pulumi.runtime.registerResourceTransform(
    refusing(
      {
        topology: engineTopology(topology),
        dockerHost: new pulumi.Config("docker").get("host") ?? process.env.DOCKER_HOST,
        declaredTypes: declaredTypes(new pulumi.Config("homelab").get("ephemeral")),
        ...localFiles(process.cwd()),
      },
      (message) => pulumi.log.info(message),
    ),
  );
}

/**
 * The transform that changes nothing and throws for a resource that breaks the rule. It remembers what it saw.
 *
 * @param tell takes the sentence about each exemption
 */
export function refusing(
  options: JudgeOptions,
  tell: (message: string) => Promise<void>,
): (args: pulumi.ResourceTransformArgs) => Promise<pulumi.ResourceTransformResult | undefined> {
  const watch = new IncrementalJudge(options);
  const providers = new Map<string, PulumiResource["inputs"]>();
  return async (args) => {
    if (args.type.startsWith("pulumi:providers:")) {
      providers.set(args.name, fields((await plain(args.props)).value));
    }
    if (!isRead(args.type)) return undefined;
    const { resource, secrets } = await resourceOf(args, providers);
    const { violations, exemptions } = watch.add(resource);
    for (const exemption of exemptions) await tell(hidden(exempted(exemption), secrets));
    if (violations.length > 0) throw new Error(refusal(violations, secrets));
    return undefined;
  };
}

async function resourceOf(
  args: pulumi.ResourceTransformArgs,
  providers: ReadonlyMap<string, PulumiResource["inputs"]>,
): Promise<{ resource: PulumiResource; secrets: ReadonlySet<string> }> {
  const { value, secrets } = await plain(args.props);
  const provider = providers.get(await providerName(args.opts)) ?? configured(packageOf(args.type));
  const urn = `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${args.type}::${args.name}`;
  return {
    resource: {
      urn,
      type: args.type,
      name: args.name,
      inputs: fields(value),
      ...(provider === undefined ? {} : { provider }),
      ...(args.custom ? {} : { isComponent: true }),
    },
    secrets,
  };
}

/** What a provider that the program does not name takes from the stack's configuration. */
function configured(name: string): PulumiResource["inputs"] | undefined {
  const wanted = serverFields[name];
  if (wanted === undefined) return undefined;
  const config = new pulumi.Config(name);
  return Object.fromEntries(wanted.map((field) => [field, config.get(field)]));
}

/** The provider's name is the last part of its URN. */
async function providerName(opts: pulumi.CustomResourceOptions): Promise<string> {
  if (opts.provider === undefined) return "";
  const { value } = await plain(opts.provider.urn);
  return (text(value) ?? "").split("::")[3] ?? "";
}

function refusal(violations: readonly Violation[], secrets: ReadonlySet<string>): string {
  const said = violations.map((one) => `${one.rule}: ${sentences(one)}`).join("\n");
  return hidden(said, secrets);
}

function exempted({ rule, detail, reason }: Exemption): string {
  return `${rule}: exempted, because "${reason}": ${detail}`;
}

/** A secret that is part of a path or name is not shown in a message. */
function hidden(message: string, secrets: ReadonlySet<string>): string {
  let shown = message;
  for (const secret of secrets) {
    if (secret.length > 2) shown = shown.replaceAll(secret, "[secret]");
  }
  return shown;
}
