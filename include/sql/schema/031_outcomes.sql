-- What customers really did after each snapshot. A purchase counts for a snapshot from as_of on until 90 days
-- later; where the data ends before that, nothing is said at all, since a part of 90 days is not comparable.
create view analytics.vw_customer_outcomes as
with data_reach as (
    select max(order_date) as latest_purchase from analytics.order_values where is_qualifying
)

select
    snapshots.as_of,
    customers.customer_unique_id,
    customers.segment_name,
    customers.loyalty_tier,
    customers.next_action,
    customers.r_score,
    customers.f_score,
    customers.m_score,
    customers.last_purchase_date,
    case when reach.is_observed then customers.revenue is not null end as repurchased_90d,
    case when reach.is_observed then coalesce(customers.revenue, 0) end as revenue_90d
from ops.snapshot_dates as snapshots
cross join lateral (
    select latest_purchase >= snapshots.as_of + interval '90 days' as is_observed from data_reach
) as reach
cross join lateral (
    select
        customer_snapshots.customer_unique_id,
        customer_snapshots.segment_name,
        customer_snapshots.loyalty_tier,
        customer_snapshots.next_action,
        customer_snapshots.r_score,
        customer_snapshots.f_score,
        customer_snapshots.m_score,
        customer_snapshots.last_purchase_date,
        bought.revenue
    from analytics.customer_snapshots
    left join (
        select customer_unique_id, sum(items_total) as revenue
        from analytics.order_values
        where is_qualifying
          and order_date >= snapshots.as_of
          and order_date < snapshots.as_of + interval '90 days'
        group by customer_unique_id
    ) as bought using (customer_unique_id)
    where customer_snapshots.as_of = snapshots.as_of
) as customers;
comment on view analytics.vw_customer_outcomes is
    'What each customer of each snapshot bought in the 90 days from as_of; NULL where the data does not reach that far.';
comment on column analytics.vw_customer_outcomes.repurchased_90d is 'Whether the customer bought again in those days.';
comment on column analytics.vw_customer_outcomes.revenue_90d is 'Price and freight of what was bought in those days, in BRL.';

create view analytics.vw_outcomes as
select
    as_of,
    segment_name,
    loyalty_tier,
    next_action,
    count(*) as customers,
    sum(repurchased_90d::integer) as repurchased_90d,
    sum(revenue_90d) as revenue_90d
from analytics.vw_customer_outcomes
group by as_of, segment_name, loyalty_tier, next_action;
comment on view analytics.vw_outcomes is
    'What the customers of each segment, tier and next action bought in the 90 days from as_of; NULL where the data does not reach that far.';

create or replace view analytics.vw_segment_outcomes as
select
    as_of,
    segment_name,
    next_action,
    count(*) as customers,
    sum(repurchased_90d::integer) as repurchased_90d,
    sum(revenue_90d) as revenue_90d
from analytics.vw_customer_outcomes
group by as_of, segment_name, next_action;
