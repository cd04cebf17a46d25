-- The states and favourite categories that somebody has, in a run's draft, or in the newest snapshot if no run is
-- named; and every category that the files translate, whether it was bought or not.
with people as (
    select customer_state, favorite_category
    from ops.snapshot_drafts
    where run_id = %(run_id)s::bigint
    union all
    select customer_state, favorite_category
    from analytics.customer_snapshots
    where %(run_id)s::bigint is null and as_of = (select max(as_of) from analytics.customer_snapshots)
),

found as materialized (
    select distinct customer_state, favorite_category from people
)

select
    array(select distinct customer_state from found where customer_state is not null),
    array(select distinct favorite_category from found),
    array(select distinct product_category_name_english from staging.product_category_name_translation_by_file)
