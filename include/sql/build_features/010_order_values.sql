-- Every order with what was bought and what was paid. Whether it counts (is_qualifying) does not depend on a
-- date, so that one set of order values serves every as_of.
create or replace procedure ops.build_order_values(of_run_id bigint, slice integer default 0, slices integer default 1)
language plpgsql
as $$
declare
    excluded_statuses text[] := (select run.excluded_statuses from ops.pipeline_runs as run where run_id = of_run_id);
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    call ops.plan_for_whole_tables();
    call ops.empty_draft('order_values_drafts', of_run_id, slice, slices);

    insert into ops.order_values_drafts (
        run_id, order_id, customer_id, customer_unique_id, zip_code_prefix, customer_city, customer_state,
        order_status, order_date, items_total, payments_total, is_qualifying,
        items, payments, least_category, greatest_category, reviews, review_scores, last_review_date
    )
    -- One aggregate and one join for all, since each takes as long as reading the tables three times.
    with totals as (
        select
            order_id,
            ops.total(item) as items_total,
            ops.total(payment) as payments_total,
            count(item)::integer as items,
            count(payment)::integer as payments,
            min(category) as least_category,
            max(category) as greatest_category,
            count(review_score)::integer as reviews,
            sum(review_score)::integer as review_scores,
            max(review_creation_date) as last_review_date
        from (
            select
                order_id,
                price + freight_value as item,
                null::numeric as payment,
                coalesce(category, 'unknown') as category,
                null::smallint as review_score,
                null::timestamp as review_creation_date
            from staging.order_items
            left join ops.product_categories using (product_id)
            union all
            select order_id, null, payment_value, null, null, null from staging.order_payments
            union all
            select order_id, null, null, null, review_score, review_creation_date from staging.order_reviews
        ) as rows_of_orders
        where ops.slice_of(order_id, slices) = slice
        group by order_id
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
        totals.items_total,
        totals.payments_total,
        orders.order_status <> all (excluded_statuses)
            and totals.items_total is not null
            and customers.customer_unique_id is not null,
        coalesce(totals.items, 0),
        coalesce(totals.payments, 0),
        totals.least_category,
        totals.greatest_category,
        coalesce(totals.reviews, 0),
        totals.review_scores,
        totals.last_review_date
    from staging.orders
    left join staging.customers using (customer_id)
    left join totals using (order_id)
    where ops.slice_of(orders.order_id, slices) = slice;
    call ops.analyze_draft('order_values_drafts', of_run_id, slice, slices);
end
$$;
