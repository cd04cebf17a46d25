-- Customers by tier in the last twelve snapshots up to that of the run.
with dates as (
    select dates.as_of
    from ops.snapshot_dates as dates
    inner join ops.pipeline_runs as run on run.run_id = %(run_id)s and dates.as_of <= run.as_of
    order by dates.as_of desc
    limit 12
)

select as_of, loyalty_tier as tier, count(*) as customers
from analytics.customer_snapshots inner join dates using (as_of)
where loyalty_tier is not null
group by as_of, loyalty_tier
order by as_of
