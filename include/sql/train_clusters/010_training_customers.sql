-- The customers a model learns from: everybody at a moment, or a sample of them where they are more than
-- sample_size. The hash of the id chooses, so the sample is the same whatever the order of rows, and somebody
-- who is in it stays in it while the customers grow in number slowly. SHA-256: it is the same everywhere.
create or replace function ops.training_customers(of_run_id bigint, moment timestamp, sample_size bigint)
returns table (customer_unique_id text, recency_days integer, frequency integer, monetary numeric)
language sql stable
as $$
    select customer_unique_id, recency_days, frequency, monetary
    from ops.customer_rfm_as_of(of_run_id, moment)
    order by sha256(convert_to(customer_unique_id, 'UTF8'))
    limit sample_size
$$;
