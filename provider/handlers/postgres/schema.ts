import { z } from "zod";
import type { Context, Handler } from "../../handler";
import type { Sessions, Task } from "../../../packages/postgres/connect";
import { converge, quoted, type Change } from "../../../packages/postgres/converge";
import { refusedBecause, within } from "./database";
import { askable } from "./marks";
import { identifier, roleName, serverSchema } from "../../../packages/postgres/server";
import { overSsh } from "../../../packages/postgres/over-ssh";
import type { Session } from "../../../packages/postgres/session";

/** The inputs of homelab:postgres:Schema. */
export const schemaInputs = z
  .object({
    /** The server, reached through SSH on its node's loopback. */
    server: serverSchema,
    /** Database that has it. */
    database: identifier,
    /** Its name, e.g. `analytics`. */
    name: identifier.refine((name) => !["public", "information_schema"].includes(name), {
      error: (issue) =>
        `${JSON.stringify(issue.input)} is a schema that every database has; choose another name.`,
    }),
    /** Role that owns it; it must be there. */
    owner: roleName,
  })
  .strict();

export type SchemaInputs = z.infer<typeof schemaInputs>;

const schemaFacts = z.object({ owner: z.string().nullable() });
type SchemaFacts = z.infer<typeof schemaFacts>;

const query = `SELECT (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $1) AS owner`;

async function read(session: Session, name: string): Promise<SchemaFacts> {
  const [facts] = await session.rows(schemaFacts, query, [name]);
  return facts ?? { owner: null };
}

const subjectOf = ({ name, database, server }: SchemaInputs) =>
  `schema ${name} in database ${database} on ${server.connection.node}`;

function compareSchema(inputs: SchemaInputs, { owner }: SchemaFacts): Change[] {
  const subject = subjectOf(inputs);
  const [name, declared] = [quoted(inputs.name), quoted(inputs.owner)];
  if (owner === null)
    return [{ says: `${subject} is missing`, sql: [`CREATE SCHEMA ${name} AUTHORIZATION ${declared}`] }];
  if (owner === inputs.owner) return [];
  return [
    {
      says: `${subject}: owner is ${owner}, declared ${inputs.owner}`,
      sql: [`ALTER SCHEMA ${name} OWNER TO ${declared}`],
    },
  ];
}

/** Why one that is there when it is declared for the first time is left to whoever has it. */
function refusal(inputs: SchemaInputs, { owner }: SchemaFacts): string | undefined {
  if (owner === null || owner === inputs.owner) return undefined;
  return (
    `${subjectOf(inputs)} is there already and belongs to ${owner}, so nothing of it was changed: declare ${owner} as ` +
    `its owner, or give it to ${inputs.owner} there (ALTER SCHEMA ${quoted(inputs.name)} OWNER TO ` +
    `${quoted(inputs.owner)}), or declare another name; then run this again.`
  );
}

/** A schema of a role's own in a database: there it creates and drops what it likes, and nowhere else. */
export function schemaHandler(sessions: Sessions): Handler<SchemaInputs> {
  const task = (inputs: SchemaInputs, ctx: Context): Task => ({
    server: inputs.server,
    database: inputs.database,
    subject: subjectOf(inputs),
    signal: ctx.signal,
  });
  const look = (inputs: SchemaInputs, ctx: Context) =>
    sessions.use(task(inputs, ctx), (session) => read(session, inputs.name));

  return {
    type: "homelab:postgres:Schema",
    inputs: schemaInputs,
    replaceOn: ["database", "name"],
    id: (inputs) => `${inputs.database}/${inputs.name}`,

    drift: (inputs, ctx) =>
      within(
        async () => compareSchema(inputs, await look(inputs, ctx)),
        (why) => `${subjectOf(inputs)} is out of reach: the database is ${why}`,
      ),

    planIgnores: ["server"],
    async plan(inputs, ctx, previous) {
      const server = previous === undefined ? await askable(inputs.server, ctx) : undefined;
      const nothing = { notes: [], unmet: [], errors: [] };
      if (server === undefined) return nothing;
      try {
        const refused = refusal(inputs, await look({ ...inputs, server }, ctx));
        return refused === undefined ? nothing : { ...nothing, errors: [refused] };
      } catch (error) {
        // The database comes with the same run.
        if (refusedBecause(error) === undefined) throw error;
        return nothing;
      }
    },

    async apply(inputs, ctx, previous) {
      await sessions.use({ ...task(inputs, ctx), intent: "change" }, (session) =>
        session.transaction(async () => {
          const refused =
            previous === undefined ? refusal(inputs, await read(session, inputs.name)) : undefined;
          if (refused !== undefined) throw new Error(refused);
          return converge(
            session,
            () => read(session, inputs.name),
            (facts) => compareSchema(inputs, facts),
          );
        }),
      );
      return {};
    },

    remove(inputs, ctx) {
      ctx.log.info(
        `${subjectOf(inputs)} stays, with all that is in it; to drop it yourself, in psql on that database: ` +
          `DROP SCHEMA ${quoted(inputs.name)} CASCADE;`,
      );
      return Promise.resolve();
    },
  };
}

export const schema = schemaHandler(overSsh);
