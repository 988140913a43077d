import { escapeLiteral } from "pg";
import { readMarker } from "../../../packages/migration/names";
import { podmanOn } from "../../../remote/podman";
import { superuserPassword } from "../../../remote/migration";
import type { Context, PlannedChange } from "../../handler";
import { unknown } from "../../values";
import { quoted, type Change } from "../../../packages/postgres/converge";
import type { Server } from "../../../packages/postgres/server";

/**
 * Whose a role or a database is. The mark is a comment on it: that goes where the thing goes (another server, a restored
 * base backup, a dump of the roles), and ends with it, so a namesake that somebody makes later has none.
 */
const mark = "[managed by homelab]";

export type Kind = "role" | "database";

/** Whether a comment says that this program made the thing. A database that was moved here bears the migration's own mark. */
const isMarked = (comment: string | null): boolean =>
  comment?.endsWith(mark) === true || readMarker(comment)?.state === "moved";

/** The statement that marks it. What a person wrote there stays. */
export function marking(kind: Kind, name: string, comment: string | null): string {
  const text = comment === null || comment === "" ? mark : `${comment} ${mark}`;
  return `COMMENT ON ${kind.toUpperCase()} ${quoted(name)} IS ${escapeLiteral(text)}`;
}

/** The mark as something to put right, where it is missing. */
export function markChanges(kind: Kind, name: string, comment: string | null, subject: string): Change[] {
  if (isMarked(comment)) return [];
  return [{ says: `${subject} bears no mark of this program yet`, sql: [marking(kind, name, comment)] }];
}

/** What is declared, as far as it decides whether one that is there is taken over. */
interface Declared {
  readonly server: Server;
  readonly name: string;
  readonly adopt: boolean;
}

/** Why what is there is left alone, and how it is adopted; nothing where it may be taken over. */
export function refusal(
  kind: Kind,
  { server, name, adopt }: Declared,
  there: { readonly comment: string | null } | null | undefined,
): string | undefined {
  if (adopt || there === null || there === undefined || isMarked(there.comment)) return undefined;
  const { node } = server.connection;
  return (
    `${kind} ${name} on ${node} is somebody else's: neither this stack's state nor a mark (its comment) says that this ` +
    `program made it, so nothing of it was changed. To have it taken over, with all that it has, add ${name} to ` +
    `homelab:postgres.adopt; otherwise rename it there (ALTER ${kind.toUpperCase()} ${quoted(name)} RENAME TO …), or ` +
    `declare another name; then run this again.`
  );
}

/**
 * The server as it can be asked in a preview, in which its password may not be known yet: the node knows it.
 * @returns undefined when there is no server of this program's.
 */
export async function askable(server: Server, { signal }: Context): Promise<Server | undefined> {
  if (server.password !== unknown) return server;
  const { connection } = server;
  const { secrets } = await podmanOn(connection, signal);
  if (!secrets.has("homelab-postgres-superuser")) return undefined;
  return { ...server, password: await superuserPassword({ connection, signal }) };
}

/** For a preview of what is to be made for the first time: whether it may be, should it be there. */
export async function planCreation<I extends Declared>(
  kind: Kind,
  inputs: I,
  ctx: Context,
  read: (inputs: I) => Promise<{ readonly comment: string | null } | null | undefined>,
): Promise<PlannedChange> {
  const server = await askable(inputs.server, ctx);
  const there = server === undefined ? undefined : await read({ ...inputs, server });
  const refused = refusal(kind, inputs, there);
  const foreign = there !== null && there !== undefined && !isMarked(there.comment);
  return {
    notes:
      foreign && refused === undefined
        ? [
            `${kind} ${inputs.name} on ${inputs.server.connection.node} would be taken over from whoever made it.`,
          ]
        : [],
    unmet: [],
    errors: refused === undefined ? [] : [refused],
  };
}
