import { containerUnit, render, timerUnit } from "../../packages/quadlet";
import type { Keeps, QuadletRun, Schedule } from "../../services";

/** Where a service's configuration files are on the node. */
export const configDirectory = (name: string) => `/etc/homelab/${name}`;

/** The text of NAME.container. @param image whole reference of an image that is on the node already. */
export function quadletText(run: QuadletRun, keeps: Keeps, image: string): string {
  const { name, container, files = [], more = {} } = run;
  const seconds = run.startSeconds ?? 60;
  const unit = containerUnit({
    unit: {
      description: run.description,
      wants: ["network-online.target"],
      after: ["network-online.target"],
      ...(keeps.kind === "nothing" || keeps.paths.length === 0 ? {} : { requiresMountsFor: keeps.paths }),
    },
    container: {
      network: "host",
      noNewPrivileges: true,
      ...container,
      containerName: name,
      image,
      pull: "never",
      logDriver: "journald",
      // Who may be lost says so to the policies, where nobody asks the component.
      ...(keeps.kind === "ephemeral" && keeps.paths.length > 0
        ? { labels: { ...container.labels, "homelab.dev/ephemeral": keeps.reason } }
        : {}),
      mounts: [
        ...files.map((file) => ({
          source: `${configDirectory(name)}/${file.name}`,
          target: file.at,
          readOnly: true,
        })),
        ...(container.mounts ?? []),
      ],
    },
    service: {
      ...(run.before === undefined ? {} : { execStartPre: run.before }),
      ...(run.schedule === undefined
        ? { restart: "always", restartSec: 5, timeoutStartSec: seconds + 30 }
        : // Its start is all of it.
          { type: "oneshot", restart: "no", timeoutStartSec: run.schedule.limitSeconds }),
      ...(run.memory === undefined ? {} : { memoryMax: run.memory }),
      ...(run.reaches === undefined ? {} : { reaches: run.reaches }),
    },
    ...(run.schedule === undefined ? { install: { wantedBy: ["multi-user.target"] } } : {}),
  });
  return render({
    sections: unit.sections.map((section) => ({
      ...section,
      entries: [
        ...section.entries,
        ...Object.entries(more[section.name] ?? {}).flatMap(([key, values]) =>
          [values].flat().map((value) => ({ key, value: String(value) })),
        ),
      ],
    })),
  });
}

/** The text of NAME.timer. */
export const timerText = (description: string, { at }: Schedule): string =>
  render(
    timerUnit({
      unit: { description: `${description}, at its times` },
      timer: { onCalendar: at, accuracySec: 1, persistent: true },
    }),
  );
