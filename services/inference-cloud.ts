import { isIP } from "node:net";
import { urlHost } from "../topology";
import type { InferenceSettings } from "./inference-settings";

/**
 * How accounts are asked: by the door, each at its own address. LiteLLM itself reaches nothing but the node's loopback, so whatever
 * is in its packages has no other way out.
 */

type Account = InferenceSettings["accounts"][string];

/** Where LiteLLM asks a provider whose account has no `url`. @see https://docs.litellm.ai/docs/providers */
const providers: Readonly<Record<string, string>> = {
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com",
  mistral: "https://api.mistral.ai/v1",
  groq: "https://api.groq.com/openai/v1",
  deepseek: "https://api.deepseek.com/beta",
  openrouter: "https://openrouter.ai/api/v1",
};

/** No name of a server or an account begins so. */
const cloudPath = "_cloud/";

/** In HAProxy's image and in Debian's alike. */
const authorities = "/etc/ssl/certs/ca-certificates.crt";

const addressOf = ({ url, provider }: Account): URL | undefined => {
  const text = url ?? providers[provider];
  return text === undefined ? undefined : new URL(text);
};

/** What LiteLLM is told instead of the account's own address. */
export const cloudBase = (own: InferenceSettings, name: string, account: Account): string =>
  `http://127.0.0.1:${own.backendPort}/${cloudPath}${name}${(addressOf(account)?.pathname ?? "/").replace(/\/$/, "")}`;

/** An account that cannot be asked: one sentence. */
export function cloudProblems(accounts: InferenceSettings["accounts"]): string[] {
  return Object.entries(accounts).flatMap(([name, account]) => {
    const at = `homelab:inference.accounts.${name}`;
    const address = addressOf(account);
    if (address === undefined)
      return [
        `${at}.provider is ${account.provider}: ${at}.url must say where its API is, because the gateway asks nobody else. Without a url it knows ${Object.keys(providers).join(", ")}.`,
      ];
    return address.protocol === "https:" && isIP(urlHost(address)) !== 0
      ? [
          `${at}.url has the address ${urlHost(address)}: with https it must have a name, which the certificate has as well.`,
        ]
      : [];
  });
}

function server(name: string, address: URL): string {
  const { protocol, hostname, port } = address;
  const secure = protocol === "https:";
  // The name is looked up again while it runs; a provider has other addresses tomorrow.
  const lookedUp =
    isIP(urlHost(address)) === 0 ? " init-addr last,libc,none resolvers names resolve-prefer ipv4" : "";
  const tls = secure
    ? ` ssl verify required ca-file ${authorities} sni str(${hostname}) verifyhost ${hostname} alpn http/1.1`
    : "";
  return `server ${name} ${hostname}:${port === "" ? (secure ? "443" : "80") : port}${tls}${lookedUp}`;
}

const backend = (name: string, account: Account, address: URL): string => `
backend cloud-${name}
  timeout connect 5s
  # LiteLLM gives up first; this is for what it leaves behind.
  timeout server ${account.answerSeconds + 5}s
  http-request replace-path /${cloudPath}${name}/(.*) /\\1
  http-request set-header Host ${address.host}
  ${server(name, address)}
`;

/** Of the frontend by which LiteLLM asks: which account a path belongs to. */
export const cloudRule = `use_backend cloud-%[path,field(3,/)] if { path_beg /${cloudPath} }`;

/** Who is not found for a while, or is known to the node alone (/etc/hosts), keeps the address that it had. */
const names = `
resolvers names
  parse-resolv-conf
${["nx", "refused", "timeout", "other", "obsolete"].map((kind) => `  hold ${kind} 24d\n`).join("")}`;

/** One backend for each account. */
export const cloudBackends = ({ accounts }: InferenceSettings): string =>
  (Object.keys(accounts).length === 0 ? "" : names) +
  Object.entries(accounts)
    .map(([name, account]) => {
      const address = addressOf(account);
      return address === undefined ? "" : backend(name, account, address);
    })
    .join("");
