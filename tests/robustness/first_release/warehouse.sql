-- A warehouse as the first release (schema files 001 to 007) left it after two runs on a tiny shop and one delivery
-- to HubSpot: pg_dump --inserts --no-owner --no-privileges --exclude-table-data='raw.*', without its comments and
-- settings. Nobody edits this file: tests/test_upgrade.py upgrades it.
set check_function_bodies = false;
set client_min_messages = warning;

CREATE SCHEMA analytics;

COMMENT ON SCHEMA analytics IS 'What people read.';

CREATE SCHEMA ops;

COMMENT ON SCHEMA ops IS 'The pipeline''s own records: runs, rejects, checks, models, deliveries.';

CREATE SCHEMA raw;

COMMENT ON SCHEMA raw IS 'The source files as they are: text, one table per file, the last file loaded.';

CREATE SCHEMA staging;

COMMENT ON SCHEMA staging IS 'The source files typed and keyed. Every loaded file is kept apart, the views show one set.';

CREATE PROCEDURE analytics.publish_snapshot(IN of_run_id bigint, INOUT customers bigint DEFAULT NULL::bigint)
    LANGUAGE plpgsql
    AS $$
declare
    run_as_of timestamp := (select as_of from ops.pipeline_runs where run_id = of_run_id);
    part text := format('analytics.%I', 'customer_snapshots_' || to_char(run_as_of, 'YYYYMMDD"t"HH24MISS'));
begin
    perform pg_advisory_xact_lock(hashtext('analytics.publish_snapshot'), hashtext(run_as_of::text));
    if to_regclass(part) is null then
        execute format(
            'create table %s (like analytics.customer_snapshots including all, check (as_of = %L))',
            part, run_as_of
        );
        execute format(
            'alter table analytics.customer_snapshots attach partition %s for values in (%L)', part, run_as_of
        );
    end if;

    delete from analytics.customer_snapshots where as_of = run_as_of;
    insert into analytics.customer_snapshots (
        as_of, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency, monetary,
        avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude,
        r_score, f_score, m_score, rfm_code, segment_name, loyalty_tier,
        next_action, action_priority, next_action_reason, model_id
    )
    select
        as_of, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency, monetary,
        avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude,
        r_score, f_score, m_score, rfm_code, segment_name, loyalty_tier,
        next_action, action_priority, next_action_reason, model_id
    from ops.snapshot_drafts
    where run_id = of_run_id;
    get diagnostics customers = row_count;
    if customers = 0 then
        raise exception 'Run % has no snapshot to publish: clear it from build_features on.', of_run_id
            using errcode = 'data_exception';
    end if;
    execute format('analyze %s', part);

    update ops.pipeline_runs
    set status = 'published', published_at = clock_timestamp()
    where run_id = of_run_id;
end
$$;

CREATE PROCEDURE analytics.refresh_customer_segments(IN as_of timestamp without time zone DEFAULT NULL::timestamp without time zone)
    LANGUAGE plpgsql
    AS $$
declare
    last_run ops.pipeline_runs;
    new_run_id bigint;
    resolved timestamp;
    customers bigint;
begin
    select * into last_run from ops.pipeline_runs
    where published_at is not null order by published_at desc, run_id desc limit 1;
    if last_run.run_id is null then
        raise exception 'Nothing has been loaded yet: run the DAG customer_segmentation once before this CALL.';
    end if;

    insert into ops.pipeline_runs (trigger, requested_as_of, data_dir, excluded_statuses)
    values ('call', refresh_customer_segments.as_of, last_run.data_dir, ops.excluded_statuses())
    returning run_id into new_run_id;
    call ops.open_drafts(new_run_id);
    insert into ops.run_files (run_id, table_name, file_id)
    select new_run_id, table_name, file_id from ops.run_files where run_id = last_run.run_id;

    call ops.resolve_as_of(new_run_id, resolved);
    call ops.check_staging(new_run_id);
    call ops.stop_on_failed_checks(new_run_id);
    call ops.build_order_values(new_run_id);
    call ops.build_customer_rfm(new_run_id);
    call ops.build_customer_segments(new_run_id);

    update ops.pipeline_runs
    set model_id = (
        select model_id from ops.cluster_models
        where trained_as_of <= resolved order by trained_as_of desc, model_id desc limit 1
    )
    where run_id = new_run_id;
    call ops.assign_customer_tiers(new_run_id);
    call ops.build_snapshot(new_run_id);
    call analytics.publish_snapshot(new_run_id, customers);
    update ops.pipeline_runs
    set status = 'succeeded', finished_at = clock_timestamp()
    where run_id = new_run_id;
end
$$;

CREATE FUNCTION ops.action_name(rule integer) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN (rule = 1) THEN 'Apology Email + Service Recovery'::text WHEN (rule = 2) THEN 'VIP Pre-Order: New Arrivals'::text WHEN (rule = 3) THEN 'Referral Bonus: Give $20, Get $20'::text WHEN (rule = 4) THEN 'Free Shipping Nudge'::text WHEN (rule = 5) THEN 'VIP Concierge Offer'::text WHEN (rule = 6) THEN '10% Off Your Next Order'::text WHEN (rule = 7) THEN 'Win-Back: We Miss You'::text ELSE NULL::text END;

CREATE FUNCTION ops.action_priority(rule integer) RETURNS integer
    LANGUAGE sql STABLE
    RETURN CASE WHEN (rule < 5) THEN rule WHEN (rule >= 5) THEN 5 ELSE NULL::integer END;

CREATE FUNCTION ops.action_reason(rule integer, loyalty_tier text, segment_name text, favorite_category text, customer_state text, avg_review_score numeric, frequency integer, monetary numeric) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN (rule = 1) THEN concat('Average review of ', to_char(avg_review_score, 'FM0.0'::text), ' out of 5.') WHEN (rule = 2) THEN concat(loyalty_tier, ' customer who buys mostly ', replace(favorite_category, '_'::text, ' '::text), '.') WHEN (rule = 3) THEN concat(loyalty_tier, ' customer with ', (frequency)::text, ' orders.') WHEN (rule = 4) THEN concat(loyalty_tier, ' customer who has spent R$ ', to_char(monetary, 'FM999,999,999,990.00'::text), ' so far.') WHEN (rule = 5) THEN concat(loyalty_tier, ' customer with ', (frequency)::text, ' orders worth R$ ', to_char(monetary, 'FM999,999,999,990.00'::text), '.') WHEN (rule = 6) THEN concat(loyalty_tier, ' customer who has spent R$ ', to_char(monetary, 'FM999,999,999,990.00'::text), '.') WHEN (rule = 7) THEN concat(loyalty_tier, ' customer who has spent R$ ', to_char(monetary, 'FM999,999,999,990.00'::text), '.') ELSE NULL::text END;

CREATE FUNCTION ops.action_rule(loyalty_tier text, segment_name text, favorite_category text, customer_state text, avg_review_score numeric, recency_days integer, frequency integer, monetary numeric) RETURNS integer
    LANGUAGE sql STABLE
    RETURN CASE WHEN (avg_review_score <= (2)::numeric) THEN 1 WHEN ((loyalty_tier = 'Platinum'::text) AND (favorite_category = ANY (ARRAY['computers'::text, 'computers_accessories'::text, 'electronics'::text, 'telephony'::text, 'fixed_telephony'::text, 'tablets_printing_image'::text, 'consoles_games'::text, 'audio'::text, 'pc_gamer'::text, 'dvds_blu_ray'::text, 'cine_photo'::text]))) THEN 2 WHEN ((loyalty_tier = 'Gold'::text) AND (frequency >= 2)) THEN 3 WHEN ((loyalty_tier = 'Silver'::text) AND (monetary < (100)::numeric)) THEN 4 WHEN (loyalty_tier = 'Platinum'::text) THEN 5 WHEN (loyalty_tier = 'Gold'::text) THEN 6 WHEN (loyalty_tier = 'Silver'::text) THEN 7 ELSE NULL::integer END;

CREATE PROCEDURE ops.analyze_draft(IN draft text, IN of_run_id bigint)
    LANGUAGE plpgsql
    AS $$
begin
    execute format('analyze ops.%I', draft || '_' || of_run_id);
end
$$;

CREATE PROCEDURE ops.assign_customer_tiers(IN of_run_id bigint)
    LANGUAGE plpgsql
    AS $$
declare
    model ops.cluster_models;
begin
    select cluster_models.* into model
    from ops.pipeline_runs inner join ops.cluster_models using (model_id)
    where run_id = of_run_id;

    call ops.empty_draft('customer_tiers_drafts', of_run_id);

    insert into ops.customer_tiers_drafts (run_id, customer_unique_id, loyalty_tier)
    with scaler as (
        select
            array(select value::double precision from jsonb_array_elements_text(model.scaler -> 'mean')) as mean,
            array(select value::double precision from jsonb_array_elements_text(model.scaler -> 'scale')) as scale
    ),

    centres as (
        select
            element ->> 'loyalty_tier' as loyalty_tier,
            (element -> 'centre' ->> 0)::double precision as recency,
            (element -> 'centre' ->> 1)::double precision as frequency,
            (element -> 'centre' ->> 2)::double precision as monetary
        from jsonb_array_elements(model.centres) as element
    ),

    -- OFFSET 0: standardise each customer once, not once for every centre.
    customers as (
        select
            customer_unique_id,
            (ln(1 + recency_days::double precision) - mean[1]) / scale[1] as recency,
            (ln(1 + frequency::double precision) - mean[2]) / scale[2] as frequency,
            (ln(1 + monetary::double precision) - mean[3]) / scale[3] as monetary
        from ops.customer_rfm_drafts
        cross join scaler
        where run_id = of_run_id
        offset 0
    )

    select of_run_id, customers.customer_unique_id, nearest.loyalty_tier
    from customers
    cross join lateral (
        select centres.loyalty_tier
        from centres
        order by
            (customers.recency - centres.recency) ^ 2
            + (customers.frequency - centres.frequency) ^ 2
            + (customers.monetary - centres.monetary) ^ 2
        limit 1
    ) as nearest;
    call ops.analyze_draft('customer_tiers_drafts', of_run_id);
end
$$;

CREATE PROCEDURE ops.build_customer_rfm(IN of_run_id bigint)
    LANGUAGE plpgsql
    AS $$
