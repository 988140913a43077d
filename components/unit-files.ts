import { readFileSync } from "node:fs";
import type * as pulumi from "@pulumi/pulumi";
import {
  render,
  serviceUnit,
  timerUnit,
  type ServiceUnit,
  type TimerUnit,
  type UnitText,
} from "../packages/quadlet";
import { Unit, type ManagedFileArgs } from "../provider/sdk/remote";
import type { ConnectionArgs } from "../remote/connection-args";

/** A script of a component's, from its path here. A change is in force at the next start, which needs no restart. */
export const scriptFile = (path: string, source: string) => ({
  path,
  content: readFileSync(source, "utf8"),
  mode: "0755",
  onChange: "nothing" as const,
});

/** A unit file of systemd's. */
export const unitFile = (name: string, text: UnitText): ManagedFileArgs => ({
  path: `/etc/systemd/system/${name}`,
  content: render(text),
});

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
