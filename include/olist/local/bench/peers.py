"""What DuckDB and Polars have in common: the tables they fill, how rows get there, and K-Means.

Both do what docs/numbers.md says for the default strategy.yaml, and believe every value of the files.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from olist.files.sources import source_of

TIERS = ("Platinum", "Gold", "Silver")
FEATURES = ("recency_days", "frequency", "monetary")
# As many as our own model learns from.
SAMPLE = 100_000
TECH = (
    "computers",
    "computers_accessories",
    "electronics",
    "telephony",
    "fixed_telephony",
    "tablets_printing_image",
    "consoles_games",
    "audio",
    "pc_gamer",
    "dvds_blu_ray",
    "cine_photo",
)
ANSWER = "customer_segments"
# The nine files: their columns, by types that PostgreSQL and DuckDB know, and the key of the table.
FILES = {
    # The table keeps the medians by zip prefix (STORED).
    "geolocation": (
        "zip_code_prefix text, latitude float8, longitude float8, city text, state text",
        "zip_code_prefix",
    ),
    "orders": (
        "order_id text, customer_id text, order_status text, order_purchase_timestamp timestamp, "
        "order_approved_at timestamp, order_delivered_carrier_date timestamp, "
        "order_delivered_customer_date timestamp, order_estimated_delivery_date timestamp",
        "order_id",
    ),
    "order_items": (
        "order_id text, order_item_id integer, product_id text, seller_id text, "
        "shipping_limit_date timestamp, price numeric, freight_value numeric",
        "order_id, order_item_id",
    ),
    "order_reviews": (
        "review_id text, order_id text, review_score smallint, review_comment_title text, "
        "review_comment_message text, review_creation_date timestamp, review_answer_timestamp timestamp",
        "review_id, order_id",
    ),
    "customers": (
        "customer_id text, customer_unique_id text, zip_code_prefix text, customer_city text, "
        "customer_state text",
        "customer_id",
    ),
    "order_payments": (
        "order_id text, payment_sequential integer, payment_type text, payment_installments integer, "
        "payment_value numeric",
        "order_id, payment_sequential",
    ),
    "products": (
        "product_id text, product_category_name text, product_name_length integer, "
        "product_description_length integer, product_photos_qty integer, product_weight_g integer, "
        "product_length_cm integer, product_height_cm integer, product_width_cm integer",
        "product_id",
    ),
    "sellers": ("seller_id text, zip_code_prefix text, seller_city text, seller_state text", "seller_id"),
    "product_category_name_translation": (
        "product_category_name text, product_category_name_english text",
        "product_category_name",
    ),
}
# What is stored in PostgreSQL.
STORED = FILES | {
    "geolocation": ("zip_code_prefix text, latitude float8, longitude float8", "zip_code_prefix"),
    "order_values": (
        "order_id text, customer_id text, customer_unique_id text, order_status text, order_date timestamp, "
        "items_total numeric, payments_total numeric, is_qualifying boolean",
        "order_id",
    ),
    ANSWER: (
        "as_of timestamp, customer_unique_id text, first_purchase_date timestamp, "
        "last_purchase_date timestamp, recency_days integer, frequency integer, monetary numeric, "
        "avg_review_score numeric, favorite_category text, customer_city text, customer_state text, "
        "latitude float8, longitude float8, r_score smallint, f_score smallint, m_score smallint, "
        "rfm_code text, segment_name text, loyalty_tier text, next_action text, action_priority integer",
        "customer_unique_id",
    ),
}


def columns_of(table: str, of: dict[str, tuple[str, str]] = FILES) -> dict[str, str]:
    """The columns of a file (or of a table of STORED), each with its type."""
    columns, _ = of[table]
    return dict(column.split(" ") for column in columns.split(", "))


def path_of(folder: Path, table: str) -> Path:
    """Where the file of a table is."""
    return folder / f"{source_of(table).file_stem}.csv"


def store(uri: str, table: str, csv: Iterable[bytes | memoryview]) -> None:
    """Makes a table of CSV without a header, and its key, in one transaction.

    A table that its own transaction has made is not logged with wal_level = minimal: it is written to disk
    when the transaction ends.
    """
    columns, key = STORED[table]
    with psycopg.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} ({columns})")
        with cursor.copy(f"copy {table} from stdin (format csv)") as copy:
            for block in csv:
                copy.write(block)
        cursor.execute(f"alter table {table} add primary key ({key})")


def rank_of_tier(features: Any) -> Any:
    """The tier of each customer as its index in TIERS.

    Features are recency in days, frequency and monetary value, one row for each customer, by customer id.
    """
    points = StandardScaler().fit_transform(np.log1p(features))
    chosen = points
    if len(points) > SAMPLE:
        chosen = points[np.random.default_rng(0).choice(len(points), SAMPLE, replace=False)]
    # Several threads take longer than one: they wait for each other at every step.
    with threadpool_limits(1):
        model = KMeans(n_clusters=len(TIERS), n_init=10, random_state=0).fit(chosen)
    value = model.cluster_centers_ @ [-1, 1, 1]
    rank = np.empty(len(TIERS), dtype=np.int8)
    rank[np.argsort(-value)] = range(len(TIERS))
    return rank[model.predict(points)]
