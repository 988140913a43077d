import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A process of this computer with the variable that a pod's agent has, and its log as the kubelet and containerd keep it.
 * @param owner of the pod: name of its ReplicaSet or Job
 */
export function playedPod(
  logs: string,
  owner: string,
  lines: readonly (readonly [ago: number, what: string])[],
) {
  // Another test plays one, too, at the same time.
  const name = `${owner}-${randomBytes(4).toString("hex").slice(0, 5)}`;
  const folder = join(logs, `homelab-workloads-desktop_${name}_0b1c2d3e`, "agent-mail");
  mkdirSync(folder, { recursive: true });
  const at = (ago: number) => new Date(Date.now() - 1000 * ago).toISOString().replace("Z", "123456Z");
  const line = ([ago, what]: readonly [number, string]) =>
    `${at(ago)} stdout F {"id": 7, "what": "${what}", "for": "a \\"model\\""}\n`;
  // Of the run before, which ended.
  writeFileSync(join(folder, "0.log"), line([9000, "failed"]));
  writeFileSync(join(folder, "1.log"), lines.map(line).join(""));
  const process = spawn("sleep", ["60"], { env: { AGENT_NAME: name }, stdio: "ignore" });
  return {
    name,
    runs: once(process, "spawn"),
    ended: once(process, "exit"),
    end: () => process.kill("SIGKILL"),
  };
}
