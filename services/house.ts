import { backupAgent, backupCopy, backupServer } from "./backup";
import { compute, pods } from "./compute";
import { k3sAgent, k3sServer } from "./k3s";
import { minio } from "./minio";
import { nats } from "./nats";
import { postgres } from "./postgres";
import { powerKeeper, powerSchedule } from "./power";
import { replica } from "./replica";

/** Every service of the house. A new one is a file in this folder and a line here. */
export const services = {
  postgres,
  replica,
  minio,
  nats,
  compute,
  ...pods,
  k3sServer,
  k3sAgent,
  powerKeeper,
  powerSchedule,
  backupServer,
  backupCopy,
  backupAgent,
} as const;

export type ServiceName = keyof typeof services;
