-- The features of all customers in one value: three doubles each, most significant byte first (float8send).
-- Sorted by customer, since the random start of K-Means depends on the order of rows.
select
    string_agg(
        float8send(recency_days) || float8send(frequency) || float8send(monetary::double precision),
        ''::bytea order by customer_unique_id collate "C"
    )
from ops.training_customers(%(run_id)s, %(as_of)s, %(sample)s)
