-- A stage that succeeds after one that failed puts the run back under way.
with revived as (
    update ops.pipeline_runs
    set
        status = case when published_at is null then 'running' else 'published' end,
        message = null,
        finished_at = null
    where run_id = %(run_id)s and status = 'failed'
)

insert into ops.stage_runs (run_id, stage, part, started_at, finished_at, metrics)
values (%(run_id)s, %(stage)s, %(part)s, %(started_at)s, clock_timestamp(), %(metrics)s)
on conflict (run_id, stage, part) do update set
    started_at = excluded.started_at, finished_at = excluded.finished_at, metrics = excluded.metrics
