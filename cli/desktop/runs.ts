import { grafanaRun, nodeExporterRun } from "../../components/observability-stack";
import { grafanaSecrets, quadletsOn, runningOn, type QuadletRun, type SecretSources } from "../../services";
import type { DesktopSettings } from "../../settings";
import type { Node, Topology } from "../../topology";
import { momentsOf, type Moment } from "./launchd";

/** One container of the Mac: a service of desktop's, as it runs on Linux. */
export interface MacRun {
  /** Name in `homelab:…`, for messages. */
  readonly key: string;
  readonly run: QuadletRun;
  readonly ports: readonly { readonly port: number; readonly protocol?: "tcp" | "udp" }[];
  /** Of what runs at its times only: these. */
  readonly moments?: readonly Moment[];
  /** Paths of the node that may be lost. */
  readonly ephemeral: readonly string[];
  readonly passwords: readonly string[];
  readonly secrets: Readonly<Record<string, (given: SecretSources) => string>>;
}

/** What of a Linux node there is nothing of on a Mac, by the service's key. */
const impossible: Readonly<Record<string, string>> = {
  replica: "a standby of PostgreSQL is run and promoted by units of systemd; give it a Linux machine",
  k3s: "a member of the cluster needs Linux of its own",
  alerts:
    "the two Alertmanagers agree by an address of the node's own, which a container on a Mac does not have; storage's is told of everything too",
  logShipping: "the journal that it sends is systemd's; `docker compose logs` shows what the containers say",
  backup:
    "its timers are systemd's; let Time Machine, or restic by launchd, save the folder `data` beside the compose file",
  powerSchedule: "its timers are systemd's; a Mac's own are set by `pmset repeat`",
};

/** What a node exporter can say from within the virtual machine that containers on a Mac are in. */
const collectors = ["cpu", "diskstats", "filesystem", "loadavg", "meminfo", "netdev", "time", "uname"];

/** The node exporter without the node's own processes, disks and units, which a container on a Mac does not see. */
function exporterRun(settings: DesktopSettings["metrics"]): QuadletRun {
  const run = nodeExporterRun(settings, "/nowhere");
  return {
    ...run,
    container: {
      ...run.container,
      mounts: [],
      environment: { GOMEMLIMIT: "54MiB" },
      exec: [
        "--collector.disable-defaults",
        ...collectors.map((name) => `--collector.${name}`),
        `--web.listen-address=:${settings.port}`,
      ],
    },
  };
}

/**
 * What of desktop's services a Mac can run as containers, and a sentence for each that it cannot.
 * @see services/
 */
export function macRuns(
  settings: DesktopSettings,
  node: Node,
  topology: Topology,
): { readonly runs: readonly MacRun[]; readonly refused: readonly string[] } {
  const quadlets = new Map(quadletsOn({ node, topology }, settings).map(({ name, run }) => [name, run]));
  const own: Readonly<Record<string, () => QuadletRun>> = {
    metrics: () => exporterRun(settings.metrics),
    grafana: () => grafanaRun(settings.grafana, settings.logShipping, { node, topology }),
  };
  const runs: MacRun[] = [];
  const refused: string[] = [];
  for (const { name, service, settings: of, within } of runningOn("desktop", settings)) {
    const run = quadlets.get(name) ?? own[name]?.();
    const [key = ""] = service.key.split(".");
    if (run === undefined && service.pod !== undefined) {
      refused.push(
        `homelab:${service.key}.cluster: ${service.title} is left out: it runs in the cluster, and a member of that needs Linux of its own.`,
      );
      continue;
    }
    if (run === undefined) {
      // What something else starts: there is nothing to run.
      if (key === "workloads") continue;
      const why = impossible[key] ?? "it is set up by units and files of Linux";
      refused.push(`homelab:${service.key} (${service.title}) is left out: ${why}.`);
      continue;
    }
    const moments = run.schedule === undefined ? undefined : momentsOf(run.schedule);
    if (typeof moments === "string") {
      refused.push(`homelab:${service.key}.schedule: ${service.title} is left out: ${moments}.`);
      continue;
    }
    const keeps = service.keeps(of, within);
    runs.push({
      ...{ key: service.key, run },
      ...(moments === undefined ? {} : { moments }),
      ports: service.ports?.(of) ?? [],
      ephemeral: keeps.kind === "ephemeral" ? keeps.paths : [],
      passwords: service.passwords?.(of) ?? [],
      secrets: name === "grafana" ? grafanaSecrets(settings.grafana) : (service.secrets?.(of) ?? {}),
    });
  }
  return { runs, refused };
}
