-- Recency, frequency and monetary value of every person with a qualifying order before as_of, with what else
-- the rules look at: reviews, favourite category, where the latest order went. Nearly everybody has one order, of one
-- category, with all its reviews from before as_of: the least and the greatest of each say so, and only the others are
-- looked at more closely.
create or replace procedure ops.build_customer_rfm(of_run_id bigint, slice integer default 0, slices integer default 1)
language plpgsql
as $$
declare
    run_as_of timestamp := (select as_of from ops.pipeline_runs where run_id = of_run_id);
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    call ops.plan_for_whole_tables();
    call ops.empty_draft('customer_rfm_drafts', of_run_id, slice, slices);

    insert into ops.customer_rfm_drafts (
        run_id, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency, monetary,
        avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude
    )
    with orders as not materialized (
        select *
        from ops.qualifying_orders_before(of_run_id, run_as_of)
        where ops.slice_of(customer_unique_id, slices) = slice
    ),

    purchases as (
        select
            customer_unique_id,
            min(order_date) as first_purchase_date,
            max(order_date) as last_purchase_date,
            count(*) as frequency,
            ops.total(items_total) as monetary,
            sum(review_scores) filter (where last_review_date < run_as_of)::numeric
                / nullif(sum(reviews) filter (where last_review_date < run_as_of), 0) as avg_review_score,
            min(least_category) as least_category,
            max(greatest_category) as greatest_category,
            min(zip_code_prefix) as zip_code_prefix,
            min(customer_city) as customer_city,
            min(customer_state) as customer_state,
            min(least_category) < max(greatest_category) as is_mixed,
            bool_or(reviews > 1 and last_review_date >= run_as_of) as is_reviewed_later
        from (select * from orders order by customer_unique_id) as their_orders
        group by customer_unique_id
    ),

    -- MATERIALIZED, here and below: find the few first.
    other_orders as materialized (
        select
            customer_unique_id, orders.order_id, orders.order_date,
            orders.zip_code_prefix, orders.customer_city, orders.customer_state,
            is_mixed, is_reviewed_later
        from orders
        inner join purchases using (customer_unique_id)
        where frequency > 1 or is_mixed or is_reviewed_later
    ),

    latest_addresses as (
        select distinct on (customer_unique_id) customer_unique_id, zip_code_prefix, customer_city, customer_state
        from other_orders
        order by customer_unique_id, order_date desc, order_id desc
    ),

    reviews_in_time as (
        select customer_unique_id, sum(review_score)::numeric / count(*) as avg_review_score
        from other_orders
        inner join staging.order_reviews using (order_id)
        where is_reviewed_later and review_creation_date < run_as_of
        group by customer_unique_id
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
            customer_unique_id, first_purchase_date, last_purchase_date, frequency, monetary, avg_review_score,
            least_category as favorite_category, zip_code_prefix, customer_city, customer_state
        from purchases
        where frequency = 1 and not (is_mixed or is_reviewed_later)
        union all
        select
            customer_unique_id, first_purchase_date, last_purchase_date, frequency, monetary,
            case when is_reviewed_later then in_time.avg_review_score else purchases.avg_review_score end,
            coalesce(category, least_category), latest.zip_code_prefix, latest.customer_city, latest.customer_state
        from purchases
        inner join latest_addresses as latest using (customer_unique_id)
        left join favorite_categories using (customer_unique_id)
        left join reviews_in_time as in_time using (customer_unique_id)
        where frequency > 1 or is_mixed or is_reviewed_later
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
        customers.customer_city,
        customers.customer_state,
        geolocation.latitude,
        geolocation.longitude
    from customers
    left join staging.geolocation on geolocation.zip_code_prefix = customers.zip_code_prefix;
    call ops.analyze_draft('customer_rfm_drafts', of_run_id, slice, slices);
end
$$;
