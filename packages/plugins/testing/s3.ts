import { createHash, createHmac } from "node:crypto";

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/**
 * One signed request without a body, past any plugin.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @throws with the server's answer when it refuses
 */
export async function request(method: string, url: URL, user: string, secret: string): Promise<string> {
  const moment = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${moment.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const headers = { host: url.host, "x-amz-content-sha256": hash(""), "x-amz-date": moment };
  const signed = Object.keys(headers).join(";");
  const canonical = [
    method,
    url.pathname,
    url.searchParams.toString(),
    ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
    "",
    signed,
    hash(""),
  ].join("\n");
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", moment, scope, hash(canonical)].join("\n")).toString(
    "hex",
  );
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      // A kept connection would time out unseen while a test waits for the CLI.
      connection: "close",
      authorization: `AWS4-HMAC-SHA256 Credential=${user}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
    },
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${url.pathname}: ${response.status}: ${answer}`);
  return answer;
}
