import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { runScript } from "./run";

/** A thing of an object store: `bucket/NAME`, `user/NAME` or `policy/NAME`. */
export type StoreName = `${"bucket" | "user" | "policy"}/${string}`;

export interface StoreThing {
  readonly name: StoreName;
  readonly there: boolean;
  /** Whether a mark on the node says that this project made it. */
  readonly marked: boolean;
}

/**
 * Whose the named things of an object store are, in the order of the names.
 * @param verb `mark` notes all of them as this project's first.
 * @param directory the store's data on the node, in which it is seen what is there.
 */
export async function storeMarks(
  connection: ConnectionArgs,
  verb: "look" | "mark",
  directory: string,
  names: readonly StoreName[],
  signal: AbortSignal,
): Promise<StoreThing[]> {
  const result = await runScript(connection, "store-marks", {
    stdin: `verb\t${verb}\ndirectory\t${directory}\nnames\t${names.join(" ")}\nend\n`,
    timeoutSeconds: 60,
    signal,
  });
  const where = `what is in ${directory} on ${connection.node}`;
  if (result.code !== 0) throw new RemoteError(`Whose ${where} is cannot be seen: ${result.stderr.trim()}`);
  const found = new Map(
    result.stdout.split("\n").map((line) => {
      const [name = "", seen, marked] = line.split("\t");
      return [name, { there: seen === "there", marked: marked === "yes" }] as const;
    }),
  );
  return names.map((name) => {
    const thing = found.get(name);
    if (thing === undefined)
      throw new RemoteError(`The node did not say to the end ${where}: run this again.`);
    return { name, ...thing };
  });
}
