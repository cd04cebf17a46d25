-- A stage that succeeds after one that failed puts the run back under way, unless it ended or published the run.
with revived as (
    update ops.pipeline_runs
    set
        status = case
            when status <> 'failed' then status
            when published_at is null then 'running'
            else 'published'
        end,
        message = null,
        finished_at = case when status = 'succeeded' then finished_at end
    where run_id = %(run_id)s and (status = 'failed' or message is not null)
)

insert into ops.stage_runs (run_id, stage, part, started_at, finished_at, metrics)
values (%(run_id)s, %(stage)s, %(part)s, %(started_at)s, clock_timestamp(), %(metrics)s)
on conflict (run_id, stage, part) do update set
    started_at = excluded.started_at, finished_at = excluded.finished_at, metrics = excluded.metrics
