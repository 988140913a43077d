-- What a database holds: a line of JSON for each table, with its number of rows and a sum over them in which their order
-- does not count, and one for the large objects. The same text for the same content, on every server of the major version.
set search_path = '';
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set extra_float_digits = 1;
set bytea_output = 'hex';
set xmlbinary = 'base64';
set lc_monetary = 'C';
set row_security = off;
select format(
  $$select json_build_object('table', %L, 'rows', count(*), 'sum',
    coalesce(sum(hashtextextended("homelab row"::text, 0)::numeric), 0)::text)::text from only %I.%I as "homelab row"$$,
  format('%I.%I', n.nspname, c.relname), n.nspname, c.relname
)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by n.nspname, c.relname
\gexec
select json_build_object('large objects', count(distinct loid), 'rows', count(*), 'sum',
  coalesce(sum(hashtextextended(format('%s:%s:%s', loid, pageno, encode(data, 'hex')), 0)::numeric), 0)::text)::text
from pg_largeobject;
