-- Each raw table as typed rows: position (ctid, which grows in file order after a COPY), the first problem of
-- the row or NULL, and the typed columns, which may only be read where problem is NULL. OFFSET 0 keeps the
-- planner from casting a value before its row has been found good.

create or replace view staging.typed_customers as
select
    position,
    problem,
    customer_id,
    customer_unique_id,
    staging.zip_code_prefix(customer_zip_code_prefix) as zip_code_prefix,
    customer_city,
    customer_state
from (
    select
        ctid as position,
        customer_id, customer_unique_id, customer_zip_code_prefix, customer_city, customer_state,
        coalesce(
            staging.key_problem('customer_id', customer_id),
            staging.key_problem('customer_unique_id', customer_unique_id)
        ) as problem
    from raw.customers
    offset 0
) as checked;

create or replace view staging.typed_geolocation as
select
    position,
    problem,
    staging.zip_code_prefix(geolocation_zip_code_prefix) as zip_code_prefix,
    geolocation_lat::double precision as latitude,
    geolocation_lng::double precision as longitude
from (
    select
        ctid as position,
        geolocation_zip_code_prefix, geolocation_lat, geolocation_lng, geolocation_city, geolocation_state,
        coalesce(
            staging.key_problem('geolocation_zip_code_prefix', geolocation_zip_code_prefix),
            case
                when geolocation_lat is null then 'geolocation_lat is missing'
                when not staging.is_degrees(geolocation_lat) then 'geolocation_lat is not a number of degrees: ' || left(geolocation_lat, 50)
                when abs(geolocation_lat::double precision) > 90 then 'geolocation_lat is beyond 90 degrees: ' || left(geolocation_lat, 50)
                when geolocation_lng is null then 'geolocation_lng is missing'
                when not staging.is_degrees(geolocation_lng) then 'geolocation_lng is not a number of degrees: ' || left(geolocation_lng, 50)
                when abs(geolocation_lng::double precision) > 180 then 'geolocation_lng is beyond 180 degrees: ' || left(geolocation_lng, 50)
            end
        ) as problem
    from raw.geolocation
    offset 0
) as checked;

create or replace view staging.typed_order_items as
select
    position,
    problem,
    order_id,
    order_item_id::numeric::integer as order_item_id,
    product_id,
    seller_id,
    shipping_limit_date::timestamp as shipping_limit_date,
    price::numeric as price,
    freight_value::numeric as freight_value
from (
    select
        ctid as position,
        order_id, order_item_id, product_id, seller_id, shipping_limit_date, price, freight_value,
        coalesce(
            staging.key_problem('order_id', order_id),
            staging.key_problem('product_id', product_id),
            case
                when order_item_id is null then 'order_item_id is missing'
                when not staging.is_whole(order_item_id) then 'order_item_id is not a whole number: ' || left(order_item_id, 50)
                when not staging.is_timestamp(shipping_limit_date) then 'shipping_limit_date is not a date: ' || left(shipping_limit_date, 50)
                when price is null then 'price is missing'
                when not staging.is_amount(price) then 'price is not an amount of money: ' || left(price, 50)
                when staging.is_absurd(price) then 'price is a million or more: ' || left(price, 50)
                when freight_value is null then 'freight_value is missing'
                when not staging.is_amount(freight_value) then 'freight_value is not an amount of money: ' || left(freight_value, 50)
                when staging.is_absurd(freight_value) then 'freight_value is a million or more: ' || left(freight_value, 50)
            end
        ) as problem
    from raw.order_items
    offset 0
) as checked;

create or replace view staging.typed_order_payments as
select
    position,
    problem,
    order_id,
    payment_sequential::numeric::integer as payment_sequential,
    payment_type,
    payment_installments::numeric::integer as payment_installments,
    payment_value::numeric as payment_value
from (
    select
        ctid as position,
        order_id, payment_sequential, payment_type, payment_installments, payment_value,
        coalesce(
            staging.key_problem('order_id', order_id),
            case
                when payment_sequential is null then 'payment_sequential is missing'
                when not staging.is_whole(payment_sequential) then 'payment_sequential is not a whole number: ' || left(payment_sequential, 50)
                when not staging.is_whole(payment_installments) then 'payment_installments is not a whole number: ' || left(payment_installments, 50)
                when payment_value is null then 'payment_value is missing'
                when not staging.is_amount(payment_value) then 'payment_value is not an amount of money: ' || left(payment_value, 50)
                when staging.is_absurd(payment_value) then 'payment_value is a million or more: ' || left(payment_value, 50)
            end
        ) as problem
    from raw.order_payments
    offset 0
) as checked;

create or replace view staging.typed_order_reviews as
select
    position,
    problem,
    review_id,
    order_id,
    review_score::numeric::smallint as review_score,
    review_comment_title,
    review_comment_message,
    review_creation_date::timestamp as review_creation_date,
    review_answer_timestamp::timestamp as review_answer_timestamp
