import type { HomelabCommand } from "../program/command";
import { audit } from "./audit";
import { completion } from "./completion";
import { deleteData } from "./delete-data";
import { migrate } from "./migrate";
import { pin } from "./pin";
import { policy } from "./policy";
import { power } from "./power";
import { promote } from "./promote";
import { rejoin } from "./rejoin";
import { restore } from "./restore";
import { search } from "./search";
import { sleep } from "./sleep";
import { wake } from "./wake";

/** Every command, as `homelab --help` lists them. Help, completion and docs/commands.md are derived from this. */
export const commands: readonly (() => HomelabCommand)[] = [
  wake,
  sleep,
  power,
  restore,
  promote,
  rejoin,
  migrate,
  search,
  audit,
  policy,
  pin,
  deleteData,
  completion,
];
