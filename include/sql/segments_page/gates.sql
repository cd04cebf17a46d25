-- Gates that were beyond their limits in the latest runs, or in the one of an Airflow run.
with runs as (
    select run_id, dag_run_id, as_of, sync, started_at
    from ops.pipeline_runs
    where %(dag_run_id)s::text is null or dag_run_id = %(dag_run_id)s
    order by started_at desc, run_id desc
    limit 20
)

select
    runs.run_id,
    runs.dag_run_id,
    runs.as_of,
    gates.stage,
    gates.gate,
    gates.detail,
    trim_scale(round(gates.allowed, 4)) as allowed,
    case
        when gates.accepted then 'accepted by a person'
        when gates.stage in ('upsert_hubspot', 'send') and coalesce(syncs.mode, runs.sync) = 'dry_run'
        then 'would stop a delivery'
        else 'stopped the run'
    end as outcome
from runs
inner join ops.gate_results as gates on gates.run_id = runs.run_id
left join ops.hubspot_syncs as syncs on syncs.run_id = runs.run_id
where not gates.passed
order by runs.started_at desc, runs.run_id desc, gates.stage, gates.gate, gates.subject
limit 10
