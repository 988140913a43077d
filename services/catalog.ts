import { agents } from "./agents";
import { alerts } from "./alerts";
import { backupAgent, backupCopy, backupServer } from "./backup";
import { compute, pods } from "./compute";
import { grafana } from "./grafana";
import { headscale } from "./headscale";
import { inference } from "./inference";
import { jobs } from "./jobs";
import { k3sAgent, k3sServer } from "./k3s";
import { logs, logShipping } from "./logs";
import { mesh } from "./mesh";
import { metrics } from "./metrics";
import { minio } from "./minio";
import { nats } from "./nats";
import { objectStore } from "./object-store";
import { postgres } from "./postgres";
import { postgresExporter } from "./postgres-exporter";
import { powerKeeper, powerSchedule } from "./power";
import { prefect } from "./prefect";
import { prometheus } from "./prometheus";
import { replica } from "./replica";
import { seaweedfs } from "./seaweedfs";
import { seaweedfsCopy } from "./seaweedfs-copy";
import { workloads } from "./workloads";

/** Every service of the house. A new one is a file in this folder and a line here. */
export const services = {
  postgres,
  replica,
  objectStore,
  minio,
  seaweedfs,
  seaweedfsCopy,
  nats,
  inference,
  agents,
  compute,
  ...pods,
  k3sServer,
  k3sAgent,
  headscale,
  mesh,
  powerKeeper,
  powerSchedule,
  backupServer,
  backupCopy,
  backupAgent,
  metrics,
  prometheus,
  alerts,
  postgresExporter,
  logs,
  logShipping,
  grafana,
  prefect,
  jobs,
  workloads,
} as const;

export type ServiceName = keyof typeof services;
