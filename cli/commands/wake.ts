import { wake } from "../../power/wake";
import { nodeNamed, powerCommand, secondsOf } from "./power-command";

const usage = `npm run --silent wake -- NODE [--limit SECONDS] [--topology FILE] [--identity KEY]

Turns a node on by Wake-on-LAN, sent from an always-on node, and waits until it answers by SSH (--limit, 300 by default).
Exit 0: it is on, or was; 1: it could not be woken, or did not come up in time.`;

powerCommand(usage, { limit: { type: "string", default: "300" } }, (power, values, names) =>
  wake(power, nodeNamed(names, usage), { limit: secondsOf("limit", values.limit) }),
);
