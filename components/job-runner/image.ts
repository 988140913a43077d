import type { ImageProgram, Jobs } from "../../packages/jobs";
import { kubernetesSize, type Program } from "../../services";
import type { Node } from "../../topology";
import { job as jobObject } from "../pod-service";

/** Where a node's jobs that are images run; nothing else is there but their account. */
export const jobsNamespace = (node: Pick<Node, "name">): string => `homelab-jobs-${node.name}`;

/** For who wants to look at it; the next run takes it away before. */
const keptSeconds = 86_400;

/** As it stands: Kubernetes would put variables in. */
const verbatim = (text: string) => text.replaceAll("$", "$$$$");

function begins({ command }: ImageProgram): Pick<Program, "command" | "args"> {
  if (command === undefined) return {};
  return typeof command === "string"
    ? { command: ["/bin/sh", "-c", verbatim(command)] }
    : { args: command.map(verbatim) };
}

/** A job that is an image, as the script takes it that begins it (scripts/pod.sh), which puts the ids of a run in: JSON. */
export function podOf(
  name: string,
  program: ImageProgram,
  { environment, memory, timeout }: Jobs[string],
  node: Node,
): string {
  const size = memory === undefined ? undefined : kubernetesSize(memory);
  const given = Object.entries(environment).map(([key, value]) => [key, verbatim(value)]);
  const { metadata, spec } = jobObject(
    {
      name,
      // The kubelet's own limit, for the case that nobody can tell it: the unit's comes first.
      once: timeout === undefined ? {} : { limitSeconds: timeout + 60 },
      programs: [
        {
          ...{ name, image: program.image, ...begins(program) },
          env: {
            ...(Object.fromEntries(given) as Record<string, string>),
            HOMELAB_JOB: name,
            HOMELAB_CORRELATION_ID: "@HOMELAB_CORRELATION_ID@",
            TRACEPARENT: "@TRACEPARENT@",
          },
          requests: { cpu: "10m", memory: size ?? "16Mi" },
          ...(size === undefined ? {} : { limits: { memory: size } }),
        },
      ],
    },
    { node, namespace: jobsNamespace(node), name },
    keptSeconds,
  );
  return `${JSON.stringify({ apiVersion: "batch/v1", kind: "Job", metadata, spec })}\n`;
}
