import type * as pulumi from "@pulumi/pulumi";
import { PowerSchedule } from "../components/power";
import type { House } from "./house";

/** Lets an on-demand node go off by schedule and when it is idle, when its settings say so. */
export function letSleep(
  { node, topology, settings }: House<"desktop"> | House<"compute">,
  opts: pulumi.ComponentResourceOptions,
): void {
  const { power, sshIdentity: identity } = settings;
  if (!power.enabled) return;
  const keeper = topology.nodes.storage.address;
  new PowerSchedule("power", { node, keeper, settings: power, identity }, opts);
}
