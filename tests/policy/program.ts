import * as pulumi from "@pulumi/pulumi";
import { placementGuard } from "../../policies/placement-guard";
import { loadTopology } from "../../topology";

/** Runs the program of the scenario that the configuration names, under the guard unless it is switched off. */
const config = new pulumi.Config();
if (config.getBoolean("guard") === true) placementGuard(loadTopology(config.require("topology")));

// eslint-disable-next-line @typescript-eslint/no-require-imports -- which one is known only here
require(`./scenarios/${config.require("scenario")}/program.ts`);
