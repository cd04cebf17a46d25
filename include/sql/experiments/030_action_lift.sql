-- What actions brought: people who were told of one against people who would have been and were held out by chance. By
-- intention to treat: a person is in the group the hash put them into, whatever was delivered, opened or refused. So
-- nobody's zeal or absence can make an action look better than it is.

-- The people of each experiment: each is counted once for each action, at the first snapshot with it since the experiment
-- began, and once for all actions together (next_action NULL), at the first snapshot with any.
create or replace view ops.experiment_people as
with published as (
    select distinct on (as_of) as_of, experiment_id
    from ops.pipeline_runs
    where published_at is not null
    order by as_of, published_at desc, run_id desc
),

with_action as (
    select
        experiments.experiment_id,
        people.next_action,
        people.customer_unique_id,
        people.is_held_out,
        min(people.as_of) as as_of
    from ops.experiments as experiments
    inner join published
        on published.experiment_id = experiments.experiment_id and published.as_of >= experiments.began_as_of
    inner join analytics.customer_snapshots as people
        on people.as_of = published.as_of and people.is_held_out is not null and people.next_action is not null
    group by experiments.experiment_id, people.next_action, people.customer_unique_id, people.is_held_out
)

select experiment_id, next_action, customer_unique_id, is_held_out, as_of
from with_action
union all
select experiment_id, null, customer_unique_id, is_held_out, min(as_of)
from with_action
group by experiment_id, customer_unique_id, is_held_out;

create or replace view analytics.vw_action_lift_by_experiment as
with data_reach as (
    select max(order_date) as latest_purchase from analytics.order_values where is_qualifying
),

-- The window of vw_customer_outcomes: from as_of until 90 days later.
spent_after as (
    select snapshots.as_of, orders.customer_unique_id, sum(orders.items_total) as revenue
    from ops.snapshot_dates as snapshots
    inner join analytics.order_values as orders
        on orders.is_qualifying
        and orders.order_date >= snapshots.as_of
        and orders.order_date < snapshots.as_of + interval '90 days'
    where snapshots.as_of >= (select min(began_as_of) from ops.experiments)
    group by snapshots.as_of, orders.customer_unique_id
),

outcomes as (
    select
        people.experiment_id,
        people.next_action,
        people.is_held_out,
        data_reach.latest_purchase >= people.as_of + interval '90 days' as is_observed,
        spent_after.revenue is not null as has_repurchased,
        coalesce(spent_after.revenue, 0) as revenue
    from ops.experiment_people as people
    cross join data_reach
    left join spent_after using (as_of, customer_unique_id)
),

counted as (
    select
        experiment_id,
        next_action,
        count(*) filter (where is_observed and not is_held_out) as treated,
        count(*) filter (where is_observed and is_held_out) as held_out,
        sum(has_repurchased::integer) filter (where is_observed and not is_held_out) as treated_repurchased,
        sum(has_repurchased::integer) filter (where is_observed and is_held_out) as held_out_repurchased,
        count(*) filter (where not is_observed and not is_held_out) as treated_waiting,
        count(*) filter (where not is_observed and is_held_out) as held_out_waiting,
        avg(revenue) filter (where is_observed and not is_held_out) as treated_spend,
        avg(revenue) filter (where is_observed and is_held_out) as held_out_spend,
        var_samp(revenue) filter (where is_observed and not is_held_out) as treated_variance,
        var_samp(revenue) filter (where is_observed and is_held_out) as held_out_variance
    from outcomes
    group by experiment_id, next_action
),

rated as (
    select
        *,
        treated_repurchased::double precision / nullif(treated, 0) as treated_rate,
        held_out_repurchased::double precision / nullif(held_out, 0) as held_out_rate,
        case
            when treated > 0 and held_out > 0
            then (treated_repurchased + held_out_repurchased)::double precision / (treated + held_out)
        end as pooled_rate,
        ops.welch_half_width(
            treated_variance::double precision / nullif(treated, 0), treated,
            held_out_variance::double precision / nullif(held_out, 0), held_out
        ) as half_width
    from counted
),

compared as (
    select
        *,
        treated_rate - held_out_rate as lift,
        ops.newcombe_limit(treated_rate, nullif(treated, 0), held_out_rate, nullif(held_out, 0), -1) as lift_low,
        ops.newcombe_limit(treated_rate, nullif(treated, 0), held_out_rate, nullif(held_out, 0), 1) as lift_high
    from rated
)

select
    compared.experiment_id,
    experiments.salt,
    experiments.share as held_out_share,
    experiments.began_as_of,
    compared.next_action,
    compared.treated,
    compared.held_out,
    compared.treated_repurchased,
    compared.held_out_repurchased,
    compared.treated_rate,
    compared.held_out_rate,
    compared.lift,
    compared.lift_low,
    compared.lift_high,
    -- Both groups together say best how many buy again, as long as nothing is to be seen.
    ops.smallest_visible_lift(pooled_rate, nullif(treated, 0), nullif(held_out, 0)) as smallest_visible_lift,
    ops.rates_p_value(lift, pooled_rate, nullif(treated, 0), nullif(held_out, 0)) as p_value,
    case
        when lift_low > 0 then 'worked'
        when lift_high < 0 then 'harmed'
        when lift is not null then 'no effect that could be seen'
    end as verdict,
    round(treated_spend, 2) as treated_spend,
    round(held_out_spend, 2) as held_out_spend,
    round(treated_spend - held_out_spend, 2) as spend_lift,
    round((treated_spend - held_out_spend - half_width::numeric), 2) as spend_lift_low,
    round((treated_spend - held_out_spend + half_width::numeric), 2) as spend_lift_high,
    compared.treated_waiting,
    compared.held_out_waiting
from compared
inner join ops.experiments as experiments using (experiment_id);

-- The experiment that the newest run was part of: of a person who reads it after hold-outs were switched off, the last one.
create or replace view analytics.vw_action_lift as
select
    next_action, treated, held_out, treated_repurchased, held_out_repurchased, treated_rate, held_out_rate,
    lift, lift_low, lift_high, smallest_visible_lift,
    p_value, verdict, treated_spend, held_out_spend, spend_lift, spend_lift_low, spend_lift_high,
    treated_waiting, held_out_waiting
from analytics.vw_action_lift_by_experiment
where experiment_id = (
    select experiment_id from ops.pipeline_runs
    where published_at is not null and experiment_id is not null
    order by published_at desc, run_id desc limit 1
);
