import { quoted } from "../postgres/converge";

/**
 * What a database holds, asked in a way that gives the same answer on every version from 14 on. Sessions must have the
 * settings of ./access.ts.
 */

/** Objects of extensions come with the extension, not with the dump. */
const ofExtension = (catalogue: string, oid: string) =>
  `EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalogue}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

/** Schemas of people, not of the server. */
export const ownSchema = (nspname: string) => `(${nspname} !~ '^pg_' AND ${nspname} <> 'information_schema')`;

/** A name as one reads it: in quotes only when it needs them, whatever is a word of SQL in some version. */
const spoken = (text: string) =>
  `CASE WHEN ${text} ~ '^[a-z_][a-z0-9_]*$' THEN ${text}::text ELSE '"' || replace(${text}, '"', '""') || '"' END`;
const dotted = (schema: string, name: string) => `${spoken(schema)} || '.' || ${spoken(name)}`;

/** 64 bits of a text's MD5. The bytes hashed are the server's, which must be UTF-8 on both sides. */
const hash = (text: string, utf8: boolean) =>
  `('x' || substr(md5(${utf8 ? text : `convert_to(${text}, 'UTF8')`}), 1, 16))::bit(64)::bigint`;

/** Tables with rows of their own; those of a partitioned table are in its partitions, those of a foreign one elsewhere. */
export const tablesQuery = `
SELECT n.nspname AS schema, c.relname AS name, ${dotted("n.nspname", "c.relname")} AS said,
  pg_total_relation_size(c.oid)::text AS bytes,
  (SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}')
   FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) AND c.relpersistence <> 't'
  AND ${ownSchema("n.nspname")} AND NOT ${ofExtension("pg_class", "c.oid")}
ORDER BY pg_total_relation_size(c.oid) DESC, c.oid`;

export interface TableName {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
}

/** Rows and the sum of their hashes: the order of the rows is no part of it, each of them is. */
export function rowsQuery(table: TableName, utf8: boolean): string {
  // Not a cast to text: that may be the owner's. This calls the output functions of the types alone.
  const row = `format('%s', ROW(${table.columns.map((column) => `"table here".${quoted(column)}`).join(", ")}))`;
  const of = `${quoted(table.schema)}.${quoted(table.name)}`;
  return `SELECT count(*)::text AS rows, coalesce(sum(${hash(row, utf8)}), 0)::text AS hash FROM ONLY ${of} AS "table here"`;
}

export const sequencesQuery = `
SELECT n.nspname AS schema, c.relname AS name, ${dotted("n.nspname", "c.relname")} AS said,
  concat_ws(' ', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle) AS shape
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND ${ownSchema("n.nspname")} AND NOT ${ofExtension("pg_class", "c.oid")}
ORDER BY said`;

/** Where sequences stand, many in one question. */
export function sequenceValuesQuery(sequences: readonly { schema: string; name: string }[]): string {
  return sequences
    .map(
      ({ schema, name }, index) =>
        `SELECT ${index} AS index, last_value::text AS value, is_called AS called FROM ${quoted(schema)}.${quoted(name)}`,
    )
    .join(" UNION ALL ");
}

/**
 * Large objects, each with its size and the sum of the hashes of its pieces. Each step names the object's own number,
 * though it needs the descriptor only: descriptors are given out again, and PostgreSQL remembers what it was told of one.
 * @see https://www.postgresql.org/docs/18/runtime-config-query.html#GUC-ENABLE-MEMOIZE
 */
export const largeObjectsQuery = `
SELECT m.oid::text AS oid, size.bytes::text AS bytes, coalesce(pieces.hash, 0)::text AS hash
FROM pg_largeobject_metadata m,
  LATERAL (SELECT lo_open(m.oid, 262144) AS fd OFFSET 0) opened,
  LATERAL (SELECT lo_lseek64(opened.fd, 0, 2) + 0 * m.oid::bigint AS bytes OFFSET 0) size,
  LATERAL (SELECT lo_close(opened.fd) + 0 * (m.oid::bigint + size.bytes) AS done OFFSET 0) closed,
  LATERAL (SELECT sum(('x' || substr(md5(at::text || ':' || md5(lo_get(m.oid, at, 8388608))), 1, 16))::bit(64)::bigint) AS hash
           FROM generate_series(0, size.bytes - 1 + closed.done * 0, 8388608) at OFFSET 0) pieces
ORDER BY m.oid`;

/** Everything else that a dump carries, by kind and name, each with what must be the same about it. */
export const shapesQuery = `
WITH relation AS (
  SELECT c.*, ${dotted("n.nspname", "c.relname")} AS said
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relpersistence <> 't' AND ${ownSchema("n.nspname")} AND NOT ${ofExtension("pg_class", "c.oid")})
SELECT 'schema' AS kind, ${spoken("nspname")} AS name, '' AS shape
FROM pg_namespace n WHERE ${ownSchema("nspname")} AND NOT ${ofExtension("pg_namespace", "n.oid")}
UNION ALL
SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
         WHEN 'c' THEN 'type' ELSE 'table' END, said,
  concat_ws(' ', CASE WHEN relkind = 'p' THEN 'partitioned' END, CASE WHEN relpersistence = 'u' THEN 'unlogged' END,
    CASE WHEN relrowsecurity THEN 'row security' END, CASE WHEN relkind = 'm' AND NOT relispopulated THEN 'not populated' END,
    (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
         CASE WHEN a.atthasdef THEN 'default' END, nullif(a.attidentity, ''), nullif(a.attgenerated, '')), ', ' ORDER BY a.attnum)
     FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped))
