select jsonb_object_agg(loyalty_tier, customers)
from (
    select loyalty_tier, count(*) as customers
    from ops.customer_tiers_drafts
    where run_id = %(run_id)s
    group by loyalty_tier
) as counted
