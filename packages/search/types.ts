/** Length of an embedding, as all-MiniLM-L6-v2 makes them. Another model means another column, so another migration. */
export const dimensions = 384;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Attributes = Readonly<Record<string, Json>>;

/** A piece of text that can be found by its meaning. */
export interface Document {
  /** UUID, chosen by who stores it: storing the same again changes nothing. */
  readonly id: string;
  /** UUID of what it belongs to: a conversation, a run, a request. Documents, messages and metadata meet in it. */
  readonly correlationId: string;
  readonly content: string;
  /** {@link dimensions} numbers. */
  readonly embedding: ArrayLike<number>;
}

/** One message of a conversation. */
export interface Message {
  readonly correlationId: string;
  /** Its place in the conversation, from 0. */
  readonly position: number;
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
}

/** What is known of a correlation identifier. */
export interface Metadata {
  readonly correlationId: string;
  readonly attributes: Attributes;
}

/** What is stored at once, all or nothing. */
export interface Batch {
  readonly documents?: readonly Document[];
  readonly messages?: readonly Message[];
  readonly metadata?: readonly Metadata[];
}

export interface Query {
  /** {@link dimensions} numbers, by the same model as the documents'. */
  readonly embedding: ArrayLike<number>;
  /** How many hits, 1 to 1000. PostgreSQL's hnsw.ef_search should be at least as much. */
  readonly k: number;
  /** Only documents for which all of it holds. Answered by PostgreSQL alone. */
  readonly filter?: Filter;
  /** How many of the conversation's last messages come with each hit. @default 0 */
  readonly history?: number;
}

export interface Filter {
  readonly correlationIds?: readonly string[];
  /** Keys and values that the metadata contains. */
  readonly attributes?: Attributes;
  /** Stored at this time or later. */
  readonly since?: Date;
}

export interface Hit {
  readonly id: string;
  readonly correlationId: string;
  readonly content: string;
  /** Cosine distance, 0 (the same direction) to 2. */
  readonly distance: number;
  /** Null when nothing is stored for the correlation identifier. */
  readonly attributes: Attributes | null;
  /** Oldest first. */
  readonly history: readonly Omit<Message, "correlationId">[];
}

/** Who found the hits; what they contain is PostgreSQL's in each case. */
export type Finder = "postgres" | "copy";

export interface Answer {
  /** The nearest first. */
  readonly hits: readonly Hit[];
  readonly by: Finder;
  /** Why PostgreSQL answered although a copy is configured. */
  readonly because?: string;
}
