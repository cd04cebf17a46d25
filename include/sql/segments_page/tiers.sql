-- The tiers of the newest snapshot and of the one before it, the most valuable first.
with newest as (
    select as_of, previous_as_of from ops.snapshot_dates order by as_of desc limit 1
)

select
    newest.as_of,
    newest.previous_as_of,
    coalesce(snapshots.loyalty_tier, 'none') as name,
    count(*) filter (where snapshots.as_of = newest.as_of) as customers,
    count(*) filter (where snapshots.as_of = newest.previous_as_of) as customers_before,
    sum(snapshots.monetary) filter (where snapshots.as_of = newest.as_of) as revenue
from newest
inner join analytics.customer_snapshots as snapshots
    on snapshots.as_of in (newest.as_of, newest.previous_as_of)
group by newest.as_of, newest.previous_as_of, snapshots.loyalty_tier
order by avg(snapshots.monetary) desc, name
