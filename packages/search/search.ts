import { errorMessage } from "../errors";
import { CircuitBreaker } from "./circuit-breaker";
import { Postgres, type Source } from "./postgres";
import { Qdrant, type VectorCopy } from "./qdrant";
import type { Answer, Batch, Query } from "./types";

export interface SearchArgs {
  /** Connection string of the database agent_gateway. */
  dsn: string;
  /** How long a search or a store may take, waiting for a server that restarts included, milliseconds. @default 5000 */
  timeout?: number;
  /** The last stage: a derived copy that is asked first and may vanish. @default none: PostgreSQL alone */
  copy?: { url: string; apiKey?: string } & CopyLimits;
}

export interface CopyLimits {
  /** How long the copy may take, milliseconds. @default 200 */
  patience?: number;
  /** How long it is left alone after a failure, milliseconds. @default 30000 */
  rest?: number;
  /** With more changes than this since it was brought up to date, PostgreSQL's index is faster. @default 5000 */
  mostNewer?: number;
}

/** Documents with their embeddings: stored in PostgreSQL, found by what they mean. */
export class Search {
  readonly #postgres: Postgres;
  readonly #finder: FindNearest;

  constructor({ dsn, timeout = 5000, copy }: SearchArgs) {
    this.#postgres = new Postgres(dsn, timeout);
    this.#finder = new FindNearest(
      this.#postgres,
      copy === undefined ? undefined : new Qdrant(copy.url, copy.apiKey),
      copy,
    );
  }

  /** All or nothing; storing what is there already changes nothing, so a store may be repeated. */
  store(batch: Batch): Promise<void> {
    return this.#postgres.store(batch);
  }

  search(query: Query): Promise<Answer> {
    return this.#finder.search(query);
  }

  close(): Promise<void> {
    return this.#postgres.close();
  }
}

/** Asks the copy where that is as good as asking PostgreSQL, and PostgreSQL in every other case. */
export class FindNearest {
  readonly #breaker: CircuitBreaker;
  readonly #patience: number;
  readonly #mostNewer: number;

  constructor(
    private readonly source: Source,
    private readonly copy: VectorCopy | undefined,
    { patience = 200, rest = 30_000, mostNewer = 5000 }: CopyLimits = {},
    now?: () => number,
  ) {
    this.#breaker = new CircuitBreaker(rest, now);
    this.#patience = patience;
    this.#mostNewer = mostNewer;
  }

  async search(query: Query): Promise<Answer> {
    if (this.copy === undefined) return { hits: await this.source.nearest(query), by: "postgres" };
    const found = await this.#byCopy(query, this.copy);
    if (typeof found !== "string") return found;
    return { hits: await this.source.nearest(query), by: "postgres", because: found };
  }

  /** The answer, or why the copy has none. */
  async #byCopy(query: Query, copy: VectorCopy): Promise<Answer | string> {
    // What is filtered by lives in PostgreSQL and may have changed since.
    if (query.filter !== undefined) return "a filter is judged by PostgreSQL";
    // Before the copy is asked: it may then have more than the watermark says, never less.
    const state = await this.source.copy();
    if (state === undefined) return "no copy was made yet";
    if (state.newer > this.#mostNewer) return `the copy is ${state.newer} changes behind`;
    if (!this.#breaker.allows()) return "the copy failed a short while ago";
    const spare = 2 * query.k;
    let candidates: string[];
    try {
      candidates = await copy.nearest(state.collection, query.embedding, spare, this.#patience);
    } catch (error) {
      this.#breaker.failed();
      return errorMessage(error);
    }
    if (candidates.length < Math.min(spare, state.points)) {
      this.#breaker.failed();
      return `the copy has ${candidates.length} where it should have ${Math.min(spare, state.points)}`;
    }
    this.#breaker.succeeded();
    const { hits, known } = await this.source.merged(query, candidates, state.watermark);
    const enough = Math.min(query.k, state.points);
    return known < enough
      ? `${known} of the copy's ${candidates.length} candidates are left`
      : { hits, by: "copy" };
  }
}
