select
    as_of, segment_name, customer_count, pct_of_total_customers,
    avg_lifetime_spend, avg_frequency, avg_recency_days
from analytics.vw_segment_summary
where as_of = {as_of}
order by customer_count desc, segment_name
