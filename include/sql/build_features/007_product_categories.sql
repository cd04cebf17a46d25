-- The English name of each product's category; the Portuguese one where there is no translation. Few names are folded,
-- not those of every product.
create or replace view ops.product_categories as
select
    products.product_id,
    coalesce(categories.category, 'unknown') as category
from staging.products
left join (
    select written.product_category_name, coalesce(product_category_name_english, written.product_category_name) as category
    from (select distinct product_category_name from staging.products) as written
    left join staging.product_category_name_translation as translation
        on translation.product_category_name = staging.folded(written.product_category_name)
) as categories on categories.product_category_name = products.product_category_name;
