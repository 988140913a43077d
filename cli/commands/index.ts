import type { HomelabCommand } from "../program/command";
import { agents } from "./agents";
import { audit } from "./audit";
import { completion } from "./completion";
import { dbt } from "./dbt";
import { deleteData } from "./delete-data";
import { desktop } from "./desktop";
import { doctor } from "./doctor";
import { jobs } from "./jobs";
import { kubeconfig } from "./kubeconfig";
import { mesh } from "./mesh";
import { migrate } from "./migrate";
import { objects } from "./objects";
import { pin } from "./pin";
import { policy } from "./policy";
import { power } from "./power";
import { promote } from "./promote";
import { rejoin } from "./rejoin";
import { restore } from "./restore";
import { search } from "./search";
import { sleep } from "./sleep";
import { status } from "./status";
import { wake } from "./wake";

/** Every command, as `homelab --help` lists them. Help, completion and docs/commands.md are derived from this. */
export const commands: readonly (() => HomelabCommand)[] = [
  status,
  wake,
  sleep,
  power,
  restore,
  promote,
  rejoin,
  migrate,
  objects,
  search,
  agents,
  dbt,
  desktop,
  jobs,
  kubeconfig,
  mesh,
  audit,
  policy,
  pin,
  deleteData,
  doctor,
  completion,
];
