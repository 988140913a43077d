import digests from "./digests.json";

/**
 * Repositories that their makers deleted, and where the same manifests are now: a stack file that names the former one
 * goes on, with its tag or digest.
 * @see https://github.com/dandi/dandi-cli/pull/1921
 */
const moved: Readonly<Record<string, string>> = { "docker.io/minio/minio": "quay.io/minio/minio" };

/**
 * An image by its exact tag, and by its digest too once `npx homelab pin` has looked it up. A digest is never made up.
 * @param image whole reference, e.g. `docker.io/library/postgres:18-trixie`; one with a digest stays as it is.
 */
export function reference(image: string, known: Readonly<Record<string, string>> = digests): string {
  const [, repository = "", version = ""] = /^(.*?)((?::[^/:@]+)?(?:@.+)?)$/.exec(image) ?? [];
  const now = `${moved[repository] ?? repository}${version}`;
  if (now.includes("@")) return now;
  const digest = known[now];
  return digest === undefined ? now : `${now}@${digest}`;
}