from (
    select
        ctid as position,
        review_id, order_id, review_score, review_comment_title, review_comment_message, review_creation_date,
        review_answer_timestamp,
        coalesce(
            staging.key_problem('review_id', review_id),
            staging.key_problem('order_id', order_id),
            case
                when review_score is null then 'review_score is missing'
                when review_score !~ '^[1-5](\.0+)?$' then 'review_score is not 1 to 5: ' || left(review_score, 50)
                when review_creation_date is null then 'review_creation_date is missing'
                when not staging.is_timestamp(review_creation_date) then 'review_creation_date is not a date: ' || left(review_creation_date, 50)
                when not staging.is_timestamp(review_answer_timestamp) then 'review_answer_timestamp is not a date: ' || left(review_answer_timestamp, 50)
            end
        ) as problem
    from raw.order_reviews
    offset 0
) as checked;

create or replace view staging.typed_orders as
select
    position,
    problem,
    order_id,
    customer_id,
    order_status,
    order_purchase_timestamp::timestamp as order_purchase_timestamp,
    order_approved_at::timestamp as order_approved_at,
    order_delivered_carrier_date::timestamp as order_delivered_carrier_date,
    order_delivered_customer_date::timestamp as order_delivered_customer_date,
    order_estimated_delivery_date::timestamp as order_estimated_delivery_date
from (
    select
        ctid as position,
        order_id, customer_id, order_status, order_purchase_timestamp, order_approved_at,
        order_delivered_carrier_date, order_delivered_customer_date, order_estimated_delivery_date,
        coalesce(
            staging.key_problem('order_id', order_id),
            staging.key_problem('customer_id', customer_id),
            case
                when order_status is null then 'order_status is missing'
                when order_purchase_timestamp is null then 'order_purchase_timestamp is missing'
                when not staging.is_timestamp(order_purchase_timestamp) then 'order_purchase_timestamp is not a date: ' || left(order_purchase_timestamp, 50)
                when not staging.is_timestamp(order_approved_at) then 'order_approved_at is not a date: ' || left(order_approved_at, 50)
                when not staging.is_timestamp(order_delivered_carrier_date) then 'order_delivered_carrier_date is not a date: ' || left(order_delivered_carrier_date, 50)
                when not staging.is_timestamp(order_delivered_customer_date) then 'order_delivered_customer_date is not a date: ' || left(order_delivered_customer_date, 50)
                when not staging.is_timestamp(order_estimated_delivery_date) then 'order_estimated_delivery_date is not a date: ' || left(order_estimated_delivery_date, 50)
            end
        ) as problem
    from raw.orders
    offset 0
) as checked;

create or replace view staging.typed_products as
select
    position,
    problem,
    product_id,
    product_category_name,
    product_name_lenght::numeric::integer as product_name_length,
    product_description_lenght::numeric::integer as product_description_length,
    product_photos_qty::numeric::integer as product_photos_qty,
    product_weight_g::numeric::integer as product_weight_g,
    product_length_cm::numeric::integer as product_length_cm,
    product_height_cm::numeric::integer as product_height_cm,
    product_width_cm::numeric::integer as product_width_cm
from (
    select
        ctid as position,
        product_id, product_category_name, product_name_lenght, product_description_lenght,
        product_photos_qty, product_weight_g, product_length_cm, product_height_cm, product_width_cm,
        coalesce(
            staging.key_problem('product_id', product_id),
            case
                when not staging.is_whole(product_name_lenght) then 'product_name_lenght is not a whole number: ' || left(product_name_lenght, 50)
                when not staging.is_whole(product_description_lenght) then 'product_description_lenght is not a whole number: ' || left(product_description_lenght, 50)
                when not staging.is_whole(product_photos_qty) then 'product_photos_qty is not a whole number: ' || left(product_photos_qty, 50)
                when not staging.is_whole(product_weight_g) then 'product_weight_g is not a whole number: ' || left(product_weight_g, 50)
                when not staging.is_whole(product_length_cm) then 'product_length_cm is not a whole number: ' || left(product_length_cm, 50)
                when not staging.is_whole(product_height_cm) then 'product_height_cm is not a whole number: ' || left(product_height_cm, 50)
                when not staging.is_whole(product_width_cm) then 'product_width_cm is not a whole number: ' || left(product_width_cm, 50)
            end
        ) as problem
    from raw.products
    offset 0
) as checked;

create or replace view staging.typed_sellers as
select
    position,
    problem,
    seller_id,
    staging.zip_code_prefix(seller_zip_code_prefix) as zip_code_prefix,
    seller_city,
    seller_state
from (
    select
        ctid as position,
        seller_id, seller_zip_code_prefix, seller_city, seller_state,
        coalesce(
            staging.key_problem('seller_id', seller_id)
        ) as problem
    from raw.sellers
    offset 0
) as checked;

create or replace view staging.typed_product_category_name_translation as
select
    position,
    problem,
    product_category_name,
    product_category_name_english
from (
    select
        ctid as position,
        product_category_name, product_category_name_english,
        coalesce(
            staging.key_problem('product_category_name', product_category_name),
            case
                when product_category_name_english is null then 'product_category_name_english is missing'
            end
        ) as problem
    from raw.product_category_name_translation
    offset 0
) as checked;
