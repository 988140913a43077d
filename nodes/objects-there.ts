import * as pulumi from "@pulumi/pulumi";
import { clause, errorMessage } from "../packages/errors";
import { objectStores, type ObjectStores } from "../remote/object-stores";
import type { ObjectStoreEngine, ObjectStoreSettings } from "../services";
import { isOn } from "./is-on";
import { refuse } from "./refuse";
import type { StackContext } from "./run-stack";

const titles = { minio: "MinIO", seaweedfs: "SeaweedFS" } as const;

/**
 * Ends an up, before anything is touched, and has a preview fail, where the house would go on with an engine that has no objects,
 * or former ones, while the other one's are there.
 * @returns the buckets that MinIO has already, in an up: it keeps each as a directory, so it need not be asked
 */
export async function requireObjectsServed({
  node,
  settings,
  connection,
}: StackContext<"storage">): Promise<readonly string[]> {
  if (!(await isOn(node))) return [];
  const directories = {
    minio: settings.minio.dataDirectory,
    seaweedfs: settings.seaweedfs.dataDirectory,
  };
  const found = await objectStores(connection, directories, new AbortController().signal).catch(
    (error: unknown) => clause(errorMessage(error)),
  );
  const sentence =
    typeof found === "string"
      ? `Which engine has the house's objects is not known: ${found}.`
      : leftBehindReason(settings.objectStore, found, directories);
  if (sentence !== undefined) refuse(sentence);
  // What a preview would take over it would read from MinIO, which need not run.
  return typeof found === "string" || pulumi.runtime.isDryRun() ? [] : found.buckets;
}

/**
 * Why the engine must stay the other one for now, if it must: a sentence. An engine that runs beside the other one may take its
 * place: what it has then is the person's to know. Where neither runs, the machine's system was set up anew around its data.
 */
export function leftBehindReason(
  { engine }: Pick<ObjectStoreSettings, "engine">,
  found: Pick<ObjectStores, ObjectStoreEngine>,
  directories: Readonly<Record<ObjectStoreEngine, string>>,
): string | undefined {
  const other = engine === "minio" ? "seaweedfs" : "minio";
  const replaces = found[other].runs && !found[engine].runs;
  if (!found[other].holds || (found[engine].there && !replaces)) return undefined;
  const has = found[engine].there
    ? "has only what it had when it last ran"
    : "would begin with empty buckets";
  return `homelab:objectStore.engine is ${engine}, and the objects are ${titles[other]}'s (${directories[other]} on storage): ${titles[engine]} ${has}. Set homelab:objectStore.engine to ${other}; docs/runbooks/move-objects.md moves the objects. If nobody wants them any more, set that directory aside.`;
}
