import * as pulumi from "@pulumi/pulumi";
import { Unit } from "../../provider/sdk/remote";
import { serviceUnit } from "../../packages/quadlet";
import { powerPort, type PowerScheduleSettings } from "../../services";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn } from "../placement";
import { timed, unitFile } from "../unit-files";
import { script, scriptPath, warnOfSkippedHours } from "./files";

export interface PowerScheduleArgs {
  /** The on-demand node; only itself is touched. */
  node: Node;
  /** Address of the node with the {@link PowerKeeper}. */
  keeper: string;
  /**
   * `homelab:power` of the node's stack: when it goes to sleep, and after how many idle minutes.
   * @see services/power.ts
   */
  settings: PowerScheduleSettings;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

const report = "homelab-power";
const idle = "homelab-idle";
const sleep = "homelab-sleep";

/** How often it is looked whether the node is used. Seconds. */
const every = 60;

/**
 * Powers an on-demand node off when its time has come, or when nothing has run for long enough; never while it is used,
 * or that cannot be found out. Tells the keeper when the node comes and why it goes. Keeps nothing.
 */
export class PowerSchedule extends pulumi.ComponentResource {
  constructor(
    name: string,
    { node, keeper, settings, sshIdentity }: PowerScheduleArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("homelab:index:PowerSchedule", name, { placement: nothingKeptOn(node) }, opts);
    const connection = connectionOf(node, sshIdentity);
    const tell = (word: string) => [scriptPath(report, "report"), keeper, String(powerPort), word];
    new Unit(
      `${name}-report`,
      {
        connection,
        service: `${report}.service`,
        files: [
          unitFile(
            `${report}.service`,
            serviceUnit({
              unit: {
                description: "Says when this machine comes, and why it goes",
                wants: ["network-online.target"],
                // So its end comes while there still is a network.
                after: ["network-online.target"],
              },
              service: {
                type: "oneshot",
                remainAfterExit: true,
                execStart: [tell("on")],
                execStop: [tell("off")],
                timeoutStartSec: 30,
                timeoutStopSec: 10,
              },
              install: { wantedBy: ["multi-user.target"] },
            }),
          ),
          script(report, "report"),
        ],
        health: { exec: ["systemctl", "--quiet", "is-active", `${report}.service`], timeoutSeconds: 40 },
      },
      childOptions(this, opts),
    );
    if (settings.sleep.length === 0 && settings.idleMinutes === 0) {
      this.registerOutputs({});
      return;
    }
    const { idleMinutes, idleCpuPercent } = settings;
    const looks = timed(
      `${name}-idle`,
      {
        connection,
        unit: idle,
        timer: {
          unit: { description: "When it is looked whether this machine is used" },
          timer: { onActiveSec: every, onUnitInactiveSec: every, accuracySec: 1 },
        },
        service: {
          unit: { description: "Powers this machine off when it is not used" },
          service: {
            type: "oneshot",
            execStart: [
              [
                scriptPath(idle, "idle"),
                String(node.ssh.port),
                String(idleCpuPercent),
                String(idleMinutes * 60),
              ],
            ],
            timeoutStartSec: 120,
          },
        },
        scripts: ["idle", "facts", "verdict"].map((one) => script(idle, one)),
      },
      childOptions(this, opts),
    );
    if (settings.sleep.length > 0) {
      warnOfSkippedHours("homelab:power.sleep", settings.sleep, this);
      timed(
        `${name}-sleep`,
        {
          connection,
          unit: sleep,
          timer: {
            unit: { description: "When this machine may go to sleep" },
            timer: { onCalendar: settings.sleep, accuracySec: 1 },
          },
          service: {
            unit: { description: "From now on this machine goes off as soon as it is not used" },
            service: {
              type: "oneshot",
              execStart: [["/usr/bin/install", "-D", "/dev/null", "/run/homelab-power/due"]],
            },
          },
          scripts: [],
        },
        childOptions(this, opts, { dependsOn: looks }),
      );
    }
    this.registerOutputs({});
  }
}
