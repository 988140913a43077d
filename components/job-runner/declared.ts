import {
  isImage,
  jobsOn,
  programOf,
  type CommandProgram,
  type ImageProgram,
  type Jobs,
} from "../../packages/jobs";
import type { Node, NodeName } from "../../topology";
import { jobsNamespace, podOf } from "./image";

type Job = Jobs[string];

/** Of a value, as systemd reads a file of variables: in double quotes, where these four mean something. */
const quoted = (value: string) => `"${value.replace(/[\\"$`]/g, "\\$&")}"`;

/** A file of variables: as cron has them, but for what is given. */
const environmentOf = (given: Readonly<Record<string, string>>): string =>
  Object.entries({ PATH: "/usr/bin:/bin", ...given })
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join("");

/** What a unit of systemd's is made of. */
interface Begun {
  readonly user: string;
  readonly directory: string;
  /** Whom the signal to end reaches: with `mixed` the main process alone. @default all */
  readonly killMode?: "mixed";
  /** After the signal; then all are killed. */
  readonly stopSeconds: number;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly input?: string | undefined;
}

function commandBegun({ user, shell, command }: CommandProgram, job: Job): Begun {
  return {
    // The user's home.
    ...{ user, directory: job.directory ?? "~", stopSeconds: 30 },
    // systemd would put variables in.
    command: [shell, "-c", command.replaceAll("$", "$$$$")],
    environment: { SHELL: shell, ...job.environment },
    input: job.input,
  };
}

/** What systemd-run is given beside the names of the unit and of its files. @see systemd-run(1), systemd.exec(5) */
function argumentsOf({ user, directory, killMode, stopSeconds, command }: Begun, { timeout }: Job): string[] {
  const properties = {
    User: user,
    WorkingDirectory: directory,
    ...(timeout === undefined ? {} : { RuntimeMaxSec: String(timeout) }),
    ...(killMode === undefined ? {} : { KillMode: killMode }),
    TimeoutStopSec: String(stopSeconds),
    // Each of its lines is kept.
    LogRateLimitIntervalSec: "0",
    SyslogIdentifier: "homelab-job",
  };
  return [
    ...Object.entries(properties).map(([key, value]) => `--property=${key}=${value}`),
    "--",
    ...command,
  ];
}

const line = (name: string, key: string, value: string) =>
  `${name}\t${key}\t${Buffer.from(value, "utf8").toString("base64")}\n`;

/**
 * The jobs that may be begun on a node, as its script reads them (scripts/door.sh).
 * @param podScript what begins a job that is an image: scripts/pod.sh with its first arguments. Undefined where no pods run
 */
export function declaredJobs(
  jobs: Jobs,
  node: Node & { readonly name: NodeName },
  podScript?: readonly string[],
): string {
  const imageBegun = (name: string, program: ImageProgram, job: Job): Begun => {
    // The stack has refused it with a sentence.
    if (podScript === undefined) throw new Error(`${node.name} has no cluster for ${name}.`);
    return {
      // The script takes the pod along, which is given 30 seconds: what it asks for that with is not to be ended as well.
      ...{ user: "root", directory: "/", killMode: "mixed", stopSeconds: 75 },
      command: [...podScript, jobsNamespace(node), name],
      environment: {},
      input: podOf(name, program, job, node),
    };
  };
  return jobsOn(jobs, node.name)
    .flatMap(([name, job]) => {
      const program = programOf(job);
      const begun = isImage(program) ? imageBegun(name, program, job) : commandBegun(program, job);
      return [
        ...argumentsOf(begun, job).map((argument) => line(name, "argument", argument)),
        line(name, "environment", environmentOf(begun.environment)),
        line(name, "success", job.success.join(",")),
        ...(begun.input === undefined ? [] : [line(name, "input", begun.input)]),
      ];
    })
    .join("");
}
