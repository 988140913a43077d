import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { flag, memory, port, strict } from "./fields";
import { count } from "./pod-fields";
import { prefectImage, prefectLogin, prefectPort } from "./prefect";
import { quadletKeys } from "./quadlet-keys";
import { NotHandedOutError, secretName, service, type SecretSources } from "./service";
import { hostPort, houseAddress } from "../topology";

/** Directory of the socket by which a worker asks its node for a job. Nothing else is in it: the worker sees it whole. */
export const jobsDoor = "/run/homelab/jobs-door";

/** The flow that every job is, as Prefect knows it; the file is in the workers. */
export const jobsFlow = {
  name: "homelab-job",
  path: "/opt/homelab",
  file: "job_flow.py",
  entrypoint: "job_flow.py:job",
} as const;

const settings = strict({
  enabled: flag
    .default(false)
    .describe(
      "whether the jobs of this node run: those of the file whose `node` it is. See [jobs.md](jobs.md)",
    ),
  file: z
    .string()
    .min(1, "must be a path")
    .default("jobs.yaml")
    .describe("path of the jobs' file, from this project's folder; the same on all stacks"),
  server: z
    .enum(["storage", "desktop"], { error: "must be storage or desktop" })
    .default("storage")
    .describe("the node whose Prefect begins them: where `homelab:prefect.enabled` is true"),
  serverPort: prefectPort.describe("`homelab:prefect.port` there"),
  image: prefectImage,
  healthPort: port.default(4201).describe("port of the worker's health check, on the node's loopback only"),
  limit: count(1, 100).default(4).describe("jobs that run at once on this node, 1 to 100; others wait"),
  memory: memory
    .default("1G")
    .describe(
      "memory of the worker: 110 MB, and 100 MB for each job that runs at once; not that of the jobs themselves",
    ),
  quadlet: quadletKeys.describe("further keys of the worker's quadlet, by section"),
});
export type JobsSettings = z.output<typeof settings>;

/** What opens Prefect's API: of this stack's own server, or of storage's. */
function login({ services, storage }: SecretSources): string {
  const password = services?.prefect?.password ?? storage.passwords?.prefect?.password;
  if (password !== undefined) return prefectLogin(password);
  throw new NotHandedOutError(
    "homelab:jobs.enabled is true, and neither this stack nor storage has a Prefect server: set homelab:prefect.enabled on storage and run `pulumi up --stack storage` first. Where it is on desktop, only desktop's jobs run.",
  );
}

/** The worker: it hands a run to the node, watches it, and tells Prefect. The job itself is a unit of the node's systemd. */
export const jobs = service({
  title: "Prefect's worker",
  purpose: "runs the jobs of jobs.yaml that are this node's",
  key: "jobs",
  on: ["compute", "desktop", "storage"],
  settings,
  enabled: ({ enabled }) => enabled,
  images: (own) => [own.image],
  keeps: () => ({ kind: "nothing" }),
  secrets: () => ({ login }),
  quadlet: (own, { node, topology }) => ({
    name: "jobs",
    description: "Prefect's worker, which begins this node's jobs",
    image: own.image,
    container: {
      mounts: [{ source: jobsDoor, target: jobsDoor }],
      secrets: [{ name: secretName("jobs", "login"), variable: "PREFECT_API_AUTH_STRING" }],
      tmpfs: ["/tmp"],
      // When somebody cancels a run, Prefect copies the flow to where the worker is before it calls what stops the job.
      workingDirectory: "/tmp",
      environment: {
        PREFECT_API_URL: `http://${hostPort(houseAddress(topology.nodes[own.server], node), own.serverPort)}/api`,
        PREFECT_HOME: "/tmp/prefect",
        HOMELAB_JOBS_SOCKET: `${jobsDoor}/socket`,
        // Without heartbeats a run whose worker was lost would be "running" for ever.
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: "30",
        PREFECT_WORKER_HEARTBEAT_SECONDS: "15",
        PREFECT_WORKER_QUERY_SECONDS: "5",
        PREFECT_WORKER_WEBSERVER_HOST: "127.0.0.1",
        PREFECT_WORKER_WEBSERVER_PORT: String(own.healthPort),
        DO_NOT_TRACK: "1",
      },
      dropCapabilities: ["all"],
      exec: [
        ...["prefect", "worker", "start", "--with-healthcheck", "--type", "process"],
        ...["--pool", node.name, "--name", node.name, "--limit", String(own.limit)],
      ],
      // Told to stop, it goes on until it is told again: so its stop has an end. What it began goes on by itself.
      stopTimeout: 30,
    },
    files: [
      {
        name: jobsFlow.file,
        content: readFileSync(join(__dirname, "files", jobsFlow.file), "utf8"),
        // Read at each run; but a file is mounted as it was when the container began, so another one needs another start.
        at: `${jobsFlow.path}/${jobsFlow.file}`,
      },
    ],
    memory: own.memory,
    health: { http: `http://127.0.0.1:${own.healthPort}/health` },
    startSeconds: 300,
    more: {
      ...own.quadlet,
      Unit: { ...own.quadlet.Unit, Wants: "homelab-jobs.socket", After: "homelab-jobs.socket" },
    },
  }),
});
