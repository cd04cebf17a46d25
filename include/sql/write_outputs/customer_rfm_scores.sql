select
    ops.spreadsheet_text(customer_unique_id) as customer_unique_id,
    recency_days, frequency, monetary, r_score, f_score, m_score, rfm_code
from analytics.customer_snapshots
where as_of = {as_of}
order by customer_snapshots.customer_unique_id
