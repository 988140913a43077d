import { NotHandedOutError, type SecretSources } from "./service";
import { urlHost } from "../topology";

/** `${…}` in the values of a workload: what the house hands out, by name. */
export interface Reference {
  /** As it stands between the braces. */
  readonly text: string;
  readonly kind: "postgres" | "dsn" | "s3" | "password" | "service" | "url" | "unknown";
  /** What comes after the kind, e.g. `agent.agent_gateway`. */
  readonly name: string;
}

const pattern = /(?<!\$)\$\{([^}]*)\}/g;

function read(text: string): Reference {
  const [head = "", ...rest] = text.split(".");
  const name = rest.join(".");
  if (rest.length === 0) {
    if (["POSTGRES_HOST", "POSTGRES_PORT"].includes(text)) return { text, kind: "postgres", name: text };
    if (/^[A-Z][A-Z0-9_]*$/.test(text)) return { text, kind: "url", name: text };
  }
  if (head === "dsn" && rest.length === 2) return { text, kind: "dsn", name };
  if (head === "s3" && rest.length === 2 && ["accessKey", "secretKey"].includes(rest[1] ?? ""))
    return { text, kind: "s3", name };
  if (head === "password" && rest.length === 1) return { text, kind: "password", name };
  if (rest.length === 1 && /^[a-z]/.test(head)) return { text, kind: "service", name };
  return { text, kind: "unknown", name };
}

/** References in a value, in their order. `$${` stands for `${` itself. */
export const references = (value: string): Reference[] =>
  [...value.matchAll(pattern)].map(([, text = ""]) => read(text));

/** What a reference may be, for people. */
export const referenceForms =
  "${POSTGRES_HOST}, ${POSTGRES_PORT}, ${S3_ENDPOINT}, ${dsn.ROLE.DATABASE}, ${s3.USER.accessKey}, ${s3.USER.secretKey}, ${password.NAME}, ${SERVICE.USER} such as ${nats.agent}, or a stack output of this node such as ${NATS_URL}";

function valueOf({ text, kind, name }: Reference, given: SecretSources): string | undefined {
  const { storage } = given;
  const [first = "", second = ""] = name.split(".");
  switch (kind) {
    case "dsn":
      return storage.dsns[first]?.[second];
    case "s3":
      return storage.s3[first]?.[second as "accessKey" | "secretKey"];
    case "password":
      return given.passwords[name];
    case "service":
      return given.services?.[text.split(".")[0] ?? ""]?.[name];
    case "postgres": {
      const [dsn] = Object.values(storage.dsns).flatMap((own) => Object.values(own));
      if (dsn === undefined) return undefined;
      return name === "POSTGRES_HOST" ? urlHost(dsn) : new URL(dsn).port || "5432";
    }
    case "url":
      return name === "S3_ENDPOINT" ? storage.s3Endpoint : given.urls?.[name];
    case "unknown":
      return undefined;
  }
}

/** What is there of a kind, for whoever named something else. */
function known({ kind, text }: Reference, { storage, services = {}, urls = {} }: SecretSources): string {
  const of: Partial<Record<Reference["kind"], readonly string[]>> = {
    dsn: Object.entries(storage.dsns).flatMap(([role, own]) =>
      Object.keys(own).map((database) => `dsn.${role}.${database}`),
    ),
    s3: Object.keys(storage.s3).map((user) => `s3.${user}.${text.split(".").at(-1) ?? ""}`),
    service: Object.entries(services).flatMap(([name, users]) =>
      Object.keys(users).map((user) => `${name}.${user}`),
    ),
    url: ["S3_ENDPOINT", ...Object.keys(urls)],
  };
  const list = of[kind] ?? [];
  return list.length === 0 ? "there is none here" : `there is ${list.join(", ")}`;
}

/**
 * A value with all its references replaced.
 * @param at key of the workload, for the message
 * @throws NotHandedOutError with one message that names what there is, and no secret
 */
export function textOf(value: string, given: SecretSources, at: string): string {
  return value
    .replace(pattern, (whole, text: string) => {
      const reference = read(text);
      const found = valueOf(reference, given);
      if (found !== undefined) return found;
      throw new NotHandedOutError(
        `${at} refers to ${whole}, which nothing hands out: ${known(reference, given)}.`,
      );
    })
    .replaceAll("$${", "${");
}
