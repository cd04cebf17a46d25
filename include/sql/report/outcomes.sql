-- What the customers bought in the 90 days after the newest snapshot for which these are over, by next action.
with observed as (
    select max(dates.as_of) as as_of
    from ops.snapshot_dates as dates
    inner join ops.pipeline_runs as run on run.run_id = %(run_id)s and dates.as_of <= run.as_of
    where dates.as_of + interval '90 days' <= (
        select max(order_date) from analytics.order_values where is_qualifying
    )
)

select
    as_of,
    next_action,
    sum(customers) as customers,
    sum(repurchased_90d) as repurchased,
    sum(revenue_90d) as revenue
from analytics.vw_outcomes
where as_of = (select as_of from observed) and next_action is not null
group by as_of, next_action
order by sum(revenue_90d) / sum(customers) desc, next_action
