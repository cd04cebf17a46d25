select
    as_of, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency, monetary,
    avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude,
    r_score, f_score, m_score, rfm_code, segment_name, loyalty_tier, next_action, action_priority, model_id
from analytics.customer_snapshots
where as_of = {as_of}
order by customer_unique_id
