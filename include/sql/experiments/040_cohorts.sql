-- Who came back, by the month of the first order.
create or replace view ops.first_two_orders as
with numbered as (
    select
        run_id,
        customer_unique_id,
        order_date,
        row_number() over (partition by run_id, customer_unique_id order by order_date, order_id) as number
    from ops.order_values_drafts
    where is_qualifying
)

select
    run_id,
    customer_unique_id,
    min(order_date) as first_order,
    max(order_date) filter (where number = 2) as second_order
from numbered
where number <= 2
group by run_id, customer_unique_id;

create or replace function ops.months_between(earlier timestamp, later timestamp) returns integer
language sql immutable parallel safe
return 12 * (extract(year from later) - extract(year from earlier))::integer
    + (extract(month from later) - extract(month from earlier))::integer;

-- Like vw_outcomes, of all orders that the last published run has. A cohort has a row for each month up to that of the
-- last purchase, also for those in which nobody came back.
create or replace view analytics.vw_cohorts as
with people as (
    select customer_unique_id, first_order, second_order
    from ops.first_two_orders
    where run_id = (
        select run_id from ops.pipeline_runs
        where published_at is not null order by published_at desc, run_id desc limit 1
    )
),

cohorts as (
    select date_trunc('month', first_order) as cohort_month, count(*) as customers
    from people
    group by 1
),

returned as (
    select
        date_trunc('month', first_order) as cohort_month,
        ops.months_between(first_order, second_order) as months_since,
        count(*) as customers
    from people
    where second_order is not null
    group by 1, 2
),

months as (
    select cohorts.cohort_month, cohorts.customers, months_since
    from cohorts
    cross join lateral generate_series(
        0,
        ops.months_between(
            cohorts.cohort_month, (select max(order_date) from analytics.order_values where is_qualifying)
        )
    ) as months_since
)

select
    months.cohort_month::date as cohort_month,
    months.months_since,
    months.customers,
    coalesce(returned.customers, 0) as repeat_customers,
    coalesce(returned.customers, 0)::numeric / months.customers as share,
    (sum(coalesce(returned.customers, 0)) over so_far)::bigint as repeat_customers_so_far,
    sum(coalesce(returned.customers, 0)) over so_far / months.customers as share_so_far
from months
left join returned using (cohort_month, months_since)
window so_far as (partition by months.cohort_month order by months.months_since);
