-- How Prefect's jobs are, from its tables and not from its API: it must be known while Prefect is dead. Lines as Prometheus
-- reads them. Asked as the owner of the tables; :flow is what every job is. Names are those of jobs.yaml, so nothing is quoted.
\set ON_ERROR_STOP on
set statement_timeout = '10s';
begin read only;
select format('homelab_prefect_connections %s', count(*)) from pg_stat_activity
  where usename = session_user and pid <> pg_backend_pid();
select format('homelab_prefect_worker_heartbeat_age_seconds{worker="%s"} %s', w.name,
    round(extract(epoch from now() - max(w.last_heartbeat_time))))
  from worker w where w.name ~ '^[a-z]+$' group by w.name;
with job as (
  select d.id, d.name, d.labels, d.created from deployment d join flow f on f.id = d.flow_id
    where f.name = :'flow' and not d.paused and d.name ~ '^[a-z][a-z0-9-]*$'
), run as (
  select job.name,
      -- From the schedule on that it has now: what was switched on a moment ago is not overdue.
      greatest(
        coalesce((select max(r.end_time) from flow_run r where r.deployment_id = job.id and r.state_type = 'COMPLETED'), job.created),
        (select max(s.created) from deployment_schedule s where s.deployment_id = job.id)) as since,
      (job.labels ->> 'homelab.due')::float as due,
      -- Whom Alertmanager tells of it beside the house's people.
      case when job.labels ->> 'homelab.notify' ~ '^[a-z0-9,-]+$'
        then format(',notify="%s"', job.labels ->> 'homelab.notify') else '' end as notify,
      (job.labels ->> 'homelab.limit')::float as "limit",
      (select min(r.start_time) from flow_run r where r.deployment_id = job.id and r.state_type = 'RUNNING') as began,
      (select min(r.state_timestamp) from flow_run r where r.deployment_id = job.id and r.state_type = 'PENDING') as handed
    from job
)
select format('homelab_prefect_%s{deployment="%s"%s} %s', value.key, run.name, run.notify, round(value.number))
  from run, lateral (values
    ('last_success_timestamp_seconds', extract(epoch from since)::float),
    ('due_seconds', due),
    ('limit_seconds', "limit"),
    ('running_seconds', extract(epoch from now() - began)::float),
    ('pending_seconds', extract(epoch from now() - handed)::float)) as value (key, number)
  where value.number is not null
  order by value.key, run.name;
commit;
