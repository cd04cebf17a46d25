-- Every check of the staged rows and of the order values made from them, recorded for the run. A check has passed while its violations are no more
-- than the allowed share of the rows it looked at. Orders left out on purpose are counted by reason.
create or replace procedure ops.check_staging(of_run_id bigint)
language plpgsql
as $$
declare
    from_run_id bigint;
    run ops.pipeline_runs;
    follows_the_data boolean;
    states_of_brazil constant text[]
    := '{AC,AL,AM,AP,BA,CE,DF,ES,GO,MA,MG,MS,MT,PA,PB,PE,PI,PR,RJ,RN,RO,RR,RS,SC,SE,SP,TO}';
begin
    select * into strict run from ops.pipeline_runs where run_id = of_run_id;
    follows_the_data := run.requested_as_of is null and run.as_of is distinct from run.interval_end;
    perform set_config('olist.run_id', of_run_id::text, true);
    call ops.plan_for_whole_tables();
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
    -- All that is asked about orders, from so few rows that it may be asked often.
    with order_groups as (
        select
            purchase_day,
            left_out_because,
            count(*) as orders,
            count(*) filter (where customer_unique_id is null) as orders_without_customer,
            count(*) filter (where items > 0 and payments > 0) as reconcilable_orders,
            count(*) filter (where payments_total <> items_total) as orders_with_other_payment,
            sum(items) as items,
            sum(payments) as payments,
            sum(reviews) as reviews
        from (
            select
                *,
                order_date::date as purchase_day,
                case
                    when order_status = any (run.excluded_statuses) then 'status ' || order_status
                    when items = 0 then 'no item'
                    when customer_unique_id is null then 'no customer'
                    when order_date >= run.as_of then 'bought at or after as_of'
                end as left_out_because
            from ops.order_values_drafts
            where run_id = of_run_id
        ) as judged_orders
        group by purchase_day, left_out_because
    ),

    purchase_days as (
        select
            purchase_day,
            purchase_day - lag(purchase_day) over (order by purchase_day) as days_without,
            sum(orders) over (order by purchase_day desc) as orders_from_here,
            sum(orders) over () as all_orders
        from order_groups
        where left_out_because is null
    ),

    -- The latest purchase decides as_of, so one order dated 2099 would make all others eighty years old. Orders
    -- are isolated where more than 180 days lie before them, and they are no more than one in a hundred.
    isolated_orders as (
        select * from purchase_days
        where follows_the_data and days_without > 180 and orders_from_here * 100 <= all_orders
        order by purchase_day
        limit 1
    ),

    counted_orders as (
        select
            coalesce(sum(orders), 0) as orders,
            coalesce(sum(orders) filter (where left_out_because is null), 0) as qualifying_orders,
            coalesce(sum(orders_without_customer), 0) as orders_without_customer,
            coalesce(sum(reconcilable_orders), 0) as reconcilable_orders,
            coalesce(sum(orders_with_other_payment), 0) as orders_with_other_payment,
            coalesce(sum(items), 0) as their_items,
            coalesce(sum(payments), 0) as their_payments,
            coalesce(sum(reviews), 0) as their_reviews
        from order_groups
    ),

    counted_items as (
        select
            count(*) as items,
            count(*) filter (where products.product_id is null) as items_without_product,
            count(*) filter (where order_items.price = 0) as free_items
        from staging.order_items
        left join staging.products using (product_id)
    ),

    known_words (check_name, table_name, column_name, words) as (
        values
        (
            'known_statuses', 'orders', 'order_status',
            '{created,approved,invoiced,processing,shipped,delivered,canceled,unavailable}' || run.excluded_statuses
        ),
        ('known_payment_types', 'order_payments', 'payment_type', '{credit_card,debit_card,boleto,voucher,not_defined}'),
        ('known_customer_states', 'customers', 'customer_state', states_of_brazil),
        ('known_seller_states', 'sellers', 'seller_state', states_of_brazil)
    ),

    found_words (check_name, word, rows) as (
        select 'known_statuses', order_status, count(*) from staging.orders group by order_status
        union all
        select 'known_payment_types', payment_type, count(*) from staging.order_payments group by payment_type
        union all
        select 'known_customer_states', customer_state, count(*) from staging.customers group by customer_state
        union all
        select 'known_seller_states', seller_state, count(*) from staging.sellers group by seller_state
    ),

    unknown_words as (
        select
            check_name, word, rows,
            row_number() over (partition by check_name order by rows desc, word collate "C") as place
        from found_words inner join known_words using (check_name)
        where word <> all (words)
    ),

    checks (check_name, table_name, severity, violations, looked_at, allowed_share, meaning) as (
        select
            'qualifying_orders', 'orders', 'critical',
            case when qualifying_orders = 0 then 1 else 0 end, 1, 0.0,
            'no order qualifies: none has an item, a customer and a purchase date before as_of'
        from counted_orders
        union all
        select
            'no_isolated_purchases', 'orders', 'critical',
            coalesce(max(orders_from_here), 0), coalesce(max(all_orders), 1), 0.0,
            coalesce(
                format(
                    'orders were bought more than 180 days after all others, the first of them on %s:'
                    ' correct the file, or set as_of',
                    to_char(max(purchase_day), 'YYYY-MM-DD')
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
        where run_files.run_id = of_run_id and schema_name = 'staging'
        union all
        select
            'orders_have_customers', 'orders', 'critical',
            orders_without_customer, orders, 0.05, 'orders name a customer_id that is not there'
        from counted_orders
        union all
        select
            'items_have_orders', 'order_items', 'critical',
            items - their_items, items, 0.05, 'items name an order that is not there'
        from counted_items cross join counted_orders
        union all
        select
            'items_match_payments', 'order_payments', 'warning',
            orders_with_other_payment, reconcilable_orders, 0.01,
            'orders were paid with another sum than price and freight of their items'
        from counted_orders
        union all
        select
            'delivered_after_purchase', 'orders', 'warning',
            count(*) filter (where order_delivered_customer_date < order_purchase_timestamp), count(*), 0.0,
            'orders were delivered before they were bought'
        from staging.orders
        union all
        select
            'items_have_products', 'order_items', 'warning',
            items_without_product, items, 0.0, 'items name a product that is not there'
        from counted_items
        union all
        select
            'items_have_prices', 'order_items', 'warning',
            free_items, items, 0.0, 'items have a price of 0'
        from counted_items
        union all
        select
            'payments_have_orders', 'order_payments', 'warning',
            payments - their_payments, payments, 0.0, 'payments name an order that is not there'
        from (select count(*) as payments from staging.order_payments) as counted_payments cross join counted_orders
        union all
        select
            'reviews_have_orders', 'order_reviews', 'warning',
            reviews - their_reviews, reviews, 0.0, 'reviews name an order that is not there'
        from (select count(*) as reviews from staging.order_reviews) as counted_reviews cross join counted_orders
        union all
        select
            check_name, table_name, 'warning',
            coalesce((select sum(rows) from unknown_words where unknown_words.check_name = known_words.check_name), 0),
            coalesce((select sum(rows) from found_words where found_words.check_name = known_words.check_name), 0),
            0.0,
            format(
                'rows have an unknown %s%s', column_name,
                (
                    select
                        ': ' || string_agg(format('%s (%s)', left(word, 50), rows), ', ' order by place)
                        filter (where place <= 5)
                        || case when count(*) > 5 then format(' and %s more', count(*) - 5) else '' end
                    from unknown_words
                    where unknown_words.check_name = known_words.check_name
                )
            )
        from known_words
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
        from (
            select distinct staging.folded(product_category_name) as product_category_name from staging.products
        ) as categories
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
            'left_out:' || left_out_because, 'orders', 'info',
            sum(orders), (select counted_orders.orders from counted_orders), 1.0,
            'orders are left out: ' || left_out_because
        from order_groups
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
