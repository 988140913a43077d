import { createHash, createHmac } from "node:crypto";

/** Where an S3 endpoint is, and as whom it is asked. */
export interface S3Access {
  /** `http://HOST:PORT`. */
  readonly endpoint: string;
  readonly user: string;
  readonly secret: string;
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Begins with `/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface S3Answer {
  readonly status: number;
  readonly body: string;
}

/** An answer with its headers, by their names in small letters, and its body as it came. */
interface S3Whole {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The error's name in an answer, which is XML from S3 and JSON from MinIO's admin API; nothing when it is none. */
export const refusal = ({
  status,
  body,
}: {
  readonly status: number;
  readonly body: string | Buffer;
}): string =>
  status < 300
    ? ""
    : (/"Code":"(\w+)"|<Code>(\w+)</.exec(body.toString())?.slice(1).find(Boolean) ?? `HTTP ${status}`);

/**
 * One signed request. A refusal is an answer, too.
 * @throws when nothing answers, or `signal` is aborted.
 */
export async function s3Request(
  access: S3Access,
  request: S3Request,
  signal: AbortSignal,
): Promise<S3Answer> {
  const { status, body } = await s3Whole(access, request, signal);
  return { status, body: body.toString("utf8") };
}

/**
 * As {@link s3Request}, with the whole answer.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
async function s3Whole(
  { endpoint, user, secret }: S3Access,
  { method, path, query = {}, headers = {}, body = "" }: S3Request,
  signal: AbortSignal,
): Promise<S3Whole> {
  const at = new URL(endpoint);
  const target = path.split("/").map(encode).join("/");
  const search = Object.keys(query)
    .sort()
    .map((key) => `${encode(key)}=${encode(query[key] ?? "")}`)
    .join("&");
  const moment = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${moment.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const digest = sha256(body);
  const all: Record<string, string> = { "x-amz-content-sha256": digest, "x-amz-date": moment };
  for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
  const signedHeaders = Object.entries({ ...all, host: at.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signedHeaders.map(([name]) => name).join(";");
  const canonical = [
    method,
    target,
    search,
    ...signedHeaders.map(([name, value]) => `${name}:${value.trim()}`),
    "",
    names,
    digest,
  ].join("\n");
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", moment, scope, sha256(canonical)].join("\n")).toString(
    "hex",
  );
  const answer = await fetch(`${at.origin}${target}${search === "" ? "" : `?${search}`}`, {
    method,
    signal,
    headers: {
      ...all,
      // A kept connection would keep the process alive after the last question.
      connection: "close",
      authorization: `AWS4-HMAC-SHA256 Credential=${user}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    },
    ...(method === "GET" || method === "HEAD"
      ? {}
      : { body: typeof body === "string" ? body : new Uint8Array(body) }),
  });
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: Buffer.from(await answer.arrayBuffer()),
  };
}
