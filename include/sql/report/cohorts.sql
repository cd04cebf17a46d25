-- Who of the last twelve months' new customers came back, as it was known before the run's as_of: analytics.vw_cohorts
-- goes up to the last purchase.
with people as (
    select first_order, case when second_order < run.as_of then second_order end as second_order, run.as_of
    from ops.first_two_orders
    inner join ops.pipeline_runs as run using (run_id)
    where run_id = %(run_id)s and first_order < run.as_of
),

cohorts as (
    select
        date_trunc('month', first_order) as cohort_month,
        ops.months_between(min(first_order), max(as_of) - interval '1 microsecond') as months,
        count(*) as customers
    from people
    group by 1
    order by 1 desc
    limit 12
)

select
    to_char(cohorts.cohort_month, 'YYYY-MM') as cohort_month,
    months_since,
    cohorts.customers,
    count(people.second_order) as repeat_customers
from cohorts
cross join lateral generate_series(0, least(cohorts.months, 11)) as months_since
left join people
    on date_trunc('month', people.first_order) = cohorts.cohort_month
    and ops.months_between(people.first_order, people.second_order) = months_since
group by cohorts.cohort_month, months_since, cohorts.customers
order by cohorts.cohort_month, months_since
