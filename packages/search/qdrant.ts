import { z } from "zod";
import { dimensions } from "./types";

/** What a derived copy must be able to do. Its answers are identifiers: what they stand for, PostgreSQL says. */
export interface VectorCopy {
  create(collection: string): Promise<void>;
  /** Puts points in place of those with the same identifier; returns when a search finds them. */
  upsert(collection: string, points: readonly Point[]): Promise<void>;
  count(collection: string): Promise<number>;
  /** Identifiers of the nearest points, the nearest first. */
  nearest(
    collection: string,
    embedding: ArrayLike<number>,
    limit: number,
    patience: number,
  ): Promise<string[]>;
  collections(): Promise<string[]>;
  remove(collection: string): Promise<void>;
}

export interface Point {
  readonly id: string;
  readonly embedding: ArrayLike<number>;
}

/** How long a call other than a search may take, milliseconds. */
const writing = 60_000;

const answers = {
  done: z.boolean(),
  update: z.object({ status: z.literal("completed") }),
  points: z.object({ points: z.array(z.object({ id: z.string() })) }),
  count: z.object({ count: z.int() }),
  collections: z.object({ collections: z.array(z.object({ name: z.string() })) }),
};

/**
 * The part of Qdrant's REST API that is used.
 * @see https://api.qdrant.tech/api-reference
 */
export class Qdrant implements VectorCopy {
  /** @param url e.g. http://192.168.1.13:6333 @param apiKey when the server wants one */
  constructor(
    private readonly url: string,
    private readonly apiKey?: string,
  ) {}

  async create(collection: string): Promise<void> {
    const vectors = { size: dimensions, distance: "Cosine" };
    await this.#ask("PUT", path(collection), answers.done, { vectors });
  }

  async upsert(collection: string, points: readonly Point[]): Promise<void> {
    const body = { points: points.map(({ id, embedding }) => ({ id, vector: Array.from(embedding) })) };
    await this.#ask("PUT", `${path(collection)}/points?wait=true`, answers.update, body);
  }

  async count(collection: string): Promise<number> {
    return (await this.#ask("POST", `${path(collection)}/points/count`, answers.count, { exact: true }))
      .count;
  }

  async nearest(
    collection: string,
    embedding: ArrayLike<number>,
    limit: number,
    patience: number,
  ): Promise<string[]> {
    const body = { query: Array.from(embedding), limit, with_payload: false, with_vector: false };
    const found = await this.#ask("POST", `${path(collection)}/points/query`, answers.points, body, patience);
    return found.points.map(({ id }) => id);
  }

  async collections(): Promise<string[]> {
    const { collections } = await this.#ask("GET", "/collections", answers.collections);
    return collections.map(({ name }) => name);
  }

  async remove(collection: string): Promise<void> {
    await this.#ask("DELETE", path(collection), answers.done);
  }

  async #ask<T>(
    method: string,
    at: string,
    result: z.ZodType<T>,
    body?: unknown,
    patience = writing,
  ): Promise<T> {
    const headers = {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(this.apiKey === undefined ? {} : { "api-key": this.apiKey }),
    };
    let text: string;
    let status: number;
    try {
      const response = await fetch(new URL(at, this.url), {
        method,
        headers,
        signal: AbortSignal.timeout(patience),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw new Error(`Qdrant does not answer: ${reason(error, patience)}.`, { cause: error });
    }
    if (status !== 200) throw new Error(`Qdrant answers ${status} to ${method} ${at}: ${text.slice(0, 200)}`);
    const parsed = z.object({ result }).safeParse(json(text));
    if (!parsed.success)
      throw new Error(`Qdrant answers ${method} ${at} with something else than documented.`);
    return parsed.data.result;
  }
}

const path = (collection: string) => `/collections/${encodeURIComponent(collection)}`;

function reason(error: unknown, patience: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `nothing within ${patience} ms`;
  const { cause } = error;
  return cause instanceof Error && "code" in cause ? String(cause.code) : error.message;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
