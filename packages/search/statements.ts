import { dimensions, type Batch, type Filter, type Query } from "./types";

/** Text and values of statements: pure, so that a test can read what is asked. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/** An embedding as pgvector reads it. @throws Error for another length, or a number that is none */
export function vectorText(embedding: ArrayLike<number>): string {
  const numbers = Array.from(embedding);
  if (numbers.length !== dimensions || !numbers.every(Number.isFinite)) {
    throw new Error(`An embedding has ${numbers.length} numbers: it must have ${dimensions}, all finite.`);
  }
  return `[${numbers.join(",")}]`;
}

const whole = (value: number, least: number, most: number, what: string): number => {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${what} is ${value}: it must be a whole number from ${least} to ${most}.`);
};

const columns = "d.id, d.correlation_id, d.content, d.embedding <=> $1::vector as distance";

/** The nearest documents by PostgreSQL's own index. */
export function nearest(query: Query): Statement {
  const values: unknown[] = [vectorText(query.embedding)];
  const { join, where } = conditions(query.filter ?? {}, values);
  return joined(
    query,
    `select ${columns} from search.documents d${join}${where}
    order by d.embedding <=> $1::vector limit ${limit(query)}`,
    values,
  );
}

/**
 * The nearest among a copy's candidates and all documents that the copy cannot have yet, by exact distances. One
 * statement, so one state of the data: a candidate that was deleted is gone, one that was changed counts once.
 * Each row says in `known` how many candidates were left of those that the copy named.
 */
export function merged(query: Query, candidates: readonly string[], watermark: number): Statement {
  return joined(
    query,
    `select * from known union all select * from newer order by distance limit ${limit(query)}`,
    [vectorText(query.embedding), candidates, watermark],
    {
      // Materialized, so that the index for the nearest, which is not exact, has no part in it.
      before: `newer as materialized (select ${columns} from search.documents d where d.revision > $3),
    known as materialized (select ${columns} from search.documents d where d.id = any($2::uuid[]) and d.revision <= $3),
    `,
      column: `, (select count(*) from known)::int as known`,
    },
  );
}

const limit = ({ k }: Query) => whole(k, 1, 1000, "k");

function conditions(filter: Filter, values: unknown[]): { join: string; where: string } {
  const given = (value: unknown) => `$${values.push(value)}`;
  const where: string[] = [];
  if (filter.correlationIds !== undefined)
    where.push(`d.correlation_id = any(${given(filter.correlationIds)}::uuid[])`);
  if (filter.since !== undefined) where.push(`d.stored_at >= ${given(filter.since)}`);
  if (filter.attributes !== undefined)
    where.push(`f.attributes @> ${given(JSON.stringify(filter.attributes))}::jsonb`);
  return {
    join: filter.attributes === undefined ? "" : " join search.metadata f using (correlation_id)",
    where: where.length === 0 ? "" : ` where ${where.join(" and ")}`,
  };
}

/** Hits with their metadata and the end of their conversation. */
function joined(
  { history = 0 }: Query,
  found: string,
  values: unknown[],
  { before, column } = { before: "", column: "" },
): Statement {
  const messages = whole(history, 0, 1000, "history");
  const last = `select m.position, m.role, m.content from search.messages m
      where m.correlation_id = n.correlation_id order by m.position desc limit ${messages}`;
  return {
    text: `with ${before}n as materialized (${found})
    select n.id, n.correlation_id as "correlationId", n.content, n.distance, a.attributes,
      ${messages === 0 ? "'[]'::json" : "h.messages"} as history${column}
    from n left join search.metadata a on a.correlation_id = n.correlation_id
    ${messages === 0 ? "" : `cross join lateral (select coalesce(json_agg(l order by l.position), '[]') as messages from (${last}) l) h`}
    order by n.distance, n.id`,
    values,
  };
}

/** Statements that store a batch, in the order in which every writer takes its locks. */
export function storing({ documents = [], messages = [], metadata = [] }: Batch): Statement[] {
  const statements: Statement[] = [];
  if (metadata.length > 0) {
    const sorted = inOrder(metadata, (one) => one.correlationId);
    statements.push({
      text: `insert into search.metadata as there (correlation_id, attributes)
        select * from unnest($1::uuid[], $2::jsonb[])
        on conflict (correlation_id) do update set attributes = excluded.attributes
        where there.attributes is distinct from excluded.attributes`,
      values: [sorted.map((one) => one.correlationId), sorted.map((one) => JSON.stringify(one.attributes))],
    });
  }
  if (messages.length > 0) {
    const sorted = inOrder(
      messages,
      (one) => `${one.correlationId} ${String(one.position).padStart(10, "0")}`,
    );
    statements.push({
      text: `insert into search.messages as there (correlation_id, position, role, content)
        select * from unnest($1::uuid[], $2::int[], $3::text[], $4::text[])
        on conflict (correlation_id, position) do update set role = excluded.role, content = excluded.content
        where (there.role, there.content) is distinct from (excluded.role, excluded.content)`,
      values: [
        sorted.map((one) => one.correlationId),
        sorted.map((one) => one.position),
        sorted.map((one) => one.role),
        sorted.map((one) => one.content),
      ],
    });
  }
  if (documents.length > 0) {
    const sorted = inOrder(documents, (one) => one.id);
    statements.push({
      // What is there already and the same is not written again: it would get a new revision.
      text: `insert into search.documents as there (id, correlation_id, content, embedding)
        select id, correlation_id, content, embedding::vector
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as new (id, correlation_id, content, embedding)
        on conflict (id) do update set correlation_id = excluded.correlation_id, content = excluded.content,
          embedding = excluded.embedding
        where (there.correlation_id, there.content, there.embedding)
          is distinct from (excluded.correlation_id, excluded.content, excluded.embedding)`,
      values: [
        sorted.map((one) => one.id),
        sorted.map((one) => one.correlationId),
        sorted.map((one) => one.content),
        sorted.map((one) => vectorText(one.embedding)),
      ],
    });
  }
  return statements;
}

const inOrder = <T>(items: readonly T[], key: (item: T) => string): T[] =>
  [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
