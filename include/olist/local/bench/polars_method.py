"""The same answer by Polars, for comparison: lazy frames over the files, and COPY to PostgreSQL.

Run as a program with the folder of the files and the URI of an empty database; prints what it took (cost.py).
With --whole it stores the nine typed tables and the order values as well as the customers.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import polars as pl

from olist.local.bench.cost import tell
from olist.local.bench.peers import (
    ANSWER,
    FEATURES,
    FILES,
    STORED,
    TECH,
    TIERS,
    columns_of,
    path_of,
    rank_of_tier,
    store,
)

DTYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "timestamp": pl.Datetime("us"),
    "integer": pl.Int32(),
    "smallint": pl.Int16(),
    "numeric": pl.Decimal(18, 2),
    "float8": pl.Float64(),
}
ROWS_AT_ONCE = 20_000
Frames = dict[str, pl.LazyFrame]


def segment_customers(folder: Path, uri: str, whole: bool) -> None:
    """Fills the answer, and with `whole` the other tables, in an empty PostgreSQL database."""
    files = {table: _scan(folder, table) for table in FILES}
    with ThreadPoolExecutor(4) as pool:
        stored: list[Future[None]] = []

        def export(table: str, frame: pl.DataFrame) -> None:
            stored.append(pool.submit(store, uri, table, _csv(frame.select(list(columns_of(table, STORED))))))

        if whole:
            for table, frame in files.items():
                read = frame.collect(engine="streaming")
                files[table] = read.lazy()
                export(table, read)
        orders = _order_values(files, whole).collect(engine="streaming")
        if whole:
            export("order_values", orders)
        export(ANSWER, _customers(files, orders))
        for each in stored:
            each.result()


def _scan(folder: Path, table: str) -> pl.LazyFrame:
    schema = {name: DTYPES[kind] for name, kind in columns_of(table).items()}
    frame = pl.scan_csv(path_of(folder, table), schema=schema, has_header=False, skip_lines=1)
    if table == "geolocation":
        return frame.group_by("zip_code_prefix").agg(pl.median("latitude", "longitude"))
    return frame


def _order_values(files: Frames, whole: bool) -> pl.LazyFrame:
    items = (
        files["order_items"]
        .group_by("order_id")
        .agg(items_total=(pl.col("price") + pl.col("freight_value")).sum())
    )
    orders = (
        files["orders"]
        .join(files["customers"], on="customer_id", how="left")
        .join(items, on="order_id", how="left")
        .with_columns(
            pl.col("order_purchase_timestamp").alias("order_date"),
            is_qualifying=pl.col("order_status").is_in(["canceled", "unavailable"]).not_()
            & pl.col("items_total").is_not_null()
            & pl.col("customer_unique_id").is_not_null(),
        )
    )
    if not whole:
        return orders
    payments = files["order_payments"].group_by("order_id").agg(payments_total=pl.col("payment_value").sum())
    return orders.join(payments, on="order_id", how="left")


def _customers(files: Frames, orders: pl.DataFrame) -> pl.DataFrame:
    qualifying = orders.filter("is_qualifying")
    as_of = pl.lit(qualifying["order_date"].dt.offset_by("1d").max(), pl.Datetime("us"))
    reviews = (
        files["order_reviews"]
        .filter(pl.col("review_creation_date") < as_of)
        .group_by("order_id")
        .agg(scores=pl.col("review_score").sum(), reviews=pl.len())
    )
    latest = pl.col("zip_code_prefix", "customer_city", "customer_state")
    purchases = (
        qualifying.lazy()
        .join(reviews, on="order_id", how="left")
        .sort("order_date", "order_id")
        .group_by("customer_unique_id")
        .agg(
            latest.last(),
            first_purchase_date=pl.col("order_date").first(),
            last_purchase_date=pl.col("order_date").last(),
            frequency=pl.len(),
            monetary=pl.col("items_total").sum(),
            avg_review_score=pl.col("scores").sum() / pl.col("reviews").sum(),
        )
        .with_columns(
            as_of=as_of,
            recency_days=(as_of - pl.col("last_purchase_date")).dt.total_days(),
            avg_review_score=pl.col("avg_review_score").fill_nan(None),
        )
    )
    customers = (
        purchases.join(_favorite_categories(files, qualifying.lazy()), on="customer_unique_id")
        .join(files["geolocation"], on="zip_code_prefix", how="left")
        # In which order K-Means sees them.
        .sort("customer_unique_id")
        .collect(engine="streaming")
    )
    return _decided(_scored(customers))


def _favorite_categories(files: Frames, qualifying: pl.LazyFrame) -> pl.LazyFrame:
    categories = (
        files["products"]
        .join(files["product_category_name_translation"], on="product_category_name", how="left")
        .select(
            "product_id",
            category=pl.coalesce("product_category_name_english", "product_category_name"),
        )
    )
    return (
        files["order_items"]
        .join(qualifying.select("order_id", "customer_unique_id"), on="order_id")
        .join(categories, on="product_id", how="left")
        .group_by("customer_unique_id", pl.col("category").fill_null("unknown"))
        .agg(items=pl.len(), spend=(pl.col("price") + pl.col("freight_value")).sum())
        .sort("items", "spend", "category", descending=[True, True, False])
        .group_by("customer_unique_id")
        .agg(favorite_category=pl.col("category").first())
    )


def _scored(customers: pl.DataFrame) -> pl.DataFrame:
    """Scores, segment and tier of customers who are sorted by id."""
    customers = customers.with_columns(
        m_rank=_rank(customers, "monetary", "frequency", "last_purchase_date")
    ).with_columns(
        rank_of_tier=pl.Series(rank_of_tier(customers.select(pl.col(FEATURES).cast(pl.Float64)).to_numpy()))
    )
    r, f, m = pl.col("r_score"), pl.col("f_score"), pl.col("m_score")
    often = pl.col("frequency") >= 2
    return customers.with_columns(
        r_score=_quintile(_rank(customers, "last_purchase_date", "frequency", "m_rank")),
        f_score=_quintile(_rank(customers, "frequency", "m_rank")),
        m_score=_quintile(customers["m_rank"]),
    ).with_columns(
        rfm_code=pl.concat_str(r, f, m),
        segment_name=pl.when((r >= 4) & (f >= 4) & (m >= 4) & often)
        .then(pl.lit("Champions"))
        .when((r >= 3) & (f >= 4) & often)
        .then(pl.lit("Loyal Customers"))
        .when((r == 5) & (pl.col("frequency") == 1))
        .then(pl.lit("New Customers"))
        .when(r >= 3)
        .then(pl.lit("Potential Loyalists"))
        .when(f >= 3)
        .then(pl.lit("At-Risk"))
        .otherwise(pl.lit("Lost Customers")),
        loyalty_tier=pl.col("rank_of_tier").replace_strict(range(len(TIERS)), TIERS),
    )


def _rank(customers: pl.DataFrame, *columns: str) -> pl.Series:
    """The place of each row, from 0, in the order of the columns; of equals, in the order of rows."""
    return customers.select(pl.arg_sort_by(*columns, maintain_order=True)).to_series().arg_sort()


def _quintile(rank: pl.Series) -> pl.Series:
    """ntile(5): the first ones are one larger where the rows cannot be divided."""
    size, larger = divmod(len(rank), 5)
    in_larger = larger * (size + 1)
    rank = rank.cast(pl.Int64)
    return (rank // (size + 1)).zip_with(rank < in_larger, larger + (rank - in_larger) // max(size, 1)) + 1


def _decided(customers: pl.DataFrame) -> pl.DataFrame:
    """The next action and the number of its rule."""
    tier = pl.col("loyalty_tier")
    priority = pl.col("action_priority")
    return customers.with_columns(
        action_priority=pl.when(pl.col("avg_review_score") <= 2)
        .then(1)
        .when((tier == "Platinum") & pl.col("favorite_category").is_in(TECH))
        .then(2)
        .when((tier == "Gold") & (pl.col("frequency") >= 2))
        .then(3)
        .when((tier == "Silver") & (pl.col("monetary") < 100))
        .then(4)
        .otherwise(5)
    ).with_columns(
        next_action=pl.when(priority == 1)
        .then(pl.lit("Apology Email + Service Recovery"))
        .when(priority == 2)
        .then(pl.lit("VIP Pre-Order: New Arrivals"))
        .when(priority == 3)
        .then(pl.lit("Referral Bonus: Give $20, Get $20"))
        .when(priority == 4)
        .then(pl.lit("Free Shipping Nudge"))
        .when(tier == "Platinum")
        .then(pl.lit("VIP Concierge Offer"))
        .when(tier == "Gold")
        .then(pl.lit("10% Off Your Next Order"))
        .otherwise(pl.lit("Win-Back: We Miss You"))
    )


def _csv(frame: pl.DataFrame) -> Iterator[memoryview]:
    for rows in frame.iter_slices(ROWS_AT_ONCE):
        text = BytesIO()
        rows.write_csv(text, include_header=False)
        yield text.getbuffer()


if __name__ == "__main__":
    _folder, _uri, *_more = sys.argv[1:]
    tell(segment_customers, Path(_folder), _uri, "--whole" in _more)
