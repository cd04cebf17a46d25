select
    as_of,
    ops.spreadsheet_text(segment_name) as segment_name,
    customer_count, pct_of_total_customers, avg_lifetime_spend, avg_frequency, avg_recency_days
from analytics.vw_segment_summary
where as_of = {as_of}
order by customer_count desc, vw_segment_summary.segment_name
