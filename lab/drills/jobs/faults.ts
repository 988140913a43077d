import { lab, onNode } from "../../../tests/support/lab";
import { until } from "../../../tests/support/until";
import { seconds } from "../../../tests/support/pair";
import { plainJob } from "./plain";

/** What is done while jobs run, and how each may end. Lists of what `drill.ts` goes through. */
export interface Fault {
  readonly what: string;
  /** When it is made. */
  readonly at: "handing over" | "running";
  /** The jobs that are begun. @default long */
  readonly jobs?: readonly string[];
  readonly breaks: () => void | Promise<void>;
  /** States in which each run may end. */
  readonly ends: readonly string[];
  /** Whether the jobs themselves have to run to their end. */
  readonly goesOn: boolean;
  /** Of the way that is compared with: what became of it is shown, and nothing of it is wrong. */
  readonly compared?: true;
}

const minutes = Number(process.env.MINUTES ?? "2");
const kill = (container: string) => () => void onNode("storage", `podman kill --signal KILL ${container}`);
const running = (what: string, breaks: Fault["breaks"], ends: readonly string[], goesOn = true): Fault => ({
  ...{ what, at: "running", breaks, ends, goesOn },
});
const handing = (what: string, breaks: Fault["breaks"], jobs?: readonly string[]): Fault => ({
  ...{ what, at: "handing over", breaks, ends: ["COMPLETED", "CRASHED"], goesOn: false },
  ...(jobs === undefined ? {} : { jobs }),
});

const restartWorker = () => void onNode("storage", "systemctl restart jobs");

/** No byte can be written where PostgreSQL and Prefect's leases are, for half a minute. */
async function fillDisk(): Promise<void> {
  const filler = "/srv/homelab-drill-filler";
  onNode("storage", `fallocate -l "$(df --output=avail -B1 /srv | tail -n 1)" ${filler}`);
  try {
    await seconds(30);
  } finally {
    onNode("storage", `rm -f ${filler}`);
  }
  onNode("storage", "systemctl reset-failed postgres prefect jobs; systemctl start postgres prefect jobs");
}

async function cut(node: "storage" | "desktop", off: number): Promise<void> {
  lab("node", "kill", "--lose-cache", node);
  await seconds(off);
  lab("node", "start", node);
  await until(`that ${node} is on`, () => (onNode(node, "echo on").trim() === "on" ? true : undefined), 180);
}

const plain = (fault: Fault): Fault => ({
  ...{ ...fault, what: `${fault.what}, of a plain process worker`, jobs: [plainJob] },
  compared: true,
});

const many = Array.from({ length: 8 }, (_, index) => `load-${index + 1}`);

export const faults: readonly Fault[] = [
  running("the worker is killed", kill("jobs"), ["COMPLETED"]),
  running("the server is killed", kill("prefect"), ["COMPLETED"]),
  running("PostgreSQL is restarted", () => void onNode("storage", "systemctl restart postgres"), [
    "COMPLETED",
  ]),
  running(
    "somebody ends the job on its node",
    () => void onNode("storage", "systemctl stop homelab-job-long.service"),
    ["FAILED"],
    false,
  ),
  running("the disk is full for half a minute", fillDisk, ["COMPLETED", "CRASHED"]),
  handing("the server is killed", kill("prefect")),
  handing("the worker is killed", kill("jobs")),
  handing("the server is killed, eight jobs at once", kill("prefect"), many),
  running("the worker is restarted, as by an update", restartWorker, ["COMPLETED"]),
  {
    ...running("the worker's node loses power", () => cut("desktop", 10), ["CRASHED"], false),
    jobs: ["long-desktop"],
  },
  {
    ...running(`storage loses power for ${minutes} minutes`, () => cut("storage", 60 * minutes), [
      "COMPLETED",
      "CRASHED",
    ]),
    jobs: ["long-desktop"],
  },
];

export const plainFaults: readonly Fault[] = [
  running("the worker is killed", kill("jobs"), []),
  running("the worker is restarted, as by an update", restartWorker, []),
  running("the server is killed", kill("prefect"), []),
  running("PostgreSQL is restarted", () => void onNode("storage", "systemctl restart postgres"), []),
  handing("the worker is killed", kill("jobs")),
].map(plain);
