-- Recency, frequency and monetary value of every person with a qualifying order before as_of, with what else
-- the rules look at: reviews, favourite category, where the latest order went.
create or replace procedure ops.build_customer_rfm(of_run_id bigint)
language plpgsql
as $$
declare
    run_as_of timestamp := (select as_of from ops.pipeline_runs where run_id = of_run_id);
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    if ops.copy_draft('customer_rfm_drafts', of_run_id) then
        return;
    end if;

    insert into ops.customer_rfm_drafts (
        run_id, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency, monetary,
        avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude
    )
    with qualifying_orders as (
        select order_id, customer_unique_id, order_date, zip_code_prefix, customer_city, customer_state
        from ops.qualifying_orders_before(of_run_id, run_as_of)
    ),

    purchases as (
        select * from ops.customer_rfm_as_of(of_run_id, run_as_of)
    ),

    latest_addresses as (
        select distinct on (customer_unique_id)
            customer_unique_id, zip_code_prefix, customer_city, customer_state
        from qualifying_orders
        order by customer_unique_id, order_date desc, order_id desc
    ),

    review_scores as (
        select qualifying_orders.customer_unique_id, avg(order_reviews.review_score) as avg_review_score
        from staging.order_reviews
        inner join qualifying_orders using (order_id)
        where order_reviews.review_creation_date < run_as_of
        group by qualifying_orders.customer_unique_id
    ),

    product_categories as (
        select
            product_id,
            coalesce(product_category_name_english, product_category_name, 'unknown') as category
        from staging.products
        left join staging.product_category_name_translation using (product_category_name)
    ),

    category_purchases as (
        select
            qualifying_orders.customer_unique_id,
            coalesce(product_categories.category, 'unknown') as category,
            count(*) as items,
            sum(order_items.price + order_items.freight_value) as spend
        from staging.order_items
        inner join qualifying_orders using (order_id)
        left join product_categories using (product_id)
        group by qualifying_orders.customer_unique_id, coalesce(product_categories.category, 'unknown')
    ),

    favorite_categories as (
        select distinct on (customer_unique_id) customer_unique_id, category as favorite_category
        from category_purchases
        order by customer_unique_id, items desc, spend desc, category collate "C"
    )

    select
        of_run_id,
        purchases.customer_unique_id,
        purchases.first_purchase_date,
        purchases.last_purchase_date,
        purchases.recency_days,
        purchases.frequency,
        purchases.monetary,
        review_scores.avg_review_score,
        favorite_categories.favorite_category,
        latest_addresses.customer_city,
        latest_addresses.customer_state,
        geolocation.latitude,
        geolocation.longitude
    from purchases
    inner join latest_addresses using (customer_unique_id)
    inner join favorite_categories using (customer_unique_id)
    left join review_scores using (customer_unique_id)
    left join staging.geolocation using (zip_code_prefix);
    call ops.analyze_draft('customer_rfm_drafts', of_run_id);
    call ops.record_inputs('customer_rfm_drafts', of_run_id);
end
$$;
