import { backups } from "../../backup-server";
import type { RuleGroup } from "../rule";
import { agents } from "./agents";
import { jobs } from "./jobs";
import { mesh } from "./mesh";
import { expected, nodes } from "./nodes";
import { cluster, minio, nats, postgres, seaweedfs } from "./services";
import { runs, units } from "./units";
import { logs, watchers } from "./watchers";

/** Every rule of the house. `expected` is what others are made of, so it comes first. */
export const ruleGroups: readonly RuleGroup[] = [
  expected,
  nodes,
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
