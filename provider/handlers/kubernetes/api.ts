import { request } from "node:https";
import { connect } from "node:tls";
import { z } from "zod";
import { openSocket } from "../../../remote/reachable";

/** What an API server said. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks one API server, as the one user of a kubeconfig. */
export type AskApi = (
  method: "GET" | "PATCH",
  path: string,
  signal: AbortSignal,
  body?: string,
) => Promise<ApiAnswer>;

const base64 = z.string().transform((text) => Buffer.from(text, "base64").toString("utf8"));
const kubeconfigSchema = z.object({
  clusters: z
    .tuple([
      z.object({
        cluster: z.object({
          server: z.url({ protocol: /^https$/ }),
          "certificate-authority-data": base64.optional(),
          "insecure-skip-tls-verify": z.boolean().default(false),
        }),
      }),
    ])
    .rest(z.unknown()),
  users: z
    .tuple([
      z.object({
        user: z.object({
          "client-certificate-data": base64.optional(),
          "client-key-data": base64.optional(),
          token: z.string().optional(),
        }),
      }),
    ])
    .rest(z.unknown()),
});

/**
 * The API server that a kubeconfig names.
 * @throws Error that shows nothing of the text, which is a secret.
 */
export async function apiOf(kubeconfig: string): Promise<{ server: string; ask: AskApi }> {
  // Loaded only where a stack has something in a cluster.
  const { parse } = await import("yaml");
  let raw: unknown;
  try {
    raw = parse(kubeconfig);
  } catch {
    raw = undefined;
  }
  const parsed = kubeconfigSchema.safeParse(raw);
  if (!parsed.success) throw new Error("The kubeconfig does not name a cluster and a user.");
  const { cluster } = parsed.data.clusters[0];
  const { user } = parsed.data.users[0];
  const { hostname, port } = new URL(cluster.server);
  const host = hostname.replace(/^\[|\]$/g, "");
  const ask: AskApi = async (method, path, signal, body) => {
    const socket = await openSocket(host, Number(port || 443));
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          ...{ host, port, method, path, signal },
          createConnection: () =>
            connect({
              ...{ socket, host, rejectUnauthorized: !cluster["insecure-skip-tls-verify"] },
              ...given("ca", cluster["certificate-authority-data"]),
              ...given("cert", user["client-certificate-data"]),
              ...given("key", user["client-key-data"]),
            }),
          headers: {
            accept: "application/json",
            // A kept connection would keep the process alive after the last question.
            connection: "close",
            ...given("authorization", user.token === undefined ? undefined : `Bearer ${user.token}`),
            ...(body === undefined ? {} : { "content-type": "application/apply-patch+yaml" }),
          },
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => (text += chunk));
          response.on("end", () => {
            resolve({ status: response.statusCode ?? 0, body: text });
          });
          response.on("error", reject);
        },
      );
      asked.on("error", (error) => {
        socket.destroy();
        reject(error);
      });
      asked.end(body);
    });
  };
  return { server: cluster.server, ask };
}

const given = <K extends string>(key: K, value: string | undefined) =>
  (value === undefined ? {} : { [key]: value }) as Partial<Record<K, string>>;
