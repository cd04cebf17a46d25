-- A star for BI tools: two tables of facts, and what they are sliced by. Views, so that they are never out of date.
create or replace view analytics.fact_customer_snapshots as
select
    as_of::date as as_of_date,
    customer_unique_id,
    segment_name,
    loyalty_tier,
    next_action,
    favorite_category,
    recency_days,
    frequency,
    monetary,
    avg_review_score,
    r_score,
    f_score,
    m_score,
    is_held_out
from analytics.customer_snapshots;

create or replace view analytics.fact_orders as
select
    order_id,
    customer_unique_id,
    order_date::date as order_day,
    order_status,
    is_qualifying,
    items_total,
    payments_total
from analytics.order_values;

create or replace view analytics.dim_customers as
select
    customer_unique_id,
    first_purchase_date::date as first_purchase_day,
    customer_city,
    customer_state,
    latitude,
    longitude
from analytics.vw_customer_segments;

-- From the first order to the last snapshot or order.
create or replace view analytics.dim_dates as
select
    day::date as day,
    extract(year from day)::integer as year,
    extract(quarter from day)::integer as quarter,
    extract(month from day)::integer as month,
    to_char(day, 'YYYY-MM') as year_month,
    extract(isodow from day)::integer as weekday,
    exists (
        select from ops.snapshot_dates where snapshot_dates.as_of::date = day::date
    ) as is_snapshot
from (
    select min(order_date)::date as first_day, max(order_date)::date as last_day from analytics.order_values
) as orders
cross join lateral generate_series(
    orders.first_day::timestamp,
    greatest(orders.last_day, (select max(as_of)::date from ops.snapshot_dates))::timestamp,
    interval '1 day'
) as day;

create or replace view analytics.dim_segments as
select segment_name, position::integer as position
from unnest(ops.segment_names()) with ordinality as segments (segment_name, position);

create or replace view analytics.dim_tiers as
select loyalty_tier, position::integer as position
from unnest(ops.loyalty_tiers()) with ordinality as tiers (loyalty_tier, position);
