import { createHash } from "node:crypto";
import { z } from "zod";

/** An image's digest could not be looked up: one sentence for people. */
export class LookupError extends Error {
  override readonly name = "LookupError";
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
 * @param image whole reference with a tag, e.g. `docker.io/library/postgres:18-trixie`.
 * @throws LookupError when the registry cannot be reached, refuses, or contradicts itself.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
export async function lookUpDigest(image: string): Promise<string> {
  const { base, repository, tag } = parts(image);
  const url = `${base}/v2/${repository}/manifests/${tag}`;
  let answer = await ask(image, url, { accept: manifestTypes });
  if (answer.status === 401) {
    const token = await anonymousToken(image, answer.headers.get("www-authenticate") ?? "");
    answer = await ask(image, url, { accept: manifestTypes, authorization: `Bearer ${token}` });
  }
  if (answer.status === 404)
    throw new LookupError(`${image}: the registry ${new URL(base).host} has no such tag.`);
  if (!answer.ok)
    throw new LookupError(`${image}: the registry ${new URL(base).host} answered ${answer.status}.`);
  const digest = `sha256:${createHash("sha256")
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest("hex")}`;
  const said = answer.headers.get("docker-content-digest");
  if (said !== null && said !== digest) {
    throw new LookupError(
      `${image}: the registry says ${said}, and its manifest is ${digest}: try again later.`,
    );
  }
  return digest;
}

function parts(image: string): { base: string; repository: string; tag: string } {
  const [, registry, repository, tag] = /^([^/]+)\/([^:@]+):([^:@/]+)$/.exec(image) ?? [];
  if (registry === undefined || repository === undefined || tag === undefined) {
    throw new LookupError(
      `${image}: it must be a whole reference with a tag, such as docker.io/library/postgres:18-trixie.`,
    );
  }
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const local = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
  return { base: `${local ? "http" : "https"}://${host}`, repository, tag };
}

async function anonymousToken(image: string, challenge: string): Promise<string> {
  const field = (key: string) => new RegExp(`${key}="([^"]*)"`).exec(challenge)?.[1];
  const realm = field("realm");
  if (!/^Bearer /i.test(challenge) || realm === undefined) {
    throw new LookupError(`${image}: the registry wants a login that this program does not know.`);
  }
  const url = new URL(realm);
  for (const key of ["service", "scope"]) {
    const value = field(key);
    if (value !== undefined) url.searchParams.set(key, value);
  }
  const answer = await ask(image, url.href, {});
  const body = z
    .object({ token: z.string().optional(), access_token: z.string().optional() })
    .safeParse(await answer.json().catch(() => undefined));
  const token = body.success ? (body.data.token ?? body.data.access_token) : undefined;
  if (!answer.ok || token === undefined) {
    throw new LookupError(`${image}: ${url.host} gave no token without a login (${answer.status}).`);
  }
  return token;
}

async function ask(image: string, url: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(limitMilliseconds) });
  } catch (error) {
    throw new LookupError(
      `${image}: ${new URL(url).host} cannot be reached (${cause(error)}): run this on a machine that reaches the image registry.`,
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
