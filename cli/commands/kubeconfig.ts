import { InvalidArgumentError, Option } from "commander";
import type { AccessRole } from "../../remote/access";
import {
  HomelabCommand,
  UsageError,
  collected,
  wholeNumber,
  type NodeOptions,
  type OutputOptions,
} from "../program/command";
import { complain, withNodes, print, printJson } from "./nodes";

interface CreateOptions extends NodeOptions {
  readonly role: AccessRole;
  readonly days: number;
  readonly namespace: readonly string[];
  readonly out?: string;
}

/** A name that Kubernetes takes for a ServiceAccount, and a file for its name. */
function named(text: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("It must be small letters, digits or dashes, 40 at most, such as ada.");
}

const day = 86_400;

const create = () =>
  new HomelabCommand("create")
    .description(
      "Lets somebody use the cluster, by a ServiceAccount of their own, and prints the kubeconfig for it, which holds a token: whoever has it is that person. Run again, it makes a new one with the role that is given now; former tokens go on until they end, or until `revoke`.",
    )
    .argument("<name>", "who it is for", named)
    .addOption(
      new Option(
        "--role <role>",
        "viewer sees all but Secrets; developer changes what is in its namespaces, too; admin may do everything",
      )
        .choices(["admin", "developer", "viewer"])
        .default("viewer"),
    )
    .option("--namespace <name>", "where a developer may change things; may be repeated", collected, [])
    .option("--days <number>", "how long the token is good for", wholeNumber(1, 365), 30)
    .option("--out <file>", "write it to a new file that only you can read, in place of printing it")
    .house()
    .exits(1, "refused, or storage or its cluster does not answer")
    .example("homelab kubeconfig create ada --out ~/.kube/homelab", "for k9s: KUBECONFIG=~/.kube/homelab k9s")
    .example(
      "homelab kubeconfig create bob --role developer --namespace lab",
      "who changes things in one namespace",
    )
    .runs((options: CreateOptions, name: string) => {
      const { role, namespace, days, out } = options;
      if ((role === "developer") !== namespace.length > 0)
        throw new UsageError(
          role === "developer"
            ? "A developer needs --namespace, at least one: where may things be changed?"
            : "--namespace is for --role developer only: the others see every namespace.",
        );
      namespace.forEach(named);
      return withNodes(options, async ({ topology, connection }) => {
        const { grantAccess } = await import("../../remote/access");
        const { kubeconfigText } = await import("../kubeconfig/text");
        const { closeSync, openSync, rmSync, writeSync } = await import("node:fs");
        // Before anybody is let in: a file that is there already is somebody's.
        const file = out === undefined ? undefined : openSync(out, "wx", 0o600);
        const given = await grantAccess(connection("storage"), {
          ...{ name, role, namespaces: namespace, seconds: days * day },
        }).catch((error: unknown) => {
          // An empty one would be in the way of the next try.
          if (out !== undefined && file !== undefined) rmSync(out);
          throw error;
        });
        const text = kubeconfigText(name, topology.nodes.storage.address, given);
        if (file === undefined) process.stdout.write(text);
        else {
          writeSync(file, text);
          closeSync(file);
          complain(`Written: ${out ?? ""}, good until ${given.expires}.`);
        }
        return 0;
      });
    });

const list = () =>
  new HomelabCommand("list")
    .description("Shows who was let in, with which role, and when the token that was made last ends.")
    .house()
    .json()
    .exits(1, "storage or its cluster does not answer")
    .example("homelab kubeconfig list", "who has access")
    .runs((options: NodeOptions & OutputOptions) =>
      withNodes(options, async ({ connection }) => {
        const { listAccess } = await import("../../remote/access");
        const { ruled } = await import("../terminal");
        const found = await listAccess(connection("storage"));
        if (options.output === "json") printJson(found);
        else if (found.length === 0) print("Nobody: the house itself is the only one.");
        else
          print(
            ruled(
              ["Name", "Role", "Namespaces", "Token ends"],
              found.map(({ name, role, namespaces, expires }) => [name, role, namespaces || "all", expires]),
            ),
          );
        return 0;
      }),
    );

const revoke = () =>
  new HomelabCommand("revoke")
    .description("Ends every token of somebody at once.")
    .argument("<name>", "who it was for", named)
    .house()
    .exits(1, "nobody of that name has access, or storage or its cluster does not answer")
    .example("homelab kubeconfig revoke ada", "ada's kubeconfig opens nothing any more")
    .runs((options: NodeOptions, name: string) =>
      withNodes(options, async ({ connection }) => {
        const { revokeAccess } = await import("../../remote/access");
        await revokeAccess(connection("storage"), name);
        print(`${name} has no access any more.`);
        return 0;
      }),
    );

export const kubeconfig = () =>
  new HomelabCommand("kubeconfig")
    .summary("let people use the cluster with kubectl or k9s, and end it")
    .description(
      "Access to the cluster for people, each with rights of their own and an end date. The kubeconfig of the house itself, which may do everything and does not end, stays on storage.",
    )
    .verbs(create(), list(), revoke());
