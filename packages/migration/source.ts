import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";

/** A PostgreSQL that databases are moved from. */
export interface Source {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The database in which the others are looked up. */
  readonly database: string;
}

const form = "postgresql://USER@HOST:PORT/DATABASE";

/**
 * Reads a connection string as libpq writes it, without its password, which has no business in a process list.
 * @throws Error with one sentence
 */
export function parseSource(dsn: string): Omit<Source, "password"> {
  let url: URL;
  try {
    url = new URL(dsn);
  } catch {
    throw new Error(`The source must be given as ${form}.`);
  }
  if (!/^postgres(ql)?:$/.test(url.protocol) || url.hostname === "" || url.username === "") {
    throw new Error(`The source must be given as ${form}.`);
  }
  if (url.password !== "") {
    throw new Error(
      "The source's password must not stand in the command: give --password-file FILE, set HOMELAB_SOURCE_PASSWORD, or type it when asked.",
    );
  }
  const other = [...url.searchParams.entries()].find(
    ([key, value]) => key !== "sslmode" || !["disable", "allow", "prefer"].includes(value),
  );
  if (other !== undefined) {
    throw new Error(
      `The source's ${other[0]}=${other[1]} is not known here: what must be encrypted on its way goes through SSH with --via NODE.`,
    );
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: z.coerce
      .number()
      .int()
      .parse(url.port === "" ? 5432 : url.port),
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1)) || "postgres",
  };
}

/** The source's password: from a file, from the environment, or typed. */
export async function sourcePassword(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  ask: () => Promise<string> = typed,
): Promise<string> {
  if (file !== undefined) return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  return environment.HOMELAB_SOURCE_PASSWORD ?? environment.PGPASSWORD ?? (await ask());
}

async function typed(): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new Error(
      "The source's password is missing: give --password-file FILE or set HOMELAB_SOURCE_PASSWORD.",
    );
  }
  process.stderr.write("Password of the source: ");
  const lines = createInterface({ input: process.stdin, terminal: true });
  // Nothing of what is typed is shown.
  Object.assign(lines, { _writeToOutput: () => undefined });
  try {
    return await new Promise<string>((resolve) => lines.once("line", resolve));
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
