-- Sorted by customer, since the random start of K-Means depends on the order of rows.
select recency_days::double precision, frequency::double precision, monetary::double precision
from ops.training_customers(%(run_id)s, %(as_of)s, %(sample)s)
order by customer_unique_id collate "C"
