-- Every order with what was bought and what was paid. Whether it counts (is_qualifying) does not depend on a
-- date, so that one set of order values serves every as_of.
create or replace procedure ops.build_order_values(of_run_id bigint)
language plpgsql
as $$
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    if ops.copy_draft('order_values_drafts', of_run_id) then
        return;
    end if;

    insert into ops.order_values_drafts (
        run_id, order_id, customer_id, customer_unique_id, zip_code_prefix, customer_city, customer_state,
        order_status, order_date, items_total, payments_total, is_qualifying
    )
    with item_totals as (
        select order_id, sum(price + freight_value) as items_total
        from staging.order_items group by order_id
    ),

    payment_totals as (
        select order_id, sum(payment_value) as payments_total
        from staging.order_payments group by order_id
    )

    select
        of_run_id,
        orders.order_id,
        orders.customer_id,
        customers.customer_unique_id,
        customers.zip_code_prefix,
        customers.customer_city,
        customers.customer_state,
        orders.order_status,
        orders.order_purchase_timestamp,
        item_totals.items_total,
        payment_totals.payments_total,
        orders.order_status <> all (run.excluded_statuses)
            and item_totals.items_total is not null
            and customers.customer_unique_id is not null
    from staging.orders
    inner join ops.pipeline_runs as run on run.run_id = of_run_id
    left join staging.customers using (customer_id)
    left join item_totals using (order_id)
    left join payment_totals using (order_id);
    call ops.analyze_draft('order_values_drafts', of_run_id);
    call ops.record_inputs('order_values_drafts', of_run_id);
end
$$;
