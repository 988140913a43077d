import { errorMessage } from "../../packages/errors";
import type { NodeName } from "../../topology";
import { HomelabCommand, type NodeOptions, type OutputOptions } from "../program/command";
import { complain, withNodes, print, printJson } from "./nodes";

interface Options extends NodeOptions, OutputOptions {
  readonly remember: boolean;
}

/** Also for what could not be looked at: 1 says that something would be lost. */
const couldNotLook = 2;

export const audit = () =>
  new HomelabCommand("audit")
    .summary("show what would be lost if a node vanished now")
    .description("Looks at a node over SSH and lists what would be lost if it vanished now.")
    .node("the node to look at")
    .option("--no-remember", "leave no note of the sizes on the node; with it the next audit says what grew")
    .house()
    .json()
    .exits(0, "nothing, or all of it is declared ephemeral, or the node is always on")
    .exits(1, "something would be lost that is not declared ephemeral")
    .exits(couldNotLook, "wrong usage, or the node could not be looked at")
    .example("homelab audit compute", "what compute keeps that nobody else has")
    .runs(async (options: Options, name: NodeName) => {
      try {
        return await withNodes(options, async ({ topology, connection }) => {
          const { audit } = await import("../../policies/audit/audit");
          const { undeclared } = await import("../../policies/audit/verdict");
          const { report } = await import("../../policies/audit/report");
          const findings = await audit(connection(name), topology, options.remember);
          const mayKeep = topology.nodes[name].lifecycle === "always-on";
          const lost = undeclared(findings).length > 0 || findings.units.length > 0;
          if (options.output === "json") printJson({ node: name, mayKeep, ...findings });
          else {
            process.stdout.write(report(name, findings));
            if (mayKeep) print(`${name} is always on, so it may keep all of this.`);
          }
          return lost && !mayKeep ? 1 : 0;
        });
      } catch (error) {
        complain(errorMessage(error));
        return couldNotLook;
      }
    });
