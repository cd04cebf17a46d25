select
    ops.spreadsheet_text(customer_unique_id) as olist_customer_id,
    operation,
    coalesce(outcome, 'not sent') as outcome,
    array_to_string(changed_properties, ' ') as changed_properties,
    ops.spreadsheet_text(payload ->> 'loyalty_tier') as loyalty_tier,
    ops.spreadsheet_text(payload ->> 'next_action') as next_action,
    ops.spreadsheet_text(payload ->> 'next_action_reason') as next_action_reason,
    ops.spreadsheet_text(payload ->> 'rfm_segment') as rfm_segment,
    payload ->> 'lifetime_value' as lifetime_value,
    payload ->> 'order_count' as order_count,
    payload ->> 'last_purchase_date' as last_purchase_date,
    ops.spreadsheet_text(payload ->> 'favorite_category') as favorite_category,
    payload ->> 'avg_review_score' as avg_review_score,
    ops.spreadsheet_text(payload ->> 'customer_state') as customer_state
from ops.hubspot_plan_drafts
where run_id = {run_id}
order by customer_unique_id
