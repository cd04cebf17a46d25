-- The newest snapshot as the rules in the braces would have it, beside what it has: everybody by what they had
-- and would get, and ten of those who would get something else. The rules are compiled from strategy.yaml.
with segmented as (
    select
        customer_unique_id,
        loyalty_tier,
        favorite_category,
        customer_state,
        avg_review_score,
        recency_days,
        frequency,
        monetary,
        segment_name as old_segment,
        next_action as old_action,
        next_action_reason as old_reason,
        {segment} as segment_name
    from analytics.customer_snapshots
    where as_of = (select max(as_of) from analytics.customer_snapshots)
    offset 0
),

ruled as (
    select *, {rule} as rule from segmented offset 0
),

decided as (
    select *, {name} as next_action, {reason} as reason from ruled
),

groups as (
    select
        old_segment,
        segment_name as segment,
        old_action,
        next_action as action,
        rule,
        loyalty_tier as tier,
        count(*) as people,
        count(*) filter (where reason is distinct from old_reason) as other_reasons
    from decided
    group by old_segment, segment_name, old_action, next_action, rule, loyalty_tier
),

-- The first of every move before the second of any, so that ten show as many moves as they can.
moved as (
    select
        *,
        row_number() over (move order by customer_unique_id collate "C") as place,
        count(*) over move as people
    from decided
    where segment_name is distinct from old_segment or next_action is distinct from old_action
    window move as (partition by old_segment, segment_name, old_action, next_action)
),

examples as (
    select * from moved order by place, people desc, customer_unique_id collate "C" limit 10
)

select jsonb_build_object(
    'as_of', (select to_char(max(as_of), 'YYYY-MM-DD') from analytics.customer_snapshots),
    'excluded_statuses', (
        select to_jsonb(excluded_statuses) from ops.pipeline_runs
        where published_at is not null and as_of = (select max(as_of) from analytics.customer_snapshots)
        order by published_at desc limit 1
    ),
    'groups', (select jsonb_agg(to_jsonb(groups)) from groups),
    'examples', (
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'customer', customer_unique_id,
                    'tier', loyalty_tier,
                    'old_segment', old_segment,
                    'segment', segment_name,
                    'category', favorite_category,
                    'state', customer_state,
                    'reviews', round(avg_review_score, 2)::text,
                    'recency_days', recency_days,
                    'frequency', frequency,
                    'monetary', to_char(monetary, 'FM999,999,999,990.00'),
                    'old_action', old_action,
                    'action', next_action
                )
                order by place, people desc, customer_unique_id collate "C"
            ),
            '[]'
        )
        from examples
    )
)
