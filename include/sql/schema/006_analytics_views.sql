-- What BI tools see: the latest snapshot, and views over history.
create view analytics.order_values as
select
    order_id, customer_id, customer_unique_id, order_status, order_date,
    items_total, payments_total, is_qualifying
from ops.order_values_drafts
where run_id = (
    select run_id from ops.pipeline_runs
    where published_at is not null order by published_at desc, run_id desc limit 1
);
comment on view analytics.order_values is 'Every order of the last published run, with its value in BRL.';
comment on column analytics.order_values.items_total is 'Price and freight of its items; NULL where it has none.';
comment on column analytics.order_values.payments_total is 'Sum of its payments; NULL where it has none.';
comment on column analytics.order_values.is_qualifying is
    'The order counts towards RFM: status not excluded, at least one item, a known customer.';

create view analytics.vw_customer_segments as
select * from analytics.customer_snapshots
where as_of = (select max(as_of) from analytics.customer_snapshots);
comment on view analytics.vw_customer_segments is 'The latest snapshot with every column: the one to start from.';

create view analytics.vw_customer_rfm as
select
    as_of, customer_unique_id, first_purchase_date, last_purchase_date,
    recency_days, frequency, monetary, avg_review_score, favorite_category,
    customer_city, customer_state, latitude, longitude,
    r_score, f_score, m_score, rfm_code
from analytics.vw_customer_segments;
comment on view analytics.vw_customer_rfm is 'The latest RFM numbers and scores, with where the customer lives.';

create view analytics.customer_rfm_table as
select
    as_of, customer_unique_id, first_purchase_date, last_purchase_date,
    recency_days, frequency, monetary, r_score, f_score, m_score, rfm_code
from analytics.vw_customer_segments;
comment on view analytics.customer_rfm_table is 'The latest RFM numbers and scores, nothing else.';

create view analytics.customer_segments as
select
    as_of, customer_unique_id, segment_name, loyalty_tier,
    next_action, action_priority, next_action_reason, model_id
from analytics.vw_customer_segments;
comment on view analytics.customer_segments is 'The latest segment, tier and next action of each customer.';

create view analytics.vw_segment_summary as
select
    as_of,
    segment_name,
    count(*) as customer_count,
    round(100.0 * count(*) / sum(count(*)) over (partition by as_of), 2) as pct_of_total_customers,
    round(avg(monetary), 2) as avg_lifetime_spend,
    round(avg(frequency), 4) as avg_frequency,
    round(avg(recency_days), 1) as avg_recency_days
from analytics.customer_snapshots
group by as_of, segment_name;
comment on view analytics.vw_segment_summary is 'Size and averages of each segment at each as_of; money in BRL.';

-- Each snapshot beside the one before it, customer by customer.
create view analytics.vw_customer_movement as
with snapshots as (
    select as_of, lag(as_of) over (order by as_of) as previous_as_of
    from (select distinct as_of from analytics.customer_snapshots) as dates
)

select
    snapshots.as_of,
    snapshots.previous_as_of,
    moved.customer_unique_id,
    moved.from_segment,
    moved.to_segment,
    moved.from_tier,
    moved.to_tier
from snapshots
cross join lateral (
    select
        coalesce(current_row.customer_unique_id, previous_row.customer_unique_id) as customer_unique_id,
        coalesce(previous_row.segment_name, 'new') as from_segment,
        coalesce(current_row.segment_name, 'gone') as to_segment,
        coalesce(previous_row.loyalty_tier, 'new') as from_tier,
        coalesce(current_row.loyalty_tier, 'gone') as to_tier
    from
        (select * from analytics.customer_snapshots where as_of = snapshots.as_of) as current_row
    full join
        (select * from analytics.customer_snapshots where as_of = snapshots.previous_as_of) as previous_row
        on current_row.customer_unique_id = previous_row.customer_unique_id
) as moved
where snapshots.previous_as_of is not null;
comment on view analytics.vw_customer_movement is
    'Where each customer was one snapshot earlier: new was not there, gone is no longer there.';

create view analytics.vw_segment_migration as
select as_of, previous_as_of, from_segment, to_segment, count(*) as customers
from analytics.vw_customer_movement
group by as_of, previous_as_of, from_segment, to_segment;
comment on view analytics.vw_segment_migration is 'How many customers went from which segment to which.';

create view analytics.vw_tier_migration as
select as_of, previous_as_of, from_tier, to_tier, count(*) as customers
from analytics.vw_customer_movement
group by as_of, previous_as_of, from_tier, to_tier;
comment on view analytics.vw_tier_migration is 'How many customers went from which loyalty tier to which.';

create view analytics.vw_segment_outcomes as
with data_reach as (
    select max(order_date) as latest_purchase from analytics.order_values where is_qualifying
),

snapshots as (
    select distinct as_of from analytics.customer_snapshots
),

spent_after as (
    select snapshots.as_of, order_values.customer_unique_id, sum(order_values.items_total) as revenue
    from snapshots
    inner join analytics.order_values
        on order_values.is_qualifying
        and order_values.order_date >= snapshots.as_of
        and order_values.order_date < snapshots.as_of + interval '90 days'
    group by snapshots.as_of, order_values.customer_unique_id
),

observed as (
    select
        customer_snapshots.as_of,
        customer_snapshots.segment_name,
        customer_snapshots.loyalty_tier,
        customer_snapshots.next_action,
        spent_after.revenue,
        data_reach.latest_purchase >= customer_snapshots.as_of + interval '90 days' as is_observed
    from analytics.customer_snapshots
    cross join data_reach
    left join spent_after using (as_of, customer_unique_id)
)

select
    as_of,
    segment_name,
    next_action,
    count(*) as customers,
    case when is_observed then count(revenue) end as repurchased_90d,
    case when is_observed then coalesce(sum(revenue), 0) end as revenue_90d
from observed
group by as_of, segment_name, next_action, is_observed;
comment on view analytics.vw_segment_outcomes is
    'What customers really bought in the 90 days from as_of; NULL where the data does not reach that far.';

do $$
begin
    if not exists (select from pg_roles where rolname = 'olist_bi') then
        create role olist_bi nologin;
    end if;
exception
    when insufficient_privilege then
        raise warning 'Role olist_bi does not exist and this user may not create it: BI users have no role of their own.';
end
$$;
