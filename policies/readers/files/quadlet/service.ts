/** systemd services that start containers by hand: `ExecStart=/usr/bin/podman run …`. */
import { addRuns } from "../../shell/commands";
import { origin } from "../context";
import type { FileContext } from "../context";
import { hostCondition } from "./quadlet";
import { dropInKind, readDropIn, readUnit } from "./unit";

/** Every moment at which systemd runs a command of a service. */
const commands = [
  "ExecCondition",
  "ExecStartPre",
  "ExecStart",
  "ExecStartPost",
  "ExecReload",
  "ExecStop",
  "ExecStopPost",
];

/** Reads a service with its drop-ins; a drop-in without its service as far as it goes. */
export function readService(text: string, context: FileContext): void {
  const alone = dropInKind(context.path) === "service";
  const unit = alone ? readDropIn(text, "service", context.path) : readUnit(text, "service", context);
  for (const key of commands) {
    for (const { value, file } of unit.all("Service", key)) {
      const from = { ...origin(context, `unit ${unit.name}`), file };
      addRuns(value.replace(/^[-@:+!|]+/, ""), from, hostCondition(unit), context.facts);
    }
  }
}
