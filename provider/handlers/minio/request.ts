import { createHash, createHmac } from "node:crypto";

/** Where an S3 endpoint is, and as whom it is asked. */
export interface S3Access {
  /** `http://HOST:PORT`. */
  readonly endpoint: string;
  readonly user: string;
  readonly secret: string;
}

export interface S3Request {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
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

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * One signed request. A refusal is an answer, too.
 * @throws when nothing answers, or `signal` is aborted.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export async function s3Request(
  { endpoint, user, secret }: S3Access,
  { method, path, query = {}, headers = {}, body = "" }: S3Request,
  signal: AbortSignal,
): Promise<S3Answer> {
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
    ...(method === "GET" ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) }),
  });
  return { status: answer.status, body: await answer.text() };
}
