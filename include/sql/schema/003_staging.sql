-- Typed and keyed rows. Each loaded file is a partition of its own that never changes, so that runs
-- which overlap cannot disturb each other; the views below show the files of one run (ops.file_in_use).
create table staging.customers_by_file (
    file_id bigint not null,
    customer_id text collate "C" not null,
    customer_unique_id text collate "C" not null,
    zip_code_prefix text collate "C",
    customer_city text,
    customer_state text,
    primary key (file_id, customer_id)
) partition by list (file_id);

create table staging.geolocation_by_file (
    file_id bigint not null,
    zip_code_prefix text collate "C" not null,
    latitude double precision not null,
    longitude double precision not null,
    primary key (file_id, zip_code_prefix)
) partition by list (file_id);

create table staging.order_items_by_file (
    file_id bigint not null,
    order_id text collate "C" not null,
    order_item_id integer not null,
    product_id text collate "C" not null,
    seller_id text collate "C",
    shipping_limit_date timestamp,
    price numeric not null,
    freight_value numeric not null,
    primary key (file_id, order_id, order_item_id)
) partition by list (file_id);

create table staging.order_payments_by_file (
    file_id bigint not null,
    order_id text collate "C" not null,
    payment_sequential integer not null,
    payment_type text,
    payment_installments integer,
    payment_value numeric not null,
    primary key (file_id, order_id, payment_sequential)
) partition by list (file_id);

-- review_id repeats across orders: the key is the pair.
create table staging.order_reviews_by_file (
    file_id bigint not null,
    review_id text collate "C" not null,
    order_id text collate "C" not null,
    review_score smallint not null,
    review_comment_title text,
    review_comment_message text,
    review_creation_date timestamp not null,
    review_answer_timestamp timestamp,
    primary key (file_id, review_id, order_id)
) partition by list (file_id);

create table staging.orders_by_file (
    file_id bigint not null,
    order_id text collate "C" not null,
    customer_id text collate "C" not null,
    order_status text not null,
    order_purchase_timestamp timestamp not null,
    order_approved_at timestamp,
    order_delivered_carrier_date timestamp,
    order_delivered_customer_date timestamp,
    order_estimated_delivery_date timestamp,
    primary key (file_id, order_id)
) partition by list (file_id);

create table staging.products_by_file (
    file_id bigint not null,
    product_id text collate "C" not null,
    product_category_name text collate "C",
    product_name_length integer,
    product_description_length integer,
    product_photos_qty integer,
    product_weight_g integer,
    product_length_cm integer,
    product_height_cm integer,
    product_width_cm integer,
    primary key (file_id, product_id)
) partition by list (file_id);

create table staging.sellers_by_file (
    file_id bigint not null,
    seller_id text collate "C" not null,
    zip_code_prefix text collate "C",
    seller_city text,
    seller_state text,
    primary key (file_id, seller_id)
) partition by list (file_id);

create table staging.product_category_name_translation_by_file (
    file_id bigint not null,
    product_category_name text collate "C" not null,
    product_category_name_english text collate "C" not null,
    primary key (file_id, product_category_name)
) partition by list (file_id);

create view staging.customers as
select customer_id, customer_unique_id, zip_code_prefix, customer_city, customer_state
from staging.customers_by_file
where file_id = (select ops.file_in_use('customers'));

create view staging.geolocation as
select zip_code_prefix, latitude, longitude
from staging.geolocation_by_file
where file_id = (select ops.file_in_use('geolocation'));
comment on view staging.geolocation is 'One row per zip prefix: the median of its points, in degrees.';

create view staging.order_items as
select order_id, order_item_id, product_id, seller_id, shipping_limit_date, price, freight_value
from staging.order_items_by_file
where file_id = (select ops.file_in_use('order_items'));

create view staging.order_payments as
select order_id, payment_sequential, payment_type, payment_installments, payment_value
from staging.order_payments_by_file
where file_id = (select ops.file_in_use('order_payments'));

create view staging.order_reviews as
select
    review_id, order_id, review_score, review_comment_title, review_comment_message,
    review_creation_date, review_answer_timestamp
from staging.order_reviews_by_file
where file_id = (select ops.file_in_use('order_reviews'));

create view staging.orders as
select
    order_id, customer_id, order_status, order_purchase_timestamp, order_approved_at,
    order_delivered_carrier_date, order_delivered_customer_date, order_estimated_delivery_date
from staging.orders_by_file
where file_id = (select ops.file_in_use('orders'));

create view staging.products as
select
    product_id, product_category_name, product_name_length, product_description_length,
    product_photos_qty, product_weight_g, product_length_cm, product_height_cm, product_width_cm
from staging.products_by_file
where file_id = (select ops.file_in_use('products'));

create view staging.sellers as
select seller_id, zip_code_prefix, seller_city, seller_state
from staging.sellers_by_file
where file_id = (select ops.file_in_use('sellers'));

create view staging.product_category_name_translation as
select product_category_name, product_category_name_english
from staging.product_category_name_translation_by_file
where file_id = (select ops.file_in_use('product_category_name_translation'));
