import * as pulumi from "@pulumi/pulumi";
import { wakeLines } from "../../power/wake-on-lan";
import { Unit } from "../../provider/sdk/remote";
import { serviceUnit, socketUnit } from "../../packages/quadlet";
import { powerPort, type PowerKeeperSettings } from "../../services";
import { connectionOf, type Node, type Topology } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn } from "../placement";
import { timed, unitFile } from "../unit-files";
import { agentScript, script, scriptPath, warnOfSkippedHours } from "./files";

export interface PowerKeeperArgs {
  /** Where it runs: it must be there when the others are off. */
  node: Node<"always-on">;
  /** All nodes: those that it may wake, by their hardware addresses. */
  topology: Topology;
  /**
   * `homelab:power` of storage's stack: when which node is woken, as systemd's calendar events.
   * @see systemd.time(7), services/power.ts
   */
  settings: PowerKeeperSettings;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

const words = "homelab-power-words";

/** Wakes on-demand nodes on a schedule and records why each shut down (safe to lose). */
export class PowerKeeper extends pulumi.ComponentResource {
  constructor(
    name: string,
    { node, topology, settings, sshIdentity }: PowerKeeperArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("homelab:index:PowerKeeper", name, { placement: nothingKeptOn(node) }, opts);
    const connection = connectionOf(node, sshIdentity);
    const others = Object.values(topology.nodes).filter(({ lifecycle }) => lifecycle === "on-demand");
    const host = node.address.includes(":") ? `[${node.address}]` : node.address;
    new Unit(
      `${name}-words`,
      {
        connection,
        service: `${words}.socket`,
        files: [
          unitFile(
            `${words}.socket`,
            socketUnit({
              unit: { description: "Where on-demand nodes say why they go off" },
              socket: { listenStream: `${host}:${powerPort}`, freeBind: true, maxConnections: 8 },
            }),
          ),
          unitFile(
            `${words}@.service`,
            serviceUnit({
              unit: { description: "The word of an on-demand node" },
              service: {
                type: "exec",
                execStart: [
                  [scriptPath(words, "listen"), ...others.map((one) => `${one.address}=${one.name}`)],
                ],
                standardInput: "socket",
                runtimeMaxSec: 10,
              },
            }),
          ),
          script(words, "listen"),
          agentScript(words, "power-word"),
        ],
        health: { exec: ["systemctl", "--quiet", "is-active", `${words}.socket`], timeoutSeconds: 15 },
      },
      childOptions(this, opts),
    );
    for (const [target, onCalendar] of Object.entries(settings.wake)) {
      const woken = Object.values(topology.nodes).find(({ name: known }) => known === target);
      if (onCalendar.length === 0 || woken === undefined) continue;
      warnOfSkippedHours(`homelab:power.wake.${target}`, onCalendar, this);
      const unit = `homelab-wake-${target}`;
      timed(
        `${name}-wake-${target}`,
        {
          connection,
          unit,
          timer: {
            unit: { description: `When ${target} is woken` },
            timer: { onCalendar, accuracySec: 1, persistent: true },
          },
          service: {
            unit: { description: `Wakes ${target}` },
            service: {
              type: "oneshot",
              execStart: [["/bin/bash", scriptPath(unit, "wake")]],
              standardInput: "data",
              standardInputText: wakeLines(woken),
              timeoutStartSec: 30,
            },
          },
          scripts: [agentScript(unit, "wake")],
        },
        childOptions(this, opts),
      );
    }
    this.registerOutputs({});
  }
}
