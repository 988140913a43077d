import { backups } from "../../backup-server";
import type { RuleGroup } from "../rule";
import { agents } from "./agents";
import { cluster } from "./cluster";
import { disks } from "./disks";
import { jobs } from "./jobs";
import { machines } from "./machines";
import { mesh } from "./mesh";
import { nats } from "./nats";
import { expected, nodes } from "./nodes";
import { minio, seaweedfs } from "./objects";
import { postgres } from "./postgres";
import { runs } from "./runs";
import { units } from "./units";
import { logs, watchers } from "./watchers";

/** Every rule of the house. `expected` is what others are made of, so it comes first. */
export const ruleGroups: readonly RuleGroup[] = [
  expected,
  nodes,
  disks,
  machines,
  units,
  runs,
  jobs,
  postgres,
  minio,
  seaweedfs,
  nats,
  backups,
  logs,
  cluster,
  mesh,
  agents,
  watchers,
];
