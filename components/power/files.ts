import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ManagedFileArgs } from "../../provider/sdk/remote";
import { Unit } from "../../provider/sdk/remote";
import {
  render,
  serviceUnit,
  timerUnit,
  type ServiceUnit,
  type TimerUnit,
  type UnitText,
} from "../../packages/quadlet";
import type { ConnectionArgs } from "../../remote/connection-args";
import { scriptText } from "../../remote/run";
import * as pulumi from "@pulumi/pulumi";
import { skippedHours } from "../../settings";

/** Each unit has its scripts in a directory of its own: a unit that is removed takes them along. */
export const scriptPath = (unit: string, name: string) => `/usr/local/lib/homelab/${unit}/${name}.sh`;

/** One of this component's scripts. A change is in force at the next start, which needs no restart. */
export const script = (unit: string, name: string): ManagedFileArgs => ({
  path: scriptPath(unit, name),
  content: readFileSync(join(__dirname, "scripts", `${name}.sh`), "utf8"),
  mode: "0755",
  onChange: "nothing",
});

/** A script that is otherwise sent over SSH; it is given the same by standard input. */
export const agentScript = (unit: string, name: string): ManagedFileArgs => ({
  path: scriptPath(unit, name),
  content: scriptText(name),
  onChange: "nothing",
});

export const unitFile = (name: string, text: UnitText): ManagedFileArgs => ({
  path: `/etc/systemd/system/${name}`,
  content: render(text),
});

/** A node that is not woken, or does not sleep, on one day of the year: said before it happens. */
export function warnOfSkippedHours(key: string, moments: readonly string[], of: pulumi.Resource): void {
  for (const moment of moments)
    for (const sentence of skippedHours({ [key]: moment })) void pulumi.log.warn(sentence, of);
}

/** A service that a timer starts, with its timer; the timer is what is switched on. */
export function timed(
  name: string,
  {
    connection,
    unit,
    timer,
    service,
    scripts,
  }: {
    connection: ConnectionArgs;
    /** Name of both, without what follows the dot. */
    unit: string;
    timer: TimerUnit;
    service: ServiceUnit;
    scripts: readonly ManagedFileArgs[];
  },
  opts: pulumi.CustomResourceOptions,
): Unit {
  return new Unit(
    name,
    {
      connection,
      service: `${unit}.timer`,
      files: [
        unitFile(`${unit}.timer`, timerUnit(timer)),
        unitFile(`${unit}.service`, serviceUnit(service)),
        ...scripts,
      ],
      health: { exec: ["systemctl", "--quiet", "is-active", `${unit}.timer`], timeoutSeconds: 15 },
    },
    opts,
  );
}
