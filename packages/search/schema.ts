import type { ClientBase } from "pg";
import { dimensions } from "./types";

/** Every writer of documents holds it shared until its transaction ends; see {@link settledRevision}. */
const writersLock = 384_001;
/** Held by who makes or changes the derived copy. */
export const copyLock = 384_002;
const migrationLock = 384_003;

/**
 * All of the schema, in a form that may be run again at any time. What an `if not exists` does not reach (another
 * column, another dimension) is added below it as a statement that may be run again too.
 */
const ddl = `
create schema if not exists search;

create sequence if not exists search.revision;

create table if not exists search.documents (
  id uuid primary key,
  correlation_id uuid not null,
  content text not null,
  embedding vector(${dimensions}) not null,
  stored_at timestamptz not null default now(),
  -- Grows with every change, so that what a copy lacks can be asked for.
  revision bigint not null
);
create index if not exists documents_by_correlation on search.documents (correlation_id);
create index if not exists documents_by_revision on search.documents (revision);
create index if not exists documents_by_meaning on search.documents using hnsw (embedding vector_cosine_ops);

create table if not exists search.messages (
  correlation_id uuid not null,
  position int not null,
  role text not null check (role in ('system', 'user', 'assistant', 'tool')),
  content text not null,
  stored_at timestamptz not null default now(),
  primary key (correlation_id, position)
);

create table if not exists search.metadata (
  correlation_id uuid primary key,
  attributes jsonb not null
);
create index if not exists metadata_by_attributes on search.metadata using gin (attributes jsonb_path_ops);

-- What a derived copy holds: every document whose revision is at most the watermark. Kept here and not in the copy:
-- it goes back with the data when a backup is restored, and it names a collection that no other history has.
create table if not exists search.copies (
  collection text primary key,
  watermark bigint not null,
  points bigint not null,
  synced_at timestamptz not null default now()
);

-- The lock first, then the number: who holds the lock alone knows that no lower number is still under way.
create or replace function search.number_revision() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(${writersLock});
  new.revision := nextval('search.revision');
  return new;
end $$;
create or replace trigger number_revision before insert or update on search.documents
  for each row execute function search.number_revision();
`;

/** Makes the schema what {@link ddl} says, whatever is there; two at once wait for each other. */
export async function migrate(client: ClientBase): Promise<void> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [migrationLock]);
    await client.query(ddl);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/**
 * The highest revision below which none is still under way: whoever was writing has ended, and who comes later gets a
 * higher one. Writers wait meanwhile, for at most `patience` milliseconds.
 * @throws Error of PostgreSQL (55P03) when a writer takes longer.
 */
export async function settledRevision(client: ClientBase, patience = 2000): Promise<number> {
  await client.query("begin");
  try {
    await client.query(`set local lock_timeout = ${Math.floor(patience)}`);
    await client.query("select pg_advisory_xact_lock($1)", [writersLock]);
    const { rows } = await client.query<{ revision: string }>(
      "select case when is_called then last_value else 0 end as revision from search.revision",
    );
    return Number(rows[0]?.revision ?? 0);
  } finally {
    await client.query("rollback");
  }
}
