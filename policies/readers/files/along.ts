/** What was found in files that were read along with a given one: an override, a drop-in, a base. */
import type { Facts, FactsBuilder, Origin } from "../../engine/facts";

/**
 * Adds facts as those of the files that were given.
 *
 * @param fileOf the given file in which something that stands in a file is reported
 */
export function addAsGiven(own: Facts, to: FactsBuilder, fileOf: (path: string) => string): void {
  const moved = <T extends { readonly origin: Origin }>(fact: T): T => {
    const file = fileOf(fact.origin.file);
    return file === fact.origin.file ? fact : { ...fact, origin: { ...fact.origin, file } };
  };
  for (const workload of own.workloads) {
    const { volumes } = workload;
    const elsewhere = volumes.some(({ file }) => file !== undefined && fileOf(file) !== file);
    to.workloads.push(
      moved(
        elsewhere
          ? {
              ...workload,
              volumes: volumes.map((volume) =>
                volume.file === undefined ? volume : { ...volume, file: fileOf(volume.file) },
              ),
            }
          : workload,
      ),
    );
  }
  for (const key of Object.keys(own) as (keyof Facts)[]) {
    if (key === "workloads") continue;
    for (const fact of own[key]) (to[key] as unknown[]).push(moved(fact as { readonly origin: Origin }));
  }
}
