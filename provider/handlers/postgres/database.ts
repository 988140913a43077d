import type { Context, Handler } from "../../handler";
import type { Sessions, Task } from "../../../packages/postgres/connect";
import { converge, quoted } from "../../../packages/postgres/converge";
import {
  compareInner,
  compareOuter,
  createDatabase,
  databaseInputs,
  innerFacts,
  innerQuery,
  nameDatabase,
  outerFacts,
  outerQuery,
  unmarkedName,
  type DatabaseInputs,
} from "./database-plan";
import { sqlState } from "../../../packages/postgres/errors";
import { planCreation, refusal } from "./marks";
import { maintenance } from "./role";
import { overSsh } from "../../../packages/postgres/over-ssh";
import type { Session } from "../../../packages/postgres/session";

const noSuchDatabase = "3D000";
const takesNoConnections = "55000";

const outer = async (session: Session, name: string) =>
  (await session.rows(outerFacts, outerQuery, [name])).at(0);

async function inner(session: Session) {
  const [facts] = await session.rows(innerFacts, innerQuery);
  if (facts === undefined) throw new Error("PostgreSQL answered a query of one row with none");
  return facts;
}

/** Why the server did not let us into a database. */
export function refusedBecause(error: unknown): "missing" | "closed" | undefined {
  const state = sqlState(error) ?? sqlState(error instanceof Error ? error.cause : undefined);
  if (state === noSuchDatabase) return "missing";
  return state === takesNoConnections ? "closed" : undefined;
}

/**
 * A handler's `drift` for what is within a database. That the server lets nobody into it is a difference, too.
 * @param outOfReach the sentence for that
 */
export async function within(
  look: () => Promise<readonly { readonly says: string }[]>,
  outOfReach: (why: "missing" | "closed") => string,
): Promise<string[]> {
  try {
    return (await look()).map(({ says }) => says);
  } catch (error) {
    const why = refusedBecause(error);
    if (why === undefined) throw error;
    return [outOfReach(why)];
  }
}

/** What was killed in between is found closed under its first name, and goes on from there. */
async function make(session: Session, inputs: DatabaseInputs): Promise<void> {
  if ((await outer(session, unmarkedName(inputs.name))) === undefined)
    await session.run([createDatabase(inputs)]);
  await session.transaction(() => session.run(nameDatabase(inputs)));
}

/** A database, open to its owner and those named, in whose schema `public` nobody else creates. */
export function databaseHandler(sessions: Sessions): Handler<DatabaseInputs> {
  const task = (inputs: DatabaseInputs, ctx: Context): Task => ({
    server: inputs.server,
    database: inputs.name,
    subject: `database ${inputs.name} on ${inputs.server.connection.node}`,
    signal: ctx.signal,
  });
  return {
    type: "homelab:postgres:Database",
    inputs: databaseInputs,
    replaceOn: ["name"],
    id: (inputs) => inputs.name,

    async drift(inputs, ctx) {
      const look = task(inputs, ctx);
      try {
        const facts = await sessions.use(look, async (session) => ({
          outer: await outer(session, inputs.name),
          inner: await inner(session),
        }));
        const changes = [...compareOuter(inputs, facts.outer), ...compareInner(inputs, facts.inner)];
        return changes.map((change) => change.says);
      } catch (error) {
        if (refusedBecause(error) === undefined) throw error;
      }
      const outside = { ...look, database: maintenance };
      const facts = await sessions.use(outside, (session) => outer(session, inputs.name));
      return compareOuter(inputs, facts).map((change) => change.says);
    },

    planIgnores: ["server"],
    async plan(inputs, ctx, previous) {
      if (previous !== undefined) return { notes: [], unmet: [], errors: [] };
      return planCreation("database", inputs, ctx, (known) =>
        sessions.use({ ...task(known, ctx), database: maintenance }, (session) => outer(session, known.name)),
      );
    },

    async apply(inputs, ctx, previous) {
      const within: Task = { ...task(inputs, ctx), intent: "change" };
      await sessions.use({ ...within, database: maintenance }, async (session) => {
        const there = await outer(session, inputs.name);
        const refused = previous === undefined ? refusal("database", inputs, there) : undefined;
        if (refused !== undefined) throw new Error(refused);
        if (there === undefined) await make(session, inputs);
        await session.transaction(() =>
          converge(
            session,
            () => outer(session, inputs.name),
            (facts) => compareOuter(inputs, facts),
          ),
        );
      });
      await sessions.use(within, (session) =>
        session.transaction(() =>
          converge(
            session,
            () => inner(session),
            (facts) => compareInner(inputs, facts),
          ),
        ),
      );
      return {};
    },

    remove(inputs, ctx) {
      const node = inputs.server.connection.node;
      ctx.log.info(
        `database ${inputs.name} stays on ${node} with all its data; to drop it yourself, on ${node} in psql as ` +
          `${inputs.server.user}: DROP DATABASE ${quoted(inputs.name)};`,
      );
      return Promise.resolve();
    },
  };
}

export const database = databaseHandler(overSsh);
