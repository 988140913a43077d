import { createHash } from "node:crypto";

/**
 * Whole reference of the image that homelab:remote:Image builds: its tag is the content's hash, so it is known before
 * the image is there.
 */
export function imageReference({
  repository,
  containerfile,
}: {
  readonly repository: string;
  readonly containerfile: string;
}): string {
  return `${repository}:${createHash("sha256").update(containerfile).digest("hex").slice(0, 16)}`;
}
