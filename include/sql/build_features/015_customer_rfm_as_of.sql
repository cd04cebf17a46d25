-- What everybody had bought by a moment. A model learns from it at its vintage date; for its own as_of a run computes
-- the same three numbers together with all else about a customer (020_customer_rfm.sql), and a test holds the two
-- together. Plain SQL functions, so that PostgreSQL plans them as part of the query that reads them.
create or replace function ops.qualifying_orders_before(of_run_id bigint, moment timestamp)
returns setof ops.order_values_drafts
language sql stable
as $$
    select *
    from ops.order_values_drafts
    where run_id = of_run_id and is_qualifying and order_date < moment
$$;

create or replace function ops.customer_rfm_as_of(of_run_id bigint, moment timestamp)
returns table (
    customer_unique_id text,
    first_purchase_date timestamp,
    last_purchase_date timestamp,
    recency_days integer,
    frequency integer,
    monetary numeric
)
language sql stable
as $$
    select
        customer_unique_id,
        min(order_date),
        max(order_date),
        extract(day from moment - max(order_date))::integer,
        count(*)::integer,
        ops.total(items_total)
    from ops.qualifying_orders_before(of_run_id, moment)
    group by customer_unique_id
$$;
