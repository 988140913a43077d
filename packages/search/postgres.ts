import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "pg";
import { troubleOf } from "../postgres/errors";
import { refuseMoreThanOwner } from "./rights";
import { merged, nearest, storing, type Statement } from "./statements";
import type { Batch, Hit, Query } from "./types";

/** What PostgreSQL knows of a derived copy. */
export interface CopyState {
  readonly collection: string;
  /** The copy holds every document whose revision is at most this. */
  readonly watermark: number;
  /** How many points it had when it was last brought up to date. */
  readonly points: number;
  /** Changes since, at most. */
  readonly newer: number;
}

/** What a search asks of PostgreSQL. */
export interface Source {
  nearest(query: Query): Promise<Hit[]>;
  /** @returns the hits, and how many of the candidates were still what the copy took them for */
  merged(
    query: Query,
    candidates: readonly string[],
    watermark: number,
  ): Promise<{ hits: Hit[]; known: number }>;
  /** The copy to ask, if one was ever made. */
  copy(): Promise<CopyState | undefined>;
}

/** PostgreSQL as the source of truth. A server that restarts is waited for, as long as the time allows. */
export class Postgres implements Source {
  readonly #pool: Pool;
  /** Asked once, before anything else. */
  #refused: Promise<void> | undefined;

  /** @param timeout how long one call may take altogether, milliseconds */
  constructor(
    dsn: string,
    private readonly timeout: number,
  ) {
    this.#pool = new Pool({
      connectionString: dsn,
      application_name: "homelab-search",
      connectionTimeoutMillis: Math.min(2000, timeout),
      statement_timeout: timeout,
      query_timeout: timeout + 250,
      // Searches are short: compiling one takes longer than it saves.
      options: "-c jit=off",
    });
    // A connection that breaks while nobody uses it; the next call makes another.
    this.#pool.on("error", () => undefined);
  }

  async nearest(query: Query): Promise<Hit[]> {
    return this.#rows<Hit>(nearest(query));
  }

  async merged(
    query: Query,
    candidates: readonly string[],
    watermark: number,
  ): Promise<{ hits: Hit[]; known: number }> {
    const rows = await this.#rows<Hit & { known?: number }>(merged(query, candidates, watermark));
    const known = rows[0]?.known ?? 0;
    for (const row of rows) delete row.known;
    return { hits: rows, known };
  }

  async copy(): Promise<CopyState | undefined> {
    const text = `select collection, watermark::float8, points::float8,
        ((select last_value from search.revision) - watermark)::float8 as newer
      from search.copies order by synced_at desc limit 1`;
    return (await this.#rows<CopyState>({ text, values: [] })).at(0);
  }

  /** All of it or nothing; storing what is there already changes nothing. */
  async store(batch: Batch): Promise<void> {
    const statements = storing(batch);
    await this.#patiently(async () => {
      await this.#mayAsk();
      const client = await this.#pool.connect();
      let broken: Error | undefined;
      // The server closed an idle connection: there is no query to reject.
      const lost = (error: Error) => (broken = error);
      client.on("error", lost);
      try {
        await client.query("begin");
        for (const statement of statements) await client.query(statement);
        await client.query("commit");
      } catch (error) {
        broken = error as Error;
        throw error;
      } finally {
        client.off("error", lost);
        // With an error the pool closes the connection, which rolls back.
        client.release(broken);
      }
    });
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #rows<R>(statement: Statement): Promise<R[]> {
    const result = await this.#patiently(async () => {
      await this.#mayAsk();
      return this.#pool.query(statement.text, statement.values);
    });
    return result.rows as R[];
  }

  #mayAsk(): Promise<void> {
    this.#refused ??= refuseMoreThanOwner(this.#pool).catch((error: unknown) => {
      // A server that starts is asked again.
      this.#refused = undefined;
      throw error;
    });
    return this.#refused;
  }

  /** Reads may be repeated, and so may storing: a lost connection or a server that starts is no failure yet. */
  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.timeout;
    for (let wait = 50; ; wait = Math.min(2 * wait, 500)) {
      try {
        return await work();
      } catch (error) {
        if (!passing(error) || performance.now() + wait > deadline) throw error;
        await sleep(wait);
      }
    }
  }
}

const networkTrouble = new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"]);

function passing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string" && networkTrouble.has(error.code)) return true;
  return troubleOf(error) !== "final" || error.message === "timeout exceeded when trying to connect";
}
