import type * as pulumi from "@pulumi/pulumi";
import { PowerSchedule } from "../components/power";
import type { StackContext } from "./run-stack";

/** Lets an on-demand node go off by schedule and when it is idle, when its settings say so. */
export function schedulePowerOff(
  { node, topology, settings }: StackContext<"desktop"> | StackContext<"compute">,
  opts: pulumi.ComponentResourceOptions,
): void {
  const { power, sshIdentity } = settings;
  if (!power.enabled) return;
  const keeper = topology.nodes.storage.address;
  new PowerSchedule("power", { node, keeper, settings: power, sshIdentity }, opts);
}
