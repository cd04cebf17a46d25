-- The people of the newest snapshot by whether they meet deliver.when of strategy.yaml, and whether they are contacts in the
-- HubSpot account that was last delivered to. The conditions in the braces are compiled from the file.
with segmented as (
    select *, {segment} as new_segment_name
    from analytics.customer_snapshots
    where as_of = (select max(as_of) from analytics.customer_snapshots)
    offset 0
),

people as (
    select
        customer_unique_id,
        loyalty_tier,
        new_segment_name as segment_name,
        favorite_category,
        customer_state,
        avg_review_score,
        recency_days,
        frequency,
        monetary
    from segmented
    offset 0
),

judged as (
    select {may_become_contact} as may_become_contact, contacts.customer_unique_id is not null as is_contact
    from people
    left join ops.hubspot_contacts as contacts
        on contacts.portal_id = ops.last_portal() and contacts.customer_unique_id = people.customer_unique_id
)

select
    count(*) filter (where may_become_contact),
    count(*) filter (where is_contact),
    count(*) filter (where may_become_contact and not is_contact),
    count(*) filter (where not may_become_contact and not is_contact)
from judged
