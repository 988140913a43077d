import type { Jobs } from "../../packages/jobs";
import type { NodeName } from "../../topology";

type Job = Jobs[string];

/** Of a value, as systemd reads a file of variables: in double quotes, where these four mean something. */
const quoted = (value: string) => `"${value.replace(/[\\"$`]/g, "\\$&")}"`;

/** What a job finds in its environment: as cron has it, but for what its own declaration says. */
function environmentOf({ environment, shell }: Job): string {
  const all = { PATH: "/usr/bin:/bin", SHELL: shell, ...environment };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join("");
}

/** What systemd-run is given beside the names of the unit and of its files. @see systemd-run(1), systemd.exec(5) */
function argumentsOf({ user, directory, timeout, shell, command }: Job): string[] {
  const properties = {
    User: user,
    // The user's home.
    WorkingDirectory: directory ?? "~",
    ...(timeout === undefined ? {} : { RuntimeMaxSec: String(timeout) }),
    // One that does not heed the signal is killed.
    TimeoutStopSec: "30",
    // Each of its lines is kept.
    LogRateLimitIntervalSec: "0",
    SyslogIdentifier: "homelab-job",
  };
  return [
    ...Object.entries(properties).map(([key, value]) => `--property=${key}=${value}`),
    "--",
    shell,
    "-c",
    // systemd would put variables in.
    command.replaceAll("$", "$$$$"),
  ];
}

const line = (name: string, key: string, value: string) =>
  `${name}\t${key}\t${Buffer.from(value, "utf8").toString("base64")}\n`;

/** The jobs that may be begun on a node, as its script reads them (scripts/door.sh). */
export function declaredJobs(jobs: Jobs, node: NodeName): string {
  return Object.entries(jobs)
    .filter(([, job]) => job.node === node)
    .flatMap(([name, job]) => [
      ...argumentsOf(job).map((argument) => line(name, "argument", argument)),
      line(name, "environment", environmentOf(job)),
      line(name, "success", job.success.join(",")),
      ...(job.input === undefined ? [] : [line(name, "input", job.input)]),
    ])
    .join("");
}
