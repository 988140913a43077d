/** What a pack knows of the stack it looks at: its configuration, handed over in the environment. */
import { dirname, join, resolve } from "node:path";
import { existsSync } from "node:fs";
import { record, text } from "../readers/values";
import { localFiles } from "../watch/files";
import { declaredTypes } from "../watch/declared";
import { topologyOf } from "../watch/topology";
import type { JudgeOptions } from "../watch/incremental-judge";

/** Pulumi.yaml is above the pack's folder. */
const project = dirname(dirname(__dirname));

/**
 * Topology, files and docker's default host, from the stack's configuration.
 *
 * The topology's file is, in this order: `homelab:topology` of the stack, HOMELAB_TOPOLOGY, topology.yaml of the
 * project. A stack that names a file is not judged by another one.
 */
export function judgeOptions(env: Readonly<Record<string, string | undefined>>): JudgeOptions {
  const config = configOf(env.PULUMI_CONFIG);
  const named = config["homelab:topology"] ?? env.HOMELAB_TOPOLOGY ?? "topology.yaml";
  const { topology, problem } = topologyOf(found(named));
  return {
    topology,
    problem,
    dockerHost: config["docker:host"] ?? env.DOCKER_HOST,
    declaredTypes: declaredTypes(config["homelab:ephemeral"]),
    ...localFiles(project),
  };
}

/** Relative paths are the program's, so below the project; a pack tried from elsewhere has its own folder. */
function found(path: string): string {
  const below = join(project, path);
  return path.startsWith("/") || existsSync(below) ? resolve(project, path) : resolve(path);
}

function configOf(json: string | undefined): Record<string, string> {
  try {
    const config: Record<string, string> = {};
    for (const [key, value] of Object.entries(record(JSON.parse(json ?? "{}")) ?? {})) {
      const content = text(value);
      if (content !== undefined) config[key] = content;
    }
    return config;
  } catch {
    return {};
  }
}