FROM relation r WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
UNION ALL
SELECT 'index', r.said, concat_ws(' ', 'on', ${spoken("t.relname")}, am.amname,
  CASE WHEN i.indisunique THEN 'unique' END, CASE WHEN i.indisprimary THEN 'primary key' END,
  CASE WHEN NOT (i.indisvalid AND i.indisready) THEN 'not valid' END, CASE WHEN i.indpred IS NOT NULL THEN 'partial' END,
  (SELECT string_agg(concat_ws(' ', coalesce(a.attname, 'expression'), o.opcname), ', ' ORDER BY k.at)
   FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, at)
     LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum > 0
     LEFT JOIN unnest(i.indclass::oid[]) WITH ORDINALITY c (opclass, at) ON c.at = k.at LEFT JOIN pg_opclass o ON o.oid = c.opclass))
FROM relation r JOIN pg_index i ON i.indexrelid = r.oid JOIN pg_class t ON t.oid = i.indrelid JOIN pg_am am ON am.oid = r.relam
UNION ALL
SELECT 'constraint', ${spoken("k.conname")} || ' on ' || r.said,
  concat_ws(' ', CASE k.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' ELSE 'exclusion' END,
    CASE WHEN NOT k.convalidated THEN 'not validated' END, CASE WHEN k.condeferrable THEN 'deferrable' END, nullif(k.confdeltype, ' '), nullif(k.confupdtype, ' '),
    (SELECT string_agg(a.attname, ', ' ORDER BY c.at) FROM unnest(k.conkey) WITH ORDINALITY c (attnum, at)
       JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.attnum))
FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT 'trigger', ${spoken("g.tgname")} || ' on ' || r.said, concat_ws(' ', g.tgenabled, g.tgtype)
FROM relation r JOIN pg_trigger g ON g.tgrelid = r.oid WHERE NOT g.tgisinternal
UNION ALL
SELECT 'policy', ${spoken("p.polname")} || ' on ' || r.said, concat_ws(' ', p.polcmd, p.polpermissive)
FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT 'function', ${dotted("n.nspname", "f.proname")} || '(' || pg_get_function_identity_arguments(f.oid) || ')',
  concat_ws(' ', f.prokind, l.lanname, f.prosecdef, md5(replace(f.prosrc, E'\\r', '')))
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace JOIN pg_language l ON l.oid = f.prolang
WHERE ${ownSchema("n.nspname")} AND NOT ${ofExtension("pg_proc", "f.oid")}
  -- The constructors of a multirange come with its range.
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'i')
UNION ALL
SELECT 'type', ${dotted("n.nspname", "t.typname")},
  concat_ws(' ', t.typtype, (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
    CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('d', 'e', 'r') AND ${ownSchema("n.nspname")} AND NOT ${ofExtension("pg_type", "t.oid")}
UNION ALL
SELECT 'statistics', ${dotted("n.nspname", "s.stxname")}, s.stxkind::text
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE ${ownSchema("n.nspname")}
UNION ALL
SELECT 'event trigger', ${spoken("evtname")}, concat_ws(' ', evtevent, evtenabled) FROM pg_event_trigger g WHERE NOT ${ofExtension("pg_event_trigger", "g.oid")}
UNION ALL
SELECT 'publication', ${spoken("pubname")}, concat_ws(' ', puballtables, pubinsert, pubupdate, pubdelete, pubtruncate) FROM pg_publication
UNION ALL
SELECT 'extension', ${spoken("extname")}, '' FROM pg_extension WHERE extname <> 'plpgsql'
UNION ALL
SELECT 'comments', 'on objects', count(*)::text FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
  JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${ownSchema("n.nspname")} AND NOT ${ofExtension("pg_class", "c.oid")}`;

/** Who owns what, by a text that ALTER … OWNER TO takes. Of an identity's or serial column's sequence its table says. */
export const ownersQuery = `
SELECT 'TABLE ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS object, pg_get_userbyid(c.relowner) AS owner
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't' AND ${ownSchema("n.nspname")}
  AND NOT ${ofExtension("pg_class", "c.oid")}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                  AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND c.relkind = 'S')
UNION ALL
SELECT 'SCHEMA ' || quote_ident(n.nspname), pg_get_userbyid(n.nspowner)
FROM pg_namespace n WHERE ${ownSchema("n.nspname")} AND n.nspname <> 'public' AND NOT ${ofExtension("pg_namespace", "n.oid")}
UNION ALL
SELECT 'ROUTINE ' || f.oid::regprocedure::text, pg_get_userbyid(f.proowner)
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
WHERE ${ownSchema("n.nspname")} AND NOT ${ofExtension("pg_proc", "f.oid")}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'i')
UNION ALL
SELECT 'TYPE ' || t.oid::regtype::text, pg_get_userbyid(t.typowner)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('d', 'e', 'r') OR t.typtype = 'c' AND c.relkind = 'c') AND ${ownSchema("n.nspname")} AND NOT ${ofExtension("pg_type", "t.oid")}
UNION ALL
SELECT 'LARGE OBJECT ' || m.oid, pg_get_userbyid(m.lomowner) FROM pg_largeobject_metadata m
ORDER BY object`;
