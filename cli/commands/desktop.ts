import { HomelabCommand, UsageError } from "../program/command";
import { complain } from "./nodes";

interface ComposeOptions {
  readonly topology: string;
  readonly out?: string;
  readonly secrets?: boolean;
}

const compose = () =>
  new HomelabCommand("compose")
    .description(
      "Renders desktop's services as a compose file for Docker Desktop or a podman machine, where desktop is a Mac: from the same Pulumi.desktop.yaml, in which what a Mac cannot do is left out with a sentence for each. Without --out it is printed. See docs/mac.md.",
    )
    .option(
      "--out <folder>",
      "write compose.yaml and the files that it mounts into this folder, again and again",
    )
    .option(
      "--secrets",
      "write the secret files too (mode 0600, printed nowhere), with what storage hands out as JSON on standard input",
    )
    .stackFiles()
    .exits(1, "a file is wrong, or a compose.yaml is there that is not this program's")
    .example("homelab desktop compose", "what would run, and which secrets it needs")
    .example(
      "homelab desktop compose --out ~/homelab --secrets",
      "all that `docker compose up` needs; pipe `pulumi stack output --stack storage --show-secrets --json` into it",
    )
    .runs(async ({ topology: file, out, secrets }: ComposeOptions) => {
      if (secrets === true && out === undefined)
        throw new UsageError("--secrets needs --out: secrets are written into files, and never printed.");
      const path = await import("node:path");
      const { loadTopology } = await import("../../topology");
      const { loadStackFile } = await import("../../settings");
      const { macRuns } = await import("../desktop/runs");
      const { composeProject } = await import("../desktop/compose");
      const { secretFiles } = await import("../desktop/secrets");
      const topology = loadTopology(file);
      const settings = loadStackFile("desktop", path.dirname(file), topology);
      const { runs, refused } = macRuns(settings, topology.nodes.desktop, topology);
      const project = composeProject(runs, refused);
      project.refused.forEach(complain);
      if (out === undefined) process.stdout.write(project.text);
      else {
        const { writeProject } = await import("../desktop/write");
        writeProject(out, project);
      }
      if (out !== undefined && secrets === true) {
        const { handOver } = await import("../desktop/hand-over");
        handOver(out, runs, settings, topology).forEach(complain);
      } else
        for (const { path: at, variables } of secretFiles(runs))
          complain(
            `Needs ${at}${variables === undefined ? ", the secret itself" : `, a line NAME=value for each of ${variables.join(", ")}`}: --secrets writes it.`,
          );
      return 0;
    });

export const desktop = () =>
  new HomelabCommand("desktop")
    .summary("desktop's services as a compose file, where it is a Mac")
    .description(
      "Where desktop is a Mac, `pulumi up` has nothing to set up there; this has. See docs/mac.md.",
    )
    .verbs(compose());
