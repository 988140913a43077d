import { join } from "node:path";
import { Option } from "commander";
import { nodeNames } from "../../topology/names";
import { HomelabCommand, collected } from "../program/command";
import { project } from "../program/project";

interface CheckOptions {
  readonly node?: string;
  readonly topology?: string;
  readonly networkClass: readonly string[];
  readonly output: string;
  readonly skipUnrecognised: boolean;
}

export const policy = () =>
  new HomelabCommand("policy")
    .summary("check manifests, compose files and quadlets by the placement rule")
    .description(
      "The placement rule for plain files, and for a Kubernetes API server. See docs/policy-check.md.",
    )
    .example("homelab policy check --node compute deploy/", "would anything there keep data on compute?")
    .example("helm template chart | homelab policy check -", "what comes in on standard input")
    .verbs(
      new HomelabCommand("check")
        .description(
          "Says whether what stands in manifests, compose files and quadlets would keep data on an on-demand node.",
        )
        .argument("<paths...>", "a file, a folder, or - for standard input")
        .option("--node <node>", "everything is taken to land on this node, whatever placement it states")
        .option(
          "--topology <file>",
          "the nodes and network storage classes (default: topology.yaml, where there is one)",
        )
        .option(
          "--network-class <name>",
          "a further class whose storage is off the node; may be repeated",
          collected,
          [],
        )
        .addOption(
          new Option("--output <form>", "for people or for programs")
            .choices(["text", "json"])
            .default("text"),
        )
        .option(
          "--skip-unrecognised",
          "named files in which nothing is recognised are passed over, as those in folders are",
          false,
        )
        .exits(0, "nothing found")
        .exits(1, "violations")
        .exits(2, "wrong usage, or something could not be judged")
        .example(`homelab policy check --node ${nodeNames[2]} compose.yaml`, "one file")
        .runs((options: CheckOptions, paths: readonly string[]) => judged(checkArguments(options, paths))),
      new HomelabCommand("admission")
        .description("Prints the same rule for a Kubernetes API server, for `kubectl apply -f -`.")
        .argument("[topology]", "the nodes and network storage classes", "topology.yaml")
        .exits(2, "wrong usage, or the topology is wrong")
        .runs((_options: object, topology: string) => judged(["admission", topology])),
    );

function checkArguments(options: CheckOptions, paths: readonly string[]): string[] {
  return [
    "check",
    ...(options.node === undefined ? [] : ["--node", options.node]),
    ...(options.topology === undefined ? [] : ["--topology", options.topology]),
    ...options.networkClass.flatMap((name) => ["--network-class", name]),
    ...["--output", options.output],
    ...(options.skipUnrecognised ? ["--skip-unrecognised"] : []),
    ...["--", ...paths],
  ];
}

/** As policies/cli.cjs does: in a thread of its own, with bounds on time and memory. It sets the exit code itself. */
async function judged(args: readonly string[]): Promise<undefined> {
  const policies = join(project, "policies");
  const { run } = (await import(join(policies, "check", "bounds.cjs"))) as {
    run: (entry: string, args: readonly string[]) => void;
  };
  run(join(policies, "cli.cjs"), args);
  return undefined;
}
