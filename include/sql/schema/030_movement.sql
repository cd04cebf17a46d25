-- Which snapshots there are, and who moved between them. Every as_of is found by one probe of the key (a loose
-- index scan, as in the PostgreSQL wiki), since a DISTINCT would read every row of every snapshot.
create view ops.snapshot_dates as
with recursive dates as (
    select min(as_of) as as_of from analytics.customer_snapshots
    union all
    select (
        select min(customer_snapshots.as_of) from analytics.customer_snapshots
        where customer_snapshots.as_of > dates.as_of
    )
    from dates
    where dates.as_of is not null
)

select as_of, lag(as_of) over (order by as_of) as previous_as_of
from dates
where as_of is not null;
comment on view ops.snapshot_dates is 'The as_of of every snapshot, beside the one before it.';

-- Each snapshot beside the one before it, customer by customer.
create or replace view analytics.vw_customer_movement as
select
    snapshots.as_of,
    snapshots.previous_as_of,
    moved.customer_unique_id,
    moved.from_segment,
    moved.to_segment,
    moved.from_tier,
    moved.to_tier
from ops.snapshot_dates as snapshots
cross join lateral (
    select
        coalesce(current_row.customer_unique_id, previous_row.customer_unique_id) as customer_unique_id,
        coalesce(previous_row.segment_name, 'new') as from_segment,
        coalesce(current_row.segment_name, 'gone') as to_segment,
        coalesce(previous_row.loyalty_tier, 'new') as from_tier,
        coalesce(current_row.loyalty_tier, 'gone') as to_tier
    from
        (
            select customer_unique_id, segment_name, coalesce(loyalty_tier, 'none') as loyalty_tier
            from analytics.customer_snapshots
            where as_of = snapshots.as_of
        ) as current_row
    full join
        (
            select customer_unique_id, segment_name, coalesce(loyalty_tier, 'none') as loyalty_tier
            from analytics.customer_snapshots
            where as_of = snapshots.previous_as_of
        ) as previous_row
        on current_row.customer_unique_id = previous_row.customer_unique_id
) as moved
where snapshots.previous_as_of is not null;
comment on view analytics.vw_customer_movement is
    'Where each customer was one snapshot earlier: new was not there, gone is no longer there. A tier of none: the snapshot has no tiers.';
