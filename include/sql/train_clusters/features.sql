-- Sorted by customer, since the random start of K-Means depends on the order of rows.
select recency_days::double precision, frequency::double precision, monetary::double precision
from ops.customer_rfm_drafts
where run_id = %(run_id)s
order by customer_unique_id
