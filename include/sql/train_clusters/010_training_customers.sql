-- The customers a model learns from: everybody at a moment, or a sample of them where they are more than
-- sample_size. The hash of the id chooses, so the sample is the same whatever the order of rows, and somebody
-- who is in it stays in it while the customers grow in number slowly. SHA-256: it is the same everywhere.
-- At the run's own as_of they are those it scores, and computed already. Where everybody is taken no hash is
-- made: sorting by what is NULL everywhere costs nothing.
create or replace function ops.training_customers(of_run_id bigint, moment timestamp, sample_size bigint)
returns table (customer_unique_id text, recency_days integer, frequency integer, monetary numeric)
language sql stable
as $$
    with run as materialized (
        select moment = as_of as is_own_moment from ops.pipeline_runs where run_id = of_run_id
    ),

    customers as materialized (
        select customer_unique_id, recency_days, frequency, monetary
        from ops.customer_rfm_drafts
        where run_id = of_run_id and (select is_own_moment from run)
        union all
        select customer_unique_id, recency_days, frequency, monetary
        from ops.customer_rfm_as_of(of_run_id, moment)
        where not (select is_own_moment from run)
    )

    select customer_unique_id, recency_days, frequency, monetary
    from customers
    order by
        case
            when (select count(*) from customers) > sample_size
                then sha256(convert_to(customer_unique_id, 'UTF8'))
        end
    limit sample_size
$$;