declare
    run_as_of timestamp := (select as_of from ops.pipeline_runs where run_id = of_run_id);
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    call ops.empty_draft('customer_rfm_drafts', of_run_id);

    insert into ops.customer_rfm_drafts (
        run_id, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency, monetary,
        avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude
    )
    with qualifying_orders as (
        select order_id, customer_unique_id, order_date, items_total, zip_code_prefix, customer_city, customer_state
        from ops.order_values_drafts
        where run_id = of_run_id and is_qualifying and order_date < run_as_of
    ),

    purchases as (
        select
            customer_unique_id,
            min(order_date) as first_purchase_date,
            max(order_date) as last_purchase_date,
            count(*) as frequency,
            sum(items_total) as monetary
        from qualifying_orders
        group by customer_unique_id
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
        extract(day from run_as_of - purchases.last_purchase_date),
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
end
$$;

CREATE PROCEDURE ops.build_customer_segments(IN of_run_id bigint)
    LANGUAGE plpgsql
    AS $$
begin
    call ops.empty_draft('customer_segments_drafts', of_run_id);

    insert into ops.customer_segments_drafts (
        run_id, customer_unique_id, r_score, f_score, m_score, segment_name
    )
    with scored as (
        select
            *,
            ntile(5) over (order by last_purchase_date, frequency, monetary, customer_unique_id) as r_score,
            ntile(5) over (order by frequency, monetary, last_purchase_date, customer_unique_id) as f_score,
            ntile(5) over (order by monetary, frequency, last_purchase_date, customer_unique_id) as m_score
        from ops.customer_rfm_drafts
        where run_id = of_run_id
    )

    select
        of_run_id, customer_unique_id, r_score, f_score, m_score,
        ops.segment_name(r_score, f_score, m_score, recency_days, frequency, monetary)
    from scored;
    call ops.analyze_draft('customer_segments_drafts', of_run_id);
end
$$;

CREATE PROCEDURE ops.build_order_values(IN of_run_id bigint)
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    call ops.empty_draft('order_values_drafts', of_run_id);

    insert into ops.order_values_drafts (
        run_id, order_id, customer_id, customer_unique_id, zip_code_prefix, customer_city, customer_state,
        order_status, order_date, items_total, payments_total, is_qualifying
    )
    with item_totals as (
        select order_id, sum(price + freight_value) as items_total
        from staging.order_items group by order_id
    ),

    payment_totals as (
        select order_id, sum(payment_value) as payments_total
        from staging.order_payments group by order_id
    )

    select
        of_run_id,
        orders.order_id,
        orders.customer_id,
        customers.customer_unique_id,
        customers.zip_code_prefix,
        customers.customer_city,
        customers.customer_state,
        orders.order_status,
        orders.order_purchase_timestamp,
        item_totals.items_total,
        payment_totals.payments_total,
        orders.order_status <> all (run.excluded_statuses)
            and item_totals.items_total is not null
            and customers.customer_unique_id is not null
    from staging.orders
    inner join ops.pipeline_runs as run on run.run_id = of_run_id
    left join staging.customers using (customer_id)
    left join item_totals using (order_id)
    left join payment_totals using (order_id);
    call ops.analyze_draft('order_values_drafts', of_run_id);
end
$$;

CREATE PROCEDURE ops.build_snapshot(IN of_run_id bigint)
    LANGUAGE plpgsql
    AS $$
begin
    call ops.empty_draft('snapshot_drafts', of_run_id);

    insert into ops.snapshot_drafts (
        run_id, as_of, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency,
        monetary, avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude,
        r_score, f_score, m_score, rfm_code, segment_name, loyalty_tier,
        next_action, action_priority, next_action_reason, model_id
    )
    with customers as (
        select
            rfm.*,
            segments.r_score,
            segments.f_score,
            segments.m_score,
            segments.segment_name,
            tiers.loyalty_tier,
            ops.action_rule(
                tiers.loyalty_tier, segments.segment_name, rfm.favorite_category, rfm.customer_state,
                rfm.avg_review_score, rfm.recency_days, rfm.frequency, rfm.monetary
            ) as rule
        from ops.customer_rfm_drafts as rfm
        inner join ops.customer_segments_drafts as segments
            on segments.run_id = of_run_id and segments.customer_unique_id = rfm.customer_unique_id
        left join ops.customer_tiers_drafts as tiers
            on tiers.run_id = of_run_id and tiers.customer_unique_id = rfm.customer_unique_id
        where rfm.run_id = of_run_id
        offset 0
    )

    select
        of_run_id,
        run.as_of,
        customers.customer_unique_id,
        customers.first_purchase_date,
        customers.last_purchase_date,
        customers.recency_days,
        customers.frequency,
        customers.monetary,
        customers.avg_review_score,
        customers.favorite_category,
        customers.customer_city,
        customers.customer_state,
        customers.latitude,
        customers.longitude,
        customers.r_score,
        customers.f_score,
        customers.m_score,
        concat(customers.r_score, customers.f_score, customers.m_score),
        customers.segment_name,
        customers.loyalty_tier,
        ops.action_name(customers.rule),
        ops.action_priority(customers.rule),
        ops.action_reason(
            customers.rule,
            customers.loyalty_tier, customers.segment_name, customers.favorite_category, customers.customer_state,
            customers.avg_review_score, customers.frequency, customers.monetary
        ),
        run.model_id
    from customers
    inner join ops.pipeline_runs as run on run.run_id = of_run_id;
    call ops.analyze_draft('snapshot_drafts', of_run_id);
end
$$;

CREATE PROCEDURE ops.check_staging(IN of_run_id bigint)
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    delete from ops.validation_results where run_id = of_run_id;

    insert into ops.validation_results (
        run_id, check_name, table_name, severity, violations, passed, detail
    )
    with run as (
        select as_of, excluded_statuses from ops.pipeline_runs where run_id = of_run_id
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
            'rejected_rows:' || source_files.table_name, source_files.table_name, 'critical',
            source_files.rows_rejected, source_files.rows_read, 0.05, 'rows could not be typed or keyed'
        from ops.run_files inner join ops.source_files using (file_id)
        where run_files.run_id = of_run_id
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
end
$$;

CREATE PROCEDURE ops.drop_what_old_runs_left()
    LANGUAGE plpgsql
    AS $_$
declare
    part record;
begin
    set local lock_timeout = '1s';
    create temporary table kept_runs on commit drop as
    (select run_id from ops.pipeline_runs where status in ('running', 'published'))
    union
    (
        select run_id from ops.pipeline_runs
        where published_at is not null order by published_at desc, run_id desc limit 1
    )
    union
    (
        select run_id from ops.pipeline_runs
        where status in ('succeeded', 'failed') order by finished_at desc limit 3
    );

    for part in
        select child.oid::regclass as name
        from pg_inherits
        inner join pg_class as child on child.oid = inhrelid
        where child.relnamespace = 'ops'::regnamespace
          and child.relname ~ '_drafts_\d+$'
          and substring(child.relname from '\d+$')::bigint not in (select run_id from kept_runs)
    loop
        execute format('drop table %s', part.name);
    end loop;

    for part in
        select file_id, format('staging.%I', table_name || '_file_' || file_id) as name
        from ops.source_files
        where content_hash is not null
          and file_id not in (select file_id from ops.run_files inner join kept_runs using (run_id))
    loop
        execute format('drop table %s', part.name);
        update ops.source_files set content_hash = null where file_id = part.file_id;
    end loop;
    drop table kept_runs;
exception
    when lock_not_available then
        raise notice 'What old runs left is being read and is kept for now.';
end
$_$;

CREATE PROCEDURE ops.empty_draft(IN draft text, IN of_run_id bigint)
    LANGUAGE plpgsql
    AS $$
declare
    part text := format('ops.%I', draft || '_' || of_run_id);
begin
    if to_regclass(part) is null then
        raise exception 'The working tables of run % were cleaned up after it ended: clear it from start_run on.',
            of_run_id using errcode = 'data_exception';
    end if;
    execute format('truncate %s', part);
end
$$;

CREATE FUNCTION ops.excluded_statuses() RETURNS text[]
    LANGUAGE sql STABLE
    RETURN ARRAY['canceled'::text, 'unavailable'::text];

CREATE FUNCTION ops.file_in_use(source_table text) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
    select run_files.file_id
    from ops.run_files
    where run_files.table_name = source_table
      and run_files.run_id = coalesce(
          nullif(current_setting('olist.run_id', true), '')::bigint,
          (select run_id from ops.pipeline_runs
           where published_at is not null order by published_at desc, run_id desc limit 1)
      )
$$;

COMMENT ON FUNCTION ops.file_in_use(source_table text) IS 'The file whose rows staging shows: that of the run this session is pinned to, else of the last published run.';

CREATE FUNCTION ops.hubspot_cleared() RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN jsonb_build_object('loyalty_tier', '', 'next_action', '', 'next_action_reason', '');

CREATE TABLE ops.snapshot_drafts (
    run_id bigint NOT NULL,
    as_of timestamp without time zone CONSTRAINT customer_snapshots_as_of_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_snapshots_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    first_purchase_date timestamp without time zone CONSTRAINT customer_snapshots_first_purchase_date_not_null NOT NULL,
    last_purchase_date timestamp without time zone CONSTRAINT customer_snapshots_last_purchase_date_not_null NOT NULL,
    recency_days integer CONSTRAINT customer_snapshots_recency_days_not_null NOT NULL,
    frequency integer CONSTRAINT customer_snapshots_frequency_not_null NOT NULL,
    monetary numeric CONSTRAINT customer_snapshots_monetary_not_null NOT NULL,
    avg_review_score numeric,
    favorite_category text CONSTRAINT customer_snapshots_favorite_category_not_null NOT NULL,
    customer_city text,
    customer_state text,
    latitude double precision,
    longitude double precision,
    r_score smallint CONSTRAINT customer_snapshots_r_score_not_null NOT NULL,
    f_score smallint CONSTRAINT customer_snapshots_f_score_not_null NOT NULL,
    m_score smallint CONSTRAINT customer_snapshots_m_score_not_null NOT NULL,
    rfm_code text CONSTRAINT customer_snapshots_rfm_code_not_null NOT NULL,
    segment_name text CONSTRAINT customer_snapshots_segment_name_not_null NOT NULL,
    loyalty_tier text,
    next_action text,
    action_priority integer,
    next_action_reason text,
    model_id bigint
)
PARTITION BY LIST (run_id);

CREATE FUNCTION ops.hubspot_payload(snapshot ops.snapshot_drafts) RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN jsonb_build_object('olist_customer_id', COALESCE((snapshot).customer_unique_id, ''::text), 'loyalty_tier', COALESCE((snapshot).loyalty_tier, ''::text), 'next_action', COALESCE((snapshot).next_action, ''::text), 'next_action_reason', COALESCE((snapshot).next_action_reason, ''::text), 'rfm_segment', COALESCE((snapshot).segment_name, ''::text), 'lifetime_value', COALESCE((round((snapshot).monetary, 2))::text, ''::text), 'order_count', COALESCE(((snapshot).frequency)::text, ''::text), 'last_purchase_date', COALESCE(to_char((snapshot).last_purchase_date, 'YYYY-MM-DD'::text), ''::text), 'favorite_category', COALESCE((snapshot).favorite_category, ''::text), 'avg_review_score', COALESCE((trim_scale((snapshot).avg_review_score))::text, ''::text), 'customer_state', COALESCE((snapshot).customer_state, ''::text));

CREATE PROCEDURE ops.open_drafts(IN of_run_id bigint)
    LANGUAGE plpgsql
    AS $$
declare
    draft text;
    part text;
begin
    perform pg_advisory_xact_lock(hashtext('ops.open_drafts'));
    foreach draft in array array[
        'order_values_drafts', 'customer_rfm_drafts', 'customer_segments_drafts',
        'customer_tiers_drafts', 'snapshot_drafts', 'hubspot_plan_drafts'
    ] loop
        part := format('ops.%I', draft || '_' || of_run_id);
        if to_regclass(part) is null then
            execute format('create table %s (like ops.%I including all)', part, draft);
            execute format('alter table ops.%I attach partition %s for values in (%s)', draft, part, of_run_id);
        end if;
    end loop;
end
$$;

CREATE PROCEDURE ops.plan_hubspot(IN of_run_id bigint, IN mode text, IN parts integer, INOUT sync_status text DEFAULT NULL::text)
    LANGUAGE plpgsql
    AS $$
declare
    run_as_of timestamp := (select as_of from ops.pipeline_runs where run_id = of_run_id);
    newest_sent timestamp;
begin
    call ops.empty_draft('hubspot_plan_drafts', of_run_id);
    sync_status := case mode when 'dry_run' then 'dry_run' when 'skip' then 'skipped' else 'planned' end;

    -- Batches hold this lock shared: from here on, those of an older as_of see that they are superseded.
    if sync_status = 'planned' then
        perform pg_advisory_xact_lock(hashtext('ops.hubspot'));
        select max(as_of) into newest_sent from ops.hubspot_syncs
        where hubspot_syncs.mode in ('upsert', 'update') and status <> 'superseded';
        if run_as_of < newest_sent then
            sync_status := 'superseded';
        end if;
    end if;

    insert into ops.hubspot_syncs (run_id, as_of, mode, status, message, plan)
    values (
        of_run_id, run_as_of, mode, sync_status,
        case
            when sync_status = 'superseded'
            then format('Not sent: HubSpot already has the customers as of %s.', newest_sent)
        end,
        '{}'
    )
    on conflict (run_id) do update set
        as_of = excluded.as_of, mode = excluded.mode, status = excluded.status, message = excluded.message,
        plan = '{}', planned_at = clock_timestamp(), finished_at = null;
    if sync_status in ('skipped', 'superseded') then
        return;
    end if;

    insert into ops.hubspot_plan_drafts (
        run_id, customer_unique_id, operation, part, changed_properties, payload, payload_hash
    )
    with wanted as (
        select
            snapshot.customer_unique_id,
            ops.hubspot_payload(snapshot) as payload
        from ops.snapshot_drafts as snapshot
        where snapshot.run_id = of_run_id
        offset 0
    ),

    left_over as (
        select contacts.customer_unique_id, contacts.payload || ops.hubspot_cleared() as payload
        from ops.hubspot_contacts as contacts
        where not exists (
            select from ops.snapshot_drafts as snapshot
            where snapshot.run_id = of_run_id and snapshot.customer_unique_id = contacts.customer_unique_id
        )
    ),

    everybody as (
        select customer_unique_id, payload, false as has_left from wanted
        union all
        select customer_unique_id, payload, true as has_left from left_over
    ),

    compared as (
        select
            everybody.*,
            encode(sha256(convert_to(everybody.payload::text, 'UTF8')), 'hex') as payload_hash,
            contacts.payload as acknowledged_payload,
            contacts.payload_hash as acknowledged_hash,
            in_flight.customer_unique_id is not null as is_in_doubt
        from everybody
        left join ops.hubspot_contacts as contacts using (customer_unique_id)
        left join ops.hubspot_in_flight as in_flight using (customer_unique_id)
    )

    select
        of_run_id,
        customer_unique_id,
        case
            when has_left then 'clear'
            when acknowledged_hash is null then 'create'
            else 'update'
        end,
        abs(hashtext(customer_unique_id)::bigint) % parts,
        case
            when acknowledged_hash is null then '{}'
            else array(
                select key from jsonb_each_text(payload)
                where value is distinct from acknowledged_payload ->> key
                order by key
            )
        end,
        payload,
        payload_hash
    from compared
    where is_in_doubt or payload_hash is distinct from acknowledged_hash;
    call ops.analyze_draft('hubspot_plan_drafts', of_run_id);

    update ops.hubspot_syncs
    set plan = (
        select jsonb_build_object(
            'create', count(*) filter (where operation = 'create'),
            'update', count(*) filter (where operation = 'update'),
            'clear', count(*) filter (where operation = 'clear'),
            'unchanged', (
                select count(*) from ops.snapshot_drafts where run_id = of_run_id
            ) - count(*) filter (where operation <> 'clear'),
            'changed_properties', (
                select coalesce(jsonb_object_agg(property, people), '{}')
                from (
                    select property, count(*) as people
                    from ops.hubspot_plan_drafts
                    cross join unnest(changed_properties) as property
                    where run_id = of_run_id and operation = 'update'
                    group by property
                ) as counted
            )
        )
        from ops.hubspot_plan_drafts where run_id = of_run_id
    )
    where run_id = of_run_id;
end
$$;

CREATE PROCEDURE ops.resolve_as_of(IN of_run_id bigint, INOUT resolved timestamp without time zone DEFAULT NULL::timestamp without time zone)
    LANGUAGE plpgsql
    AS $$
declare
    run ops.pipeline_runs;
    latest_purchase timestamp;
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    select * into strict run from ops.pipeline_runs where run_id = of_run_id;

    select max(orders.order_purchase_timestamp) into latest_purchase
    from staging.orders
    inner join staging.customers using (customer_id)
    where orders.order_status <> all (run.excluded_statuses)
      and exists (select from staging.order_items where order_items.order_id = orders.order_id);

    resolved := coalesce(run.requested_as_of, least(run.interval_end, latest_purchase + interval '1 day'));
    if latest_purchase is null then
        resolved := run.requested_as_of;
    end if;
    update ops.pipeline_runs set as_of = resolved where run_id = of_run_id;
end
$$;

CREATE FUNCTION ops.segment_name(r_score integer, f_score integer, m_score integer, recency_days integer, frequency integer, monetary numeric) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN ((r_score >= 4) AND (f_score >= 4) AND (m_score >= 4) AND (frequency >= 2)) THEN 'Champions'::text WHEN ((r_score >= 3) AND (f_score >= 4) AND (frequency >= 2)) THEN 'Loyal Customers'::text WHEN ((r_score = 5) AND (frequency = 1)) THEN 'New Customers'::text WHEN (r_score >= 3) THEN 'Potential Loyalists'::text WHEN (f_score >= 3) THEN 'At-Risk'::text ELSE 'Lost Customers'::text END;

CREATE PROCEDURE ops.stop_on_failed_checks(IN of_run_id bigint)
    LANGUAGE plpgsql
    AS $$
declare
    failures text;
begin
    select string_agg(format('%s: %s', table_name, detail), '; ' order by table_name, check_name) into failures
    from ops.validation_results
    where run_id = of_run_id and severity = 'critical' and not passed;
    if failures is not null then
        raise exception 'The data failed its critical checks: %.', failures using errcode = 'data_exception';
    end if;
end
$$;

CREATE FUNCTION staging.fill_statement(source_table text, part text, typed text, new_file_id bigint) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
    good_rows text := format('from %s as typed', typed);
    column_names text;
begin
    -- Said as a condition only where there is something to leave out: it costs a second look at every value.
    if exists (select from rejected) then
        good_rows := good_rows || ' where problem is null
            and not exists (select from rejected where rejected.position = typed.position)';
    end if;
    if source_table = 'geolocation' then
        -- A million points of 19,000 zip prefixes: the median is what the pipeline needs, and is not moved by
        -- the few points that lie outside Brazil.
        return format(
            'insert into %s
             select
                 %s,
                 zip_code_prefix,
                 percentile_cont(0.5) within group (order by latitude),
                 percentile_cont(0.5) within group (order by longitude)
             %s
             group by zip_code_prefix',
            part, new_file_id, good_rows
        );
    end if;
    select string_agg(quote_ident(attname), ', ' order by attnum) into column_names
    from pg_attribute
    where attrelid = format('staging.%I', source_table || '_by_file')::regclass
      and attnum > 1 and not attisdropped;
    return format('insert into %s select %s, %s %s', part, new_file_id, column_names, good_rows);
end
$$;

CREATE FUNCTION staging.is_amount(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (value ~ '^\d{1,10}(\.\d{1,2}0*)?$'::text);

CREATE FUNCTION staging.is_degrees(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (value ~ '^-?\d{1,3}(\.\d{1,30})?([eE]-?\d{1,2})?$'::text);

CREATE FUNCTION staging.is_timestamp(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN ((value ~ '^(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d)?$'::text) AND (substr(value, 6, 5) <> ALL (ARRAY['02-30'::text, '02-31'::text, '04-31'::text, '06-31'::text, '09-31'::text, '11-31'::text])) AND ((substr(value, 6, 5) <> '02-29'::text) OR ((((substr(value, 3, 2))::integer % 4) = 0) AND (substr(value, 1, 4) <> '1900'::text))));

CREATE FUNCTION staging.is_whole(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (value ~ '^\d{1,9}(\.0+)?$'::text);

CREATE PROCEDURE staging.keep_rejects(IN source_table text, IN of_file_id bigint)
    LANGUAGE plpgsql
    AS $_$
begin
    execute format(
        'insert into ops.file_rejects (file_id, line, reason, row_content)
         select %1$s, numbered.line, rejected.reason, numbered.row_content
         from (
             select
                 ctid as position,
                 -- The header is line 1; a row ends after its own line breaks and one more.
                 2 + coalesce(sum(1 + length(raw_row::text) - length(replace(raw_row::text, E''\n'', ''''))) over (
                     order by ctid rows between unbounded preceding and 1 preceding
                 ), 0) as line,
                 to_jsonb(raw_row) as row_content
             from raw.%2$I as raw_row
         ) as numbered
         inner join rejected using (position)',
        of_file_id, source_table
    );
end
$_$;

CREATE PROCEDURE staging.show_file(IN source_table text, IN new_file_id bigint)
    LANGUAGE plpgsql
    AS $$
begin
    execute format(
        'alter table staging.%I attach partition staging.%I for values in (%s)',
        source_table || '_by_file', source_table || '_file_' || new_file_id, new_file_id
    );
end
$$;

CREATE PROCEDURE staging.stage_file(IN source_table text, IN new_file_id bigint, INOUT rows_rejected bigint DEFAULT NULL::bigint)
    LANGUAGE plpgsql
    AS $_$
declare
    staged text := format('staging.%I', source_table || '_by_file');
    part text := format('staging.%I', source_table || '_file_' || new_file_id);
    typed text := format('staging.%I', 'typed_' || source_table);
    key_columns text;
    typed_key text;
begin
    create temporary table rejected (position tid primary key, reason text not null) on commit drop;
    execute format('insert into rejected select position, problem from %s where problem is not null', typed);

    select
        string_agg(quote_ident(attname), ', ' order by array_position(indkey::smallint[], attnum)),
        string_agg('typed.' || quote_ident(attname), ', ' order by array_position(indkey::smallint[], attnum))
    into key_columns, typed_key
    from pg_index
    inner join pg_attribute on attrelid = indrelid and attnum = any (indkey)
    where indrelid = staged::regclass and indisprimary and attname <> 'file_id';

    execute format('create table %s (like %s including defaults)', part, staged);
    execute staging.fill_statement(source_table, part, typed, new_file_id);
    begin
        execute format('alter table %s add primary key (file_id, %s)', part, key_columns);
    exception when unique_violation then
        -- Which of two rows with one key is kept must not depend on the order of the file: the first as text.
        execute format(
            'insert into rejected
             select position, ''another row has the same key (%1$s)''
             from (
                 select
                     typed.position,
                     row_number() over (partition by %4$s order by raw_row::text collate "C", typed.position)
                 from %2$s as typed
                 inner join raw.%3$I as raw_row on raw_row.ctid = typed.position
                 where typed.problem is null
             ) as ranked
             where row_number > 1',
            key_columns, typed, source_table, typed_key
        );
        execute format('truncate %s', part);
        execute staging.fill_statement(source_table, part, typed, new_file_id);
        execute format('alter table %s add primary key (file_id, %s)', part, key_columns);
    end;

    execute format('alter table %s add check (file_id = %s)', part, new_file_id);
    execute format('analyze %s', part);
    select count(*) into rows_rejected from rejected;
    if rows_rejected > 0 then
        call staging.keep_rejects(source_table, new_file_id);
    end if;
    drop table rejected;
end
$_$;

CREATE FUNCTION staging.zip_code_prefix(value text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (value ~ '^\d{1,4}$'::text) THEN lpad(value, 5, '0'::text) ELSE value END;

CREATE TABLE analytics.customer_snapshots (
    as_of timestamp without time zone NOT NULL,
    customer_unique_id text NOT NULL COLLATE pg_catalog."C",
    first_purchase_date timestamp without time zone NOT NULL,
    last_purchase_date timestamp without time zone NOT NULL,
    recency_days integer NOT NULL,
    frequency integer NOT NULL,
    monetary numeric NOT NULL,
    avg_review_score numeric,
    favorite_category text NOT NULL,
    customer_city text,
    customer_state text,
    latitude double precision,
    longitude double precision,
    r_score smallint NOT NULL,
    f_score smallint NOT NULL,
    m_score smallint NOT NULL,
    rfm_code text NOT NULL,
    segment_name text NOT NULL,
    loyalty_tier text,
    next_action text,
    action_priority integer,
    next_action_reason text,
    model_id bigint
)
PARTITION BY LIST (as_of);

COMMENT ON TABLE analytics.customer_snapshots IS 'One row per customer and as_of. Nothing dated at or after as_of has influenced it.';

COMMENT ON COLUMN analytics.customer_snapshots.as_of IS 'The moment the customer is looked at from (UTC).';

COMMENT ON COLUMN analytics.customer_snapshots.customer_unique_id IS 'The person; customer_id is one per order.';

COMMENT ON COLUMN analytics.customer_snapshots.first_purchase_date IS 'First qualifying purchase.';

COMMENT ON COLUMN analytics.customer_snapshots.last_purchase_date IS 'Last qualifying purchase before as_of.';

COMMENT ON COLUMN analytics.customer_snapshots.recency_days IS 'Whole days from the last qualifying purchase to as_of, rounded down.';

COMMENT ON COLUMN analytics.customer_snapshots.frequency IS 'Number of qualifying orders.';

COMMENT ON COLUMN analytics.customer_snapshots.monetary IS 'Price and freight of all items bought, in BRL, exact.';

COMMENT ON COLUMN analytics.customer_snapshots.avg_review_score IS 'Mean score (1 to 5) of the reviews of qualifying orders; NULL where there is none.';

COMMENT ON COLUMN analytics.customer_snapshots.favorite_category IS 'English name of the category with most items bought; ties by spend, then by name.';

COMMENT ON COLUMN analytics.customer_snapshots.customer_city IS 'City of the latest qualifying order.';

COMMENT ON COLUMN analytics.customer_snapshots.customer_state IS 'State of the latest qualifying order.';

COMMENT ON COLUMN analytics.customer_snapshots.latitude IS 'Median latitude of the zip prefix, in degrees.';

COMMENT ON COLUMN analytics.customer_snapshots.longitude IS 'Median longitude of the zip prefix, in degrees.';

COMMENT ON COLUMN analytics.customer_snapshots.r_score IS 'Recency quintile, 5 is most recent.';

COMMENT ON COLUMN analytics.customer_snapshots.f_score IS 'Frequency quintile, 5 is most frequent.';

COMMENT ON COLUMN analytics.customer_snapshots.m_score IS 'Monetary quintile, 5 is the highest spend.';

COMMENT ON COLUMN analytics.customer_snapshots.rfm_code IS 'The three scores as digits.';

COMMENT ON COLUMN analytics.customer_snapshots.segment_name IS 'One of the segments of strategy.yaml.';

COMMENT ON COLUMN analytics.customer_snapshots.loyalty_tier IS 'Platinum, Gold or Silver, from K-Means; NULL only after a CALL before any model was trained.';

COMMENT ON COLUMN analytics.customer_snapshots.next_action IS 'What to do next, from the rules of strategy.yaml.';

COMMENT ON COLUMN analytics.customer_snapshots.action_priority IS 'Number of the rule that chose next_action.';

COMMENT ON COLUMN analytics.customer_snapshots.next_action_reason IS 'One sentence: why this action.';

COMMENT ON COLUMN analytics.customer_snapshots.model_id IS 'The model (ops.cluster_models) that gave the tier.';

CREATE VIEW analytics.vw_customer_segments AS
 SELECT as_of,
    customer_unique_id,
    first_purchase_date,
    last_purchase_date,
    recency_days,
    frequency,
    monetary,
    avg_review_score,
    favorite_category,
    customer_city,
    customer_state,
    latitude,
    longitude,
    r_score,
    f_score,
    m_score,
    rfm_code,
    segment_name,
    loyalty_tier,
    next_action,
    action_priority,
    next_action_reason,
    model_id
   FROM analytics.customer_snapshots
  WHERE (as_of = ( SELECT max(customer_snapshots_1.as_of) AS max
           FROM analytics.customer_snapshots customer_snapshots_1));

COMMENT ON VIEW analytics.vw_customer_segments IS 'The latest snapshot with every column: the one to start from.';

CREATE VIEW analytics.customer_rfm_table AS
 SELECT as_of,
    customer_unique_id,
    first_purchase_date,
    last_purchase_date,
    recency_days,
    frequency,
    monetary,
    r_score,
    f_score,
    m_score,
    rfm_code
   FROM analytics.vw_customer_segments;

COMMENT ON VIEW analytics.customer_rfm_table IS 'The latest RFM numbers and scores, nothing else.';

CREATE VIEW analytics.customer_segments AS
 SELECT as_of,
    customer_unique_id,
    segment_name,
    loyalty_tier,
    next_action,
    action_priority,
    next_action_reason,
    model_id
   FROM analytics.vw_customer_segments;

COMMENT ON VIEW analytics.customer_segments IS 'The latest segment, tier and next action of each customer.';

CREATE TABLE analytics.customer_snapshots_20171201t000000 (
    as_of timestamp without time zone CONSTRAINT customer_snapshots_as_of_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_snapshots_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    first_purchase_date timestamp without time zone CONSTRAINT customer_snapshots_first_purchase_date_not_null NOT NULL,
    last_purchase_date timestamp without time zone CONSTRAINT customer_snapshots_last_purchase_date_not_null NOT NULL,
    recency_days integer CONSTRAINT customer_snapshots_recency_days_not_null NOT NULL,
    frequency integer CONSTRAINT customer_snapshots_frequency_not_null NOT NULL,
    monetary numeric CONSTRAINT customer_snapshots_monetary_not_null NOT NULL,
    avg_review_score numeric,
    favorite_category text CONSTRAINT customer_snapshots_favorite_category_not_null NOT NULL,
    customer_city text,
    customer_state text,
    latitude double precision,
    longitude double precision,
    r_score smallint CONSTRAINT customer_snapshots_r_score_not_null NOT NULL,
    f_score smallint CONSTRAINT customer_snapshots_f_score_not_null NOT NULL,
    m_score smallint CONSTRAINT customer_snapshots_m_score_not_null NOT NULL,
    rfm_code text CONSTRAINT customer_snapshots_rfm_code_not_null NOT NULL,
    segment_name text CONSTRAINT customer_snapshots_segment_name_not_null NOT NULL,
    loyalty_tier text,
    next_action text,
    action_priority integer,
    next_action_reason text,
    model_id bigint,
    CONSTRAINT customer_snapshots_20171201t000000_as_of_check CHECK ((as_of = '2017-12-01 00:00:00'::timestamp without time zone))
);

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.as_of IS 'The moment the customer is looked at from (UTC).';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.customer_unique_id IS 'The person; customer_id is one per order.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.first_purchase_date IS 'First qualifying purchase.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.last_purchase_date IS 'Last qualifying purchase before as_of.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.recency_days IS 'Whole days from the last qualifying purchase to as_of, rounded down.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.frequency IS 'Number of qualifying orders.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.monetary IS 'Price and freight of all items bought, in BRL, exact.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.avg_review_score IS 'Mean score (1 to 5) of the reviews of qualifying orders; NULL where there is none.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.favorite_category IS 'English name of the category with most items bought; ties by spend, then by name.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.customer_city IS 'City of the latest qualifying order.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.customer_state IS 'State of the latest qualifying order.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.latitude IS 'Median latitude of the zip prefix, in degrees.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.longitude IS 'Median longitude of the zip prefix, in degrees.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.r_score IS 'Recency quintile, 5 is most recent.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.f_score IS 'Frequency quintile, 5 is most frequent.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.m_score IS 'Monetary quintile, 5 is the highest spend.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.rfm_code IS 'The three scores as digits.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.segment_name IS 'One of the segments of strategy.yaml.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.loyalty_tier IS 'Platinum, Gold or Silver, from K-Means; NULL only after a CALL before any model was trained.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.next_action IS 'What to do next, from the rules of strategy.yaml.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.action_priority IS 'Number of the rule that chose next_action.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.next_action_reason IS 'One sentence: why this action.';

COMMENT ON COLUMN analytics.customer_snapshots_20171201t000000.model_id IS 'The model (ops.cluster_models) that gave the tier.';

CREATE TABLE analytics.customer_snapshots_20180101t000000 (
    as_of timestamp without time zone CONSTRAINT customer_snapshots_as_of_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_snapshots_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    first_purchase_date timestamp without time zone CONSTRAINT customer_snapshots_first_purchase_date_not_null NOT NULL,
    last_purchase_date timestamp without time zone CONSTRAINT customer_snapshots_last_purchase_date_not_null NOT NULL,
    recency_days integer CONSTRAINT customer_snapshots_recency_days_not_null NOT NULL,
    frequency integer CONSTRAINT customer_snapshots_frequency_not_null NOT NULL,
    monetary numeric CONSTRAINT customer_snapshots_monetary_not_null NOT NULL,
    avg_review_score numeric,
    favorite_category text CONSTRAINT customer_snapshots_favorite_category_not_null NOT NULL,
    customer_city text,
    customer_state text,
    latitude double precision,
    longitude double precision,
    r_score smallint CONSTRAINT customer_snapshots_r_score_not_null NOT NULL,
    f_score smallint CONSTRAINT customer_snapshots_f_score_not_null NOT NULL,
    m_score smallint CONSTRAINT customer_snapshots_m_score_not_null NOT NULL,
    rfm_code text CONSTRAINT customer_snapshots_rfm_code_not_null NOT NULL,
    segment_name text CONSTRAINT customer_snapshots_segment_name_not_null NOT NULL,
    loyalty_tier text,
    next_action text,
    action_priority integer,
    next_action_reason text,
    model_id bigint,
    CONSTRAINT customer_snapshots_20180101t000000_as_of_check CHECK ((as_of = '2018-01-01 00:00:00'::timestamp without time zone))
);

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.as_of IS 'The moment the customer is looked at from (UTC).';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.customer_unique_id IS 'The person; customer_id is one per order.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.first_purchase_date IS 'First qualifying purchase.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.last_purchase_date IS 'Last qualifying purchase before as_of.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.recency_days IS 'Whole days from the last qualifying purchase to as_of, rounded down.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.frequency IS 'Number of qualifying orders.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.monetary IS 'Price and freight of all items bought, in BRL, exact.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.avg_review_score IS 'Mean score (1 to 5) of the reviews of qualifying orders; NULL where there is none.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.favorite_category IS 'English name of the category with most items bought; ties by spend, then by name.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.customer_city IS 'City of the latest qualifying order.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.customer_state IS 'State of the latest qualifying order.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.latitude IS 'Median latitude of the zip prefix, in degrees.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.longitude IS 'Median longitude of the zip prefix, in degrees.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.r_score IS 'Recency quintile, 5 is most recent.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.f_score IS 'Frequency quintile, 5 is most frequent.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.m_score IS 'Monetary quintile, 5 is the highest spend.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.rfm_code IS 'The three scores as digits.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.segment_name IS 'One of the segments of strategy.yaml.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.loyalty_tier IS 'Platinum, Gold or Silver, from K-Means; NULL only after a CALL before any model was trained.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.next_action IS 'What to do next, from the rules of strategy.yaml.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.action_priority IS 'Number of the rule that chose next_action.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.next_action_reason IS 'One sentence: why this action.';

COMMENT ON COLUMN analytics.customer_snapshots_20180101t000000.model_id IS 'The model (ops.cluster_models) that gave the tier.';

CREATE TABLE ops.order_values_drafts (
    run_id bigint NOT NULL,
    order_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    customer_unique_id text COLLATE pg_catalog."C",
    zip_code_prefix text COLLATE pg_catalog."C",
    customer_city text,
    customer_state text,
    order_status text NOT NULL,
    order_date timestamp without time zone NOT NULL,
    items_total numeric,
    payments_total numeric,
    is_qualifying boolean NOT NULL
)
PARTITION BY LIST (run_id);

COMMENT ON COLUMN ops.order_values_drafts.is_qualifying IS 'The order counts: its status is not excluded, it has an item and a customer. Its date is not looked at.';

CREATE TABLE ops.pipeline_runs (
    run_id bigint NOT NULL,
    dag_run_id text,
    trigger text NOT NULL,
    status text DEFAULT 'running'::text NOT NULL,
    message text,
    as_of timestamp without time zone,
    requested_as_of timestamp without time zone,
    interval_end timestamp without time zone,
    data_dir text,
    retrain text,
    sync text,
    excluded_statuses text[] DEFAULT '{canceled,unavailable}'::text[] NOT NULL,
    model_id bigint,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    published_at timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT pipeline_runs_status_check CHECK ((status = ANY (ARRAY['running'::text, 'published'::text, 'succeeded'::text, 'failed'::text])))
);

COMMENT ON TABLE ops.pipeline_runs IS 'One row per run of the pipeline, by the DAG or by CALL.';

COMMENT ON COLUMN ops.pipeline_runs.dag_run_id IS 'Airflow''s run_id; NULL where the run was a CALL.';

COMMENT ON COLUMN ops.pipeline_runs.as_of IS 'The moment the run looks at the data from; known after validation.';

CREATE VIEW analytics.order_values AS
 SELECT order_id,
    customer_id,
    customer_unique_id,
    order_status,
    order_date,
    items_total,
    payments_total,
    is_qualifying
   FROM ops.order_values_drafts
  WHERE (run_id = ( SELECT pipeline_runs.run_id
           FROM ops.pipeline_runs
          WHERE (pipeline_runs.published_at IS NOT NULL)
          ORDER BY pipeline_runs.published_at DESC, pipeline_runs.run_id DESC
         LIMIT 1));

COMMENT ON VIEW analytics.order_values IS 'Every order of the last published run, with its value in BRL.';

COMMENT ON COLUMN analytics.order_values.items_total IS 'Price and freight of its items; NULL where it has none.';

COMMENT ON COLUMN analytics.order_values.payments_total IS 'Sum of its payments; NULL where it has none.';

COMMENT ON COLUMN analytics.order_values.is_qualifying IS 'The order counts towards RFM: status not excluded, at least one item, a known customer.';

CREATE VIEW analytics.vw_customer_movement AS
 WITH snapshots AS (
         SELECT dates.as_of,
            lag(dates.as_of) OVER (ORDER BY dates.as_of) AS previous_as_of
           FROM ( SELECT DISTINCT customer_snapshots.as_of
                   FROM analytics.customer_snapshots) dates
        )
 SELECT snapshots.as_of,
    snapshots.previous_as_of,
    moved.customer_unique_id,
    moved.from_segment,
    moved.to_segment,
    moved.from_tier,
    moved.to_tier
   FROM (snapshots
     CROSS JOIN LATERAL ( SELECT COALESCE(current_row.customer_unique_id, previous_row.customer_unique_id) AS customer_unique_id,
            COALESCE(previous_row.segment_name, 'new'::text) AS from_segment,
            COALESCE(current_row.segment_name, 'gone'::text) AS to_segment,
            COALESCE(previous_row.loyalty_tier, 'new'::text) AS from_tier,
            COALESCE(current_row.loyalty_tier, 'gone'::text) AS to_tier
           FROM (( SELECT customer_snapshots.as_of,
                    customer_snapshots.customer_unique_id,
                    customer_snapshots.first_purchase_date,
                    customer_snapshots.last_purchase_date,
                    customer_snapshots.recency_days,
                    customer_snapshots.frequency,
                    customer_snapshots.monetary,
                    customer_snapshots.avg_review_score,
                    customer_snapshots.favorite_category,
                    customer_snapshots.customer_city,
                    customer_snapshots.customer_state,
                    customer_snapshots.latitude,
                    customer_snapshots.longitude,
                    customer_snapshots.r_score,
                    customer_snapshots.f_score,
                    customer_snapshots.m_score,
                    customer_snapshots.rfm_code,
                    customer_snapshots.segment_name,
                    customer_snapshots.loyalty_tier,
                    customer_snapshots.next_action,
                    customer_snapshots.action_priority,
                    customer_snapshots.next_action_reason,
                    customer_snapshots.model_id
                   FROM analytics.customer_snapshots
                  WHERE (customer_snapshots.as_of = snapshots.as_of)) current_row
             FULL JOIN ( SELECT customer_snapshots.as_of,
                    customer_snapshots.customer_unique_id,
                    customer_snapshots.first_purchase_date,
                    customer_snapshots.last_purchase_date,
                    customer_snapshots.recency_days,
                    customer_snapshots.frequency,
                    customer_snapshots.monetary,
                    customer_snapshots.avg_review_score,
                    customer_snapshots.favorite_category,
                    customer_snapshots.customer_city,
                    customer_snapshots.customer_state,
                    customer_snapshots.latitude,
                    customer_snapshots.longitude,
                    customer_snapshots.r_score,
                    customer_snapshots.f_score,
                    customer_snapshots.m_score,
                    customer_snapshots.rfm_code,
                    customer_snapshots.segment_name,
                    customer_snapshots.loyalty_tier,
                    customer_snapshots.next_action,
                    customer_snapshots.action_priority,
                    customer_snapshots.next_action_reason,
                    customer_snapshots.model_id
                   FROM analytics.customer_snapshots
                  WHERE (customer_snapshots.as_of = snapshots.previous_as_of)) previous_row ON ((current_row.customer_unique_id = previous_row.customer_unique_id)))) moved)
  WHERE (snapshots.previous_as_of IS NOT NULL);

COMMENT ON VIEW analytics.vw_customer_movement IS 'Where each customer was one snapshot earlier: new was not there, gone is no longer there.';

CREATE VIEW analytics.vw_customer_rfm AS
 SELECT as_of,
    customer_unique_id,
    first_purchase_date,
    last_purchase_date,
    recency_days,
    frequency,
    monetary,
    avg_review_score,
    favorite_category,
    customer_city,
    customer_state,
    latitude,
    longitude,
    r_score,
    f_score,
    m_score,
    rfm_code
   FROM analytics.vw_customer_segments;

COMMENT ON VIEW analytics.vw_customer_rfm IS 'The latest RFM numbers and scores, with where the customer lives.';

CREATE VIEW analytics.vw_segment_migration AS
 SELECT as_of,
    previous_as_of,
    from_segment,
    to_segment,
    count(*) AS customers
   FROM analytics.vw_customer_movement
  GROUP BY as_of, previous_as_of, from_segment, to_segment;

COMMENT ON VIEW analytics.vw_segment_migration IS 'How many customers went from which segment to which.';

CREATE VIEW analytics.vw_segment_outcomes AS
 WITH data_reach AS (
         SELECT max(order_values.order_date) AS latest_purchase
           FROM analytics.order_values
          WHERE order_values.is_qualifying
        ), snapshots AS (
         SELECT DISTINCT customer_snapshots.as_of
           FROM analytics.customer_snapshots
        ), spent_after AS (
         SELECT snapshots.as_of,
            order_values.customer_unique_id,
            sum(order_values.items_total) AS revenue
           FROM (snapshots
             JOIN analytics.order_values ON ((order_values.is_qualifying AND (order_values.order_date >= snapshots.as_of) AND (order_values.order_date < (snapshots.as_of + '90 days'::interval)))))
          GROUP BY snapshots.as_of, order_values.customer_unique_id
        ), observed AS (
         SELECT customer_snapshots.as_of,
            customer_snapshots.segment_name,
            customer_snapshots.loyalty_tier,
            customer_snapshots.next_action,
            spent_after.revenue,
            (data_reach.latest_purchase >= (customer_snapshots.as_of + '90 days'::interval)) AS is_observed
           FROM ((analytics.customer_snapshots
             CROSS JOIN data_reach)
             LEFT JOIN spent_after USING (as_of, customer_unique_id))
        )
 SELECT as_of,
    segment_name,
    next_action,
    count(*) AS customers,
        CASE
            WHEN is_observed THEN count(revenue)
            ELSE NULL::bigint
        END AS repurchased_90d,
        CASE
            WHEN is_observed THEN COALESCE(sum(revenue), (0)::numeric)
            ELSE NULL::numeric
        END AS revenue_90d
   FROM observed
  GROUP BY as_of, segment_name, next_action, is_observed;

COMMENT ON VIEW analytics.vw_segment_outcomes IS 'What customers really bought in the 90 days from as_of; NULL where the data does not reach that far.';

CREATE VIEW analytics.vw_segment_summary AS
 SELECT as_of,
    segment_name,
    count(*) AS customer_count,
    round(((100.0 * (count(*))::numeric) / sum(count(*)) OVER (PARTITION BY as_of)), 2) AS pct_of_total_customers,
    round(avg(monetary), 2) AS avg_lifetime_spend,
    round(avg(frequency), 4) AS avg_frequency,
    round(avg(recency_days), 1) AS avg_recency_days
   FROM analytics.customer_snapshots
  GROUP BY as_of, segment_name;

COMMENT ON VIEW analytics.vw_segment_summary IS 'Size and averages of each segment at each as_of; money in BRL.';

CREATE VIEW analytics.vw_tier_migration AS
 SELECT as_of,
    previous_as_of,
    from_tier,
    to_tier,
    count(*) AS customers
   FROM analytics.vw_customer_movement
  GROUP BY as_of, previous_as_of, from_tier, to_tier;

COMMENT ON VIEW analytics.vw_tier_migration IS 'How many customers went from which loyalty tier to which.';

CREATE TABLE ops.cluster_models (
    model_id bigint NOT NULL,
    fingerprint text NOT NULL,
    trained_as_of timestamp without time zone NOT NULL,
    k integer NOT NULL,
    features text[] NOT NULL,
    scaler jsonb NOT NULL,
    centres jsonb NOT NULL,
    metrics jsonb NOT NULL,
    parameters jsonb NOT NULL,
    trained_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE ops.cluster_models IS 'K-Means models: enough to assign any customer again without scikit-learn.';

COMMENT ON COLUMN ops.cluster_models.fingerprint IS 'SHA-256 of training data, parameters and library versions: the same training gives the same row.';

COMMENT ON COLUMN ops.cluster_models.scaler IS '{"mean": [...], "scale": [...]} of log1p of each feature.';

COMMENT ON COLUMN ops.cluster_models.centres IS '[{"loyalty_tier": ..., "centre": [...]}, ...], best tier first.';

ALTER TABLE ops.cluster_models ALTER COLUMN model_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.cluster_models_model_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.customer_rfm_drafts (
    run_id bigint NOT NULL,
    customer_unique_id text NOT NULL COLLATE pg_catalog."C",
    first_purchase_date timestamp without time zone NOT NULL,
    last_purchase_date timestamp without time zone NOT NULL,
    recency_days integer NOT NULL,
    frequency integer NOT NULL,
    monetary numeric NOT NULL,
    avg_review_score numeric,
    favorite_category text NOT NULL,
    customer_city text,
    customer_state text,
    latitude double precision,
    longitude double precision
)
PARTITION BY LIST (run_id);

CREATE TABLE ops.customer_rfm_drafts_1 (
    run_id bigint CONSTRAINT customer_rfm_drafts_run_id_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_rfm_drafts_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    first_purchase_date timestamp without time zone CONSTRAINT customer_rfm_drafts_first_purchase_date_not_null NOT NULL,
    last_purchase_date timestamp without time zone CONSTRAINT customer_rfm_drafts_last_purchase_date_not_null NOT NULL,
    recency_days integer CONSTRAINT customer_rfm_drafts_recency_days_not_null NOT NULL,
    frequency integer CONSTRAINT customer_rfm_drafts_frequency_not_null NOT NULL,
    monetary numeric CONSTRAINT customer_rfm_drafts_monetary_not_null NOT NULL,
    avg_review_score numeric,
    favorite_category text CONSTRAINT customer_rfm_drafts_favorite_category_not_null NOT NULL,
    customer_city text,
    customer_state text,
    latitude double precision,
    longitude double precision
);

CREATE TABLE ops.customer_rfm_drafts_2 (
    run_id bigint CONSTRAINT customer_rfm_drafts_run_id_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_rfm_drafts_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    first_purchase_date timestamp without time zone CONSTRAINT customer_rfm_drafts_first_purchase_date_not_null NOT NULL,
    last_purchase_date timestamp without time zone CONSTRAINT customer_rfm_drafts_last_purchase_date_not_null NOT NULL,
    recency_days integer CONSTRAINT customer_rfm_drafts_recency_days_not_null NOT NULL,
    frequency integer CONSTRAINT customer_rfm_drafts_frequency_not_null NOT NULL,
    monetary numeric CONSTRAINT customer_rfm_drafts_monetary_not_null NOT NULL,
    avg_review_score numeric,
    favorite_category text CONSTRAINT customer_rfm_drafts_favorite_category_not_null NOT NULL,
    customer_city text,
    customer_state text,
    latitude double precision,
    longitude double precision
);

CREATE TABLE ops.customer_segments_drafts (
    run_id bigint NOT NULL,
    customer_unique_id text NOT NULL COLLATE pg_catalog."C",
    r_score smallint NOT NULL,
    f_score smallint NOT NULL,
    m_score smallint NOT NULL,
    segment_name text NOT NULL
)
PARTITION BY LIST (run_id);

CREATE TABLE ops.customer_segments_drafts_1 (
    run_id bigint CONSTRAINT customer_segments_drafts_run_id_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_segments_drafts_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    r_score smallint CONSTRAINT customer_segments_drafts_r_score_not_null NOT NULL,
    f_score smallint CONSTRAINT customer_segments_drafts_f_score_not_null NOT NULL,
    m_score smallint CONSTRAINT customer_segments_drafts_m_score_not_null NOT NULL,
    segment_name text CONSTRAINT customer_segments_drafts_segment_name_not_null NOT NULL
);

CREATE TABLE ops.customer_segments_drafts_2 (
    run_id bigint CONSTRAINT customer_segments_drafts_run_id_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_segments_drafts_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    r_score smallint CONSTRAINT customer_segments_drafts_r_score_not_null NOT NULL,
    f_score smallint CONSTRAINT customer_segments_drafts_f_score_not_null NOT NULL,
    m_score smallint CONSTRAINT customer_segments_drafts_m_score_not_null NOT NULL,
    segment_name text CONSTRAINT customer_segments_drafts_segment_name_not_null NOT NULL
);

CREATE TABLE ops.customer_tiers_drafts (
    run_id bigint NOT NULL,
    customer_unique_id text NOT NULL COLLATE pg_catalog."C",
    loyalty_tier text NOT NULL
)
PARTITION BY LIST (run_id);

CREATE TABLE ops.customer_tiers_drafts_1 (
    run_id bigint CONSTRAINT customer_tiers_drafts_run_id_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_tiers_drafts_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    loyalty_tier text CONSTRAINT customer_tiers_drafts_loyalty_tier_not_null NOT NULL
);

CREATE TABLE ops.customer_tiers_drafts_2 (
    run_id bigint CONSTRAINT customer_tiers_drafts_run_id_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_tiers_drafts_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    loyalty_tier text CONSTRAINT customer_tiers_drafts_loyalty_tier_not_null NOT NULL
);

CREATE TABLE ops.file_rejects (
    file_id bigint NOT NULL,
    line bigint NOT NULL,
    reason text NOT NULL,
    row_content jsonb NOT NULL
);

CREATE TABLE ops.hubspot_contacts (
    customer_unique_id text NOT NULL,
    payload_hash text NOT NULL,
    payload jsonb NOT NULL,
    contact_id text,
    as_of timestamp without time zone NOT NULL,
    acknowledged_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE ops.hubspot_contacts IS 'What HubSpot last acknowledged for each person.';

CREATE TABLE ops.hubspot_failures (
    customer_unique_id text NOT NULL,
    category text,
    message text NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    payload jsonb NOT NULL,
    last_attempt_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE ops.hubspot_failures IS 'People HubSpot refused, in its own words; a row goes when the person is delivered.';

CREATE TABLE ops.hubspot_in_flight (
    customer_unique_id text NOT NULL,
    run_id bigint NOT NULL,
    sent_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE ops.hubspot_in_flight IS 'People in a request without an answer yet. Where none ever came, nobody knows what HubSpot holds: they are sent again.';

CREATE TABLE ops.hubspot_plan_drafts (
    run_id bigint NOT NULL,
    customer_unique_id text NOT NULL COLLATE pg_catalog."C",
    operation text NOT NULL,
    part integer NOT NULL,
    changed_properties text[] NOT NULL,
    payload jsonb NOT NULL,
    payload_hash text NOT NULL,
    outcome text,
    CONSTRAINT hubspot_plan_drafts_operation_check CHECK ((operation = ANY (ARRAY['create'::text, 'update'::text, 'clear'::text]))),
    CONSTRAINT hubspot_plan_drafts_outcome_check CHECK ((outcome = ANY (ARRAY['accepted'::text, 'rejected'::text, 'absent'::text])))
)
PARTITION BY LIST (run_id);

COMMENT ON TABLE ops.hubspot_plan_drafts IS 'Who a run has to tell HubSpot about: payloads that differ from what HubSpot last acknowledged.';

COMMENT ON COLUMN ops.hubspot_plan_drafts.part IS 'Which of the parallel tasks sends it, from 0.';

COMMENT ON COLUMN ops.hubspot_plan_drafts.outcome IS 'What HubSpot answered; NULL until it has. absent: sync=update, and HubSpot has no such contact.';

CREATE TABLE ops.hubspot_plan_drafts_1 (
    run_id bigint CONSTRAINT hubspot_plan_drafts_run_id_not_null NOT NULL,
    customer_unique_id text CONSTRAINT hubspot_plan_drafts_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    operation text CONSTRAINT hubspot_plan_drafts_operation_not_null NOT NULL,
    part integer CONSTRAINT hubspot_plan_drafts_part_not_null NOT NULL,
    changed_properties text[] CONSTRAINT hubspot_plan_drafts_changed_properties_not_null NOT NULL,
    payload jsonb CONSTRAINT hubspot_plan_drafts_payload_not_null NOT NULL,
    payload_hash text CONSTRAINT hubspot_plan_drafts_payload_hash_not_null NOT NULL,
    outcome text,
    CONSTRAINT hubspot_plan_drafts_operation_check CHECK ((operation = ANY (ARRAY['create'::text, 'update'::text, 'clear'::text]))),
    CONSTRAINT hubspot_plan_drafts_outcome_check CHECK ((outcome = ANY (ARRAY['accepted'::text, 'rejected'::text, 'absent'::text])))
);

COMMENT ON COLUMN ops.hubspot_plan_drafts_1.part IS 'Which of the parallel tasks sends it, from 0.';

COMMENT ON COLUMN ops.hubspot_plan_drafts_1.outcome IS 'What HubSpot answered; NULL until it has. absent: sync=update, and HubSpot has no such contact.';

CREATE TABLE ops.hubspot_plan_drafts_2 (
    run_id bigint CONSTRAINT hubspot_plan_drafts_run_id_not_null NOT NULL,
    customer_unique_id text CONSTRAINT hubspot_plan_drafts_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    operation text CONSTRAINT hubspot_plan_drafts_operation_not_null NOT NULL,
    part integer CONSTRAINT hubspot_plan_drafts_part_not_null NOT NULL,
    changed_properties text[] CONSTRAINT hubspot_plan_drafts_changed_properties_not_null NOT NULL,
    payload jsonb CONSTRAINT hubspot_plan_drafts_payload_not_null NOT NULL,
    payload_hash text CONSTRAINT hubspot_plan_drafts_payload_hash_not_null NOT NULL,
    outcome text,
    CONSTRAINT hubspot_plan_drafts_operation_check CHECK ((operation = ANY (ARRAY['create'::text, 'update'::text, 'clear'::text]))),
    CONSTRAINT hubspot_plan_drafts_outcome_check CHECK ((outcome = ANY (ARRAY['accepted'::text, 'rejected'::text, 'absent'::text])))
);

COMMENT ON COLUMN ops.hubspot_plan_drafts_2.part IS 'Which of the parallel tasks sends it, from 0.';

COMMENT ON COLUMN ops.hubspot_plan_drafts_2.outcome IS 'What HubSpot answered; NULL until it has. absent: sync=update, and HubSpot has no such contact.';

CREATE TABLE ops.hubspot_syncs (
    run_id bigint NOT NULL,
    as_of timestamp without time zone NOT NULL,
    mode text NOT NULL,
    status text NOT NULL,
    message text,
    plan jsonb NOT NULL,
    planned_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT hubspot_syncs_mode_check CHECK ((mode = ANY (ARRAY['upsert'::text, 'update'::text, 'dry_run'::text, 'skip'::text]))),
    CONSTRAINT hubspot_syncs_status_check CHECK ((status = ANY (ARRAY['planned'::text, 'delivered'::text, 'superseded'::text, 'dry_run'::text, 'skipped'::text, 'paused'::text, 'failed'::text])))
);

COMMENT ON TABLE ops.hubspot_syncs IS 'The delivery of each run: what was planned, how it ended.';

CREATE TABLE ops.installed (
    name text NOT NULL,
    installed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE ops.order_values_drafts_1 (
    run_id bigint CONSTRAINT order_values_drafts_run_id_not_null NOT NULL,
    order_id text CONSTRAINT order_values_drafts_order_id_not_null NOT NULL COLLATE pg_catalog."C",
    customer_id text CONSTRAINT order_values_drafts_customer_id_not_null NOT NULL COLLATE pg_catalog."C",
    customer_unique_id text COLLATE pg_catalog."C",
    zip_code_prefix text COLLATE pg_catalog."C",
    customer_city text,
    customer_state text,
    order_status text CONSTRAINT order_values_drafts_order_status_not_null NOT NULL,
    order_date timestamp without time zone CONSTRAINT order_values_drafts_order_date_not_null NOT NULL,
    items_total numeric,
    payments_total numeric,
    is_qualifying boolean CONSTRAINT order_values_drafts_is_qualifying_not_null NOT NULL
);

COMMENT ON COLUMN ops.order_values_drafts_1.is_qualifying IS 'The order counts: its status is not excluded, it has an item and a customer. Its date is not looked at.';

CREATE TABLE ops.order_values_drafts_2 (
    run_id bigint CONSTRAINT order_values_drafts_run_id_not_null NOT NULL,
    order_id text CONSTRAINT order_values_drafts_order_id_not_null NOT NULL COLLATE pg_catalog."C",
    customer_id text CONSTRAINT order_values_drafts_customer_id_not_null NOT NULL COLLATE pg_catalog."C",
    customer_unique_id text COLLATE pg_catalog."C",
    zip_code_prefix text COLLATE pg_catalog."C",
    customer_city text,
    customer_state text,
    order_status text CONSTRAINT order_values_drafts_order_status_not_null NOT NULL,
    order_date timestamp without time zone CONSTRAINT order_values_drafts_order_date_not_null NOT NULL,
    items_total numeric,
    payments_total numeric,
    is_qualifying boolean CONSTRAINT order_values_drafts_is_qualifying_not_null NOT NULL
);

COMMENT ON COLUMN ops.order_values_drafts_2.is_qualifying IS 'The order counts: its status is not excluded, it has an item and a customer. Its date is not looked at.';

ALTER TABLE ops.pipeline_runs ALTER COLUMN run_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.pipeline_runs_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.run_files (
    run_id bigint NOT NULL,
    table_name text NOT NULL,
    file_id bigint NOT NULL
);

COMMENT ON TABLE ops.run_files IS 'Which files a run reads: what pins two runs that overlap to their own data.';

CREATE TABLE ops.source_files (
    file_id bigint NOT NULL,
    table_name text NOT NULL,
    content_hash text,
    file_name text NOT NULL,
    rows_read bigint NOT NULL,
    rows_accepted bigint NOT NULL,
    rows_rejected bigint NOT NULL,
    loaded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT source_files_check CHECK ((rows_read = (rows_accepted + rows_rejected)))
);

COMMENT ON TABLE ops.source_files IS 'Every file that staging holds, known by its content, so that no content is loaded twice.';

COMMENT ON COLUMN ops.source_files.content_hash IS 'SHA-256 of the uncompressed bytes and of the SQL that typed them; NULL once the staged rows are dropped.';

CREATE VIEW ops.rejected_rows AS
 SELECT run_files.run_id,
    run_files.table_name,
    source_files.file_name,
    file_rejects.line,
    file_rejects.reason,
    file_rejects.row_content
   FROM ((ops.run_files
     JOIN ops.source_files USING (file_id))
     JOIN ops.file_rejects USING (file_id));

COMMENT ON VIEW ops.rejected_rows IS 'Rows that could not be typed or keyed, with the line of the file on which the row starts.';

CREATE TABLE ops.snapshot_drafts_1 (
    run_id bigint CONSTRAINT snapshot_drafts_run_id_not_null NOT NULL,
    as_of timestamp without time zone CONSTRAINT customer_snapshots_as_of_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_snapshots_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    first_purchase_date timestamp without time zone CONSTRAINT customer_snapshots_first_purchase_date_not_null NOT NULL,
    last_purchase_date timestamp without time zone CONSTRAINT customer_snapshots_last_purchase_date_not_null NOT NULL,
    recency_days integer CONSTRAINT customer_snapshots_recency_days_not_null NOT NULL,
    frequency integer CONSTRAINT customer_snapshots_frequency_not_null NOT NULL,
    monetary numeric CONSTRAINT customer_snapshots_monetary_not_null NOT NULL,
    avg_review_score numeric,
    favorite_category text CONSTRAINT customer_snapshots_favorite_category_not_null NOT NULL,
    customer_city text,
    customer_state text,
    latitude double precision,
    longitude double precision,
    r_score smallint CONSTRAINT customer_snapshots_r_score_not_null NOT NULL,
    f_score smallint CONSTRAINT customer_snapshots_f_score_not_null NOT NULL,
    m_score smallint CONSTRAINT customer_snapshots_m_score_not_null NOT NULL,
    rfm_code text CONSTRAINT customer_snapshots_rfm_code_not_null NOT NULL,
    segment_name text CONSTRAINT customer_snapshots_segment_name_not_null NOT NULL,
    loyalty_tier text,
    next_action text,
    action_priority integer,
    next_action_reason text,
    model_id bigint
);

CREATE TABLE ops.snapshot_drafts_2 (
    run_id bigint CONSTRAINT snapshot_drafts_run_id_not_null NOT NULL,
    as_of timestamp without time zone CONSTRAINT customer_snapshots_as_of_not_null NOT NULL,
    customer_unique_id text CONSTRAINT customer_snapshots_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    first_purchase_date timestamp without time zone CONSTRAINT customer_snapshots_first_purchase_date_not_null NOT NULL,
    last_purchase_date timestamp without time zone CONSTRAINT customer_snapshots_last_purchase_date_not_null NOT NULL,
    recency_days integer CONSTRAINT customer_snapshots_recency_days_not_null NOT NULL,
    frequency integer CONSTRAINT customer_snapshots_frequency_not_null NOT NULL,
    monetary numeric CONSTRAINT customer_snapshots_monetary_not_null NOT NULL,
    avg_review_score numeric,
    favorite_category text CONSTRAINT customer_snapshots_favorite_category_not_null NOT NULL,
    customer_city text,
    customer_state text,
    latitude double precision,
    longitude double precision,
    r_score smallint CONSTRAINT customer_snapshots_r_score_not_null NOT NULL,
    f_score smallint CONSTRAINT customer_snapshots_f_score_not_null NOT NULL,
    m_score smallint CONSTRAINT customer_snapshots_m_score_not_null NOT NULL,
    rfm_code text CONSTRAINT customer_snapshots_rfm_code_not_null NOT NULL,
    segment_name text CONSTRAINT customer_snapshots_segment_name_not_null NOT NULL,
    loyalty_tier text,
    next_action text,
    action_priority integer,
    next_action_reason text,
    model_id bigint
);

ALTER TABLE ops.source_files ALTER COLUMN file_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.source_files_file_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.stage_runs (
    run_id bigint NOT NULL,
    stage text NOT NULL,
    part text DEFAULT ''::text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    metrics jsonb NOT NULL
);

COMMENT ON TABLE ops.stage_runs IS 'When each stage of a run last ran and what it counted; part is the source table of a load.';

CREATE TABLE ops.validation_results (
    run_id bigint NOT NULL,
    check_name text NOT NULL,
    table_name text NOT NULL,
    severity text NOT NULL,
    violations bigint NOT NULL,
    passed boolean NOT NULL,
    detail text NOT NULL,
    CONSTRAINT validation_results_severity_check CHECK ((severity = ANY (ARRAY['critical'::text, 'warning'::text, 'info'::text])))
);

COMMENT ON TABLE ops.validation_results IS 'What each check of a run found; severity info counts rows left out on purpose.';

CREATE UNLOGGED TABLE raw.customers (
    customer_id text,
    customer_unique_id text,
    customer_zip_code_prefix text,
    customer_city text,
    customer_state text
);

CREATE UNLOGGED TABLE raw.geolocation (
    geolocation_zip_code_prefix text,
    geolocation_lat text,
    geolocation_lng text,
    geolocation_city text,
    geolocation_state text
);

CREATE UNLOGGED TABLE raw.order_items (
    order_id text,
    order_item_id text,
    product_id text,
    seller_id text,
    shipping_limit_date text,
    price text,
    freight_value text
);

CREATE UNLOGGED TABLE raw.order_payments (
    order_id text,
    payment_sequential text,
    payment_type text,
    payment_installments text,
    payment_value text
);

CREATE UNLOGGED TABLE raw.order_reviews (
    review_id text,
    order_id text,
    review_score text,
    review_comment_title text,
    review_comment_message text,
    review_creation_date text,
    review_answer_timestamp text
);

CREATE UNLOGGED TABLE raw.orders (
    order_id text,
    customer_id text,
    order_status text,
    order_purchase_timestamp text,
    order_approved_at text,
    order_delivered_carrier_date text,
    order_delivered_customer_date text,
    order_estimated_delivery_date text
);

CREATE UNLOGGED TABLE raw.product_category_name_translation (
    product_category_name text,
    product_category_name_english text
);

CREATE UNLOGGED TABLE raw.products (
    product_id text,
    product_category_name text,
    product_name_lenght text,
    product_description_lenght text,
    product_photos_qty text,
    product_weight_g text,
    product_length_cm text,
    product_height_cm text,
    product_width_cm text
);

CREATE UNLOGGED TABLE raw.sellers (
    seller_id text,
    seller_zip_code_prefix text,
    seller_city text,
    seller_state text
);

CREATE TABLE staging.customers_by_file (
    file_id bigint NOT NULL,
    customer_id text NOT NULL COLLATE pg_catalog."C",
    customer_unique_id text NOT NULL COLLATE pg_catalog."C",
    zip_code_prefix text COLLATE pg_catalog."C",
    customer_city text,
    customer_state text
)
PARTITION BY LIST (file_id);

CREATE VIEW staging.customers AS
 SELECT customer_id,
    customer_unique_id,
    zip_code_prefix,
    customer_city,
    customer_state
   FROM staging.customers_by_file
  WHERE (file_id = ( SELECT ops.file_in_use('customers'::text) AS file_in_use));

CREATE TABLE staging.customers_file_1 (
    file_id bigint CONSTRAINT customers_by_file_file_id_not_null NOT NULL,
    customer_id text CONSTRAINT customers_by_file_customer_id_not_null NOT NULL COLLATE pg_catalog."C",
    customer_unique_id text CONSTRAINT customers_by_file_customer_unique_id_not_null NOT NULL COLLATE pg_catalog."C",
    zip_code_prefix text COLLATE pg_catalog."C",
    customer_city text,
    customer_state text,
    CONSTRAINT customers_file_1_file_id_check CHECK ((file_id = 1))
);

CREATE TABLE staging.geolocation_by_file (
    file_id bigint NOT NULL,
    zip_code_prefix text NOT NULL COLLATE pg_catalog."C",
    latitude double precision NOT NULL,
    longitude double precision NOT NULL
)
PARTITION BY LIST (file_id);

CREATE VIEW staging.geolocation AS
 SELECT zip_code_prefix,
    latitude,
    longitude
   FROM staging.geolocation_by_file
  WHERE (file_id = ( SELECT ops.file_in_use('geolocation'::text) AS file_in_use));

COMMENT ON VIEW staging.geolocation IS 'One row per zip prefix: the median of its points, in degrees.';

CREATE TABLE staging.geolocation_file_2 (
    file_id bigint CONSTRAINT geolocation_by_file_file_id_not_null NOT NULL,
    zip_code_prefix text CONSTRAINT geolocation_by_file_zip_code_prefix_not_null NOT NULL COLLATE pg_catalog."C",
    latitude double precision CONSTRAINT geolocation_by_file_latitude_not_null NOT NULL,
    longitude double precision CONSTRAINT geolocation_by_file_longitude_not_null NOT NULL,
    CONSTRAINT geolocation_file_2_file_id_check CHECK ((file_id = 2))
);

CREATE TABLE staging.order_items_by_file (
    file_id bigint NOT NULL,
    order_id text NOT NULL COLLATE pg_catalog."C",
    order_item_id integer NOT NULL,
    product_id text NOT NULL COLLATE pg_catalog."C",
    seller_id text COLLATE pg_catalog."C",
    shipping_limit_date timestamp without time zone,
    price numeric NOT NULL,
    freight_value numeric NOT NULL
)
PARTITION BY LIST (file_id);

CREATE VIEW staging.order_items AS
 SELECT order_id,
    order_item_id,
    product_id,
    seller_id,
    shipping_limit_date,
    price,
    freight_value
   FROM staging.order_items_by_file
  WHERE (file_id = ( SELECT ops.file_in_use('order_items'::text) AS file_in_use));

CREATE TABLE staging.order_items_file_3 (
    file_id bigint CONSTRAINT order_items_by_file_file_id_not_null NOT NULL,
    order_id text CONSTRAINT order_items_by_file_order_id_not_null NOT NULL COLLATE pg_catalog."C",
    order_item_id integer CONSTRAINT order_items_by_file_order_item_id_not_null NOT NULL,
    product_id text CONSTRAINT order_items_by_file_product_id_not_null NOT NULL COLLATE pg_catalog."C",
    seller_id text COLLATE pg_catalog."C",
    shipping_limit_date timestamp without time zone,
    price numeric CONSTRAINT order_items_by_file_price_not_null NOT NULL,
    freight_value numeric CONSTRAINT order_items_by_file_freight_value_not_null NOT NULL,
    CONSTRAINT order_items_file_3_file_id_check CHECK ((file_id = 3))
);

CREATE TABLE staging.order_payments_by_file (
    file_id bigint NOT NULL,
    order_id text NOT NULL COLLATE pg_catalog."C",
    payment_sequential integer NOT NULL,
    payment_type text,
    payment_installments integer,
    payment_value numeric NOT NULL
)
PARTITION BY LIST (file_id);

CREATE VIEW staging.order_payments AS
 SELECT order_id,
    payment_sequential,
    payment_type,
    payment_installments,
    payment_value
   FROM staging.order_payments_by_file
  WHERE (file_id = ( SELECT ops.file_in_use('order_payments'::text) AS file_in_use));

CREATE TABLE staging.order_payments_file_4 (
    file_id bigint CONSTRAINT order_payments_by_file_file_id_not_null NOT NULL,
    order_id text CONSTRAINT order_payments_by_file_order_id_not_null NOT NULL COLLATE pg_catalog."C",
    payment_sequential integer CONSTRAINT order_payments_by_file_payment_sequential_not_null NOT NULL,
    payment_type text,
    payment_installments integer,
    payment_value numeric CONSTRAINT order_payments_by_file_payment_value_not_null NOT NULL,
    CONSTRAINT order_payments_file_4_file_id_check CHECK ((file_id = 4))
);

CREATE TABLE staging.order_reviews_by_file (
    file_id bigint NOT NULL,
    review_id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    review_score smallint NOT NULL,
    review_comment_title text,
    review_comment_message text,
    review_creation_date timestamp without time zone NOT NULL,
    review_answer_timestamp timestamp without time zone
)
PARTITION BY LIST (file_id);

CREATE VIEW staging.order_reviews AS
 SELECT review_id,
    order_id,
    review_score,
    review_comment_title,
    review_comment_message,
    review_creation_date,
    review_answer_timestamp
   FROM staging.order_reviews_by_file
  WHERE (file_id = ( SELECT ops.file_in_use('order_reviews'::text) AS file_in_use));

CREATE TABLE staging.order_reviews_file_5 (
    file_id bigint CONSTRAINT order_reviews_by_file_file_id_not_null NOT NULL,
    review_id text CONSTRAINT order_reviews_by_file_review_id_not_null NOT NULL COLLATE pg_catalog."C",
    order_id text CONSTRAINT order_reviews_by_file_order_id_not_null NOT NULL COLLATE pg_catalog."C",
    review_score smallint CONSTRAINT order_reviews_by_file_review_score_not_null NOT NULL,
    review_comment_title text,
    review_comment_message text,
    review_creation_date timestamp without time zone CONSTRAINT order_reviews_by_file_review_creation_date_not_null NOT NULL,
    review_answer_timestamp timestamp without time zone,
    CONSTRAINT order_reviews_file_5_file_id_check CHECK ((file_id = 5))
);

CREATE TABLE staging.orders_by_file (
    file_id bigint NOT NULL,
    order_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    order_status text NOT NULL,
    order_purchase_timestamp timestamp without time zone NOT NULL,
    order_approved_at timestamp without time zone,
    order_delivered_carrier_date timestamp without time zone,
    order_delivered_customer_date timestamp without time zone,
    order_estimated_delivery_date timestamp without time zone
)
PARTITION BY LIST (file_id);

CREATE VIEW staging.orders AS
 SELECT order_id,
    customer_id,
    order_status,
    order_purchase_timestamp,
    order_approved_at,
    order_delivered_carrier_date,
    order_delivered_customer_date,
    order_estimated_delivery_date
   FROM staging.orders_by_file
  WHERE (file_id = ( SELECT ops.file_in_use('orders'::text) AS file_in_use));

CREATE TABLE staging.orders_file_6 (
    file_id bigint CONSTRAINT orders_by_file_file_id_not_null NOT NULL,
    order_id text CONSTRAINT orders_by_file_order_id_not_null NOT NULL COLLATE pg_catalog."C",
    customer_id text CONSTRAINT orders_by_file_customer_id_not_null NOT NULL COLLATE pg_catalog."C",
    order_status text CONSTRAINT orders_by_file_order_status_not_null NOT NULL,
    order_purchase_timestamp timestamp without time zone CONSTRAINT orders_by_file_order_purchase_timestamp_not_null NOT NULL,
    order_approved_at timestamp without time zone,
    order_delivered_carrier_date timestamp without time zone,
    order_delivered_customer_date timestamp without time zone,
    order_estimated_delivery_date timestamp without time zone,
    CONSTRAINT orders_file_6_file_id_check CHECK ((file_id = 6))
);

CREATE TABLE staging.product_category_name_translation_by_file (
    file_id bigint NOT NULL,
    product_category_name text CONSTRAINT product_category_name_translatio_product_category_name_not_null NOT NULL COLLATE pg_catalog."C",
    product_category_name_english text CONSTRAINT product_category_name_trans_product_category_name_engl_not_null NOT NULL COLLATE pg_catalog."C"
)
PARTITION BY LIST (file_id);

CREATE VIEW staging.product_category_name_translation AS
 SELECT product_category_name,
    product_category_name_english
   FROM staging.product_category_name_translation_by_file
  WHERE (file_id = ( SELECT ops.file_in_use('product_category_name_translation'::text) AS file_in_use));

CREATE TABLE staging.product_category_name_translation_file_9 (
    file_id bigint CONSTRAINT product_category_name_translation_by_file_file_id_not_null NOT NULL,
    product_category_name text CONSTRAINT product_category_name_translatio_product_category_name_not_null NOT NULL COLLATE pg_catalog."C",
    product_category_name_english text CONSTRAINT product_category_name_trans_product_category_name_engl_not_null NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT product_category_name_translation_file_9_file_id_check CHECK ((file_id = 9))
);

CREATE TABLE staging.products_by_file (
    file_id bigint NOT NULL,
    product_id text NOT NULL COLLATE pg_catalog."C",
    product_category_name text COLLATE pg_catalog."C",
    product_name_length integer,
    product_description_length integer,
    product_photos_qty integer,
    product_weight_g integer,
    product_length_cm integer,
    product_height_cm integer,
    product_width_cm integer
)
PARTITION BY LIST (file_id);

CREATE VIEW staging.products AS
 SELECT product_id,
    product_category_name,
    product_name_length,
    product_description_length,
    product_photos_qty,
    product_weight_g,
    product_length_cm,
    product_height_cm,
    product_width_cm
   FROM staging.products_by_file
  WHERE (file_id = ( SELECT ops.file_in_use('products'::text) AS file_in_use));

CREATE TABLE staging.products_file_7 (
    file_id bigint CONSTRAINT products_by_file_file_id_not_null NOT NULL,
    product_id text CONSTRAINT products_by_file_product_id_not_null NOT NULL COLLATE pg_catalog."C",
    product_category_name text COLLATE pg_catalog."C",
    product_name_length integer,
    product_description_length integer,
    product_photos_qty integer,
    product_weight_g integer,
    product_length_cm integer,
    product_height_cm integer,
    product_width_cm integer,
    CONSTRAINT products_file_7_file_id_check CHECK ((file_id = 7))
);

CREATE TABLE staging.sellers_by_file (
    file_id bigint NOT NULL,
    seller_id text NOT NULL COLLATE pg_catalog."C",
    zip_code_prefix text COLLATE pg_catalog."C",
    seller_city text,
    seller_state text
)
PARTITION BY LIST (file_id);

CREATE VIEW staging.sellers AS
 SELECT seller_id,
    zip_code_prefix,
    seller_city,
    seller_state
   FROM staging.sellers_by_file
  WHERE (file_id = ( SELECT ops.file_in_use('sellers'::text) AS file_in_use));

CREATE TABLE staging.sellers_file_8 (
    file_id bigint CONSTRAINT sellers_by_file_file_id_not_null NOT NULL,
    seller_id text CONSTRAINT sellers_by_file_seller_id_not_null NOT NULL COLLATE pg_catalog."C",
    zip_code_prefix text COLLATE pg_catalog."C",
    seller_city text,
    seller_state text,
    CONSTRAINT sellers_file_8_file_id_check CHECK ((file_id = 8))
);

CREATE VIEW staging.typed_customers AS
 SELECT "position",
    problem,
    customer_id,
    customer_unique_id,
    staging.zip_code_prefix(customer_zip_code_prefix) AS zip_code_prefix,
    customer_city,
    customer_state
   FROM ( SELECT customers.ctid AS "position",
            customers.customer_id,
            customers.customer_unique_id,
            customers.customer_zip_code_prefix,
            customers.customer_city,
            customers.customer_state,
                CASE
                    WHEN (customers.customer_id IS NULL) THEN 'customer_id is missing'::text
                    WHEN (customers.customer_unique_id IS NULL) THEN 'customer_unique_id is missing'::text
                    ELSE NULL::text
                END AS problem
           FROM raw.customers
         OFFSET 0) checked;

CREATE VIEW staging.typed_geolocation AS
 SELECT "position",
    problem,
    staging.zip_code_prefix(geolocation_zip_code_prefix) AS zip_code_prefix,
    (geolocation_lat)::double precision AS latitude,
    (geolocation_lng)::double precision AS longitude
   FROM ( SELECT geolocation.ctid AS "position",
            geolocation.geolocation_zip_code_prefix,
            geolocation.geolocation_lat,
            geolocation.geolocation_lng,
            geolocation.geolocation_city,
            geolocation.geolocation_state,
                CASE
                    WHEN (geolocation.geolocation_zip_code_prefix IS NULL) THEN 'geolocation_zip_code_prefix is missing'::text
                    WHEN (geolocation.geolocation_lat IS NULL) THEN 'geolocation_lat is missing'::text
                    WHEN (NOT staging.is_degrees(geolocation.geolocation_lat)) THEN ('geolocation_lat is not a number of degrees: '::text || "left"(geolocation.geolocation_lat, 50))
                    WHEN (abs((geolocation.geolocation_lat)::double precision) > (90)::double precision) THEN ('geolocation_lat is beyond 90 degrees: '::text || "left"(geolocation.geolocation_lat, 50))
                    WHEN (geolocation.geolocation_lng IS NULL) THEN 'geolocation_lng is missing'::text
                    WHEN (NOT staging.is_degrees(geolocation.geolocation_lng)) THEN ('geolocation_lng is not a number of degrees: '::text || "left"(geolocation.geolocation_lng, 50))
                    WHEN (abs((geolocation.geolocation_lng)::double precision) > (180)::double precision) THEN ('geolocation_lng is beyond 180 degrees: '::text || "left"(geolocation.geolocation_lng, 50))
                    ELSE NULL::text
                END AS problem
           FROM raw.geolocation
         OFFSET 0) checked;

CREATE VIEW staging.typed_order_items AS
 SELECT "position",
    problem,
    order_id,
    ((order_item_id)::numeric)::integer AS order_item_id,
    product_id,
    seller_id,
    (shipping_limit_date)::timestamp without time zone AS shipping_limit_date,
    (price)::numeric AS price,
    (freight_value)::numeric AS freight_value
   FROM ( SELECT order_items.ctid AS "position",
            order_items.order_id,
            order_items.order_item_id,
            order_items.product_id,
            order_items.seller_id,
            order_items.shipping_limit_date,
            order_items.price,
            order_items.freight_value,
                CASE
                    WHEN (order_items.order_id IS NULL) THEN 'order_id is missing'::text
                    WHEN (order_items.order_item_id IS NULL) THEN 'order_item_id is missing'::text
                    WHEN (NOT staging.is_whole(order_items.order_item_id)) THEN ('order_item_id is not a whole number: '::text || "left"(order_items.order_item_id, 50))
                    WHEN (order_items.product_id IS NULL) THEN 'product_id is missing'::text
                    WHEN (NOT staging.is_timestamp(order_items.shipping_limit_date)) THEN ('shipping_limit_date is not a date: '::text || "left"(order_items.shipping_limit_date, 50))
                    WHEN (order_items.price IS NULL) THEN 'price is missing'::text
                    WHEN (NOT staging.is_amount(order_items.price)) THEN ('price is not an amount of money: '::text || "left"(order_items.price, 50))
                    WHEN (order_items.freight_value IS NULL) THEN 'freight_value is missing'::text
                    WHEN (NOT staging.is_amount(order_items.freight_value)) THEN ('freight_value is not an amount of money: '::text || "left"(order_items.freight_value, 50))
                    ELSE NULL::text
                END AS problem
           FROM raw.order_items
         OFFSET 0) checked;

CREATE VIEW staging.typed_order_payments AS
 SELECT "position",
    problem,
    order_id,
    ((payment_sequential)::numeric)::integer AS payment_sequential,
    payment_type,
    ((payment_installments)::numeric)::integer AS payment_installments,
    (payment_value)::numeric AS payment_value
   FROM ( SELECT order_payments.ctid AS "position",
            order_payments.order_id,
            order_payments.payment_sequential,
            order_payments.payment_type,
            order_payments.payment_installments,
            order_payments.payment_value,
                CASE
                    WHEN (order_payments.order_id IS NULL) THEN 'order_id is missing'::text
                    WHEN (order_payments.payment_sequential IS NULL) THEN 'payment_sequential is missing'::text
                    WHEN (NOT staging.is_whole(order_payments.payment_sequential)) THEN ('payment_sequential is not a whole number: '::text || "left"(order_payments.payment_sequential, 50))
                    WHEN (NOT staging.is_whole(order_payments.payment_installments)) THEN ('payment_installments is not a whole number: '::text || "left"(order_payments.payment_installments, 50))
                    WHEN (order_payments.payment_value IS NULL) THEN 'payment_value is missing'::text
                    WHEN (NOT staging.is_amount(order_payments.payment_value)) THEN ('payment_value is not an amount of money: '::text || "left"(order_payments.payment_value, 50))
                    ELSE NULL::text
                END AS problem
           FROM raw.order_payments
         OFFSET 0) checked;

CREATE VIEW staging.typed_order_reviews AS
 SELECT "position",
    problem,
    review_id,
    order_id,
    ((review_score)::numeric)::smallint AS review_score,
    review_comment_title,
    review_comment_message,
    (review_creation_date)::timestamp without time zone AS review_creation_date,
    (review_answer_timestamp)::timestamp without time zone AS review_answer_timestamp
   FROM ( SELECT order_reviews.ctid AS "position",
            order_reviews.review_id,
            order_reviews.order_id,
            order_reviews.review_score,
            order_reviews.review_comment_title,
            order_reviews.review_comment_message,
            order_reviews.review_creation_date,
            order_reviews.review_answer_timestamp,
                CASE
                    WHEN (order_reviews.review_id IS NULL) THEN 'review_id is missing'::text
                    WHEN (order_reviews.order_id IS NULL) THEN 'order_id is missing'::text
                    WHEN (order_reviews.review_score IS NULL) THEN 'review_score is missing'::text
                    WHEN (order_reviews.review_score !~ '^[1-5](\.0+)?$'::text) THEN ('review_score is not 1 to 5: '::text || "left"(order_reviews.review_score, 50))
                    WHEN (order_reviews.review_creation_date IS NULL) THEN 'review_creation_date is missing'::text
                    WHEN (NOT staging.is_timestamp(order_reviews.review_creation_date)) THEN ('review_creation_date is not a date: '::text || "left"(order_reviews.review_creation_date, 50))
                    WHEN (NOT staging.is_timestamp(order_reviews.review_answer_timestamp)) THEN ('review_answer_timestamp is not a date: '::text || "left"(order_reviews.review_answer_timestamp, 50))
                    ELSE NULL::text
                END AS problem
           FROM raw.order_reviews
         OFFSET 0) checked;

CREATE VIEW staging.typed_orders AS
 SELECT "position",
    problem,
    order_id,
    customer_id,
    order_status,
    (order_purchase_timestamp)::timestamp without time zone AS order_purchase_timestamp,
    (order_approved_at)::timestamp without time zone AS order_approved_at,
    (order_delivered_carrier_date)::timestamp without time zone AS order_delivered_carrier_date,
    (order_delivered_customer_date)::timestamp without time zone AS order_delivered_customer_date,
    (order_estimated_delivery_date)::timestamp without time zone AS order_estimated_delivery_date
   FROM ( SELECT orders.ctid AS "position",
            orders.order_id,
            orders.customer_id,
            orders.order_status,
            orders.order_purchase_timestamp,
            orders.order_approved_at,
            orders.order_delivered_carrier_date,
            orders.order_delivered_customer_date,
            orders.order_estimated_delivery_date,
                CASE
                    WHEN (orders.order_id IS NULL) THEN 'order_id is missing'::text
                    WHEN (orders.customer_id IS NULL) THEN 'customer_id is missing'::text
                    WHEN (orders.order_status IS NULL) THEN 'order_status is missing'::text
                    WHEN (orders.order_purchase_timestamp IS NULL) THEN 'order_purchase_timestamp is missing'::text
                    WHEN (NOT staging.is_timestamp(orders.order_purchase_timestamp)) THEN ('order_purchase_timestamp is not a date: '::text || "left"(orders.order_purchase_timestamp, 50))
                    WHEN (NOT staging.is_timestamp(orders.order_approved_at)) THEN ('order_approved_at is not a date: '::text || "left"(orders.order_approved_at, 50))
                    WHEN (NOT staging.is_timestamp(orders.order_delivered_carrier_date)) THEN ('order_delivered_carrier_date is not a date: '::text || "left"(orders.order_delivered_carrier_date, 50))
                    WHEN (NOT staging.is_timestamp(orders.order_delivered_customer_date)) THEN ('order_delivered_customer_date is not a date: '::text || "left"(orders.order_delivered_customer_date, 50))
                    WHEN (NOT staging.is_timestamp(orders.order_estimated_delivery_date)) THEN ('order_estimated_delivery_date is not a date: '::text || "left"(orders.order_estimated_delivery_date, 50))
                    ELSE NULL::text
                END AS problem
           FROM raw.orders
         OFFSET 0) checked;

CREATE VIEW staging.typed_product_category_name_translation AS
 SELECT "position",
    problem,
    product_category_name,
    product_category_name_english
   FROM ( SELECT product_category_name_translation.ctid AS "position",
            product_category_name_translation.product_category_name,
            product_category_name_translation.product_category_name_english,
                CASE
                    WHEN (product_category_name_translation.product_category_name IS NULL) THEN 'product_category_name is missing'::text
                    WHEN (product_category_name_translation.product_category_name_english IS NULL) THEN 'product_category_name_english is missing'::text
                    ELSE NULL::text
                END AS problem
           FROM raw.product_category_name_translation
         OFFSET 0) checked;

CREATE VIEW staging.typed_products AS
 SELECT "position",
    problem,
    product_id,
    product_category_name,
    ((product_name_lenght)::numeric)::integer AS product_name_length,
    ((product_description_lenght)::numeric)::integer AS product_description_length,
    ((product_photos_qty)::numeric)::integer AS product_photos_qty,
    ((product_weight_g)::numeric)::integer AS product_weight_g,
    ((product_length_cm)::numeric)::integer AS product_length_cm,
    ((product_height_cm)::numeric)::integer AS product_height_cm,
    ((product_width_cm)::numeric)::integer AS product_width_cm
   FROM ( SELECT products.ctid AS "position",
            products.product_id,
            products.product_category_name,
            products.product_name_lenght,
            products.product_description_lenght,
            products.product_photos_qty,
            products.product_weight_g,
            products.product_length_cm,
            products.product_height_cm,
            products.product_width_cm,
                CASE
                    WHEN (products.product_id IS NULL) THEN 'product_id is missing'::text
                    WHEN (NOT staging.is_whole(products.product_name_lenght)) THEN ('product_name_lenght is not a whole number: '::text || "left"(products.product_name_lenght, 50))
                    WHEN (NOT staging.is_whole(products.product_description_lenght)) THEN ('product_description_lenght is not a whole number: '::text || "left"(products.product_description_lenght, 50))
                    WHEN (NOT staging.is_whole(products.product_photos_qty)) THEN ('product_photos_qty is not a whole number: '::text || "left"(products.product_photos_qty, 50))
                    WHEN (NOT staging.is_whole(products.product_weight_g)) THEN ('product_weight_g is not a whole number: '::text || "left"(products.product_weight_g, 50))
                    WHEN (NOT staging.is_whole(products.product_length_cm)) THEN ('product_length_cm is not a whole number: '::text || "left"(products.product_length_cm, 50))
                    WHEN (NOT staging.is_whole(products.product_height_cm)) THEN ('product_height_cm is not a whole number: '::text || "left"(products.product_height_cm, 50))
                    WHEN (NOT staging.is_whole(products.product_width_cm)) THEN ('product_width_cm is not a whole number: '::text || "left"(products.product_width_cm, 50))
                    ELSE NULL::text
                END AS problem
           FROM raw.products
         OFFSET 0) checked;

CREATE VIEW staging.typed_sellers AS
 SELECT "position",
    problem,
    seller_id,
    staging.zip_code_prefix(seller_zip_code_prefix) AS zip_code_prefix,
    seller_city,
    seller_state
   FROM ( SELECT sellers.ctid AS "position",
            sellers.seller_id,
            sellers.seller_zip_code_prefix,
            sellers.seller_city,
            sellers.seller_state,
                CASE
                    WHEN (sellers.seller_id IS NULL) THEN 'seller_id is missing'::text
                    ELSE NULL::text
                END AS problem
           FROM raw.sellers
         OFFSET 0) checked;

ALTER TABLE ONLY analytics.customer_snapshots ATTACH PARTITION analytics.customer_snapshots_20171201t000000 FOR VALUES IN ('2017-12-01 00:00:00');

ALTER TABLE ONLY analytics.customer_snapshots ATTACH PARTITION analytics.customer_snapshots_20180101t000000 FOR VALUES IN ('2018-01-01 00:00:00');

ALTER TABLE ONLY ops.customer_rfm_drafts ATTACH PARTITION ops.customer_rfm_drafts_1 FOR VALUES IN ('1');

ALTER TABLE ONLY ops.customer_rfm_drafts ATTACH PARTITION ops.customer_rfm_drafts_2 FOR VALUES IN ('2');

ALTER TABLE ONLY ops.customer_segments_drafts ATTACH PARTITION ops.customer_segments_drafts_1 FOR VALUES IN ('1');

ALTER TABLE ONLY ops.customer_segments_drafts ATTACH PARTITION ops.customer_segments_drafts_2 FOR VALUES IN ('2');

ALTER TABLE ONLY ops.customer_tiers_drafts ATTACH PARTITION ops.customer_tiers_drafts_1 FOR VALUES IN ('1');

ALTER TABLE ONLY ops.customer_tiers_drafts ATTACH PARTITION ops.customer_tiers_drafts_2 FOR VALUES IN ('2');

ALTER TABLE ONLY ops.hubspot_plan_drafts ATTACH PARTITION ops.hubspot_plan_drafts_1 FOR VALUES IN ('1');

ALTER TABLE ONLY ops.hubspot_plan_drafts ATTACH PARTITION ops.hubspot_plan_drafts_2 FOR VALUES IN ('2');

ALTER TABLE ONLY ops.order_values_drafts ATTACH PARTITION ops.order_values_drafts_1 FOR VALUES IN ('1');

ALTER TABLE ONLY ops.order_values_drafts ATTACH PARTITION ops.order_values_drafts_2 FOR VALUES IN ('2');

ALTER TABLE ONLY ops.snapshot_drafts ATTACH PARTITION ops.snapshot_drafts_1 FOR VALUES IN ('1');

ALTER TABLE ONLY ops.snapshot_drafts ATTACH PARTITION ops.snapshot_drafts_2 FOR VALUES IN ('2');

ALTER TABLE ONLY staging.customers_by_file ATTACH PARTITION staging.customers_file_1 FOR VALUES IN ('1');

ALTER TABLE ONLY staging.geolocation_by_file ATTACH PARTITION staging.geolocation_file_2 FOR VALUES IN ('2');

ALTER TABLE ONLY staging.order_items_by_file ATTACH PARTITION staging.order_items_file_3 FOR VALUES IN ('3');

ALTER TABLE ONLY staging.order_payments_by_file ATTACH PARTITION staging.order_payments_file_4 FOR VALUES IN ('4');

ALTER TABLE ONLY staging.order_reviews_by_file ATTACH PARTITION staging.order_reviews_file_5 FOR VALUES IN ('5');

ALTER TABLE ONLY staging.orders_by_file ATTACH PARTITION staging.orders_file_6 FOR VALUES IN ('6');

ALTER TABLE ONLY staging.product_category_name_translation_by_file ATTACH PARTITION staging.product_category_name_translation_file_9 FOR VALUES IN ('9');

ALTER TABLE ONLY staging.products_by_file ATTACH PARTITION staging.products_file_7 FOR VALUES IN ('7');

ALTER TABLE ONLY staging.sellers_by_file ATTACH PARTITION staging.sellers_file_8 FOR VALUES IN ('8');

INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'ana', '2017-05-01 10:00:00', '2017-11-01 10:00:00', 29, 2, 136.50, 5.0000000000000000, 'audio', 'sao paulo', 'SP', -23.5, -46.6, 5, 5, 5, '555', 'Champions', 'Platinum', 'VIP Pre-Order: New Arrivals', 2, 'Platinum customer who buys mostly audio.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p00', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 332, 1, 2.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 1, 1, '111', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 2.00 so far.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p01', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 301, 1, 3.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 1, 1, '211', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 3.00 so far.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p02', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 273, 1, 4.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 1, 1, '311', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 4.00 so far.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p03', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 242, 1, 5.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 1, 1, '311', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 5.00 so far.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p04', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 212, 1, 6.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 2, 2, '422', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 6.00 so far.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p05', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 181, 1, 7.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 5, 2, 2, '522', 'New Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 7.00 so far.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p06', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 332, 1, 8.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 2, 2, '222', 'Lost Customers', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 8.00.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p07', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 301, 1, 9.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 2, 2, '222', 'Lost Customers', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 9.00.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p08', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 273, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 3, 3, '333', 'Potential Loyalists', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 10.00.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p09', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 242, 1, 11.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 4, 4, '444', 'Potential Loyalists', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 11.00.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p10', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 212, 1, 12.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 4, 4, '444', 'Potential Loyalists', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 12.00.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p11', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 181, 1, 13.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 5, 4, 4, '544', 'New Customers', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 13.00.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p12', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 332, 1, 14.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 5, 5, '255', 'At-Risk', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 14.00.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'p13', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 301, 1, 15.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 5, 5, '355', 'Potential Loyalists', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 15.00.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'zz-0', '2016-01-01 00:00:00', '2016-01-01 00:00:00', 700, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 10.00.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'zz-1', '2016-02-01 00:00:00', '2016-02-01 00:00:00', 669, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 10.00.', 1);
INSERT INTO analytics.customer_snapshots_20171201t000000 VALUES ('2017-12-01 00:00:00', 'zz-2', '2016-03-01 00:00:00', '2016-03-01 00:00:00', 640, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 10.00.', 1);

INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'ana', '2017-05-01 10:00:00', '2017-11-01 10:00:00', 60, 2, 136.50, 5.0000000000000000, 'audio', 'sao paulo', 'SP', -23.5, -46.6, 5, 5, 5, '555', 'Champions', 'Platinum', 'VIP Pre-Order: New Arrivals', 2, 'Platinum customer who buys mostly audio.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'caio', '2017-12-02 10:00:00', '2017-12-02 10:00:00', 29, 1, 10.00, 1.00000000000000000000, 'baby', '=1+1', 'SP', -23.5, -46.6, 5, 4, 4, '544', 'New Customers', 'Gold', 'Apology Email + Service Recovery', 1, 'Average review of 1.0 out of 5.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p00', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 363, 1, 2.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 1, 1, '111', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 2.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p01', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 332, 1, 3.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 1, 1, '211', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 3.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p02', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 304, 1, 4.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 1, 1, '311', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 4.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p03', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 273, 1, 5.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 1, 1, '311', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 5.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p04', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 243, 1, 6.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 2, 2, '422', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 6.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p05', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 212, 1, 7.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 2, 2, '422', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 7.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p06', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 363, 1, 8.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 2, 2, '222', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 8.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p07', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 332, 1, 9.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 2, 2, '222', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 9.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p08', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 304, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 3, 3, '333', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 10.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p09', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 273, 1, 11.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 4, 4, '444', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 11.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p10', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 243, 1, 12.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 4, 4, '444', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 12.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p11', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 212, 1, 13.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 5, 4, 4, '544', 'New Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 13.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p12', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 363, 1, 14.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 5, 5, '255', 'At-Risk', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 14.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'p13', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 332, 1, 15.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 5, 5, '355', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 15.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'zz-0', '2016-01-01 00:00:00', '2016-01-01 00:00:00', 731, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 10.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'zz-1', '2016-02-01 00:00:00', '2016-02-01 00:00:00', 700, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 10.00 so far.', 2);
INSERT INTO analytics.customer_snapshots_20180101t000000 VALUES ('2018-01-01 00:00:00', 'zz-2', '2016-03-01 00:00:00', '2016-03-01 00:00:00', 671, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 10.00 so far.', 2);

INSERT INTO ops.cluster_models OVERRIDING SYSTEM VALUE VALUES (1, 'd2aee4157742e2ac479aa7685664471f824bfc073231a1717e90024db4c6aeb0', '2017-12-01 00:00:00', 3, '{recency_days,frequency,monetary}', '{"mean": [5.601260986949891, 0.7156730198992878, 2.3386679256123597], "scale": [0.6636306384709972, 0.09287641490180251, 0.7710737896040454]}', '[{"centre": [-3.3151929367768105, 4.123105625617662, 3.352410659454096], "loyalty_tier": "Platinum"}, {"centre": [0.35857454780840375, -0.24253562503633325, 0.1810457360888571], "loyalty_tier": "Gold"}, {"centre": [-0.1048545148526013, -0.24253562503633325, -0.890652292738589], "loyalty_tier": "Silver"}]', '{"inertia": 7.170416793439287, "customers": 18, "iterations": 2}', '{"numpy": "2.4.6", "n_init": 10, "random_state": 0, "scikit-learn": "1.9.1"}', '2026-11-21 09:01:38.7251+00');
INSERT INTO ops.cluster_models OVERRIDING SYSTEM VALUE VALUES (2, 'cf952f53aa0e011a5b32d52953914455263831a3dbd08adc2cfb282a4a46b7f3', '2018-01-01 00:00:00', 3, '{recency_days,frequency,monetary}', '{"mean": [5.614226716221174, 0.7144874494077434, 2.3417851544116233], "scale": [0.7375307903544062, 0.09053909288773261, 0.7506246330721931]}', '[{"centre": [-2.0383594443907294, 4.242640687119281, 3.4395870438303198], "loyalty_tier": "Platinum"}, {"centre": [-3.000592468140334, -0.23570226039551598, 0.07475123505752425], "loyalty_tier": "Gold"}, {"centre": [0.29640893603123736, -0.23570226039551598, -0.2067257811110501], "loyalty_tier": "Silver"}]', '{"inertia": 10.785094135477141, "customers": 19, "iterations": 2}', '{"numpy": "2.4.6", "n_init": 10, "random_state": 0, "scikit-learn": "1.9.1"}', '2026-11-21 09:01:39.049324+00');

INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'ana', '2017-05-01 10:00:00', '2017-11-01 10:00:00', 29, 2, 136.50, 5.0000000000000000, 'audio', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p00', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 332, 1, 2.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p01', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 301, 1, 3.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p02', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 273, 1, 4.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p03', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 242, 1, 5.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p04', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 212, 1, 6.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p05', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 181, 1, 7.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p06', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 332, 1, 8.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p07', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 301, 1, 9.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p08', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 273, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p09', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 242, 1, 11.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p10', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 212, 1, 12.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p11', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 181, 1, 13.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p12', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 332, 1, 14.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'p13', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 301, 1, 15.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'zz-0', '2016-01-01 00:00:00', '2016-01-01 00:00:00', 700, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'zz-1', '2016-02-01 00:00:00', '2016-02-01 00:00:00', 669, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_1 VALUES (1, 'zz-2', '2016-03-01 00:00:00', '2016-03-01 00:00:00', 640, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);

INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'ana', '2017-05-01 10:00:00', '2017-11-01 10:00:00', 60, 2, 136.50, 5.0000000000000000, 'audio', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'caio', '2017-12-02 10:00:00', '2017-12-02 10:00:00', 29, 1, 10.00, 1.00000000000000000000, 'baby', '=1+1', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p00', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 363, 1, 2.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p01', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 332, 1, 3.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p02', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 304, 1, 4.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p03', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 273, 1, 5.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p04', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 243, 1, 6.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p05', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 212, 1, 7.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p06', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 363, 1, 8.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p07', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 332, 1, 9.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p08', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 304, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p09', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 273, 1, 11.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p10', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 243, 1, 12.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p11', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 212, 1, 13.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p12', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 363, 1, 14.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'p13', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 332, 1, 15.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'zz-0', '2016-01-01 00:00:00', '2016-01-01 00:00:00', 731, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'zz-1', '2016-02-01 00:00:00', '2016-02-01 00:00:00', 700, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);
INSERT INTO ops.customer_rfm_drafts_2 VALUES (2, 'zz-2', '2016-03-01 00:00:00', '2016-03-01 00:00:00', 671, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6);

INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'zz-0', 1, 3, 3, 'At-Risk');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'zz-1', 1, 3, 3, 'At-Risk');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'zz-2', 1, 3, 3, 'At-Risk');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p00', 1, 1, 1, 'Lost Customers');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p06', 2, 2, 2, 'Lost Customers');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p12', 2, 5, 5, 'At-Risk');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p01', 2, 1, 1, 'Lost Customers');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p07', 2, 2, 2, 'Lost Customers');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p13', 3, 5, 5, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p02', 3, 1, 1, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p08', 3, 3, 3, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p03', 3, 1, 1, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p09', 4, 4, 4, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p04', 4, 2, 2, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p10', 4, 4, 4, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p05', 5, 2, 2, 'New Customers');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'p11', 5, 4, 4, 'New Customers');
INSERT INTO ops.customer_segments_drafts_1 VALUES (1, 'ana', 5, 5, 5, 'Champions');

INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'zz-0', 1, 3, 3, 'At-Risk');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'zz-1', 1, 3, 3, 'At-Risk');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'zz-2', 1, 3, 3, 'At-Risk');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p00', 1, 1, 1, 'Lost Customers');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p06', 2, 2, 2, 'Lost Customers');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p12', 2, 5, 5, 'At-Risk');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p01', 2, 1, 1, 'Lost Customers');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p07', 2, 2, 2, 'Lost Customers');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p13', 3, 5, 5, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p02', 3, 1, 1, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p08', 3, 3, 3, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p03', 3, 1, 1, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p09', 4, 4, 4, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p04', 4, 2, 2, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p10', 4, 4, 4, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p05', 4, 2, 2, 'Potential Loyalists');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'p11', 5, 4, 4, 'New Customers');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'ana', 5, 5, 5, 'Champions');
INSERT INTO ops.customer_segments_drafts_2 VALUES (2, 'caio', 5, 4, 4, 'New Customers');

INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'ana', 'Platinum');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p00', 'Silver');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p01', 'Silver');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p02', 'Silver');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p03', 'Silver');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p04', 'Silver');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p05', 'Silver');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p06', 'Gold');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p07', 'Gold');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p08', 'Gold');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p09', 'Gold');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p10', 'Gold');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p11', 'Gold');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p12', 'Gold');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'p13', 'Gold');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'zz-0', 'Gold');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'zz-1', 'Gold');
INSERT INTO ops.customer_tiers_drafts_1 VALUES (1, 'zz-2', 'Gold');

INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'ana', 'Platinum');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'caio', 'Gold');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p00', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p01', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p02', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p03', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p04', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p05', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p06', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p07', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p08', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p09', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p10', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p11', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p12', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'p13', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'zz-0', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'zz-1', 'Silver');
INSERT INTO ops.customer_tiers_drafts_2 VALUES (2, 'zz-2', 'Silver');

INSERT INTO ops.file_rejects VALUES (1, 9, 'customer_id is missing', '{"customer_id": null, "customer_city": "x", "customer_state": "SP", "customer_unique_id": "nobody", "customer_zip_code_prefix": "1"}');

INSERT INTO ops.hubspot_contacts VALUES ('p06', '5718408aa39287d144cf0e4aa76adcea80ba5b0c6b7d52d16ad86fb83d9587a2', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Lost Customers", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "8.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p06", "last_purchase_date": "2017-01-03", "next_action_reason": "Silver customer who has spent R$ 8.00 so far."}', '100000000001', '2018-01-01 00:00:00', '2026-11-21 09:01:39.668976+00');
INSERT INTO ops.hubspot_contacts VALUES ('p11', 'f4af2dce2debfb89c0333e8fc64d97a873f51f271ca7de1a658dad2ce080f407', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "New Customers", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "13.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p11", "last_purchase_date": "2017-06-03", "next_action_reason": "Silver customer who has spent R$ 13.00 so far."}', '100000000002', '2018-01-01 00:00:00', '2026-11-21 09:01:39.669063+00');
INSERT INTO ops.hubspot_contacts VALUES ('zz-2', 'ba3bec0622f9117814af417fb9b971f9eb49b0021ca4dd288665ea2a5806149d', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "At-Risk", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "10.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "zz-2", "last_purchase_date": "2016-03-01", "next_action_reason": "Silver customer who has spent R$ 10.00 so far."}', '100000000003', '2018-01-01 00:00:00', '2026-11-21 09:01:39.669073+00');
INSERT INTO ops.hubspot_contacts VALUES ('p04', '55ce4d8e2d3741f0bc8df570a723274e90f45730dc56af6a8751cf9a985c0cd7', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "6.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p04", "last_purchase_date": "2017-05-03", "next_action_reason": "Silver customer who has spent R$ 6.00 so far."}', '100000000006', '2018-01-01 00:00:00', '2026-11-21 09:01:39.681226+00');
INSERT INTO ops.hubspot_contacts VALUES ('p08', '731f049690a25bc769469759e4a3f9d17ae97d069811c5541e6dba2c1c099098', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "10.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p08", "last_purchase_date": "2017-03-03", "next_action_reason": "Silver customer who has spent R$ 10.00 so far."}', '100000000008', '2018-01-01 00:00:00', '2026-11-21 09:01:39.68125+00');
INSERT INTO ops.hubspot_contacts VALUES ('p07', '086810fcbb0297c725b2da600661d098869c809a422983f1b0e4ed1e6265312a', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Lost Customers", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "9.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p07", "last_purchase_date": "2017-02-03", "next_action_reason": "Silver customer who has spent R$ 9.00 so far."}', '100000000007', '2018-01-01 00:00:00', '2026-11-21 09:01:39.681264+00');
INSERT INTO ops.hubspot_contacts VALUES ('p13', '7fb4b9adaf5c7426ac3cb918e0b05b9a95d84f2353dda5f8ba9b79638385e070', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "15.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p13", "last_purchase_date": "2017-02-03", "next_action_reason": "Silver customer who has spent R$ 15.00 so far."}', '100000000009', '2018-01-01 00:00:00', '2026-11-21 09:01:39.681271+00');
INSERT INTO ops.hubspot_contacts VALUES ('p01', '6c2540e82e5119a2a4df768469389016eb5178d40eccddb6f3d3ef697328c286', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Lost Customers", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "3.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p01", "last_purchase_date": "2017-02-03", "next_action_reason": "Silver customer who has spent R$ 3.00 so far."}', '100000000005', '2018-01-01 00:00:00', '2026-11-21 09:01:39.681278+00');
INSERT INTO ops.hubspot_contacts VALUES ('zz-1', '51d39de9d45ca9d73939f2bad262d3736460b739de6124987e7524a40c6f3318', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "At-Risk", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "10.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "zz-1", "last_purchase_date": "2016-02-01", "next_action_reason": "Silver customer who has spent R$ 10.00 so far."}', '100000000010', '2018-01-01 00:00:00', '2026-11-21 09:01:39.681283+00');
INSERT INTO ops.hubspot_contacts VALUES ('ana', '0049c5815ebf01d7ba7b018e2db230c9d2afe49cdac317fa9f935e35cf31992b', '{"next_action": "VIP Pre-Order: New Arrivals", "order_count": "2", "rfm_segment": "Champions", "loyalty_tier": "Platinum", "customer_state": "SP", "lifetime_value": "136.50", "avg_review_score": "5", "favorite_category": "audio", "olist_customer_id": "ana", "last_purchase_date": "2017-11-01", "next_action_reason": "Platinum customer who buys mostly audio."}', '100000000004', '2018-01-01 00:00:00', '2026-11-21 09:01:39.681289+00');
INSERT INTO ops.hubspot_contacts VALUES ('p12', '2a29cb80eaa5b631d68d24ab9ecade2893c36ada985cb20dbb0ee87448f1f1d0', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "At-Risk", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "14.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p12", "last_purchase_date": "2017-01-03", "next_action_reason": "Silver customer who has spent R$ 14.00 so far."}', '100000000015', '2018-01-01 00:00:00', '2026-11-21 09:01:39.706785+00');
INSERT INTO ops.hubspot_contacts VALUES ('p00', 'ac23a6e122f2afa2768ee9e2d1434476932bfbcd828228710b6a083f33505b98', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Lost Customers", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "2.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p00", "last_purchase_date": "2017-01-03", "next_action_reason": "Silver customer who has spent R$ 2.00 so far."}', '100000000012', '2018-01-01 00:00:00', '2026-11-21 09:01:39.706808+00');
INSERT INTO ops.hubspot_contacts VALUES ('zz-0', 'ce2bc2c8001c8a76244c5ec481964ee5923c3814e0dbe5a0f772fb805d8cdd2b', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "At-Risk", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "10.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "zz-0", "last_purchase_date": "2016-01-01", "next_action_reason": "Silver customer who has spent R$ 10.00 so far."}', '100000000016', '2018-01-01 00:00:00', '2026-11-21 09:01:39.706815+00');
INSERT INTO ops.hubspot_contacts VALUES ('p09', 'b76816471f3a78aee3bf3cf1c80ec8629b39c04d31e867f6d93cacea2a3b40c6', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "11.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p09", "last_purchase_date": "2017-04-03", "next_action_reason": "Silver customer who has spent R$ 11.00 so far."}', '100000000014', '2018-01-01 00:00:00', '2026-11-21 09:01:39.70682+00');
INSERT INTO ops.hubspot_contacts VALUES ('caio', '9e1eaa1b8ad255bf55a57adc124f9ca400775ced65d00ec3b3f13b3247247132', '{"next_action": "Apology Email + Service Recovery", "order_count": "1", "rfm_segment": "New Customers", "loyalty_tier": "Gold", "customer_state": "SP", "lifetime_value": "10.00", "avg_review_score": "1", "favorite_category": "baby", "olist_customer_id": "caio", "last_purchase_date": "2017-12-02", "next_action_reason": "Average review of 1.0 out of 5."}', '100000000011', '2018-01-01 00:00:00', '2026-11-21 09:01:39.706824+00');
INSERT INTO ops.hubspot_contacts VALUES ('p03', '1522b83aedf82e0c36afb62db7fc3f8e6778d1a66a9b12724ace0d15d72c0529', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "5.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p03", "last_purchase_date": "2017-04-03", "next_action_reason": "Silver customer who has spent R$ 5.00 so far."}', '100000000013', '2018-01-01 00:00:00', '2026-11-21 09:01:39.706829+00');
INSERT INTO ops.hubspot_contacts VALUES ('p02', '78acfe04aebf35b56657a9951016454f47f2a670767280818456a0552fe51adc', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "4.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p02", "last_purchase_date": "2017-03-03", "next_action_reason": "Silver customer who has spent R$ 4.00 so far."}', '100000000017', '2018-01-01 00:00:00', '2026-11-21 09:01:39.724485+00');
INSERT INTO ops.hubspot_contacts VALUES ('p05', '84170194cc78621b12e4eb56ef6fe5f458a01276b6e6b33602e62498ec164c55', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "7.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p05", "last_purchase_date": "2017-06-03", "next_action_reason": "Silver customer who has spent R$ 7.00 so far."}', '100000000018', '2018-01-01 00:00:00', '2026-11-21 09:01:39.72496+00');
INSERT INTO ops.hubspot_contacts VALUES ('p10', '8230e3ca2438651d8fa5f4d42f8ba5e5cf93bf50866a87f8376c72eed2e5afa0', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "12.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p10", "last_purchase_date": "2017-05-03", "next_action_reason": "Silver customer who has spent R$ 12.00 so far."}', '100000000019', '2018-01-01 00:00:00', '2026-11-21 09:01:39.725005+00');

INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p04', 'create', 1, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "6.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p04", "last_purchase_date": "2017-05-03", "next_action_reason": "Silver customer who has spent R$ 6.00 so far."}', '55ce4d8e2d3741f0bc8df570a723274e90f45730dc56af6a8751cf9a985c0cd7', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p08', 'create', 1, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "10.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p08", "last_purchase_date": "2017-03-03", "next_action_reason": "Silver customer who has spent R$ 10.00 so far."}', '731f049690a25bc769469759e4a3f9d17ae97d069811c5541e6dba2c1c099098', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p12', 'create', 2, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "At-Risk", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "14.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p12", "last_purchase_date": "2017-01-03", "next_action_reason": "Silver customer who has spent R$ 14.00 so far."}', '2a29cb80eaa5b631d68d24ab9ecade2893c36ada985cb20dbb0ee87448f1f1d0', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p00', 'create', 2, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Lost Customers", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "2.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p00", "last_purchase_date": "2017-01-03", "next_action_reason": "Silver customer who has spent R$ 2.00 so far."}', 'ac23a6e122f2afa2768ee9e2d1434476932bfbcd828228710b6a083f33505b98', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p09', 'create', 2, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "11.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p09", "last_purchase_date": "2017-04-03", "next_action_reason": "Silver customer who has spent R$ 11.00 so far."}', 'b76816471f3a78aee3bf3cf1c80ec8629b39c04d31e867f6d93cacea2a3b40c6', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'caio', 'create', 2, '{}', '{"next_action": "Apology Email + Service Recovery", "order_count": "1", "rfm_segment": "New Customers", "loyalty_tier": "Gold", "customer_state": "SP", "lifetime_value": "10.00", "avg_review_score": "1", "favorite_category": "baby", "olist_customer_id": "caio", "last_purchase_date": "2017-12-02", "next_action_reason": "Average review of 1.0 out of 5."}', '9e1eaa1b8ad255bf55a57adc124f9ca400775ced65d00ec3b3f13b3247247132', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p03', 'create', 2, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "5.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p03", "last_purchase_date": "2017-04-03", "next_action_reason": "Silver customer who has spent R$ 5.00 so far."}', '1522b83aedf82e0c36afb62db7fc3f8e6778d1a66a9b12724ace0d15d72c0529', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p02', 'create', 3, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "4.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p02", "last_purchase_date": "2017-03-03", "next_action_reason": "Silver customer who has spent R$ 4.00 so far."}', '78acfe04aebf35b56657a9951016454f47f2a670767280818456a0552fe51adc', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p05', 'create', 3, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "7.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p05", "last_purchase_date": "2017-06-03", "next_action_reason": "Silver customer who has spent R$ 7.00 so far."}', '84170194cc78621b12e4eb56ef6fe5f458a01276b6e6b33602e62498ec164c55', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p10', 'create', 3, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "12.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p10", "last_purchase_date": "2017-05-03", "next_action_reason": "Silver customer who has spent R$ 12.00 so far."}', '8230e3ca2438651d8fa5f4d42f8ba5e5cf93bf50866a87f8376c72eed2e5afa0', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p06', 'create', 0, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Lost Customers", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "8.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p06", "last_purchase_date": "2017-01-03", "next_action_reason": "Silver customer who has spent R$ 8.00 so far."}', '5718408aa39287d144cf0e4aa76adcea80ba5b0c6b7d52d16ad86fb83d9587a2', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p11', 'create', 0, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "New Customers", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "13.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p11", "last_purchase_date": "2017-06-03", "next_action_reason": "Silver customer who has spent R$ 13.00 so far."}', 'f4af2dce2debfb89c0333e8fc64d97a873f51f271ca7de1a658dad2ce080f407', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'zz-2', 'create', 0, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "At-Risk", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "10.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "zz-2", "last_purchase_date": "2016-03-01", "next_action_reason": "Silver customer who has spent R$ 10.00 so far."}', 'ba3bec0622f9117814af417fb9b971f9eb49b0021ca4dd288665ea2a5806149d', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p07', 'create', 1, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Lost Customers", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "9.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p07", "last_purchase_date": "2017-02-03", "next_action_reason": "Silver customer who has spent R$ 9.00 so far."}', '086810fcbb0297c725b2da600661d098869c809a422983f1b0e4ed1e6265312a', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p13', 'create', 1, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Potential Loyalists", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "15.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p13", "last_purchase_date": "2017-02-03", "next_action_reason": "Silver customer who has spent R$ 15.00 so far."}', '7fb4b9adaf5c7426ac3cb918e0b05b9a95d84f2353dda5f8ba9b79638385e070', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'p01', 'create', 1, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "Lost Customers", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "3.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "p01", "last_purchase_date": "2017-02-03", "next_action_reason": "Silver customer who has spent R$ 3.00 so far."}', '6c2540e82e5119a2a4df768469389016eb5178d40eccddb6f3d3ef697328c286', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'zz-1', 'create', 1, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "At-Risk", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "10.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "zz-1", "last_purchase_date": "2016-02-01", "next_action_reason": "Silver customer who has spent R$ 10.00 so far."}', '51d39de9d45ca9d73939f2bad262d3736460b739de6124987e7524a40c6f3318', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'ana', 'create', 1, '{}', '{"next_action": "VIP Pre-Order: New Arrivals", "order_count": "2", "rfm_segment": "Champions", "loyalty_tier": "Platinum", "customer_state": "SP", "lifetime_value": "136.50", "avg_review_score": "5", "favorite_category": "audio", "olist_customer_id": "ana", "last_purchase_date": "2017-11-01", "next_action_reason": "Platinum customer who buys mostly audio."}', '0049c5815ebf01d7ba7b018e2db230c9d2afe49cdac317fa9f935e35cf31992b', 'accepted');
INSERT INTO ops.hubspot_plan_drafts_2 VALUES (2, 'zz-0', 'create', 2, '{}', '{"next_action": "Free Shipping Nudge", "order_count": "1", "rfm_segment": "At-Risk", "loyalty_tier": "Silver", "customer_state": "SP", "lifetime_value": "10.00", "avg_review_score": "", "favorite_category": "baby", "olist_customer_id": "zz-0", "last_purchase_date": "2016-01-01", "next_action_reason": "Silver customer who has spent R$ 10.00 so far."}', 'ce2bc2c8001c8a76244c5ec481964ee5923c3814e0dbe5a0f772fb805d8cdd2b', 'accepted');

INSERT INTO ops.hubspot_syncs VALUES (2, '2018-01-01 00:00:00', 'upsert', 'delivered', NULL, '{"clear": 0, "create": 19, "update": 0, "unchanged": 0, "changed_properties": {}}', '2026-11-21 09:01:39.163988+00', '2026-11-21 09:01:39.730991+00');

INSERT INTO ops.installed VALUES ('000_installed', '2026-11-21 09:01:33.204597+00');
INSERT INTO ops.installed VALUES ('001_schemas_and_runs', '2026-11-21 09:01:33.22191+00');
INSERT INTO ops.installed VALUES ('002_raw', '2026-11-21 09:01:33.240235+00');
INSERT INTO ops.installed VALUES ('003_staging', '2026-11-21 09:01:33.245815+00');
INSERT INTO ops.installed VALUES ('004_customer_snapshots', '2026-11-21 09:01:33.246867+00');
INSERT INTO ops.installed VALUES ('005_drafts', '2026-11-21 09:01:33.248755+00');
INSERT INTO ops.installed VALUES ('006_analytics_views', '2026-11-21 09:01:33.254918+00');
INSERT INTO ops.installed VALUES ('007_hubspot', '2026-11-21 09:01:33.260965+00');
INSERT INTO ops.installed VALUES ('routines a815c00ad5aecfb9b1194a9a13387c7aaa96280c46e7d3d8cbbee89c352d57aa', '2026-11-21 09:01:33.282694+00');

INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-000', 'customer-of-order-000', 'zz-0', '99999', 'sao paulo', 'SP', 'delivered', '2016-01-01 00:00:00', 10.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-001', 'customer-of-order-001', 'zz-1', '99999', 'sao paulo', 'SP', 'delivered', '2016-02-01 00:00:00', 10.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-002', 'customer-of-order-002', 'zz-2', '99999', 'sao paulo', 'SP', 'delivered', '2016-03-01 00:00:00', 10.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-003', 'customer-of-order-003', 'ana', '99999', 'sao paulo', 'SP', 'delivered', '2017-05-01 10:00:00', 105.50, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-004', 'customer-of-order-004', 'ana', '99999', 'sao paulo', 'SP', 'delivered', '2017-11-01 10:00:00', 31.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-005', 'customer-of-order-005', 'bia', '99999', 'sao paulo', 'SP', 'canceled', '2017-12-01 10:00:00', 10.00, NULL, false);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-006', 'customer-of-order-006', 'caio', '99999', '=1+1', 'SP', 'delivered', '2017-12-02 10:00:00', 10.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-007', 'customer-of-order-007', 'p00', '99999', 'sao paulo', 'SP', 'delivered', '2017-01-03 00:00:00', 2.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-008', 'customer-of-order-008', 'p01', '99999', 'sao paulo', 'SP', 'delivered', '2017-02-03 00:00:00', 3.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-009', 'customer-of-order-009', 'p02', '99999', 'sao paulo', 'SP', 'delivered', '2017-03-03 00:00:00', 4.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-010', 'customer-of-order-010', 'p03', '99999', 'sao paulo', 'SP', 'delivered', '2017-04-03 00:00:00', 5.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-011', 'customer-of-order-011', 'p04', '99999', 'sao paulo', 'SP', 'delivered', '2017-05-03 00:00:00', 6.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-012', 'customer-of-order-012', 'p05', '99999', 'sao paulo', 'SP', 'delivered', '2017-06-03 00:00:00', 7.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-013', 'customer-of-order-013', 'p06', '99999', 'sao paulo', 'SP', 'delivered', '2017-01-03 00:00:00', 8.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-014', 'customer-of-order-014', 'p07', '99999', 'sao paulo', 'SP', 'delivered', '2017-02-03 00:00:00', 9.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-015', 'customer-of-order-015', 'p08', '99999', 'sao paulo', 'SP', 'delivered', '2017-03-03 00:00:00', 10.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-016', 'customer-of-order-016', 'p09', '99999', 'sao paulo', 'SP', 'delivered', '2017-04-03 00:00:00', 11.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-017', 'customer-of-order-017', 'p10', '99999', 'sao paulo', 'SP', 'delivered', '2017-05-03 00:00:00', 12.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-018', 'customer-of-order-018', 'p11', '99999', 'sao paulo', 'SP', 'delivered', '2017-06-03 00:00:00', 13.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-019', 'customer-of-order-019', 'p12', '99999', 'sao paulo', 'SP', 'delivered', '2017-01-03 00:00:00', 14.00, NULL, true);
INSERT INTO ops.order_values_drafts_1 VALUES (1, 'order-020', 'customer-of-order-020', 'p13', '99999', 'sao paulo', 'SP', 'delivered', '2017-02-03 00:00:00', 15.00, NULL, true);

INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-000', 'customer-of-order-000', 'zz-0', '99999', 'sao paulo', 'SP', 'delivered', '2016-01-01 00:00:00', 10.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-001', 'customer-of-order-001', 'zz-1', '99999', 'sao paulo', 'SP', 'delivered', '2016-02-01 00:00:00', 10.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-002', 'customer-of-order-002', 'zz-2', '99999', 'sao paulo', 'SP', 'delivered', '2016-03-01 00:00:00', 10.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-003', 'customer-of-order-003', 'ana', '99999', 'sao paulo', 'SP', 'delivered', '2017-05-01 10:00:00', 105.50, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-004', 'customer-of-order-004', 'ana', '99999', 'sao paulo', 'SP', 'delivered', '2017-11-01 10:00:00', 31.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-005', 'customer-of-order-005', 'bia', '99999', 'sao paulo', 'SP', 'canceled', '2017-12-01 10:00:00', 10.00, NULL, false);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-006', 'customer-of-order-006', 'caio', '99999', '=1+1', 'SP', 'delivered', '2017-12-02 10:00:00', 10.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-007', 'customer-of-order-007', 'p00', '99999', 'sao paulo', 'SP', 'delivered', '2017-01-03 00:00:00', 2.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-008', 'customer-of-order-008', 'p01', '99999', 'sao paulo', 'SP', 'delivered', '2017-02-03 00:00:00', 3.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-009', 'customer-of-order-009', 'p02', '99999', 'sao paulo', 'SP', 'delivered', '2017-03-03 00:00:00', 4.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-010', 'customer-of-order-010', 'p03', '99999', 'sao paulo', 'SP', 'delivered', '2017-04-03 00:00:00', 5.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-011', 'customer-of-order-011', 'p04', '99999', 'sao paulo', 'SP', 'delivered', '2017-05-03 00:00:00', 6.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-012', 'customer-of-order-012', 'p05', '99999', 'sao paulo', 'SP', 'delivered', '2017-06-03 00:00:00', 7.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-013', 'customer-of-order-013', 'p06', '99999', 'sao paulo', 'SP', 'delivered', '2017-01-03 00:00:00', 8.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-014', 'customer-of-order-014', 'p07', '99999', 'sao paulo', 'SP', 'delivered', '2017-02-03 00:00:00', 9.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-015', 'customer-of-order-015', 'p08', '99999', 'sao paulo', 'SP', 'delivered', '2017-03-03 00:00:00', 10.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-016', 'customer-of-order-016', 'p09', '99999', 'sao paulo', 'SP', 'delivered', '2017-04-03 00:00:00', 11.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-017', 'customer-of-order-017', 'p10', '99999', 'sao paulo', 'SP', 'delivered', '2017-05-03 00:00:00', 12.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-018', 'customer-of-order-018', 'p11', '99999', 'sao paulo', 'SP', 'delivered', '2017-06-03 00:00:00', 13.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-019', 'customer-of-order-019', 'p12', '99999', 'sao paulo', 'SP', 'delivered', '2017-01-03 00:00:00', 14.00, NULL, true);
INSERT INTO ops.order_values_drafts_2 VALUES (2, 'order-020', 'customer-of-order-020', 'p13', '99999', 'sao paulo', 'SP', 'delivered', '2017-02-03 00:00:00', 15.00, NULL, true);

INSERT INTO ops.pipeline_runs OVERRIDING SYSTEM VALUE VALUES (1, 'test-0', 'manual', 'published', NULL, '2017-12-01 00:00:00', '2017-12-01 00:00:00', NULL, '/data', 'auto', 'upsert', '{canceled,unavailable}', 1, '2026-11-21 09:01:33.298221+00', '2026-11-21 09:01:38.767389+00', NULL);
INSERT INTO ops.pipeline_runs OVERRIDING SYSTEM VALUE VALUES (2, 'test-1', 'manual', 'published', NULL, '2018-01-01 00:00:00', '2018-01-01 00:00:00', NULL, '/data', 'auto', 'upsert', '{canceled,unavailable}', 2, '2026-11-21 09:01:38.795838+00', '2026-11-21 09:01:39.099137+00', NULL);

INSERT INTO ops.run_files VALUES (1, 'customers', 1);
INSERT INTO ops.run_files VALUES (1, 'geolocation', 2);
INSERT INTO ops.run_files VALUES (1, 'order_items', 3);
INSERT INTO ops.run_files VALUES (1, 'order_payments', 4);
INSERT INTO ops.run_files VALUES (1, 'order_reviews', 5);
INSERT INTO ops.run_files VALUES (1, 'orders', 6);
INSERT INTO ops.run_files VALUES (1, 'products', 7);
INSERT INTO ops.run_files VALUES (1, 'sellers', 8);
INSERT INTO ops.run_files VALUES (1, 'product_category_name_translation', 9);
INSERT INTO ops.run_files VALUES (2, 'customers', 1);
INSERT INTO ops.run_files VALUES (2, 'geolocation', 2);
INSERT INTO ops.run_files VALUES (2, 'order_items', 3);
INSERT INTO ops.run_files VALUES (2, 'order_payments', 4);
INSERT INTO ops.run_files VALUES (2, 'order_reviews', 5);
INSERT INTO ops.run_files VALUES (2, 'orders', 6);
INSERT INTO ops.run_files VALUES (2, 'products', 7);
INSERT INTO ops.run_files VALUES (2, 'sellers', 8);
INSERT INTO ops.run_files VALUES (2, 'product_category_name_translation', 9);

INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'ana', '2017-05-01 10:00:00', '2017-11-01 10:00:00', 29, 2, 136.50, 5.0000000000000000, 'audio', 'sao paulo', 'SP', -23.5, -46.6, 5, 5, 5, '555', 'Champions', 'Platinum', 'VIP Pre-Order: New Arrivals', 2, 'Platinum customer who buys mostly audio.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p00', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 332, 1, 2.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 1, 1, '111', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 2.00 so far.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p01', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 301, 1, 3.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 1, 1, '211', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 3.00 so far.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p02', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 273, 1, 4.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 1, 1, '311', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 4.00 so far.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p03', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 242, 1, 5.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 1, 1, '311', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 5.00 so far.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p04', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 212, 1, 6.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 2, 2, '422', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 6.00 so far.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p05', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 181, 1, 7.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 5, 2, 2, '522', 'New Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 7.00 so far.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p06', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 332, 1, 8.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 2, 2, '222', 'Lost Customers', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 8.00.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p07', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 301, 1, 9.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 2, 2, '222', 'Lost Customers', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 9.00.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p08', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 273, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 3, 3, '333', 'Potential Loyalists', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 10.00.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p09', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 242, 1, 11.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 4, 4, '444', 'Potential Loyalists', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 11.00.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p10', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 212, 1, 12.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 4, 4, '444', 'Potential Loyalists', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 12.00.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p11', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 181, 1, 13.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 5, 4, 4, '544', 'New Customers', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 13.00.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p12', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 332, 1, 14.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 5, 5, '255', 'At-Risk', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 14.00.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'p13', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 301, 1, 15.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 5, 5, '355', 'Potential Loyalists', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 15.00.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'zz-0', '2016-01-01 00:00:00', '2016-01-01 00:00:00', 700, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 10.00.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'zz-1', '2016-02-01 00:00:00', '2016-02-01 00:00:00', 669, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 10.00.', 1);
INSERT INTO ops.snapshot_drafts_1 VALUES (1, '2017-12-01 00:00:00', 'zz-2', '2016-03-01 00:00:00', '2016-03-01 00:00:00', 640, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Gold', '10% Off Your Next Order', 5, 'Gold customer who has spent R$ 10.00.', 1);

INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'ana', '2017-05-01 10:00:00', '2017-11-01 10:00:00', 60, 2, 136.50, 5.0000000000000000, 'audio', 'sao paulo', 'SP', -23.5, -46.6, 5, 5, 5, '555', 'Champions', 'Platinum', 'VIP Pre-Order: New Arrivals', 2, 'Platinum customer who buys mostly audio.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'caio', '2017-12-02 10:00:00', '2017-12-02 10:00:00', 29, 1, 10.00, 1.00000000000000000000, 'baby', '=1+1', 'SP', -23.5, -46.6, 5, 4, 4, '544', 'New Customers', 'Gold', 'Apology Email + Service Recovery', 1, 'Average review of 1.0 out of 5.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p00', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 363, 1, 2.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 1, 1, '111', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 2.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p01', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 332, 1, 3.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 1, 1, '211', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 3.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p02', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 304, 1, 4.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 1, 1, '311', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 4.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p03', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 273, 1, 5.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 1, 1, '311', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 5.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p04', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 243, 1, 6.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 2, 2, '422', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 6.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p05', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 212, 1, 7.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 2, 2, '422', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 7.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p06', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 363, 1, 8.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 2, 2, '222', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 8.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p07', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 332, 1, 9.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 2, 2, '222', 'Lost Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 9.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p08', '2017-03-03 00:00:00', '2017-03-03 00:00:00', 304, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 3, 3, '333', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 10.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p09', '2017-04-03 00:00:00', '2017-04-03 00:00:00', 273, 1, 11.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 4, 4, '444', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 11.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p10', '2017-05-03 00:00:00', '2017-05-03 00:00:00', 243, 1, 12.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 4, 4, 4, '444', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 12.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p11', '2017-06-03 00:00:00', '2017-06-03 00:00:00', 212, 1, 13.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 5, 4, 4, '544', 'New Customers', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 13.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p12', '2017-01-03 00:00:00', '2017-01-03 00:00:00', 363, 1, 14.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 2, 5, 5, '255', 'At-Risk', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 14.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'p13', '2017-02-03 00:00:00', '2017-02-03 00:00:00', 332, 1, 15.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 3, 5, 5, '355', 'Potential Loyalists', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 15.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'zz-0', '2016-01-01 00:00:00', '2016-01-01 00:00:00', 731, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 10.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'zz-1', '2016-02-01 00:00:00', '2016-02-01 00:00:00', 700, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 10.00 so far.', 2);
INSERT INTO ops.snapshot_drafts_2 VALUES (2, '2018-01-01 00:00:00', 'zz-2', '2016-03-01 00:00:00', '2016-03-01 00:00:00', 671, 1, 10.00, NULL, 'baby', 'sao paulo', 'SP', -23.5, -46.6, 1, 3, 3, '133', 'At-Risk', 'Silver', 'Free Shipping Nudge', 4, 'Silver customer who has spent R$ 10.00 so far.', 2);

INSERT INTO ops.source_files OVERRIDING SYSTEM VALUE VALUES (1, 'customers', '5627e789906de67aa89af34f23d5f676b23f72026297b8618dcf4a7565ac4b57', 'olist_customers_dataset.csv', 22, 21, 1, '2026-11-21 09:01:33.326563+00');
INSERT INTO ops.source_files OVERRIDING SYSTEM VALUE VALUES (2, 'geolocation', '7aed207e25c1b508e75185a6360c40f70eefe4f70aeaed1709a170a22535a08a', 'olist_geolocation_dataset.csv', 1, 1, 0, '2026-11-21 09:01:33.348272+00');
INSERT INTO ops.source_files OVERRIDING SYSTEM VALUE VALUES (3, 'order_items', 'c478d19e3c17d87eb961db173a023660ad5c30f1ccc980a0a60d9f8d3d268da5', 'olist_order_items_dataset.csv', 22, 22, 0, '2026-11-21 09:01:33.369017+00');
INSERT INTO ops.source_files OVERRIDING SYSTEM VALUE VALUES (4, 'order_payments', '365640dff5913b24fd2ce8920830f2b8150a0326fccafba04a2dccf92314a022', 'olist_order_payments_dataset.csv', 0, 0, 0, '2026-11-21 09:01:33.387411+00');
INSERT INTO ops.source_files OVERRIDING SYSTEM VALUE VALUES (5, 'order_reviews', 'f595baf9e958e106b4cfcfeb2295aa10c2581867e473693afcd7d0c44f1ad97f', 'olist_order_reviews_dataset.csv', 2, 2, 0, '2026-11-21 09:01:33.400163+00');
INSERT INTO ops.source_files OVERRIDING SYSTEM VALUE VALUES (6, 'orders', '0727df204862e28de4b9bc7751628b7ee59bda3a92a3a29708c13abb3a253baf', 'olist_orders_dataset.csv', 21, 21, 0, '2026-11-21 09:01:33.419422+00');
INSERT INTO ops.source_files OVERRIDING SYSTEM VALUE VALUES (7, 'products', 'bfd080a5b7aee791a056de81127c6e66eaa6a83d7fbbcc404eabab777282a0c7', 'olist_products_dataset.csv', 2, 2, 0, '2026-11-21 09:01:33.434199+00');
INSERT INTO ops.source_files OVERRIDING SYSTEM VALUE VALUES (8, 'sellers', 'a48e807894be6be89fe639367779a331887fc0eab54ceb8bec5281967313b981', 'olist_sellers_dataset.csv', 0, 0, 0, '2026-11-21 09:01:33.448168+00');
INSERT INTO ops.source_files OVERRIDING SYSTEM VALUE VALUES (9, 'product_category_name_translation', '1cd4130e6ae48697a3eb58a994517138e63b3cafdc2b624ad0f96cfeb52f674c', 'product_category_name_translation.csv', 3, 3, 0, '2026-11-21 09:01:33.469534+00');

INSERT INTO ops.validation_results VALUES (1, 'qualifying_orders', 'orders', 'critical', 0, true, '0 of 1 no order qualifies: none has an item, a customer and a purchase date before as_of');
INSERT INTO ops.validation_results VALUES (1, 'rejected_rows:customers', 'customers', 'critical', 1, true, '1 of 22 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (1, 'rejected_rows:geolocation', 'geolocation', 'critical', 0, true, '0 of 1 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (1, 'rejected_rows:order_items', 'order_items', 'critical', 0, true, '0 of 22 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (1, 'rejected_rows:order_payments', 'order_payments', 'critical', 0, true, '0 of 0 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (1, 'rejected_rows:order_reviews', 'order_reviews', 'critical', 0, true, '0 of 2 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (1, 'rejected_rows:orders', 'orders', 'critical', 0, true, '0 of 21 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (1, 'rejected_rows:products', 'products', 'critical', 0, true, '0 of 2 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (1, 'rejected_rows:sellers', 'sellers', 'critical', 0, true, '0 of 0 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (1, 'rejected_rows:product_category_name_translation', 'product_category_name_translation', 'critical', 0, true, '0 of 3 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (1, 'has_rows:customers', 'customers', 'critical', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (1, 'has_rows:geolocation', 'geolocation', 'warning', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (1, 'has_rows:order_items', 'order_items', 'critical', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (1, 'has_rows:order_payments', 'order_payments', 'warning', 1, false, '1 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (1, 'has_rows:order_reviews', 'order_reviews', 'warning', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (1, 'has_rows:orders', 'orders', 'critical', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (1, 'has_rows:products', 'products', 'warning', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (1, 'has_rows:sellers', 'sellers', 'warning', 1, false, '1 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (1, 'has_rows:product_category_name_translation', 'product_category_name_translation', 'warning', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (1, 'orders_have_customers', 'orders', 'critical', 0, true, '0 of 21 orders name a customer_id that is not there');
INSERT INTO ops.validation_results VALUES (1, 'items_have_orders', 'order_items', 'critical', 0, true, '0 of 22 items name an order that is not there');
INSERT INTO ops.validation_results VALUES (1, 'items_match_payments', 'order_payments', 'warning', 0, true, '0 of 0 orders were paid with another sum than price and freight of their items');
INSERT INTO ops.validation_results VALUES (1, 'delivered_after_purchase', 'orders', 'warning', 0, true, '0 of 21 orders were delivered before they were bought');
INSERT INTO ops.validation_results VALUES (1, 'items_have_products', 'order_items', 'warning', 0, true, '0 of 22 items name a product that is not there');
INSERT INTO ops.validation_results VALUES (1, 'items_have_prices', 'order_items', 'warning', 0, true, '0 of 22 items have a price of 0');
INSERT INTO ops.validation_results VALUES (1, 'payments_have_orders', 'order_payments', 'warning', 0, true, '0 of 0 payments name an order that is not there');
INSERT INTO ops.validation_results VALUES (1, 'reviews_have_orders', 'order_reviews', 'warning', 0, true, '0 of 2 reviews name an order that is not there');
INSERT INTO ops.validation_results VALUES (1, 'products_have_categories', 'products', 'warning', 0, true, '0 of 2 products have no category');
INSERT INTO ops.validation_results VALUES (1, 'categories_have_translations', 'product_category_name_translation', 'warning', 0, true, '0 of 2 categories have no English name and keep the Portuguese one');
INSERT INTO ops.validation_results VALUES (1, 'customers_have_coordinates', 'geolocation', 'warning', 0, true, '0 of 21 customers live in a zip prefix without coordinates');
INSERT INTO ops.validation_results VALUES (1, 'coordinates_in_brazil', 'geolocation', 'warning', 0, true, '0 of 1 zip prefixes lie outside Brazil');
INSERT INTO ops.validation_results VALUES (1, 'left_out:bought at or after as_of', 'orders', 'info', 1, true, '1 of 21 orders are left out: bought at or after as_of');
INSERT INTO ops.validation_results VALUES (1, 'left_out:status canceled', 'orders', 'info', 1, true, '1 of 21 orders are left out: status canceled');
INSERT INTO ops.validation_results VALUES (2, 'qualifying_orders', 'orders', 'critical', 0, true, '0 of 1 no order qualifies: none has an item, a customer and a purchase date before as_of');
INSERT INTO ops.validation_results VALUES (2, 'rejected_rows:customers', 'customers', 'critical', 1, true, '1 of 22 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (2, 'rejected_rows:geolocation', 'geolocation', 'critical', 0, true, '0 of 1 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (2, 'rejected_rows:order_items', 'order_items', 'critical', 0, true, '0 of 22 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (2, 'rejected_rows:order_payments', 'order_payments', 'critical', 0, true, '0 of 0 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (2, 'rejected_rows:order_reviews', 'order_reviews', 'critical', 0, true, '0 of 2 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (2, 'rejected_rows:orders', 'orders', 'critical', 0, true, '0 of 21 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (2, 'rejected_rows:products', 'products', 'critical', 0, true, '0 of 2 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (2, 'rejected_rows:sellers', 'sellers', 'critical', 0, true, '0 of 0 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (2, 'rejected_rows:product_category_name_translation', 'product_category_name_translation', 'critical', 0, true, '0 of 3 rows could not be typed or keyed');
INSERT INTO ops.validation_results VALUES (2, 'has_rows:customers', 'customers', 'critical', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (2, 'has_rows:geolocation', 'geolocation', 'warning', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (2, 'has_rows:order_items', 'order_items', 'critical', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (2, 'has_rows:order_payments', 'order_payments', 'warning', 1, false, '1 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (2, 'has_rows:order_reviews', 'order_reviews', 'warning', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (2, 'has_rows:orders', 'orders', 'critical', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (2, 'has_rows:products', 'products', 'warning', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (2, 'has_rows:sellers', 'sellers', 'warning', 1, false, '1 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (2, 'has_rows:product_category_name_translation', 'product_category_name_translation', 'warning', 0, true, '0 of 1 the table has no row');
INSERT INTO ops.validation_results VALUES (2, 'orders_have_customers', 'orders', 'critical', 0, true, '0 of 21 orders name a customer_id that is not there');
INSERT INTO ops.validation_results VALUES (2, 'items_have_orders', 'order_items', 'critical', 0, true, '0 of 22 items name an order that is not there');
INSERT INTO ops.validation_results VALUES (2, 'items_match_payments', 'order_payments', 'warning', 0, true, '0 of 0 orders were paid with another sum than price and freight of their items');
INSERT INTO ops.validation_results VALUES (2, 'delivered_after_purchase', 'orders', 'warning', 0, true, '0 of 21 orders were delivered before they were bought');
INSERT INTO ops.validation_results VALUES (2, 'items_have_products', 'order_items', 'warning', 0, true, '0 of 22 items name a product that is not there');
INSERT INTO ops.validation_results VALUES (2, 'items_have_prices', 'order_items', 'warning', 0, true, '0 of 22 items have a price of 0');
INSERT INTO ops.validation_results VALUES (2, 'payments_have_orders', 'order_payments', 'warning', 0, true, '0 of 0 payments name an order that is not there');
INSERT INTO ops.validation_results VALUES (2, 'reviews_have_orders', 'order_reviews', 'warning', 0, true, '0 of 2 reviews name an order that is not there');
INSERT INTO ops.validation_results VALUES (2, 'products_have_categories', 'products', 'warning', 0, true, '0 of 2 products have no category');
INSERT INTO ops.validation_results VALUES (2, 'categories_have_translations', 'product_category_name_translation', 'warning', 0, true, '0 of 2 categories have no English name and keep the Portuguese one');
INSERT INTO ops.validation_results VALUES (2, 'customers_have_coordinates', 'geolocation', 'warning', 0, true, '0 of 21 customers live in a zip prefix without coordinates');
INSERT INTO ops.validation_results VALUES (2, 'coordinates_in_brazil', 'geolocation', 'warning', 0, true, '0 of 1 zip prefixes lie outside Brazil');
INSERT INTO ops.validation_results VALUES (2, 'left_out:status canceled', 'orders', 'info', 1, true, '1 of 21 orders are left out: status canceled');

INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-000', 'zz-0', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-001', 'zz-1', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-002', 'zz-2', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-003', 'ana', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-004', 'ana', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-005', 'bia', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-006', 'caio', '99999', '=1+1', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-007', 'p00', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-008', 'p01', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-009', 'p02', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-010', 'p03', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-011', 'p04', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-012', 'p05', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-013', 'p06', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-014', 'p07', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-015', 'p08', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-016', 'p09', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-017', 'p10', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-018', 'p11', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-019', 'p12', '99999', 'sao paulo', 'SP');
INSERT INTO staging.customers_file_1 VALUES (1, 'customer-of-order-020', 'p13', '99999', 'sao paulo', 'SP');

INSERT INTO staging.geolocation_file_2 VALUES (2, '99999', -23.5, -46.6);

INSERT INTO staging.order_items_file_3 VALUES (3, 'order-000', 1, 'product-bebes', 'seller', '2016-01-01 00:00:00', 10.00, 0.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-001', 1, 'product-bebes', 'seller', '2016-02-01 00:00:00', 10.00, 0.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-002', 1, 'product-bebes', 'seller', '2016-03-01 00:00:00', 10.00, 0.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-003', 1, 'product-audio', 'seller', '2017-05-01 10:00:00', 100.00, 5.50);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-004', 1, 'product-bebes', 'seller', '2017-11-01 10:00:00', 20.00, 0.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-004', 2, 'product-audio', 'seller', '2017-11-01 10:00:00', 9.90, 1.10);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-005', 1, 'product-bebes', 'seller', '2017-12-01 10:00:00', 10.00, 0.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-006', 1, 'product-bebes', 'seller', '2017-12-02 10:00:00', 10.00, 0.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-007', 1, 'product-bebes', 'seller', '2017-01-03 00:00:00', 1.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-008', 1, 'product-bebes', 'seller', '2017-02-03 00:00:00', 2.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-009', 1, 'product-bebes', 'seller', '2017-03-03 00:00:00', 3.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-010', 1, 'product-bebes', 'seller', '2017-04-03 00:00:00', 4.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-011', 1, 'product-bebes', 'seller', '2017-05-03 00:00:00', 5.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-012', 1, 'product-bebes', 'seller', '2017-06-03 00:00:00', 6.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-013', 1, 'product-bebes', 'seller', '2017-01-03 00:00:00', 7.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-014', 1, 'product-bebes', 'seller', '2017-02-03 00:00:00', 8.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-015', 1, 'product-bebes', 'seller', '2017-03-03 00:00:00', 9.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-016', 1, 'product-bebes', 'seller', '2017-04-03 00:00:00', 10.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-017', 1, 'product-bebes', 'seller', '2017-05-03 00:00:00', 11.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-018', 1, 'product-bebes', 'seller', '2017-06-03 00:00:00', 12.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-019', 1, 'product-bebes', 'seller', '2017-01-03 00:00:00', 13.00, 1.00);
INSERT INTO staging.order_items_file_3 VALUES (3, 'order-020', 1, 'product-bebes', 'seller', '2017-02-03 00:00:00', 14.00, 1.00);

INSERT INTO staging.order_reviews_file_5 VALUES (5, 'review', 'order-003', 5, NULL, 'two
lines', '2017-05-09 00:00:00', '2017-05-09 00:00:00');
INSERT INTO staging.order_reviews_file_5 VALUES (5, 'review', 'order-006', 1, NULL, 'two
lines', '2017-12-09 00:00:00', '2017-12-09 00:00:00');

INSERT INTO staging.orders_file_6 VALUES (6, 'order-000', 'customer-of-order-000', 'delivered', '2016-01-01 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-001', 'customer-of-order-001', 'delivered', '2016-02-01 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-002', 'customer-of-order-002', 'delivered', '2016-03-01 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-003', 'customer-of-order-003', 'delivered', '2017-05-01 10:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-004', 'customer-of-order-004', 'delivered', '2017-11-01 10:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-005', 'customer-of-order-005', 'canceled', '2017-12-01 10:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-006', 'customer-of-order-006', 'delivered', '2017-12-02 10:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-007', 'customer-of-order-007', 'delivered', '2017-01-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-008', 'customer-of-order-008', 'delivered', '2017-02-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-009', 'customer-of-order-009', 'delivered', '2017-03-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-010', 'customer-of-order-010', 'delivered', '2017-04-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-011', 'customer-of-order-011', 'delivered', '2017-05-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-012', 'customer-of-order-012', 'delivered', '2017-06-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-013', 'customer-of-order-013', 'delivered', '2017-01-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-014', 'customer-of-order-014', 'delivered', '2017-02-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-015', 'customer-of-order-015', 'delivered', '2017-03-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-016', 'customer-of-order-016', 'delivered', '2017-04-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-017', 'customer-of-order-017', 'delivered', '2017-05-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-018', 'customer-of-order-018', 'delivered', '2017-06-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-019', 'customer-of-order-019', 'delivered', '2017-01-03 00:00:00', NULL, NULL, NULL, NULL);
INSERT INTO staging.orders_file_6 VALUES (6, 'order-020', 'customer-of-order-020', 'delivered', '2017-02-03 00:00:00', NULL, NULL, NULL, NULL);

INSERT INTO staging.product_category_name_translation_file_9 VALUES (9, 'perfumaria', 'perfumery');
INSERT INTO staging.product_category_name_translation_file_9 VALUES (9, 'audio', 'audio');
INSERT INTO staging.product_category_name_translation_file_9 VALUES (9, 'bebes', 'baby');

INSERT INTO staging.products_file_7 VALUES (7, 'product-bebes', 'bebes', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO staging.products_file_7 VALUES (7, 'product-audio', 'audio', NULL, NULL, NULL, NULL, NULL, NULL, NULL);

SELECT pg_catalog.setval('ops.cluster_models_model_id_seq', 2, true);

SELECT pg_catalog.setval('ops.pipeline_runs_run_id_seq', 2, true);

SELECT pg_catalog.setval('ops.source_files_file_id_seq', 9, true);

ALTER TABLE ONLY analytics.customer_snapshots
    ADD CONSTRAINT customer_snapshots_pkey PRIMARY KEY (as_of, customer_unique_id);

ALTER TABLE ONLY analytics.customer_snapshots_20171201t000000
    ADD CONSTRAINT customer_snapshots_20171201t000000_pkey PRIMARY KEY (as_of, customer_unique_id);

ALTER TABLE ONLY analytics.customer_snapshots_20180101t000000
    ADD CONSTRAINT customer_snapshots_20180101t000000_pkey PRIMARY KEY (as_of, customer_unique_id);

ALTER TABLE ONLY ops.cluster_models
    ADD CONSTRAINT cluster_models_fingerprint_key UNIQUE (fingerprint);

ALTER TABLE ONLY ops.cluster_models
    ADD CONSTRAINT cluster_models_pkey PRIMARY KEY (model_id);

ALTER TABLE ONLY ops.hubspot_contacts
    ADD CONSTRAINT hubspot_contacts_pkey PRIMARY KEY (customer_unique_id);

ALTER TABLE ONLY ops.hubspot_failures
    ADD CONSTRAINT hubspot_failures_pkey PRIMARY KEY (customer_unique_id);

ALTER TABLE ONLY ops.hubspot_in_flight
    ADD CONSTRAINT hubspot_in_flight_pkey PRIMARY KEY (customer_unique_id);

ALTER TABLE ONLY ops.hubspot_plan_drafts
    ADD CONSTRAINT hubspot_plan_drafts_pkey PRIMARY KEY (run_id, part, customer_unique_id);

ALTER TABLE ONLY ops.hubspot_plan_drafts_1
    ADD CONSTRAINT hubspot_plan_drafts_1_pkey PRIMARY KEY (run_id, part, customer_unique_id);

ALTER TABLE ONLY ops.hubspot_plan_drafts_2
    ADD CONSTRAINT hubspot_plan_drafts_2_pkey PRIMARY KEY (run_id, part, customer_unique_id);

ALTER TABLE ONLY ops.hubspot_syncs
    ADD CONSTRAINT hubspot_syncs_pkey PRIMARY KEY (run_id);

ALTER TABLE ONLY ops.installed
    ADD CONSTRAINT installed_pkey PRIMARY KEY (name);

ALTER TABLE ONLY ops.pipeline_runs
    ADD CONSTRAINT pipeline_runs_dag_run_id_key UNIQUE (dag_run_id);

ALTER TABLE ONLY ops.pipeline_runs
    ADD CONSTRAINT pipeline_runs_pkey PRIMARY KEY (run_id);

ALTER TABLE ONLY ops.run_files
    ADD CONSTRAINT run_files_pkey PRIMARY KEY (run_id, table_name);

ALTER TABLE ONLY ops.source_files
    ADD CONSTRAINT source_files_pkey PRIMARY KEY (file_id);

ALTER TABLE ONLY ops.source_files
    ADD CONSTRAINT source_files_table_name_content_hash_key UNIQUE (table_name, content_hash);

ALTER TABLE ONLY ops.stage_runs
    ADD CONSTRAINT stage_runs_pkey PRIMARY KEY (run_id, stage, part);

ALTER TABLE ONLY ops.validation_results
    ADD CONSTRAINT validation_results_pkey PRIMARY KEY (run_id, check_name);

ALTER TABLE ONLY staging.customers_by_file
    ADD CONSTRAINT customers_by_file_pkey PRIMARY KEY (file_id, customer_id);

ALTER TABLE ONLY staging.customers_file_1
    ADD CONSTRAINT customers_file_1_pkey PRIMARY KEY (file_id, customer_id);

ALTER TABLE ONLY staging.geolocation_by_file
    ADD CONSTRAINT geolocation_by_file_pkey PRIMARY KEY (file_id, zip_code_prefix);

ALTER TABLE ONLY staging.geolocation_file_2
    ADD CONSTRAINT geolocation_file_2_pkey PRIMARY KEY (file_id, zip_code_prefix);

ALTER TABLE ONLY staging.order_items_by_file
    ADD CONSTRAINT order_items_by_file_pkey PRIMARY KEY (file_id, order_id, order_item_id);

ALTER TABLE ONLY staging.order_items_file_3
    ADD CONSTRAINT order_items_file_3_pkey PRIMARY KEY (file_id, order_id, order_item_id);

ALTER TABLE ONLY staging.order_payments_by_file
    ADD CONSTRAINT order_payments_by_file_pkey PRIMARY KEY (file_id, order_id, payment_sequential);

ALTER TABLE ONLY staging.order_payments_file_4
    ADD CONSTRAINT order_payments_file_4_pkey PRIMARY KEY (file_id, order_id, payment_sequential);

ALTER TABLE ONLY staging.order_reviews_by_file
    ADD CONSTRAINT order_reviews_by_file_pkey PRIMARY KEY (file_id, review_id, order_id);

ALTER TABLE ONLY staging.order_reviews_file_5
    ADD CONSTRAINT order_reviews_file_5_pkey PRIMARY KEY (file_id, review_id, order_id);

ALTER TABLE ONLY staging.orders_by_file
    ADD CONSTRAINT orders_by_file_pkey PRIMARY KEY (file_id, order_id);

ALTER TABLE ONLY staging.orders_file_6
    ADD CONSTRAINT orders_file_6_pkey PRIMARY KEY (file_id, order_id);

ALTER TABLE ONLY staging.product_category_name_translation_by_file
    ADD CONSTRAINT product_category_name_translation_by_file_pkey PRIMARY KEY (file_id, product_category_name);

ALTER TABLE ONLY staging.product_category_name_translation_file_9
    ADD CONSTRAINT product_category_name_translation_file_9_pkey PRIMARY KEY (file_id, product_category_name);

ALTER TABLE ONLY staging.products_by_file
    ADD CONSTRAINT products_by_file_pkey PRIMARY KEY (file_id, product_id);

ALTER TABLE ONLY staging.products_file_7
    ADD CONSTRAINT products_file_7_pkey PRIMARY KEY (file_id, product_id);

ALTER TABLE ONLY staging.sellers_by_file
    ADD CONSTRAINT sellers_by_file_pkey PRIMARY KEY (file_id, seller_id);

ALTER TABLE ONLY staging.sellers_file_8
    ADD CONSTRAINT sellers_file_8_pkey PRIMARY KEY (file_id, seller_id);

CREATE INDEX file_rejects_file_id_idx ON ops.file_rejects USING btree (file_id);

ALTER INDEX analytics.customer_snapshots_pkey ATTACH PARTITION analytics.customer_snapshots_20171201t000000_pkey;

ALTER INDEX analytics.customer_snapshots_pkey ATTACH PARTITION analytics.customer_snapshots_20180101t000000_pkey;

ALTER INDEX ops.hubspot_plan_drafts_pkey ATTACH PARTITION ops.hubspot_plan_drafts_1_pkey;

ALTER INDEX ops.hubspot_plan_drafts_pkey ATTACH PARTITION ops.hubspot_plan_drafts_2_pkey;

ALTER INDEX staging.customers_by_file_pkey ATTACH PARTITION staging.customers_file_1_pkey;

ALTER INDEX staging.geolocation_by_file_pkey ATTACH PARTITION staging.geolocation_file_2_pkey;

ALTER INDEX staging.order_items_by_file_pkey ATTACH PARTITION staging.order_items_file_3_pkey;

ALTER INDEX staging.order_payments_by_file_pkey ATTACH PARTITION staging.order_payments_file_4_pkey;

ALTER INDEX staging.order_reviews_by_file_pkey ATTACH PARTITION staging.order_reviews_file_5_pkey;

ALTER INDEX staging.orders_by_file_pkey ATTACH PARTITION staging.orders_file_6_pkey;

ALTER INDEX staging.product_category_name_translation_by_file_pkey ATTACH PARTITION staging.product_category_name_translation_file_9_pkey;

ALTER INDEX staging.products_by_file_pkey ATTACH PARTITION staging.products_file_7_pkey;

ALTER INDEX staging.sellers_by_file_pkey ATTACH PARTITION staging.sellers_file_8_pkey;

ALTER TABLE ONLY ops.file_rejects
    ADD CONSTRAINT file_rejects_file_id_fkey FOREIGN KEY (file_id) REFERENCES ops.source_files(file_id) ON DELETE CASCADE;

ALTER TABLE ONLY ops.hubspot_syncs
    ADD CONSTRAINT hubspot_syncs_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id) ON DELETE CASCADE;

ALTER TABLE ONLY ops.run_files
    ADD CONSTRAINT run_files_file_id_fkey FOREIGN KEY (file_id) REFERENCES ops.source_files(file_id);

ALTER TABLE ONLY ops.run_files
    ADD CONSTRAINT run_files_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id) ON DELETE CASCADE;

ALTER TABLE ONLY ops.stage_runs
    ADD CONSTRAINT stage_runs_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id) ON DELETE CASCADE;

ALTER TABLE ONLY ops.validation_results
    ADD CONSTRAINT validation_results_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id) ON DELETE CASCADE;
