import { setMaxListeners } from "node:events";
import { z } from "zod";
import { differences } from "../../../packages/migration/compare";
import { Different, type Say } from "../../../packages/migration/move";
import { migrationName, usualWorkDirectory } from "../../../packages/migration/names";
import { size } from "../../../packages/migration/plan";
import { movedAlready, prepare, type Request } from "../../../packages/migration/prepare";
import { duration } from "../../../packages/migration/report";
import { runMigration } from "../../../packages/migration/run";
import { connectionSchema } from "../../../remote/connection-args";
import type { Context, Handler } from "../../handler";
import { listed } from "../../../packages/postgres/converge";
import { identifier } from "../../../packages/postgres/server";

const port = z.int().min(1).max(65535);

/** The inputs of homelab:postgres:Migration. */
export const migrationInputs = z
  .object({
    /** The target: as its superuser, whose password the node keeps. */
    server: z
      .object({
        /** How to reach the target's node over SSH. */
        connection: connectionSchema,
        /** Port on the node's loopback. */
        port,
      })
      .strict(),
    /** Tells it from other migrations: small letters, digits and dashes. */
    migration: z.string().regex(migrationName, "must be small letters, digits and dashes"),
    /** The server that is read, and who reads it. */
    source: z
      .object({
        /** Its name or address, as reached from the node of `via`. */
        host: z.string().min(1),
        /** Its port. */
        port,
        /** Who reads. */
        user: z.string().min(1),
        /** That user's password: a secret. */
        password: z.string().min(1),
        /** Database that is connected to first, e.g. `postgres`. */
        database: z.string().min(1),
      })
      .strict(),
    /** The node through which the source is reached. @default the target's */
    via: connectionSchema.optional(),
    /** Databases by their names on the source and on the target. */
    databases: z
      .array(
        z
          .object({
            /** Its name on the source. */
            from: z.string().min(1),
            /** Its name on the target. */
            to: identifier,
          })
          .strict(),
      )
      .min(1),
    /** The target's owner by the source's, where it is not the role of the same name or the database's owner. @default none */
    owners: z.record(z.string(), identifier).default({}),
    /** On the node, for the dump. @default "/srv/homelab/migration" */
    workDirectory: z
      .string()
      .regex(/^\/(?!.*\.\.)[A-Za-z0-9._/-]+$/, "must be an absolute path of plain characters")
      .default(usualWorkDirectory),
  })
  .strict();

export type MigrationInputs = z.infer<typeof migrationInputs>;

function requestOf(inputs: MigrationInputs, ctx: Context): Request {
  const { server, migration: name, source, via, databases, owners, workDirectory } = inputs;
  // One of its own, because each of a run's connections listens to it.
  const signal = AbortSignal.any([ctx.signal]);
  setMaxListeners(100, signal);
  return {
    ...{ name, source, via, databases, owners, workDirectory, signal, jobs: undefined },
    target: server,
  };
}

/** Steps that have ended, and every half minute how far the one is that is under way. */
function logger({ log }: Context): Say {
  let last = Date.now();
  return {
    done: (text, seconds) => {
      log.info(`${text} (${seconds.toFixed(1)} s)`);
    },
    progress: (text) => {
      if (Date.now() - last < 30_000) return;
      last = Date.now();
      log.info(`… ${text}`);
    },
  };
}

const left = (inputs: MigrationInputs, moved: ReadonlyMap<string, string>) =>
  inputs.databases.filter(({ to }) => !moved.has(to));

/** homelab:postgres:Migration */
export const migration: Handler<MigrationInputs> = {
  type: "homelab:postgres:Migration",
  inputs: migrationInputs,
  replaceOn: ["migration"],
  id: (inputs) => `${inputs.server.connection.node}/${inputs.migration}`,

  async drift(inputs, ctx) {
    const moved = await movedAlready(requestOf(inputs, ctx));
    return left(inputs, moved).map(({ from, to }) => `database ${to} has not been moved from ${from} yet`);
  },

  async plan(inputs, ctx) {
    const request = requestOf(inputs, ctx);
    const nothing = { notes: [], unmet: [], errors: [] };
    if (left(inputs, await movedAlready(request)).length === 0)
      return { ...nothing, notes: ["All of it has been moved already."] };
    const { plan } = await prepare(request);
    // What is absent is declared, or the settings would have said so: the same run makes it.
    const lacks = plan.missing.filter((one) => !plan.occupied.includes(one) && !plan.absent.includes(one));
    if (plan.occupied.length > 0 || lacks.length > 0)
      return { ...nothing, unmet: lacks, errors: plan.occupied };
    const what = plan.databases
      .filter(({ stage }) => stage !== "moved")
      .map(
        ({ from, to, bytes, stage }) =>
          `${from} to ${to} (${size(bytes)}${stage === "not begun" ? "" : `, ${stage}`})`,
      );
    return {
      ...nothing,
      notes: [`Would move ${listed(what, 20)}; about ${duration(plan.seconds)}.`, ...plan.notes],
    };
  },

  async apply(inputs, ctx) {
    const request = requestOf(inputs, ctx);
    if (left(inputs, await movedAlready(request)).length > 0) {
      const prepared = await prepare(request);
      if (prepared.plan.missing.length > 0) throw new Error(prepared.plan.missing.join("\n"));
      try {
        await runMigration(request, prepared, logger(ctx));
      } catch (error) {
        if (!(error instanceof Different)) throw error;
        throw new Error(`${error.message} ${listed(differences(error.compared), 10)}.`, { cause: error });
      }
    }
    return { moved: Object.fromEntries(await movedAlready(request)) };
  },

  remove(inputs, ctx) {
    ctx.log.info(
      `The databases that were moved (${listed(inputs.databases.map(({ to }) => to))}) stay on ${inputs.server.connection.node}.`,
    );
    return Promise.resolve();
  },
};
