import { sleep } from "../../power/sleep";
import { nodeNamed, powerCommand, secondsOf } from "./power-command";

const usage = `npm run --silent sleep -- NODE [--force] [--drain-limit SECONDS] [--limit SECONDS] [--topology FILE] [--identity KEY]

Turns an on-demand node off: looks what would be lost, sends its pods elsewhere (--drain-limit, 120 by default), powers it
off and waits until it is gone (--limit, 180 by default). --force: also when something would be lost, or pods are there that
nobody makes anew. Exit 0: it is off, or was; 1: it was refused, or does not go off.`;

powerCommand(
  usage,
  {
    force: { type: "boolean", default: false },
    "drain-limit": { type: "string", default: "120" },
    limit: { type: "string", default: "180" },
  },
  (power, values, names) =>
    sleep(power, nodeNamed(names, usage), {
      force: values.force === true,
      drainLimit: secondsOf("drain-limit", values["drain-limit"]),
      limit: secondsOf("limit", values.limit),
    }),
);
