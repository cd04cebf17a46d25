-- Each raw table as typed rows: position (ctid, which grows in file order after a COPY), the first problem of
-- the row, with the value behind a colon where there is one, or NULL, and the typed columns, which count only where
-- problem is NULL. OFFSET 0 keeps the planner from
-- reading a value once for each time that it is looked at.

create or replace view staging.typed_customers as
select
    ctid as position,
    coalesce(
        staging.key_problem('customer_id', customer_id),
        staging.key_problem('customer_unique_id', customer_unique_id)
    ) as problem,
    customer_id,
    customer_unique_id,
    staging.zip_code_prefix(customer_zip_code_prefix) as zip_code_prefix,
    customer_city,
    staging.in_capitals(customer_state) as customer_state
from raw.customers;

create or replace view staging.typed_geolocation as
select
    position,
    coalesce(
        staging.key_problem('geolocation_zip_code_prefix', geolocation_zip_code_prefix),
        case
            when geolocation_lat is null then 'geolocation_lat is missing'
            when not staging.is_degrees(geolocation_lat, latitude) then 'geolocation_lat is not a number of degrees: ' || left(geolocation_lat, 50)
            when abs(latitude) > 90 then 'geolocation_lat is beyond 90 degrees: ' || left(geolocation_lat, 50)
            when geolocation_lng is null then 'geolocation_lng is missing'
            when not staging.is_degrees(geolocation_lng, longitude) then 'geolocation_lng is not a number of degrees: ' || left(geolocation_lng, 50)
            when abs(longitude) > 180 then 'geolocation_lng is beyond 180 degrees: ' || left(geolocation_lng, 50)
        end
    ) as problem,
    staging.zip_code_prefix(geolocation_zip_code_prefix) as zip_code_prefix,
    latitude,
    longitude
from (
    select
        ctid as position,
        geolocation_zip_code_prefix, geolocation_lat, geolocation_lng,
        staging.degrees_of(geolocation_lat) as latitude,
        staging.degrees_of(geolocation_lng) as longitude
    from raw.geolocation
    offset 0
) as read;

create or replace view staging.typed_order_items as
select
    position,
    coalesce(
        staging.key_problem('order_id', order_id),
        staging.key_problem('product_id', product_id),
        case
            when item_id_text is null then 'order_item_id is missing'
            when not staging.is_whole(item_id_text, order_item_id) then 'order_item_id is not a whole number: ' || left(item_id_text, 50)
            when not staging.is_timestamp(shipping_limit_text, shipping_limit_date) then 'shipping_limit_date is not a date: ' || left(shipping_limit_text, 50)
            when price_text is null then 'price is missing'
            when not staging.is_amount(price_text, price) then 'price is not an amount of money: ' || left(price_text, 50)
            when price >= 1000000 then 'price is a million or more: ' || left(price_text, 50)
            when freight_text is null then 'freight_value is missing'
            when not staging.is_amount(freight_text, freight_value) then 'freight_value is not an amount of money: ' || left(freight_text, 50)
            when freight_value >= 1000000 then 'freight_value is a million or more: ' || left(freight_text, 50)
        end
    ) as problem,
    order_id,
    order_item_id,
    product_id,
    seller_id,
    shipping_limit_date,
    price,
    freight_value
from (
    select
        ctid as position,
        order_id, product_id, seller_id,
        order_item_id as item_id_text,
        shipping_limit_date as shipping_limit_text,
        price as price_text,
        freight_value as freight_text,
        staging.whole_number_of(order_item_id) as order_item_id,
        staging.timestamp_of(shipping_limit_date) as shipping_limit_date,
        staging.amount_of(price) as price,
        staging.amount_of(freight_value) as freight_value
    from raw.order_items
    offset 0
) as read;

create or replace view staging.typed_order_payments as
select
    position,
    coalesce(
        staging.key_problem('order_id', order_id),
        case
            when sequential_text is null then 'payment_sequential is missing'
            when not staging.is_whole(sequential_text, payment_sequential) then 'payment_sequential is not a whole number: ' || left(sequential_text, 50)
            when not staging.is_whole(installments_text, payment_installments) then 'payment_installments is not a whole number: ' || left(installments_text, 50)
            when value_text is null then 'payment_value is missing'
            when not staging.is_amount(value_text, payment_value) then 'payment_value is not an amount of money: ' || left(value_text, 50)
            when payment_value >= 1000000 then 'payment_value is a million or more: ' || left(value_text, 50)
        end
    ) as problem,
    order_id,
    payment_sequential,
    payment_type,
    payment_installments,
    payment_value
from (
    select
        ctid as position,
        order_id,
        staging.folded(payment_type) as payment_type,
        payment_sequential as sequential_text,
        payment_installments as installments_text,
        payment_value as value_text,
        staging.whole_number_of(payment_sequential) as payment_sequential,
        staging.whole_number_of(payment_installments) as payment_installments,
        staging.amount_of(payment_value) as payment_value
    from raw.order_payments
    offset 0
) as read;

create or replace view staging.typed_order_reviews as
select
    position,
    coalesce(
        staging.key_problem('review_id', review_id),
        staging.key_problem('order_id', order_id),
        case
            when score_text is null then 'review_score is missing'
            when not staging.is_whole(score_text, review_score) or review_score not between 1 and 5 then 'review_score is not 1 to 5: ' || left(score_text, 50)
            when created_text is null then 'review_creation_date is missing'
            when not staging.is_timestamp(created_text, review_creation_date) then 'review_creation_date is not a date: ' || left(created_text, 50)
            when not staging.is_timestamp(answered_text, review_answer_timestamp) then 'review_answer_timestamp is not a date: ' || left(answered_text, 50)
        end
    ) as problem,
    review_id,
    order_id,
    review_score::smallint as review_score,
    review_comment_title,
    review_comment_message,
    review_creation_date,
    review_answer_timestamp
