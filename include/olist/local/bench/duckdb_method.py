"""The same answer by DuckDB, for comparison: SQL over the files, and COPY to PostgreSQL.

Run as a program with the folder of the files and the URI of an empty database; prints what it took (cost.py).
With --whole it stores the nine typed tables and the order values as well as the customers.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np

from olist.local.bench.cost import tell
from olist.local.bench.peers import (
    ANSWER,
    FEATURES,
    FILES,
    TECH,
    TIERS,
    columns_of,
    path_of,
    rank_of_tier,
    store,
)

# What the answer needs of each file.
NEEDED = {
    "geolocation": "zip_code_prefix, median(latitude) as latitude, median(longitude) as longitude",
    "orders": "order_id, customer_id, order_status, order_purchase_timestamp",
    "order_items": "order_id, product_id, price, freight_value",
    "order_reviews": "order_id, review_score, review_creation_date",
    "customers": "*",
    "products": "product_id, product_category_name",
    "product_category_name_translation": "*",
}
ORDER_VALUES = """
create table order_values as
with items as (
    select order_id, sum(price + freight_value) as items_total from order_items group by order_id
),

payments as (
    select order_id, sum(payment_value) as payments_total from order_payments group by order_id
)

select
    order_id, customer_id, customer_unique_id, order_status, order_purchase_timestamp as order_date,
    items_total, payments_total,
    coalesce(
        order_status not in ('canceled', 'unavailable')
        and items_total is not null
        and customer_unique_id is not null,
        false
    ) as is_qualifying
from orders
left join customers using (customer_id)
left join items using (order_id)
left join payments using (order_id)
"""
# Numbered by customer id, in which order K-Means sees them.
RFM = """
create table rfm as
with qualifying as (
    select order_values.*, zip_code_prefix, customer_city, customer_state
    from order_values
    inner join customers using (customer_id)
    where is_qualifying
),

reviews as (
    select order_id, sum(review_score) as scores, count(*) as reviews
    from order_reviews
    where review_creation_date < getvariable('as_of')
    group by order_id
),

purchases as (
    select
        customer_unique_id,
        min(order_date) as first_purchase_date,
        max(order_date) as last_purchase_date,
        count(*) as frequency,
        sum(items_total) as monetary,
        sum(scores) / sum(reviews) as avg_review_score,
        arg_max((zip_code_prefix, customer_city, customer_state), (order_date, order_id)) as latest
    from qualifying
    left join reviews using (order_id)
    group by customer_unique_id
),

categories as (
    select
        customer_unique_id,
        coalesce(product_category_name_english, product_category_name, 'unknown') as category,
        count(*) as items,
        sum(price + freight_value) as spend
    from order_items
    inner join qualifying using (order_id)
    left join products using (product_id)
    left join product_category_name_translation using (product_category_name)
    group by all
),

favorites as (
    select customer_unique_id, arg_min(category, (-items, -spend, category)) as favorite_category
    from categories
    group by customer_unique_id
)

select
    row_number() over (order by customer_unique_id) - 1 as number,
    purchases.* exclude (latest),
    date_sub('day', last_purchase_date, getvariable('as_of')) as recency_days,
    favorite_category,
    latest[1] as zip_code_prefix,
    latest[2] as customer_city,
    latest[3] as customer_state
from purchases
inner join favorites using (customer_unique_id)
"""
SEGMENTS = f"""
create table {ANSWER} as
with scores as (
    select
        number,
        ntile(5) over (order by last_purchase_date, frequency, monetary, number) as r_score,
        ntile(5) over (order by frequency, monetary, last_purchase_date, number) as f_score,
        ntile(5) over (order by monetary, frequency, last_purchase_date, number) as m_score
    from rfm
),

scored as (
    select * from rfm inner join scores using (number)
),

