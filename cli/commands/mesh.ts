import { HomelabCommand } from "../program/command";
import { complain, print } from "./nodes";

interface PolicyOptions {
  readonly topology: string;
  readonly stacks: string;
}

export const mesh = () =>
  new HomelabCommand("mesh")
    .summary("print who may reach what on the mesh, for Tailscale's service")
    .description("The mesh of the house's nodes. See docs/components/tailscale-mesh.md.")
    .example("homelab mesh policy", "to be put into Tailscale's admin console, Access controls")
    .verbs(
      new HomelabCommand("policy")
        .description(
          "Prints the policy that is made of the ports which the services of all three stacks declare. With headscale each stack's `up` sets its own part of it; for Tailscale's service, put this into the admin console, Access controls. Asks no machine.",
        )
        .option("--topology <file>", "the nodes of the house", "topology.yaml")
        .option("--stacks <folder>", "where Pulumi.storage.yaml and the others are", ".")
        .exits(1, "no stack has homelab:mesh.enabled, or a file is wrong")
        .example("homelab mesh policy > policy.hujson", "to compare it with the one that is there")
        .runs(async ({ topology, stacks }: PolicyOptions) => {
          const { loadTopology } = await import("../../topology");
          const { policyOf } = await import("../mesh/policy");
          const { policy, members } = policyOf(loadTopology(topology), stacks);
          if (members.length === 0) {
            complain("No stack has homelab:mesh.enabled: there is nothing to let in.");
            return 1;
          }
          print(JSON.stringify(policy, undefined, 2));
          return 0;
        }),
    );
