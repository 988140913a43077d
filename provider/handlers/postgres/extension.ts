import { z } from "zod";
import type { Context, Handler } from "../../handler";
import type { Sessions, Task } from "../../../packages/postgres/connect";
import { converge, quoted, type Change } from "../../../packages/postgres/converge";
import { createExtension, updateExtension } from "../../../packages/postgres/extension";
import { within } from "./database";
import { identifier, serverSchema } from "../../../packages/postgres/server";
import { overSsh } from "../../../packages/postgres/over-ssh";
import type { Session } from "../../../packages/postgres/session";

/** The inputs of homelab:postgres:Extension. */
export const extensionInputs = z
  .object({
    /** The server, reached through SSH on its node's loopback. */
    server: serverSchema,
    /** Database that it is installed in. */
    database: identifier,
    /** Its name as in `pg_available_extensions`, e.g. `vector`; it may carry a dash, as uuid-ossp does. */
    name: z.string().regex(/^[a-z_][a-z0-9_-]{0,62}$/, {
      error: (issue) =>
        `${JSON.stringify(issue.input)} is not an extension's name, e.g. vector or uuid-ossp.`,
    }),
    /** Exact version. @default the newest that the image carries, and no update of its own */
    version: z
      .string()
      .regex(/^\d[0-9A-Za-z._-]{0,31}$/, {
        error: (issue) => `${JSON.stringify(issue.input)} is not a version, e.g. 0.8.1.`,
      })
      .optional(),
    /** Schema that its objects are in. @default "public" */
    schema: identifier.default("public"),
  })
  .strict();

export type ExtensionInputs = z.infer<typeof extensionInputs>;

const extensionFacts = z.object({
  installed: z.object({ version: z.string(), schema: z.string(), relocatable: z.boolean() }).nullable(),
  /** The newest version that the server's image carries; null: none. */
  available: z.string().nullable(),
  /** Whether every version of it can be in any schema, and be moved. */
  relocatable: z.boolean(),
});

export type ExtensionFacts = z.infer<typeof extensionFacts>;

const query = `
SELECT (SELECT jsonb_build_object('version', e.extversion, 'schema', n.nspname, 'relocatable', e.extrelocatable)
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = $1) AS installed,
       (SELECT default_version FROM pg_available_extensions WHERE name = $1) AS available,
       (SELECT coalesce(bool_and(v.relocatable), false) FROM pg_available_extension_versions v WHERE v.name = $1) AS relocatable`;

async function read(session: Session, name: string): Promise<ExtensionFacts> {
  const [facts] = await session.rows(extensionFacts, query, [name]);
  return facts ?? { installed: null, available: null, relocatable: false };
}

const subjectOf = ({ name, database, server }: ExtensionInputs) =>
  `extension ${name} in database ${database} on ${server.connection.node}`;

/** Everything in which an extension differs, each with its remedy. */
function compareExtension(inputs: ExtensionInputs, facts: ExtensionFacts): Change[] {
  const subject = subjectOf(inputs);
  const name = quoted(inputs.name);
  const { installed } = facts;
  if (installed === null) {
    if (facts.available === null) {
      return [{ says: `${subject} is missing, and the server's image does not carry it`, sql: [] }];
    }
    const { relocatable } = facts;
    const sql = createExtension(inputs.name, inputs.schema, { relocatable, version: inputs.version });
    return [{ says: `${subject} is missing`, sql }];
  }
  const changes: Change[] = [];
  if (inputs.version !== undefined && installed.version !== inputs.version) {
    const relocatable = installed.relocatable && facts.relocatable;
    changes.push({
      says: `${subject}: version is ${installed.version}, declared ${inputs.version}`,
      sql: updateExtension(inputs.name, installed.schema, { relocatable, version: inputs.version }),
    });
  }
  if (installed.schema !== inputs.schema) {
    changes.push({
      says: `${subject}: is in schema ${installed.schema}, declared ${inputs.schema}`,
      sql: [`ALTER EXTENSION ${name} SET SCHEMA ${quoted(inputs.schema)}`],
    });
  }
  return changes;
}

/** An extension in a database, at any version unless one is declared. */
export function extensionHandler(sessions: Sessions): Handler<ExtensionInputs> {
  const task = (inputs: ExtensionInputs, ctx: Context): Task => ({
    server: inputs.server,
    database: inputs.database,
    subject: subjectOf(inputs),
    signal: ctx.signal,
  });
  return {
    type: "homelab:postgres:Extension",
    inputs: extensionInputs,
    replaceOn: ["database", "name"],
    id: (inputs) => `${inputs.database}/${inputs.name}`,

    drift: (inputs, ctx) =>
      within(
        async () =>
          compareExtension(
            inputs,
            await sessions.use(task(inputs, ctx), (session) => read(session, inputs.name)),
          ),
        (why) => `${subjectOf(inputs)} is out of reach: the database is ${why}`,
      ),

    async apply(inputs, ctx) {
      const facts = await sessions.use({ ...task(inputs, ctx), intent: "change" }, (session) =>
        session.transaction(() =>
          converge(
            session,
            () => read(session, inputs.name),
            (found) => compareExtension(inputs, found),
          ),
        ),
      );
      return { installed: facts.installed?.version };
    },

    remove(inputs, ctx) {
      ctx.log.info(
        `${subjectOf(inputs)} stays, for tables may depend on it; to drop it yourself, in psql on that database: ` +
          `DROP EXTENSION ${quoted(inputs.name)};`,
      );
      return Promise.resolve();
    },
  };
}

export const extension = extensionHandler(overSsh);
