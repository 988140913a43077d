/** What a container is given: volumes at its data directory, texts of its configuration. */
import type { Container, EnvValue, Volume, Workload } from "./facts";
import { normalize, within } from "./paths";
import { dataPathsOf } from "./programs";
import type { Stack } from "./stack";

/**
 * True when a volume is mounted where the container keeps its data: at one of the directories, above or below
 * one, or at a path the container is told of by an argument or variable. Configuration does not count.
 */
export function givenAt(workload: Workload, container: Container, dataDirs: readonly string[]): boolean {
  const dirs = [...dataDirs, ...dataPathsOf(container)];
  return workload.volumes.some((volume) => {
    if (volume.source.kind === "rootfs") return true;
    return volume.mounts.some((mount) => {
      if (mount.container !== container.name || !mayHoldData(volume, mount.readOnly)) return false;
      const target = normalize(mount.target);
      if (target === "/") return true;
      if (isFile(target)) return false;
      return dirs.some((dir) => within(dir, target) || within(target, dir));
    });
  });
}

function mayHoldData({ source }: Volume, readOnly: boolean): boolean {
  return source.kind !== "config" && !readOnly;
}

function isFile(target: string): boolean {
  return /\.(conf|cnf|cfg|ini|ya?ml|json|xml|properties|sql|sh|js|env|toml|pem|crt|key|sock)$/.test(target);
}

/** Texts of the ConfigMaps and Secrets that a workload mounts or takes its variables from. */
export function textsOf(workload: Workload, container: Container, stack: Stack): readonly string[] {
  const references = [
    ...workload.volumes.flatMap(({ source }) => (source.kind === "config" ? source.as.split(", ") : [])),
    ...container.envFrom,
  ];
  return references.flatMap((reference) =>
    Object.values(stack.configText(reference, workload.origin)?.data ?? {}),
  );
}

/** A container's variables with those of the ConfigMaps and Secrets it takes whole. */
export function wholeEnvOf(
  workload: Workload,
  container: Container,
  stack: Stack,
): Readonly<Record<string, EnvValue>> {
  const whole: Record<string, EnvValue> = {};
  for (const reference of container.envFrom) {
    Object.assign(whole, stack.configText(reference, workload.origin)?.data);
  }
  return Object.assign(whole, container.env);
}