from (
    select
        ctid as position,
        review_id, order_id, review_comment_title, review_comment_message,
        staging.trimmed(review_score) as score_text,
        review_creation_date as created_text,
        review_answer_timestamp as answered_text,
        staging.whole_number_of(staging.trimmed(review_score)) as review_score,
        staging.timestamp_of(review_creation_date) as review_creation_date,
        staging.timestamp_of(review_answer_timestamp) as review_answer_timestamp
    from raw.order_reviews
    offset 0
) as read;

create or replace view staging.typed_orders as
select
    position,
    coalesce(
        staging.key_problem('order_id', order_id),
        staging.key_problem('customer_id', customer_id),
        case
            when order_status is null then 'order_status is missing'
            when purchased_text is null then 'order_purchase_timestamp is missing'
            when not staging.is_timestamp(purchased_text, order_purchase_timestamp) then 'order_purchase_timestamp is not a date: ' || left(purchased_text, 50)
            when not staging.is_timestamp(approved_text, order_approved_at) then 'order_approved_at is not a date: ' || left(approved_text, 50)
            when not staging.is_timestamp(carrier_text, order_delivered_carrier_date) then 'order_delivered_carrier_date is not a date: ' || left(carrier_text, 50)
            when not staging.is_timestamp(delivered_text, order_delivered_customer_date) then 'order_delivered_customer_date is not a date: ' || left(delivered_text, 50)
            when not staging.is_timestamp(estimated_text, order_estimated_delivery_date) then 'order_estimated_delivery_date is not a date: ' || left(estimated_text, 50)
        end
    ) as problem,
    order_id,
    customer_id,
    order_status,
    order_purchase_timestamp,
    order_approved_at,
    order_delivered_carrier_date,
    order_delivered_customer_date,
    order_estimated_delivery_date
from (
    select
        ctid as position,
        order_id, customer_id,
        staging.folded(order_status) as order_status,
        order_purchase_timestamp as purchased_text,
        order_approved_at as approved_text,
        order_delivered_carrier_date as carrier_text,
        order_delivered_customer_date as delivered_text,
        order_estimated_delivery_date as estimated_text,
        staging.timestamp_of(order_purchase_timestamp) as order_purchase_timestamp,
        staging.timestamp_of(order_approved_at) as order_approved_at,
        staging.timestamp_of(order_delivered_carrier_date) as order_delivered_carrier_date,
        staging.timestamp_of(order_delivered_customer_date) as order_delivered_customer_date,
        staging.timestamp_of(order_estimated_delivery_date) as order_estimated_delivery_date
    from raw.orders
    offset 0
) as read;

-- "lenght" is how the published file spells it.
create or replace view staging.typed_products as
select
    position,
    coalesce(
        staging.key_problem('product_id', product_id),
        case
            when not staging.is_whole(product_name_lenght, product_name_length) then 'product_name_lenght is not a whole number: ' || left(product_name_lenght, 50)
            when not staging.is_whole(product_description_lenght, product_description_length) then 'product_description_lenght is not a whole number: ' || left(product_description_lenght, 50)
            when not staging.is_whole(photos_text, product_photos_qty) then 'product_photos_qty is not a whole number: ' || left(photos_text, 50)
            when not staging.is_whole(weight_text, product_weight_g) then 'product_weight_g is not a whole number: ' || left(weight_text, 50)
            when not staging.is_whole(length_text, product_length_cm) then 'product_length_cm is not a whole number: ' || left(length_text, 50)
            when not staging.is_whole(height_text, product_height_cm) then 'product_height_cm is not a whole number: ' || left(height_text, 50)
            when not staging.is_whole(width_text, product_width_cm) then 'product_width_cm is not a whole number: ' || left(width_text, 50)
        end
    ) as problem,
    product_id,
    product_category_name,
    product_name_length,
    product_description_length,
    product_photos_qty,
    product_weight_g,
    product_length_cm,
    product_height_cm,
    product_width_cm
from (
    select
        ctid as position,
        product_id,
        staging.category(product_category_name) as product_category_name,
        product_name_lenght, product_description_lenght,
        product_photos_qty as photos_text,
        product_weight_g as weight_text,
        product_length_cm as length_text,
        product_height_cm as height_text,
        product_width_cm as width_text,
        staging.whole_number_of(product_name_lenght) as product_name_length,
        staging.whole_number_of(product_description_lenght) as product_description_length,
        staging.whole_number_of(product_photos_qty) as product_photos_qty,
        staging.whole_number_of(product_weight_g) as product_weight_g,
        staging.whole_number_of(product_length_cm) as product_length_cm,
        staging.whole_number_of(product_height_cm) as product_height_cm,
        staging.whole_number_of(product_width_cm) as product_width_cm
    from raw.products
    offset 0
) as read;

create or replace view staging.typed_sellers as
select
    ctid as position,
    staging.key_problem('seller_id', seller_id) as problem,
    seller_id,
    staging.zip_code_prefix(seller_zip_code_prefix) as zip_code_prefix,
    seller_city,
    staging.in_capitals(seller_state) as seller_state
from raw.sellers;

-- The Portuguese name is what others are looked up by: see staging.folded.
create or replace view staging.typed_product_category_name_translation as
select
    position,
    coalesce(
        staging.key_problem('product_category_name', product_category_name),
        case
            when product_category_name_english is null then 'product_category_name_english is missing'
        end
    ) as problem,
    product_category_name,
    product_category_name_english
from (
    select
        ctid as position,
        staging.folded(product_category_name) as product_category_name,
        staging.trimmed(product_category_name_english) as product_category_name_english
    from raw.product_category_name_translation
    offset 0
) as read;
