/**
 * A database whose owner wants to be superuser: in it lies everything whose evaluation may run the owner's code. Whatever of
 * it a superuser evaluates says so in a file beside the server, by its name.
 */
export const hostileOwner = "hostile_owner";

/** As the superuser: the role and its database. */
export const hostileDatabase = (database: string) => [
  `create role ${hostileOwner} login`,
  `create database ${database} owner ${hostileOwner}`,
];

/**
 * As the superuser in the database: what only a superuser can make, of the owner's function.
 * @param major of the server: triggers on login are since 17.
 */
export const hostileByMistake = (major = 18) => `
${major >= 17 ? "create event trigger trapped_login on login execute function public.trap_event();" : ""}
create event trigger trapped_ddl on ddl_command_end execute function public.trap_event();
create extension if not exists postgres_fdw;
grant usage on foreign data wrapper postgres_fdw to ${hostileOwner};
`;

/**
 * As the owner.
 * @param file on the server, which names the traps in which a superuser was caught.
 */
export const traps = (file: string) => `
create function public.trap(what text) returns int language plpgsql volatile as $$
begin
  -- What a superuser took on for the moment is put off again, where that is allowed.
  begin perform pg_catalog.set_config('role', 'none', false); exception when others then null; end;
  if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    -- Whoever can do this can do anything; and it is not rolled back.
    execute pg_catalog.format('copy (select %L) to program %L', what || ' as ' || current_user, 'cat >>${file}');
  end if;
  return 1;
exception when others then return 1;
end $$;
create function public.folded(what text) returns int language plpgsql immutable as $$ begin return public.trap(what); end $$;
create table public.items (id int primary key, body text, made int default public.trap('default'));
insert into public.items (id, body) select i, 'item ' || i from generate_series(1, 100) i;
create function public.as_text(public.items) returns text language sql as $$ select public.trap('cast of a row')::text $$;
create cast (public.items as text) with function public.as_text(public.items) as implicit;
create type public.mood as enum ('good', 'bad');
create function public.as_text(public.mood) returns text language sql as $$ select public.trap('cast of an enum')::text $$;
create cast (public.mood as text) with function public.as_text(public.mood) as implicit;
create type public.pair as (a int, b public.mood);
create domain public.checked as int check (public.trap('check of a domain') = 1);
create table public.typed (m public.mood, p public.pair, d public.checked);
insert into public.typed values ('good', (1, 'bad'), 3);
create table public.computed (id int, twice int generated always as (id + public.folded('generated column')) stored,
  check (public.trap('check of a table') = 1));
insert into public.computed (id) values (1);
create index on public.items ((public.folded('index expression')));
create index on public.items (id) where public.folded('index predicate') = 1;
create statistics public.more on (public.folded('statistics') + id), body from public.items;
create view public.seen as select public.trap('view') as trapped;
create materialized view public.kept_seen as select public.trap('materialized view') as trapped;
create table public.ruled (id int);
create rule instead_of as on insert to public.ruled do also select public.trap('rule');
create function public.trap_row() returns trigger language plpgsql as $$ begin perform public.trap('trigger'); return new; end $$;
create trigger trapped before insert or update on public.items for each row execute function public.trap_row();
create function public.trap_event() returns event_trigger language plpgsql as $$ begin perform public.trap('event trigger'); end $$;
alter table public.items enable row level security;
alter table public.items force row level security;
create policy mine on public.items using (public.trap('policy') = 1);
select lo_from_bytea(0, 'a large object');
-- In the place of what the catalogue has.
create function public.format(text, name, name) returns text language sql as $$ select public.trap('format')::text $$;
create function public.to_json(text) returns json language sql as $$ select public.trap('to_json')::text::json $$;
create function public.count() returns int language sql as $$ select public.trap('count') $$;
create function public.hashtextextended(text, int) returns bigint language sql as $$ select public.trap('hash')::bigint $$;
create function public.pg_export_snapshot() returns text language sql as $$ select public.trap('snapshot')::text $$;
create function public.same(name, text) returns bool language sql as $$ select public.trap('operator') = 1 $$;
create operator public.= (leftarg = name, rightarg = text, function = public.same);
`;

/** As the owner, too: what every session in the database begins with. */
export const hostileSettings = (database: string) => [
  `alter database ${database} set search_path = public, pg_catalog`,
  `alter database ${database} set role = '${hostileOwner}'`,
  `alter database ${database} set default_transaction_read_only = on`,
  `alter database ${database} set statement_timeout = '1ms'`,
];

/** As the owner, after `hostileByMistake`: what else a dump carries, and what is evaluated when it is restored. */
export const moreTraps = `
create table public.doubled (id int, twice int generated always as (id + public.folded('generated column')) stored,
  constraint checked_always check (public.folded('check constraint') = 1));
insert into public.doubled (id) select generate_series(1, 20);
create trigger trapped_always before insert on public.doubled for each row execute function public.trap_row();
alter table public.doubled enable always trigger trapped_always;
create domain public.more_checked as int default public.trap('default of a domain') check (public.folded('check of a domain') = 1);
create table public.of_domains (id int, d public.more_checked, many public.more_checked[]);
insert into public.of_domains values (1, 2, array[3, 4]::public.more_checked[]);
create index on public.of_domains ((id::text || public.folded('second index')), d);
create materialized view public.summed as select id, public.trap('refresh') as trapped from public.doubled;
create unique index on public.summed (id);
create index on public.summed ((id + public.folded('index of a materialized view')));
create table public.parted (id int, body text) partition by range (id);
create table public.parted_1 partition of public.parted for values from (0) to (100);
create index on public.parted ((body || public.folded('index of partitions')::text));
insert into public.parted select i, 'x' from generate_series(1, 20) i;
create table public.parent_of (id int primary key);
insert into public.parent_of values (1);
create table public.child_of (id int references public.parent_of, check (public.trap('check beside a key') = 1) not valid);
insert into public.child_of values (1);
create function public.plus_trapped(a int, b int) returns int language sql as $$ select a + b + 0 * public.trap('operator') $$;
create operator public.<+> (leftarg = int, rightarg = int, function = public.plus_trapped);
create server elsewhere foreign data wrapper postgres_fdw options (host '127.0.0.1', port '1');
create foreign table public.far_away (id int default public.trap('default of a foreign table')) server elsewhere;
create publication of_items for table public.items;
create aggregate public.summed_up (int) (sfunc = public.plus_trapped, stype = int, initcond = '0');
create policy theirs on public.doubled using (public.trap('second policy') = 1);
alter table public.doubled enable row level security, force row level security;
comment on table public.doubled is 'doubled';
`;

/** As the superuser in the database: a trap says in the server's log what rights it was sprung with, and tries to get more. */
export const reporting = `
create or replace function public.trap(what text) returns int language plpgsql volatile as $$
begin
  raise log 'caught: % in %, session superuser %, now superuser %', what, pg_catalog.current_database(),
    (select rolsuper from pg_catalog.pg_roles where rolname = session_user),
    (select rolsuper from pg_catalog.pg_roles where rolname = current_user);
  begin execute 'alter role ${hostileOwner} superuser'; exception when others then null; end;
  begin execute 'reset session authorization'; exception when others then null; end;
  begin execute 'reset role'; exception when others then null; end;
  begin execute 'alter role ${hostileOwner} superuser'; exception when others then null; end;
  return 1;
end $$;
`;
