import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { wakeLines } from "../../power/wake-on-lan";
import { serviceUnit } from "../../packages/quadlet";
import { Unit } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import { scriptText } from "../../remote/run";
import { wokenByModels, type InferenceSettings, type Woken } from "../../services";
import type { Topology } from "../../topology";
import { scriptFile, unitFile } from "../unit-files";
import { UserError } from "../user-error";

const unit = "homelab-inference-wake";
const folder = `/usr/local/lib/homelab/${unit}`;

/** The nodes that models wake; a mistake is told before anything is declared. */
export function nodesToWake(settings: InferenceSettings, topology: Topology): readonly Woken[] {
  if (!settings.enabled) return [];
  const { woken, problems } = wokenByModels(settings, topology);
  if (problems.length > 0) throw new UserError(problems.join("\n"));
  return woken;
}

/** A unit that wakes an on-demand node when a model on it is asked for that says `wake`; none where no model does. */
export function wakeForModels(
  connection: ConnectionArgs,
  woken: readonly Woken[],
  opts: pulumi.CustomResourceOptions,
): Unit | undefined {
  if (woken.length === 0) return undefined;
  const pairs = woken.flatMap(({ node, backends }) => backends.map((backend) => `${backend}=${node.name}`));
  return new Unit(
    "inference-wake",
    {
      connection,
      service: `${unit}.service`,
      files: [
        unitFile(
          `${unit}.service`,
          serviceUnit({
            unit: {
              description: "Wakes machines whose models are asked for",
              after: ["inference-door.service"],
            },
            service: {
              type: "exec",
              execStart: [[`${folder}/wanted.sh`, ...pairs]],
              restart: "always",
              restartSec: 5,
            },
            install: { wantedBy: ["multi-user.target"] },
          }),
        ),
        scriptFile(`${folder}/wanted.sh`, join(__dirname, "scripts/wanted.sh")),
        { path: `${folder}/wake.sh`, content: scriptText("wake"), onChange: "nothing" },
        ...woken.map(({ node }) => ({
          path: `${folder}/wake-${node.name}`,
          content: `${wakeLines(node).join("\n")}\n`,
          onChange: "nothing" as const,
        })),
      ],
      health: { exec: ["systemctl", "--quiet", "is-active", `${unit}.service`], timeoutSeconds: 15 },
    },
    opts,
  );
}