named as (
    select
        *,
        case
            when r_score >= 4 and f_score >= 4 and m_score >= 4 and frequency >= 2 then 'Champions'
            when r_score >= 3 and f_score >= 4 and frequency >= 2 then 'Loyal Customers'
            when r_score = 5 and frequency = 1 then 'New Customers'
            when r_score >= 3 then 'Potential Loyalists'
            when f_score >= 3 then 'At-Risk'
            else 'Lost Customers'
        end as segment_name,
        {list(TIERS)}[tiers.rank + 1] as loyalty_tier
    from scored
    inner join tiers using (number)
),

decided as (
    select
        *,
        case
            when avg_review_score <= 2 then 1
            when loyalty_tier = 'Platinum' and favorite_category in {TECH} then 2
            when loyalty_tier = 'Gold' and frequency >= 2 then 3
            when loyalty_tier = 'Silver' and monetary < 100 then 4
            else 5
        end as action_priority
    from named
)

select
    getvariable('as_of') as as_of, customer_unique_id, first_purchase_date, last_purchase_date, recency_days,
    frequency, monetary, avg_review_score, favorite_category, customer_city, customer_state,
    latitude, longitude, r_score, f_score, m_score, concat(r_score, f_score, m_score) as rfm_code,
    segment_name, loyalty_tier,
    case
        when action_priority = 1 then 'Apology Email + Service Recovery'
        when action_priority = 2 then 'VIP Pre-Order: New Arrivals'
        when action_priority = 3 then 'Referral Bonus: Give $20, Get $20'
        when action_priority = 4 then 'Free Shipping Nudge'
        when loyalty_tier = 'Platinum' then 'VIP Concierge Offer'
        when loyalty_tier = 'Gold' then '10% Off Your Next Order'
        else 'Win-Back: We Miss You'
    end as next_action,
    action_priority
from decided
left join geolocation using (zip_code_prefix)
"""
BLOCK_BYTES = 1 << 18


def segment_customers(folder: Path, uri: str, whole: bool) -> None:
    """Fills the answer, and with `whole` the other tables, in an empty PostgreSQL database."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(4) as pool, duckdb.connect() as duck:
        stored: list[Future[None]] = []

        def export(table: str) -> None:
            stored.append(pool.submit(_store, duck.cursor(), Path(name), uri, table))

        for table in FILES if whole else NEEDED:
            _read(duck, folder, table, whole)
            if whole:
                export(table)
        if not whole:
            duck.execute("create table order_payments (order_id varchar, payment_value decimal(12, 2))")
        duck.execute(ORDER_VALUES)
        if whole:
            export("order_values")
        duck.execute(
            "set variable as_of = "
            "(select max(order_date) + interval 1 day from order_values where is_qualifying)"
        )
        duck.execute(RFM)
        _add_tiers(duck)
        duck.execute(SEGMENTS)
        export(ANSWER)
        for each in stored:
            each.result()


def _read(duck: duckdb.DuckDBPyConnection, folder: Path, table: str, whole: bool) -> None:
    what = "*" if whole and table != "geolocation" else NEEDED[table]
    group = "group by zip_code_prefix" if table == "geolocation" else ""
    duck.execute(
        f"create table {table} as select {what} from read_csv($path, columns = {columns_of(table)}, "
        f"header = true, auto_detect = false, nullstr = '') {group}",
        {"path": str(path_of(folder, table))},
    )


def _add_tiers(duck: duckdb.DuckDBPyConnection) -> None:
    features = duck.execute(
        "select recency_days, frequency, monetary::double as monetary from rfm order by number"
    ).fetchnumpy()
    rank = rank_of_tier(np.column_stack([features[name] for name in FEATURES]))
    duck.register("tiers", {"number": np.arange(len(rank)), "rank": rank})


def _store(duck: duckdb.DuckDBPyConnection, folder: Path, uri: str, table: str) -> None:
    """DuckDB writes CSV into a pipe, while PostgreSQL reads from it."""
    pipe = folder / table
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as writer:
        written = writer.submit(
            duck.execute, f"copy {table} to '{pipe}' (format csv, header false, use_tmp_file false)"
        )
        store(uri, table, _blocks(pipe))
        written.result()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


if __name__ == "__main__":
    _folder, _uri, *_more = sys.argv[1:]
    tell(segment_customers, Path(_folder), _uri, "--whole" in _more)
