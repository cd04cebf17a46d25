-- The line of the file a raw row starts on, where rows of the file had to be left out; else it is counted from
-- the rows themselves. See staging.keep_rejects.
alter table raw.customers add column file_line bigint;
alter table raw.geolocation add column file_line bigint;
alter table raw.order_items add column file_line bigint;
alter table raw.order_payments add column file_line bigint;
alter table raw.order_reviews add column file_line bigint;
alter table raw.orders add column file_line bigint;
alter table raw.products add column file_line bigint;
alter table raw.sellers add column file_line bigint;
alter table raw.product_category_name_translation add column file_line bigint;
