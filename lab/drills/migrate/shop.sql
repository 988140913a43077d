-- A database such as people have: keys, sequences, odd names, large objects, all kinds of types. Run by psql with
--   -v rows=N   of the largest table.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE SCHEMA "Größe & Maß";
CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy');
CREATE DOMAIN "E-mail" AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE span AS RANGE (subtype = float8);

CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  mail "E-mail" UNIQUE,
  feels mood DEFAULT 'ok',
  since timestamptz NOT NULL DEFAULT now(),
  born date,
  shout text GENERATED ALWAYS AS (upper(name)) STORED
);
CREATE TABLE orders (
  id serial PRIMARY KEY,
  customer bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
  total numeric(12, 2) CHECK (total >= 0),
  details jsonb,
  weight float8,
  tags text[],
  took interval,
  raw bytea
);
CREATE INDEX ON orders (customer);
CREATE INDEX orders_details ON orders USING gin (details);
CREATE INDEX "by half; --" ON orders ((total / 2)) WHERE total > 10;

INSERT INTO customers (name, mail, feels, since, born)
SELECT 'customer ' || i || ' Żółć "quoted"', 'c' || i || '@example.org', (enum_range(NULL::mood))[1 + i % 3],
  timestamptz '2020-01-01 00:00:00.123456+02' + i * interval '1 minute 7.000001 second', date '1950-01-01' + i % 20000
FROM generate_series(1, :rows / 20 + 1) i;
INSERT INTO orders (customer, total, details, weight, tags, took, raw)
SELECT 1 + i % (:rows / 20), i % 997 + 0.25, jsonb_build_object('n', i, 'text', E'a\tb\\n' || i), sqrt(i) / 3,
  ARRAY['t' || i % 7, NULL, 'a,b"c'], i * interval '1 hour 3.5 second', decode(lpad(to_hex(i), 8, '0'), 'hex')
FROM generate_series(1, :rows) i;

-- Names that break what pastes them into commands.
CREATE TABLE "Größe & Maß"."Table with ""quotes"", 'ticks' and \back" ("select" int PRIMARY KEY, "a b" text, "t" text, "ROW" text);
INSERT INTO "Größe & Maß"."Table with ""quotes"", 'ticks' and \back" SELECT i, 'x' || i, NULL, '' FROM generate_series(1, 100) i;
CREATE TABLE "Größe & Maß"."表 таблица 🐘" (id uuid DEFAULT gen_random_uuid(), "élan; DROP TABLE x; --" text DEFAULT 'ok');
INSERT INTO "Größe & Maß"."表 таблица 🐘" ("élan; DROP TABLE x; --") SELECT md5(i::text) FROM generate_series(1, 50) i;
CREATE TABLE a_very_long_name_that_is_as_long_as_a_name_may_be_sixty_three_b (id int);
INSERT INTO a_very_long_name_that_is_as_long_as_a_name_may_be_sixty_three_b VALUES (1), (2), (2), (NULL);
CREATE SEQUENCE "Größe & Maß"."Odd Sequence" START 7 INCREMENT 3;
SELECT nextval('"Größe & Maß"."Odd Sequence"'), nextval('"Größe & Maß"."Odd Sequence"');
CREATE SEQUENCE never_used;

-- Partitions, inheritance, a column that was dropped, nothing at all.
CREATE TABLE events (at date NOT NULL, what text, gone int) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
ALTER TABLE events DROP COLUMN gone;
INSERT INTO events SELECT date '2024-12-01' + i, 'event ' || i FROM generate_series(1, 300) i;
CREATE TABLE parent (a int);
CREATE TABLE child (b int) INHERITS (parent);
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (2, 3), (2, 3);
CREATE TABLE without_columns ();
INSERT INTO without_columns DEFAULT VALUES;
CREATE UNLOGGED TABLE fleeting AS SELECT i AS n FROM generate_series(1, 10) i;

CREATE VIEW rich AS SELECT * FROM customers WHERE id IN (SELECT customer FROM orders WHERE total > 900);
CREATE MATERIALIZED VIEW per_customer AS SELECT customer, count(*) AS orders, sum(total) AS total FROM orders GROUP BY customer;
CREATE UNIQUE INDEX ON per_customer (customer);
CREATE FUNCTION "Größe & Maß"."how much?"(customer bigint, OUT much numeric) LANGUAGE sql STABLE
  AS 'SELECT sum(total) FROM public.orders o WHERE o.customer = $1';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.since := coalesce(NEW.since, now()); RETURN NEW; END $$;
CREATE TRIGGER "on touch" BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY "only happy" ON customers FOR SELECT USING (feels <> 'sad');
ALTER TABLE orders ADD CONSTRAINT "not checked yet" CHECK (weight < 1e9) NOT VALID;
CREATE STATISTICS orders_stats ON customer, total FROM orders;
COMMENT ON TABLE orders IS 'what they bought; it''s "quoted"';

-- Large objects: empty, small, of several pieces, with a hole.
SELECT lo_from_bytea(70001, ''), lo_from_bytea(70002, 'small'), lo_from_bytea(70003, convert_to(repeat('piece ', 2000000), 'UTF8')),
  lo_from_bytea(70004, 'start');
SELECT lo_put(70004, 3000000, 'after a hole');
