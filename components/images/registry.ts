import { createHash } from "node:crypto";
import { z } from "zod";

/**
 * Why a look-up failed. `gone`: the registry has no such image for the public (it tells a deleted one and a private one
 * alike). `unreachable`: no answer, which says nothing of the image. `unclear`: anything else, such as a limit of pulls.
 */
export type LookupFailure = "gone" | "unreachable" | "unclear";

/** An image could not be looked up: one sentence for people. */
export class LookupError extends Error {
  override readonly name = "LookupError";
  constructor(
    message: string,
    readonly failure: LookupFailure,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Kinds of manifest that stand for a tag; an index of several architectures is preferred. */
const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

const limitMilliseconds = 20_000;

/**
 * The digest that a registry serves for an exact tag, `sha256:…`: computed from the manifest itself, not believed.
 * @param image whole reference with a tag or a digest, e.g. `docker.io/library/postgres:18-trixie`.
 * @throws LookupError when the registry cannot be reached, refuses, or contradicts itself.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
export async function lookUpDigest(image: string): Promise<string> {
  const { base, repository, version } = parts(image);
  const url = `${base}/v2/${repository}/manifests/${version}`;
  let answer = await ask(image, url, { accept: manifestTypes });
  if (answer.status === 401) {
    const token = await anonymousToken(image, answer.headers.get("www-authenticate") ?? "");
    answer = await ask(image, url, { accept: manifestTypes, authorization: `Bearer ${token}` });
  }
  if (answer.status === 404) throw gone(image, base, "404");
  // After a token was given this is how Docker Hub and Quay answer for a repository that was deleted.
  if (answer.status === 401 || answer.status === 403) throw gone(image, base, String(answer.status));
  if (answer.status === 429) {
    throw new LookupError(
      `${image}: the registry ${new URL(base).host} limits how often it may be asked (429): try again later.`,
      "unclear",
    );
  }
  if (!answer.ok) {
    throw new LookupError(
      `${image}: the registry ${new URL(base).host} answered ${answer.status}.`,
      "unclear",
    );
  }
  const digest = `sha256:${createHash("sha256")
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest("hex")}`;
  const said = answer.headers.get("docker-content-digest");
  if (said !== null && said !== digest) {
    throw new LookupError(
      `${image}: the registry says ${said}, and its manifest is ${digest}: try again later.`,
      "unclear",
    );
  }
  return digest;
}

const gone = (image: string, base: string, status: string) =>
  new LookupError(
    `${image}: the registry ${new URL(base).host} has no such image for the public (${status}): the tag never was, or the image was deleted or made private.`,
    "gone",
  );

function parts(image: string): { base: string; repository: string; version: string } {
  const [, registry, repository, tag, digest] =
    /^([^/]+)\/([^:@]+)(?::([^:@/]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  const version = digest ?? tag;
  if (registry === undefined || repository === undefined || version === undefined) {
    throw new LookupError(
      `${image}: it must be a whole reference with a tag, such as docker.io/library/postgres:18-trixie.`,
      "unclear",
    );
  }
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const local = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
  return { base: `${local ? "http" : "https"}://${host}`, repository, version };
}

async function anonymousToken(image: string, challenge: string): Promise<string> {
  const field = (key: string) => new RegExp(`${key}="([^"]*)"`).exec(challenge)?.[1];
  const realm = field("realm");
  if (!/^Bearer /i.test(challenge) || realm === undefined) {
    throw new LookupError(`${image}: the registry wants a login that this program does not know.`, "unclear");
  }
  const url = new URL(realm);
  for (const key of ["service", "scope"]) {
    const value = field(key);
    if (value !== undefined) url.searchParams.set(key, value);
  }
  const answer = await ask(image, url.href, {});
  // GitHub's registry gives no token for what is not public.
  if (answer.status === 401 || answer.status === 403) throw gone(image, url.href, String(answer.status));
  const body = z
    .object({ token: z.string().optional(), access_token: z.string().optional() })
    .safeParse(await answer.json().catch(() => undefined));
  const token = body.success ? (body.data.token ?? body.data.access_token) : undefined;
  if (!answer.ok || token === undefined) {
    throw new LookupError(
      `${image}: ${url.host} gave no token without a login (${answer.status}).`,
      "unclear",
    );
  }
  return token;
}

async function ask(image: string, url: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(limitMilliseconds) });
  } catch (error) {
    throw new LookupError(
      `${image}: ${new URL(url).host} cannot be reached (${cause(error)}): run this on a machine that reaches the image registry.`,
      "unreachable",
      { cause: error },
    );
  }
}

/** fetch itself says "fetch failed" only; why stands beneath. */
function cause(error: unknown): string {
  if (!(error instanceof Error)) return "unknown reason";
  const below: unknown = error.cause;
  if (below instanceof Error) return "code" in below ? String(below.code) : below.message;
  return error.name === "TimeoutError" ? "no answer in time" : error.message;
}
