select
    as_of,
    ops.spreadsheet_text(customer_unique_id) as customer_unique_id,
    first_purchase_date, last_purchase_date, recency_days, frequency, monetary, trim_scale(avg_review_score) as avg_review_score,
    ops.spreadsheet_text(favorite_category) as favorite_category,
    ops.spreadsheet_text(customer_city) as customer_city,
    ops.spreadsheet_text(customer_state) as customer_state,
    latitude, longitude, r_score, f_score, m_score, rfm_code,
    ops.spreadsheet_text(segment_name) as segment_name,
    ops.spreadsheet_text(loyalty_tier) as loyalty_tier,
    ops.spreadsheet_text(next_action) as next_action,
    action_priority, model_id{is_held_out}
from analytics.customer_snapshots
where as_of = {as_of}
order by customer_snapshots.customer_unique_id
