-- The newest snapshot of a person (old_...: what it has), and what the rules in the braces say of its numbers: what they
-- decide, and whether each of their conditions holds. The rules are compiled from strategy.yaml, as those of a run.
with person as (
    select
        as_of,
        customer_unique_id,
        first_purchase_date,
        last_purchase_date,
        recency_days,
        frequency,
        monetary,
        avg_review_score,
        favorite_category,
        customer_city,
        customer_state,
        r_score,
        f_score,
        m_score,
        rfm_code,
        loyalty_tier,
        model_id,
        segment_name as old_segment,
        next_action as old_action,
        next_action_reason as old_reason
    from analytics.customer_snapshots
    where customer_unique_id = {person}
    order by as_of desc
    limit 1
),

segmented as (
    select *, {segment} as segment_name from person offset 0
),

ruled as (
    select *, {rule} as rule from segmented offset 0
)

select
    *,
    {name} as next_action,
    {reason} as reason,
    {may_become_contact} as may_become_contact,
    {segments_met} as segments_met,
    {actions_met} as actions_met,
    {contact_met} as contact_met
from ruled
