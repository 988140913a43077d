import { render, serviceUnit } from "../../packages/quadlet";
import { meshUnit, type K3sAgentSettings } from "../../services";
import {
  agentService,
  agentTokenFile,
  configFile,
  imageDirectory,
  ownAgentTokenFile,
  program,
  scriptDirectory,
  serverService,
} from "./layout";

export type Role = "server" | "agent";

/** So many seconds, or half an hour where K3s imports archives of images, many gigabytes maybe, before it is ready. */
export function patience(seconds: number, { imageArchives }: Pick<K3sAgentSettings, "imageArchives">) {
  return imageArchives === undefined ? seconds : 1800;
}

const script = (name: string) => `${scriptDirectory}/k3s-${name}.sh`;

export const serviceOf = (role: Role) => (role === "server" ? serverService : agentService);

/** Ends what outlives K3s: its pods, their network and mounts. Nothing while the unit is enabled and the machine stays up. */
export const stopScript = (role: Role) => [script("stop"), serviceOf(role)];

/**
 * The text of k3s.service or k3s-agent.service.
 * @param byMesh whether the node's address in the cluster is the one in the mesh.
 * @param serverByMesh for an agent: its server's address there, by which it begins where the LAN's does not answer.
 * @see https://github.com/k3s-io/k3s/blob/master/install.sh create_systemd_service_file
 */
export function k3sService(
  role: Role,
  settings: Pick<K3sAgentSettings, "version" | "architecture" | "dataDirectory" | "imageArchives">,
  byMesh = false,
  serverByMesh?: string,
): string {
  return render(
    serviceUnit({
      unit: {
        description: `K3s ${role}`,
        documentation: ["https://k3s.io"],
        wants: ["network-online.target"],
        // An order only: it makes the interface, and K3s starts also where it fails.
        after: ["network-online.target", ...(byMesh ? [meshUnit] : [])],
        requiresMountsFor: [settings.dataDirectory],
        // An agent waits for its server for as long as it takes.
        startLimitIntervalSec: 0,
      },
      service: {
        // A server is ready when its API is; an agent, when its program runs: it waits for a server by itself.
        type: role === "server" ? "notify" : "exec",
        execStartPre: [
          [script("prepare"), ...(role === "server" ? [ownAgentTokenFile(settings.dataDirectory)] : [])],
          [
            script("authority"),
            settings.dataDirectory,
            role,
            role === "server" ? ownAgentTokenFile(settings.dataDirectory) : agentTokenFile,
          ],
          [
            script("images"),
            imageDirectory(settings.dataDirectory),
            ...(settings.imageArchives === undefined ? [] : [settings.imageArchives]),
          ],
        ],
        execStart: [
          [
            ...(serverByMesh === undefined ? [] : [script("find-server"), configFile, serverByMesh]),
            ...[program(settings), role, "--config", configFile],
          ],
        ],
        execStopPost: [stopScript(role)],
        // Pods outlive a restart: an upgrade interrupts no work.
        killMode: "process",
        delegate: true,
        tasksMax: "infinity",
        restart: "always",
        restartSec: 5,
        timeoutStartSec: patience(300, settings),
        timeoutStopSec: 90,
      },
      install: { wantedBy: ["multi-user.target"] },
    }),
  );
}
