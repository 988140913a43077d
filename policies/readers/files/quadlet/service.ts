/** systemd services that start containers by hand: `ExecStart=/usr/bin/podman run …`. */
import { parse, valuesOf } from "../../../../quadlet";
import { addRuns } from "../../shell/commands";
import { anywhere } from "../../../engine/facts";
import { baseName, origin } from "../context";
import type { FileContext } from "../context";

/** Reads a service; answers why it could not be, or undefined. */
export function readService(text: string, context: FileContext): string | undefined {
  const unit = parse(text);
  const from = origin(context, `unit ${baseName(context.path)}`);
  for (const key of ["ExecStartPre", "ExecStart", "ExecStartPost"]) {
    for (const line of valuesOf(unit, "Service", key)) {
      addRuns(line.replace(/^[-@:+!]+/, "").replaceAll("%t", "/run"), from, anywhere, context.facts);
    }
  }
  return undefined;
}
