import { z } from "zod";
import { dataDirectory, flag, image, line, listOf, memory, port, strict, variable } from "./fields";
import { clusterKeys } from "./cluster-keys";
import { quadletKeys } from "./quadlet-keys";
import { schedule } from "./schedule-fields";

export const workloadName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,29}$/,
    "must be small letters, digits or dashes, beginning with a letter, 30 at most",
  );
const inContainer = z
  .string()
  .regex(/^\/[^\r\n\0:,]*$/, "must be an absolute path in the container, without : and ,");

const from = z
  .union(
    [
      z.enum(["nodes", "operators", "anyone"]),
      listOf(z.enum(["storage", "desktop", "compute"])).min(1, "must name at least one node"),
    ],
    { error: "must be nodes, operators, anyone, or a list of nodes" },
  )
  .default("nodes");

const openPort = strict({
  port: port.describe("TCP port on the node"),
  from: from.describe(
    "who may connect, beside the node itself: the `nodes`, the nodes and the `operators`, `anyone`, or a list of nodes",
  ),
  output: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, "must be a name in capitals such as FAMILIAR_URL")
    .optional()
    .describe("stack output that tells others its URL, such as `FAMILIAR_URL`"),
  scheme: z
    .string()
    .regex(/^[a-z][a-z0-9+.-]*$/, "must be a URL's scheme such as http")
    .default("http")
    .describe("scheme of that URL"),
  metrics: z
    .string()
    .regex(/^\/\S*$/, "must be a path such as /metrics")
    .optional()
    .describe("path that Prometheus reads"),
});

const health = z.union(
  [
    strict({ http: z.string().regex(/^\/\S*$/), port: workloadName }),
    strict({ tcp: workloadName }),
    strict({ exec: z.array(line).min(1) }),
  ],
  {
    error:
      "must be { http: /PATH, port: NAME }, { tcp: NAME } with the name of one of its ports, or { exec: [COMMAND, …] } run in the container",
  },
);

/** The keys of one workload. */
export const workloadKeys = strict({
  enabled: flag.default(true).describe("whether it runs"),
  image: image
    .optional()
    .describe("its image, an exact tag; excludes `external`, and one of the two must be given"),
  external: flag
    .default(false)
    .describe(
      "something else starts it, such as launchd on a Mac: nothing is installed; its ports are in the firewall, the stack outputs and the scrape list as those of the others",
    ),
  command: z.array(line).default([]).describe("arguments after the image's name"),
  ports: z
    .record(workloadName, openPort)
    .default({})
    .describe("ports that it listens on, by a name for people"),
  environment: z
    .record(variable, line)
    .default({})
    .describe(
      "environment variables; a value may hold `${…}`, see the page on workloads, and is kept as a secret then",
    ),
  secrets: z
    .record(variable, z.string())
    .default({})
    .describe(
      "environment variables whose values are secrets of your own, set by `pulumi config set --secret --path`",
    ),
  secretFiles: z
    .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a file name"), z.string())
    .default({})
    .describe("files below `/run/secrets`, by name; values as in `secrets`, and `${…}` as in `environment`"),
  passwords: listOf(workloadName)
    .default([])
    .describe(
      "passwords that are made for it once, `${password.NAME}` in a value; in the stack output `passwords`",
    ),
  files: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a file name"),
      strict({
        at: inContainer.describe("path in the container"),
        content: z.string().describe("text of the file"),
      }),
    )
    .default({})
    .describe("configuration files, mounted read-only; a change restarts it"),
  keeps: z
    .record(dataDirectory, inContainer)
    .default({})
    .describe(
      "directories of the node that it keeps data in, with their path in the container; in the backup of the node's files; always-on nodes only",
    ),
  ephemeral: strict({
    directories: z
      .record(dataDirectory, inContainer)
      .default({})
      .describe(
        "directories of the node that may be lost, with their path in the container; excludes `keeps`",
      ),
    reason: z.string().default("").describe("why losing them costs nothing"),
  })
    .prefault({})
    .describe("a cache"),
  tmpfs: listOf(inContainer).default([]).describe("directories in memory"),
  user: z
    .string()
    .regex(/^\d+:\d+$/, "must be UID:GID such as 1000:1000")
    .optional()
    .describe(
      "whom it runs as, and who owns its directories; left out: as its image says, and with `cluster` 1000:1000",
    ),
  memory: memory.optional().describe("memory that it is never given more of"),
  health: health
    .optional()
    .describe("when it counts as up; by default its first port is asked, without ports systemd"),
  replicas: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe(
      "how many of it run, each with its number from 1 (with `cluster`: the name of its pod) in the variable `REPLICA`; excludes `keeps`, `ephemeral` and `schedule`, of which there can be one, and without `cluster` `ports` and `passwords`, too",
    ),
  schedule: schedule
    .optional()
    .describe(
      "it runs at these times and ends by itself, in place of all the time; excludes `ports`, `health` and `replicas`",
    ),
  startSeconds: z.int().min(1).max(3600).default(60).describe("how long it may take to come up, seconds"),
  watch: flag
    .default(true)
    .describe(
      "whether it is restarted when it runs and its health check fails for two minutes, at most three times in six hours",
    ),
  quadlet: quadletKeys.describe("further keys of its quadlet, by section"),
  ...clusterKeys,
});
