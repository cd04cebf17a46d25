-- The vintages of a chain up to `vintage`, the oldest first, each with the features of its customers packed into one
-- value as in features.sql. Vintage dates go back by `months` to the first at which anybody had bought. The chain begins
-- at the first of them that had enough people a vintage before: enough_people, and half of its own. Until there is one,
-- `vintage` is alone.
--
-- The customers are those of ops.training_customers, in the order of the hash that chooses them: their order among each
-- other does not change when others come. Nearly everybody bought once, so only those who bought before and after a
-- vintage date are aggregated again for it.
create or replace function ops.chain_features(
    of_run_id bigint, vintage timestamp, months integer, enough_people bigint, sample_size bigint
)
returns table (moment timestamp, people bigint, people_before bigint, features bytea)
language sql stable
as $$
    with buyers as materialized (
        select
            customer_unique_id,
            min(order_date) as first_purchase_date,
            max(order_date) as last_purchase_date,
            count(*) as frequency,
            ops.total(items_total) as monetary
        from ops.qualifying_orders_before(of_run_id, vintage)
        group by customer_unique_id
    ),

    -- A month's newcomers are there at the first vintage date after the month.
    newcomers as (
        select
            months * (
                (
                    12 * (extract(year from vintage) - extract(year from month))
                    + extract(month from vintage) - extract(month from month) - 1
                )::integer / months
            ) as months_before,
            sum(newcomers) as newcomers
        from (
            select date_trunc('month', first_purchase_date) as month, count(*) as newcomers
            from buyers
            group by month
        ) as by_month
        group by months_before
    ),

    vintages as (
        select
            vintage - make_interval(months => months_before) as moment,
            sum(coalesce(newcomers, 0)) over until_then::bigint as people,
            sum(coalesce(newcomers, 0)) over until_then::bigint - coalesce(newcomers, 0)::bigint as people_before
        from generate_series(0, (select max(months_before) from newcomers), months) as months_before
        left join newcomers using (months_before)
        window until_then as (order by months_before desc)
    ),

    links as materialized (
        select *
        from vintages
        where moment >= (
            select coalesce(min(moment), vintage)
            from vintages
            where people_before >= enough_people and 2 * people_before >= people
        )
    ),

    -- In the order of the hash, so that PostgreSQL 17 and later read no more of them than they take.
    hashed as materialized (
        select *, sha256(convert_to(customer_unique_id, 'UTF8')) as hash
        from buyers
        order by hash
    ),

    chosen as materialized (
        select links.moment, earliest.*
        from links
        cross join lateral (
            select * from hashed where first_purchase_date < links.moment order by hash limit sample_size
        ) as earliest
    ),

    customers as (
        select moment, hash, last_purchase_date, frequency, monetary
        from chosen
        where last_purchase_date < moment
        union all
        select moment, hash, max(order_date), count(*), ops.total(items_total)
        from chosen
        inner join ops.qualifying_orders_before(of_run_id, vintage) as orders using (customer_unique_id)
        where last_purchase_date >= moment and order_date < moment
        group by moment, hash
    ),

    packed as (
        select
            moment,
            string_agg(
                float8send(extract(day from moment - last_purchase_date)::double precision)
                || float8send(frequency) || float8send(monetary::double precision),
                ''::bytea order by hash
            ) as features
        from customers
        group by moment
    )

    select links.moment, links.people, links.people_before, packed.features
    from links
    inner join packed using (moment)
    order by links.moment
$$;
