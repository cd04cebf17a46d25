-- Recency, frequency and monetary value of every person with a qualifying order before as_of, with what else
-- the rules look at: reviews, favourite category, where the latest order went. Nearly everybody has one order, of one
-- category: the least and the greatest of each say so, and only the others are looked at more closely.
create or replace procedure ops.build_customer_rfm(of_run_id bigint)
language plpgsql
as $$
declare
    run_as_of timestamp := (select as_of from ops.pipeline_runs where run_id = of_run_id);
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    call ops.plan_for_whole_tables();
    if ops.copy_draft('customer_rfm_drafts', of_run_id) then
        return;
    end if;

    insert into ops.customer_rfm_drafts (
        run_id, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency, monetary,
        avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude
    )
    with reviewed_orders as (
        select order_id, sum(review_score)::integer as review_scores, count(*)::integer as reviews
        from staging.order_reviews
        where review_creation_date < run_as_of
        group by order_id
    ),

    purchases as (
        select
            customer_unique_id,
            min(order_date) as first_purchase_date,
            max(order_date) as last_purchase_date,
            count(*) as frequency,
            ops.total(items_total) as monetary,
            sum(review_scores)::numeric / nullif(sum(reviews), 0) as avg_review_score,
            min(least_category) as least_category,
            max(greatest_category) as greatest_category,
            min(zip_code_prefix) as zip_code_prefix,
            min(customer_city) as customer_city,
            min(customer_state) as customer_state
        from (
            select *
            from ops.qualifying_orders_before(of_run_id, run_as_of)
            left join reviewed_orders using (order_id)
            order by customer_unique_id
        ) as their_orders
        group by customer_unique_id
    ),

    -- MATERIALIZED, here and below: find the few first.
    other_orders as materialized (
        select
            customer_unique_id, orders.order_id, orders.order_date,
            orders.zip_code_prefix, orders.customer_city, orders.customer_state,
            purchases.least_category < purchases.greatest_category as is_mixed
        from ops.qualifying_orders_before(of_run_id, run_as_of) as orders
        inner join purchases using (customer_unique_id)
        where purchases.frequency > 1 or purchases.least_category < purchases.greatest_category
    ),

    latest_addresses as (
        select distinct on (customer_unique_id) customer_unique_id, zip_code_prefix, customer_city, customer_state
        from other_orders
        order by customer_unique_id, order_date desc, order_id desc
    ),

    mixed_purchases as materialized (
        select customer_unique_id, order_items.product_id, order_items.price + order_items.freight_value as spend
        from other_orders
        inner join staging.order_items using (order_id)
        where is_mixed
    ),

    category_purchases as (
        select
            customer_unique_id,
            coalesce(product_categories.category, 'unknown') as category,
            count(*) as items,
            ops.total(spend) as spend
        from mixed_purchases
        left join ops.product_categories using (product_id)
        group by customer_unique_id, coalesce(product_categories.category, 'unknown')
    ),

    favorite_categories as (
        select distinct on (customer_unique_id) customer_unique_id, category
        from category_purchases
        order by customer_unique_id, items desc, spend desc, category collate "C"
    ),

    customers as (
        select
            purchases.*,
            coalesce(favorite_categories.category, least_category) as favorite_category,
            case when frequency = 1 then purchases.zip_code_prefix else latest.zip_code_prefix end as latest_zip,
            case when frequency = 1 then purchases.customer_city else latest.customer_city end as latest_city,
            case when frequency = 1 then purchases.customer_state else latest.customer_state end as latest_state
        from purchases
        left join latest_addresses as latest using (customer_unique_id)
        left join favorite_categories using (customer_unique_id)
    )

    select
        of_run_id,
        customers.customer_unique_id,
        customers.first_purchase_date,
        customers.last_purchase_date,
        extract(day from run_as_of - customers.last_purchase_date)::integer,
        customers.frequency,
        customers.monetary,
        customers.avg_review_score,
        customers.favorite_category,
        customers.latest_city,
        customers.latest_state,
        geolocation.latitude,
        geolocation.longitude
    from customers
    left join staging.geolocation on geolocation.zip_code_prefix = customers.latest_zip;
    call ops.analyze_draft('customer_rfm_drafts', of_run_id);
    call ops.record_inputs('customer_rfm_drafts', of_run_id);
end
$$;
