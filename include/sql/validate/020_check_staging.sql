-- Every check of the staged rows, recorded for the run. A check has passed while its violations are no more
-- than the allowed share of the rows it looked at. Orders left out on purpose are counted by reason.
create or replace procedure ops.check_staging(of_run_id bigint)
language plpgsql
as $$
declare
    from_run_id bigint;
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    delete from ops.validation_results where run_id = of_run_id;
    delete from ops.result_inputs where run_id = of_run_id and result = 'validation_results';

    with same_run as materialized (
        select same_run_id from ops.runs_with_same('validation_results', of_run_id) as same_run_id limit 1
    ),

    copied as (
        insert into ops.validation_results (
            run_id, check_name, table_name, severity, violations, passed, detail
        )
        select of_run_id, check_name, table_name, severity, violations, passed, detail
        from ops.validation_results
        inner join same_run on run_id = same_run_id
    )

    select same_run_id into from_run_id from same_run;
    if found then
        call ops.record_inputs('validation_results', of_run_id, from_run_id);
        return;
    end if;

    insert into ops.validation_results (
        run_id, check_name, table_name, severity, violations, passed, detail
    )
    with run as (
        select
            as_of,
            excluded_statuses,
            requested_as_of is null and as_of is distinct from interval_end as follows_the_data
        from ops.pipeline_runs
        where run_id = of_run_id
    ),

    item_totals as (
        select order_id, sum(price + freight_value) as total, count(*) as items
        from staging.order_items group by order_id
    ),

    payment_totals as (
        select order_id, sum(payment_value) as total from staging.order_payments group by order_id
    ),

    judged_orders as (
        select
            orders.order_id,
            orders.order_purchase_timestamp::date as purchase_day,
            customers.customer_id is null as has_no_customer,
            payment_totals.total is distinct from item_totals.total as has_other_payment,
            item_totals.order_id is not null and payment_totals.order_id is not null as is_reconcilable,
            coalesce(orders.order_delivered_customer_date < orders.order_purchase_timestamp, false)
                as is_delivered_too_early,
            case
                when orders.order_status = any (run.excluded_statuses) then 'status ' || orders.order_status
                when item_totals.order_id is null then 'no item'
                when customers.customer_id is null then 'no customer'
                when orders.order_purchase_timestamp >= run.as_of then 'bought at or after as_of'
            end as left_out_because
        from staging.orders
        cross join run
        left join staging.customers using (customer_id)
        left join item_totals using (order_id)
        left join payment_totals using (order_id)
    ),

    purchase_days as (
        select
            purchase_day,
            min(order_id) as an_order,
            purchase_day - lag(purchase_day) over (order by purchase_day) as days_without,
            sum(count(*)) over (order by purchase_day desc) as orders_from_here,
            sum(count(*)) over () as all_orders
        from judged_orders
        where left_out_because is null
        group by purchase_day
    ),

    -- The latest purchase decides as_of, so one order dated 2099 would make all others eighty years old. Orders
    -- are isolated where more than 180 days lie before them, and they are no more than one in a hundred.
    isolated_orders as (
        select purchase_days.* from purchase_days cross join run
        where run.follows_the_data and days_without > 180 and orders_from_here * 100 <= all_orders
        order by purchase_day
        limit 1
    ),

    judged_items as (
        select
            orders.order_id is null as has_no_order,
            products.product_id is null as has_no_product,
            order_items.price = 0 as is_free
        from staging.order_items
        left join staging.orders using (order_id)
        left join staging.products using (product_id)
    ),

    checks (check_name, table_name, severity, violations, looked_at, allowed_share, meaning) as (
        select
            'qualifying_orders', 'orders', 'critical',
            case when count(*) filter (where left_out_because is null) = 0 then 1 else 0 end, 1, 0.0,
            'no order qualifies: none has an item, a customer and a purchase date before as_of'
        from judged_orders
        union all
        select
            'no_isolated_purchases', 'orders', 'critical',
            coalesce(max(orders_from_here), 0), coalesce(max(all_orders), 1), 0.0,
            coalesce(
                format(
                    'orders were bought more than 180 days after all others, the first of them order %s on %s:'
                    ' correct the file, or set as_of',
                    max(an_order), max(purchase_day)
                ),
                ''
            )
        from isolated_orders
        union all
        select
            'has_rows:' || source_files.table_name, source_files.table_name,
            case
                when source_files.table_name in ('customers', 'orders', 'order_items') then 'critical'
                else 'warning'
            end,
            case when source_files.rows_accepted = 0 then 1 else 0 end, 1, 0.0, 'the table has no row'
        from ops.run_files inner join ops.source_files using (file_id)
        where run_files.run_id = of_run_id
        union all
        select
            'orders_have_customers', 'orders', 'critical',
            count(*) filter (where has_no_customer), count(*), 0.05, 'orders name a customer_id that is not there'
        from judged_orders
        union all
        select
            'items_have_orders', 'order_items', 'critical',
            count(*) filter (where has_no_order), count(*), 0.05, 'items name an order that is not there'
        from judged_items
        union all
        select
            'items_match_payments', 'order_payments', 'warning',
            count(*) filter (where is_reconcilable and has_other_payment),
            count(*) filter (where is_reconcilable), 0.01,
            'orders were paid with another sum than price and freight of their items'
        from judged_orders
        union all
        select
            'delivered_after_purchase', 'orders', 'warning',
            count(*) filter (where is_delivered_too_early), count(*), 0.0,
            'orders were delivered before they were bought'
        from judged_orders
        union all
        select
            'items_have_products', 'order_items', 'warning',
            count(*) filter (where has_no_product), count(*), 0.0, 'items name a product that is not there'
        from judged_items
        union all
        select
            'items_have_prices', 'order_items', 'warning',
            count(*) filter (where is_free), count(*), 0.0, 'items have a price of 0'
        from judged_items
        union all
        select
            'payments_have_orders', 'order_payments', 'warning',
            count(*) filter (where orders.order_id is null), count(*), 0.0,
            'payments name an order that is not there'
        from staging.order_payments left join staging.orders using (order_id)
        union all
        select
            'reviews_have_orders', 'order_reviews', 'warning',
            count(*) filter (where orders.order_id is null), count(*), 0.0,
            'reviews name an order that is not there'
        from staging.order_reviews left join staging.orders using (order_id)
        union all
        select
            'products_have_categories', 'products', 'warning',
            count(*) filter (where product_category_name is null), count(*), 0.05, 'products have no category'
        from staging.products
        union all
        select
            'categories_have_translations', 'product_category_name_translation', 'warning',
            count(*) filter (where translation.product_category_name is null), count(*), 0.05,
            'categories have no English name and keep the Portuguese one'
        from (select distinct product_category_name from staging.products) as categories
        left join staging.product_category_name_translation as translation using (product_category_name)
        where categories.product_category_name is not null
        union all
        select
            'customers_have_coordinates', 'geolocation', 'warning',
            count(*) filter (where geolocation.zip_code_prefix is null), count(*), 0.02,
            'customers live in a zip prefix without coordinates'
        from staging.customers left join staging.geolocation using (zip_code_prefix)
        union all
        select
            'coordinates_in_brazil', 'geolocation', 'warning',
            count(*) filter (where latitude not between -34 and 6 or longitude not between -74 and -28),
            count(*), 0.001, 'zip prefixes lie outside Brazil'
        from staging.geolocation
        union all
        select
            'left_out:' || left_out_because, 'orders', 'info', count(*), (select count(*) from judged_orders), 1.0,
            'orders are left out: ' || left_out_because
        from judged_orders
        where left_out_because is not null
        group by left_out_because
    )

    select
        of_run_id, check_name, table_name, severity, violations,
        violations <= looked_at * allowed_share,
        format('%s of %s %s', violations, looked_at, meaning)
    from checks;
    call ops.record_inputs('validation_results', of_run_id);
end
$$;
