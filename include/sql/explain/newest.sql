-- The newest snapshot, and the run whose files are the ones to look into: the one published last.
select
    (select max(as_of) from ops.snapshot_dates) as as_of,
    (
        select run_id from ops.pipeline_runs
        where published_at is not null order by published_at desc, run_id desc limit 1
    ) as run_id
