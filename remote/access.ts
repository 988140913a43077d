import { RemoteError } from "../packages/errors";
import type { ConnectionArgs } from "./connection-args";
import { rowsOf, runScript } from "./run";

export type AccessRole = "admin" | "developer" | "viewer";

/** A person who may use the cluster. */
export interface Access {
  readonly name: string;
  readonly role: AccessRole;
  /** Where a developer may change things; none for the others. */
  readonly namespaces: readonly string[];
  /** Seconds until its token ends. */
  readonly seconds: number;
}

/** What a kubeconfig is made of. */
export interface Credentials {
  /** The API's address as the server's own kubeconfig has it: on its loopback. */
  readonly server: string;
  /** Certificate authority, PEM in base64. */
  readonly authority: string;
  readonly expires: string;
  readonly token: string;
}

async function ask(connection: ConnectionArgs, lines: Readonly<Record<string, string>>): Promise<string[][]> {
  const said = await runScript(connection, "access", {
    stdin: `${Object.entries(lines)
      .map(([key, value]) => `${key}\t${value}\n`)
      .join("")}end\n`,
    timeoutSeconds: 120,
    signal: new AbortController().signal,
  });
  if (said.code !== 0) throw new RemoteError(said.stderr.trim() || `access.sh ended with ${said.code}.`);
  return rowsOf(said.stdout);
}

/** Lets somebody into the cluster, in place of what they were allowed before. */
export async function grantAccess(
  connection: ConnectionArgs,
  { name, role, namespaces, seconds }: Access,
): Promise<Credentials> {
  const rows = await ask(connection, {
    ...{ verb: "create", name, role },
    ...{ namespaces: namespaces.join(" "), seconds: String(seconds) },
  });
  const said = (key: string) => rows.find(([name]) => name === key)?.[1] ?? "";
  return {
    server: said("server"),
    authority: said("authority"),
    expires: said("expires"),
    token: said("token"),
  };
}

/** Ends every token of somebody, at once. */
export async function revokeAccess(connection: ConnectionArgs, name: string): Promise<void> {
  await ask(connection, { verb: "revoke", name });
}

export interface Granted {
  readonly name: string;
  readonly role: string;
  readonly namespaces: string;
  readonly expires: string;
}

export async function listAccess(connection: ConnectionArgs): Promise<Granted[]> {
  const rows = await ask(connection, { verb: "list" });
  return rows
    .filter(([kind]) => kind === "access")
    .map(([, name = "", role = "", namespaces = "", expires = ""]) => ({ name, role, namespaces, expires }));
}
