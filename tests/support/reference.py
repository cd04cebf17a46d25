"""A second, independent reading of "Meaning of the numbers" in the contract, for checking the pipeline.

Plain pandas and Python, written from the contract alone and sharing no code with the pipeline: where the
two agree, both read the contract the same way. It takes clean files (unique keys, nothing dangling, at most
two decimals of money) and the default configuration. Quoted sentences are the contract's.

Compare exactly: everything except `latitude` and `longitude`, which are binary floats (tolerance 1e-9).
`avg_review_score` is a `Fraction`; compare it with a numeric that the database rounded by a tolerance.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

PERSON = "customer_unique_id"

COLUMNS = [
    PERSON,
    "first_purchase_date",
    "last_purchase_date",
    "recency_days",
    "frequency",
    "monetary",
    "avg_review_score",
    "favorite_category",
    "customer_city",
    "customer_state",
    "latitude",
    "longitude",
    "r_score",
    "f_score",
    "m_score",
    "rfm_code",
    "segment_name",
    "loyalty_tier",
    "next_action",
    "action_priority",
]
# Columns that say "there is none" with None.
NULLABLE_COLUMNS = ["avg_review_score", "customer_city", "customer_state", "latitude", "longitude"]

NOT_QUALIFYING_STATUSES = {"canceled", "unavailable"}
TIERS_BEST_FIRST = ["Platinum", "Gold", "Silver"]
TECH_CATEGORIES = {
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
}
HIGH_FREQUENCY = 2
LOW_MONETARY = Decimal(100)
DEFAULT_ACTIONS = {
    "Platinum": "VIP Concierge Offer",
    "Gold": "10% Off Your Next Order",
    "Silver": "Win-Back: We Miss You",
}
DEFAULT_PRIORITY = 5


def reference(folder: Path, as_of: datetime | None = None) -> pd.DataFrame:
    """One row per person who has a qualifying order, sorted by `customer_unique_id`.

    Without `as_of` it is the latest qualifying purchase + 1 day. The date used is in `.attrs["as_of"]`.
    """
    items = read_items(folder)
    orders = qualifying_orders(folder, items)
    as_of = pd.Timestamp(as_of) if as_of is not None else orders["purchased_at"].max() + pd.Timedelta(days=1)

    # "Nothing dated at or after as_of may influence a run: orders, and reviews by their creation date."
    orders = orders[orders["purchased_at"] < as_of]
    if orders.empty:
        raise ValueError(f"{folder} has no qualifying order before {as_of}.")
    reviews = read_reviews(folder)
    reviews = reviews[reviews["created_at"] < as_of]

    items = items.merge(orders[["order_id", PERSON]], on="order_id", validate="many_to_one")
    reviews = reviews.merge(orders[["order_id", PERSON]], on="order_id", validate="many_to_one")

    # Every series below has the person as its index, so assigning one lines it up by person.
    by_person = orders.groupby(PERSON, sort=True)
    people = pd.DataFrame(
        {
            "first_purchase_date": by_person["purchased_at"].min(),
            "last_purchase_date": by_person["purchased_at"].max(),
            "frequency": by_person["order_id"].nunique(),
            "cents": items.groupby(PERSON)["cents"].sum(),
        }
    )
    # "whole days from the last qualifying purchase to as_of, rounded down"
    people["recency_days"] = (as_of - people["last_purchase_date"]) // pd.Timedelta(days=1)
    people["monetary"] = [Decimal(cents).scaleb(-2) for cents in people["cents"].tolist()]
    people["avg_review_score"] = mean_review_scores(reviews)
    people["favorite_category"] = favorite_categories(items, read_category_names(folder))
    people = people.join(latest_addresses(orders, read_coordinates(folder)))
    people = people.reset_index()

    # "R orders by (last purchase timestamp, frequency, monetary, customer_unique_id), F by (frequency,
    # monetary, last purchase timestamp, customer_unique_id), M by (monetary, frequency, last purchase
    # timestamp, customer_unique_id)"
    people["r_score"] = quintiles(people, ["last_purchase_date", "frequency", "cents", PERSON])
    people["f_score"] = quintiles(people, ["frequency", "cents", "last_purchase_date", PERSON])
    people["m_score"] = quintiles(people, ["cents", "frequency", "last_purchase_date", PERSON])
    scores = people[["r_score", "f_score", "m_score"]].astype(str)
    people["rfm_code"] = scores["r_score"] + scores["f_score"] + scores["m_score"]

    people["segment_name"] = [
        segment_name(*row) for row in rows(people[["r_score", "f_score", "m_score", "frequency"]])
    ]
    people["loyalty_tier"] = loyalty_tiers(people)

    people[NULLABLE_COLUMNS] = none_where_missing(people[NULLABLE_COLUMNS])
    actions = [
        next_action(*row)
        for row in rows(
            people[["loyalty_tier", "avg_review_score", "favorite_category", "frequency", "monetary"]]
        )
    ]
    people["next_action"] = [action for action, _ in actions]
    people["action_priority"] = [priority for _, priority in actions]

    people = people[COLUMNS].copy()
    people.attrs["as_of"] = as_of
    return people


# --- The files -----------------------------------------------------------------------------------------


def read_table(folder: Path, table: str, columns: list[str]) -> pd.DataFrame:
    """The named columns of a table, every value as the text in the file, empty ones missing.

    `utf-8-sig` drops the byte order mark that the translation file begins with. Only the empty field is a
    missing value: pandas would otherwise lose a city called "NA".
    """
    path = folder / f"{table}.csv"
    if not path.exists():
        path = folder / f"{table}.csv.gz"
    return pd.read_csv(
        path, usecols=columns, dtype=str, encoding="utf-8-sig", keep_default_na=False, na_values=[""]
    )


def cents(amounts: pd.Series) -> pd.Series:
    """Exact integer cents of amounts such as "99.9": "exact `numeric`, never float"."""
    exact = [Decimal(amount) * 100 for amount in amounts]
    if any(value != value.to_integral_value() for value in exact):
        raise ValueError(f"{amounts.name} holds fractions of a cent.")
    return pd.Series([int(value) for value in exact], index=amounts.index, dtype="int64")


def timestamps(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, format="ISO8601")


def read_items(folder: Path) -> pd.DataFrame:
    """One row per item bought, `cents` being "price + freight"."""
    items = read_table(
        folder, "olist_order_items_dataset", ["order_id", "product_id", "price", "freight_value"]
    )
    items["cents"] = cents(items["price"]) + cents(items["freight_value"])
    return items[["order_id", "product_id", "cents"]]


def qualifying_orders(folder: Path, items: pd.DataFrame) -> pd.DataFrame:
    """ "Status not in (`canceled`, `unavailable`) [...] with at least one item", at whatever date.

    Each with its person and address: "`customer_id` is one per order".
    """
    orders = read_table(
        folder,
        "olist_orders_dataset",
        ["order_id", "customer_id", "order_status", "order_purchase_timestamp"],
    )
    customers = read_table(
        folder,
        "olist_customers_dataset",
        ["customer_id", PERSON, "customer_zip_code_prefix", "customer_city", "customer_state"],
    )
    orders["purchased_at"] = timestamps(orders["order_purchase_timestamp"])
    has_item = orders["order_id"].isin(items["order_id"])
    counts = ~orders["order_status"].isin(NOT_QUALIFYING_STATUSES)
    return orders[has_item & counts].merge(customers, on="customer_id", validate="many_to_one")


def read_reviews(folder: Path) -> pd.DataFrame:
    """`review_id` repeats across orders, and an order may have several reviews: each row is a review."""
    reviews = read_table(
        folder, "olist_order_reviews_dataset", ["order_id", "review_score", "review_creation_date"]
    )
    reviews["created_at"] = timestamps(reviews["review_creation_date"])
    return reviews.dropna(subset="review_score").astype({"review_score": "int64"})


def read_category_names(folder: Path) -> pd.Series:
    """The name of every product's category, by product_id.

    "English name [...]; the Portuguese name where there is no translation, `unknown` where the product has
    none."
    """
    products = read_table(folder, "olist_products_dataset", ["product_id", "product_category_name"])
    translation = read_table(
        folder,
        "product_category_name_translation",
        ["product_category_name", "product_category_name_english"],
    )
    portuguese = products.set_index("product_id")["product_category_name"]
    english = portuguese.map(translation.set_index("product_category_name")["product_category_name_english"])
    return english.fillna(portuguese).fillna("unknown")


def read_coordinates(folder: Path) -> pd.DataFrame:
    """Median latitude and median longitude of the rows of each zip prefix (text, leading zeros kept)."""
    geolocation = read_table(
        folder,
        "olist_geolocation_dataset",
        ["geolocation_zip_code_prefix", "geolocation_lat", "geolocation_lng"],
    ).astype({"geolocation_lat": float, "geolocation_lng": float})
    medians = geolocation.groupby("geolocation_zip_code_prefix")[["geolocation_lat", "geolocation_lng"]]
    return medians.median().set_axis(["latitude", "longitude"], axis="columns")


# --- What each person is -------------------------------------------------------------------------------


def mean_review_scores(reviews: pd.DataFrame) -> pd.Series:
    """ "Mean over the person's qualifying orders' reviews [...], not rounded": one review, one vote."""
    scores = reviews.groupby(PERSON)["review_score"].agg(["sum", "count"])
    means = [Fraction(total, count) for total, count in rows(scores)]
    return pd.Series(means, index=scores.index, dtype=object)


def favorite_categories(items: pd.DataFrame, category_names: pd.Series) -> pd.Series:
    """ "English name of the category with most items bought; ties by spend, then by name"."""
    bought = items.assign(category=items["product_id"].map(category_names).fillna("unknown"))
    totals = bought.groupby([PERSON, "category"], as_index=False).agg(
        items=("cents", "size"), spend=("cents", "sum")
    )
    favorites_first = totals.sort_values(
        [PERSON, "items", "spend", "category"], ascending=[True, False, False, True]
    )
    return favorites_first.drop_duplicates(PERSON, keep="first").set_index(PERSON)["category"]


def latest_addresses(orders: pd.DataFrame, coordinates: pd.DataFrame) -> pd.DataFrame:
    """The address on the person's most recent qualifying order; of several at that moment, the greatest
    order_id. No coordinates where the zip prefix has none."""
    latest_last = orders.sort_values([PERSON, "purchased_at", "order_id"])
    latest = latest_last.drop_duplicates(PERSON, keep="last").set_index(PERSON)
    addresses = latest.join(coordinates, on="customer_zip_code_prefix")
    return addresses[["customer_city", "customer_state", "latitude", "longitude"]]


# --- Scores, segments, tiers ---------------------------------------------------------------------------


def ntile(count: int, buckets: int = 5) -> np.ndarray:
    """PostgreSQL's ntile for the 1st to the last of `count` rows: the first `count % buckets` buckets hold
    one row more than the others."""
    size, larger_buckets = divmod(count, buckets)
    sizes = [size + 1] * larger_buckets + [size] * (buckets - larger_buckets)
    return np.repeat(np.arange(1, buckets + 1), sizes)


def quintiles(people: pd.DataFrame, order: list[str]) -> pd.Series:
    """ "5 is best, by `ntile(5)` over a total order, ascending".

    Python compares text by code point, which for UTF-8 is the byte order of `COLLATE "C"`.
    """
    return pd.Series(ntile(len(people)), index=people.sort_values(order).index)


def segment_name(r_score: int, f_score: int, m_score: int, frequency: int) -> str:
    """ "Exactly one of six for everybody [...]. First match wins"."""
    if r_score >= 4 and f_score >= 4 and m_score >= 4 and frequency >= 2:
        return "Champions"
    if r_score >= 3 and f_score >= 4 and frequency >= 2:
        return "Loyal Customers"
    if r_score == 5 and frequency == 1:
        return "New Customers"
    if r_score >= 3:
        return "Potential Loyalists"
    if f_score >= 3:
        return "At-Risk"
    return "Lost Customers"


def loyalty_tiers(people: pd.DataFrame) -> list[str]:
    """ "K-Means (k=3 by default) on standardised log1p of recency_days, frequency, monetary".

    People must come sorted by customer_unique_id, as K-Means' random start depends on the order of rows.
    """
    features = people[["recency_days", "frequency", "monetary"]].astype(float).to_numpy()
    logs = np.log1p(features)
    scaler = StandardScaler().fit(logs)
    model = KMeans(n_clusters=len(TIERS_BEST_FIRST), n_init=10, random_state=0).fit(scaler.transform(logs))

    # "ranked by the value of their centre (standardised frequency + monetary - recency); best is Platinum,
    # then Gold, Silver"
    recency, frequency, monetary = model.cluster_centers_.T
    clusters_best_first = np.argsort(-(frequency + monetary - recency), kind="stable")
    tier_of = dict(zip(clusters_best_first.tolist(), TIERS_BEST_FIRST, strict=True))
    return [tier_of[cluster] for cluster in model.predict(scaler.transform(logs)).tolist()]


# --- What to do about them -----------------------------------------------------------------------------


def next_action(
    loyalty_tier: str,
    avg_review_score: Fraction | None,
    favorite_category: str,
    frequency: int,
    monetary: Decimal,
) -> tuple[str, int]:
    """The first matching rule's action and number. "A missing review is not a bad review."""
    if avg_review_score is not None and avg_review_score <= 2:
        return "Apology Email + Service Recovery", 1
    if loyalty_tier == "Platinum" and favorite_category in TECH_CATEGORIES:
        return "VIP Pre-Order: New Arrivals", 2
    if loyalty_tier == "Gold" and frequency >= HIGH_FREQUENCY:
        return "Referral Bonus: Give $20, Get $20", 3
    if loyalty_tier == "Silver" and monetary < LOW_MONETARY:
        return "Free Shipping Nudge", 4
    return DEFAULT_ACTIONS[loyalty_tier], DEFAULT_PRIORITY


# --- Small helpers -------------------------------------------------------------------------------------


def rows(frame: pd.DataFrame) -> Iterable[tuple]:
    """The rows as tuples of plain Python values."""
    return zip(*(frame[column].tolist() for column in frame.columns), strict=True)


def none_where_missing(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object).where(frame.notna(), None)
