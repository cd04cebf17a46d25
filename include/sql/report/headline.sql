-- The snapshot of a run and the one before it, newest first.
select
    snapshots.as_of,
    count(*) as customers,
    sum(snapshots.monetary) as revenue,
    avg(snapshots.monetary) as spend,
    avg((snapshots.frequency > 1)::integer) as repeat_share,
    avg(snapshots.avg_review_score) as review_score,
    avg((snapshots.action_priority = 1)::integer) as first_rule_share
from ops.pipeline_runs as run
inner join ops.snapshot_dates using (as_of)
inner join analytics.customer_snapshots as snapshots
    on snapshots.as_of in (snapshot_dates.as_of, snapshot_dates.previous_as_of)
where run.run_id = %(run_id)s
group by snapshots.as_of
order by snapshots.as_of desc
