import type { Context, Handler } from "../../handler";
import type { Sessions, Task } from "../../../packages/postgres/connect";
import { converge } from "../../../packages/postgres/converge";
import { refusedBecause, within } from "./database";
import {
  compareGrant,
  grantFacts,
  grantInputs,
  grantQuery,
  grantSubject,
  type GrantInputs,
} from "./grant-plan";
import { overSsh } from "../../../packages/postgres/over-ssh";
import type { Session } from "../../../packages/postgres/session";

async function read(session: Session, inputs: GrantInputs) {
  const [facts] = await session.rows(grantFacts, grantQuery(inputs.on), [inputs.role, inputs.schema]);
  if (facts === undefined) throw new Error("PostgreSQL answered a query of one row with none");
  return facts;
}

/** The rights of one role on a schema, or on its tables or sequences, those of today and those to come. */
export function grantHandler(sessions: Sessions): Handler<GrantInputs> {
  const task = (inputs: GrantInputs, ctx: Context): Task => ({
    server: inputs.server,
    database: inputs.database,
    subject: grantSubject(inputs).replace(/:$/, ""),
    signal: ctx.signal,
  });

  const put = (inputs: GrantInputs, ctx: Context) =>
    sessions.use({ ...task(inputs, ctx), intent: "change" }, (session) =>
      session.transaction(() =>
        converge(
          session,
          () => read(session, inputs),
          (facts) => compareGrant(inputs, facts),
        ),
      ),
    );

  return {
    type: "homelab:postgres:Grant",
    inputs: grantInputs,
    replaceOn: ["database", "role", "schema", "on"],
    id: (inputs) => `${inputs.database}/${inputs.schema}/${inputs.on}/${inputs.role}`,

    drift: (inputs, ctx) =>
      within(
        async () =>
          compareGrant(inputs, await sessions.use(task(inputs, ctx), (session) => read(session, inputs))),
        (why) => `${grantSubject(inputs)} out of reach, for the database is ${why}`,
      ),

    async apply(inputs, ctx) {
      await put(inputs, ctx);
      return {};
    },

    async remove(inputs, ctx) {
      const nothing = { ...inputs, privileges: [] };
      try {
        const found = await sessions.use(task(inputs, ctx), (session) => read(session, inputs));
        if (found.roleExists && found.schemaExists) await put(nothing, ctx);
      } catch (error) {
        if (refusedBecause(error) === undefined) throw error;
      }
    },
  };
}

export const grant = grantHandler(overSsh);
