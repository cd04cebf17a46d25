-- The moment a run looks from: the date asked for, else the earlier of the end of its data interval and one day
-- after the latest qualifying purchase. Never the clock.
create or replace procedure ops.resolve_as_of(of_run_id bigint, inout resolved timestamp default null)
language plpgsql
as $$
declare
    run ops.pipeline_runs;
    latest_purchase timestamp;
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    select * into strict run from ops.pipeline_runs where run_id = of_run_id;

    -- From the newest order down to the first that counts. OFFSET 0: sort first, look up only what is reached then.
    select order_purchase_timestamp into latest_purchase
    from (
        select order_id, customer_id, order_purchase_timestamp
        from staging.orders
        where order_status <> all (run.excluded_statuses)
        order by order_purchase_timestamp desc
        offset 0
    ) as newest
    where exists (select from staging.customers where customers.customer_id = newest.customer_id offset 0)
      and exists (select from staging.order_items where order_items.order_id = newest.order_id offset 0)
    limit 1;

    -- Whoever bought last may have been erased since, and the run still looks from the same moment. It does not where
    -- that purchase was far from all others: see the check no_isolated_purchases.
    latest_purchase := greatest(
        latest_purchase,
        (
            select erased_purchase from ops.source_files
            where file_id = ops.file_in_use('orders') and erased_purchase <= latest_purchase + interval '180 days'
        )
    );

    resolved := coalesce(run.requested_as_of, least(run.interval_end, latest_purchase + interval '1 day'));
    if latest_purchase is null then
        resolved := run.requested_as_of;
    end if;
    update ops.pipeline_runs set as_of = resolved where run_id = of_run_id;
end
$$;
