-- What the customers of each segment and of each tier have in common, with the Portuguese name of the category that
-- most of them buy, and how many they were in the snapshot before.
with run as (
    select run_id, as_of, previous_as_of
    from ops.pipeline_runs inner join ops.snapshot_dates using (as_of)
    where run_id = %(run_id)s
),

before as (
    select
        case when grouping(segment_name) = 0 then 'segment' else 'tier' end as kind,
        coalesce(segment_name, loyalty_tier) as name,
        count(*) as customers
    from analytics.customer_snapshots
    where as_of = (select previous_as_of from run)
    group by grouping sets ((segment_name), (loyalty_tier))
),

profiles as (
    select
        case when grouping(segment_name) = 0 then 'segment' else 'tier' end as kind,
        coalesce(segment_name, loyalty_tier) as name,
        count(*) as customers,
        sum(monetary) as revenue,
        avg(monetary) as spend,
        avg(frequency) as orders,
        avg((frequency > 1)::integer) as repeat_share,
        avg(recency_days) as recency_days,
        avg(avg_review_score) as review_score,
        mode() within group (order by favorite_category) filter (where favorite_category <> 'unknown') as category,
        mode() within group (order by customer_state) as state
    from analytics.customer_snapshots
    where as_of = (select as_of from run)
    group by grouping sets ((segment_name), (loyalty_tier))
),

translation as (
    select min(product_category_name) as portuguese, product_category_name_english as english
    from staging.product_category_name_translation_by_file
    inner join ops.run_files using (file_id)
    where run_id = %(run_id)s
    group by product_category_name_english
)

select
    profiles.*,
    profiles.customers / sum(profiles.customers) over (partition by kind) as share,
    profiles.revenue / nullif(sum(profiles.revenue) over (partition by kind), 0) as revenue_share,
    coalesce(translation.portuguese, profiles.category) as category_portuguese,
    before.customers as customers_before
from profiles
left join before using (kind, name)
left join translation on translation.english = profiles.category
where name is not null
order by kind, profiles.spend desc, name
