-- What a database holds, for facts.pl: of each table all rows as COPY writes them, and a line about the large objects.
-- Read with the variables `nonce`, which marks what is not data, and, for a moment that another session holds, `snapshot`.
--
-- Run by the superuser in a database whose owner is not trusted. So nothing of the owner's may be evaluated: COPY of a table
-- plans no query (planning folds the expressions of indexes and statistics) and calls no cast, operator, function, policy or
-- rule, only the output functions of types, which a superuser made. Everything else here reads the catalogue alone, where
-- nobody else can put anything. Never name a table of the owner's in a query here.
\set ON_ERROR_STOP on
set search_path = '';
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set extra_float_digits = 1;
set bytea_output = 'hex';
set xmlbinary = 'base64';
set lc_monetary = 'C';
set row_security = off;
select pg_catalog.set_config('client_encoding', pg_catalog.getdatabaseencoding(), false) as encoding \gset ignored_
begin isolation level repeatable read read only;
\if :{?snapshot}
set transaction snapshot :'snapshot';
\endif
select :'nonce' || ' says ' || pg_catalog.json_build_object('large objects', pg_catalog.count(distinct loid), 'rows', pg_catalog.count(*), 'sum',
  coalesce(pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.format('%s:%s:%s', loid, pageno, pg_catalog.encode(data, 'hex')), 0)::numeric), 0)::text)::text
from pg_catalog.pg_largeobject;
-- A table that cannot be read must not keep the others from being read. Locks are given back after each.
\set ON_ERROR_STOP off
select 'savepoint one',
  pg_catalog.format('select %L', :'nonce' || ' begins ' || pg_catalog.to_json(pg_catalog.format('%I.%I', n.nspname, c.relname))::text),
  pg_catalog.format('copy %I.%I to stdout', n.nspname, c.relname),
  pg_catalog.format('select %L', :'nonce' || ' ends'),
  'rollback to savepoint one; release savepoint one'
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by n.nspname, c.relname
\gexec
\set ON_ERROR_STOP on
select :'nonce' || ' whole';
