select
    as_of, customer_unique_id, segment_name, loyalty_tier, next_action, next_action_reason,
    recency_days, frequency, monetary, avg_review_score, favorite_category,
    customer_city, customer_state, latitude, longitude, first_purchase_date, last_purchase_date
from analytics.customer_snapshots
where as_of = {as_of}
order by customer_unique_id
