-- The latest runs, or the one of an Airflow run. A report that a later run has written anew is not the older run's.
with runs as (
    select run_id, dag_run_id, trigger, status, message, as_of, started_at, finished_at
    from ops.pipeline_runs
    where %(dag_run_id)s::text is null or dag_run_id = %(dag_run_id)s
    order by started_at desc, run_id desc
    limit 20
),

reports as (
    select distinct on (metrics ->> 'report') run_id
    from ops.stage_runs
    where stage = 'write_outputs' and metrics ->> 'report' is not null
    order by metrics ->> 'report', finished_at desc
)

select
    runs.*,
    extract(epoch from runs.finished_at - runs.started_at)::double precision as seconds,
    (published.metrics ->> 'customers')::bigint as customers,
    reports.run_id is not null as has_report,
    syncs.status as sync_status,
    syncs.message as sync_message,
    (finished.metrics ->> 'accepted')::bigint as sent,
    (finished.metrics ->> 'rejected')::bigint as rejected,
    (finished.metrics ->> 'not_tried')::bigint as not_tried
from runs
left join ops.stage_runs as published on published.run_id = runs.run_id and published.stage = 'publish'
left join reports on reports.run_id = runs.run_id
left join ops.hubspot_syncs as syncs on syncs.run_id = runs.run_id
left join ops.stage_runs as finished
    on finished.run_id = runs.run_id and finished.stage = 'upsert_hubspot' and finished.part = 'finish'
    -- A delivery that was planned anew has not ended yet.
    and finished.finished_at >= syncs.planned_at
order by runs.started_at desc, runs.run_id desc
