"""The usual pandas method, for comparison: everything in memory, a mode per customer, apply per row.

Run as a program with the folder of the files; prints what it took (cost.py).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from olist.local.bench.cost import tell


def segment_customers(folder: Path) -> pd.DataFrame:
    """One row per customer: recency, frequency, monetary, scores, segment, tier, action."""
    read = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}
    orders = read["olist_orders_dataset"].merge(read["olist_customers_dataset"], on="customer_id")
    orders["order_purchase_timestamp"] = pd.to_datetime(orders["order_purchase_timestamp"])
    orders = orders[~orders["order_status"].isin(["canceled", "unavailable"])]
    products = read["olist_products_dataset"].merge(
        read["product_category_name_translation"], on="product_category_name", how="left"
    )
    reviews = read["olist_order_reviews_dataset"].groupby("order_id", as_index=False)["review_score"].mean()
    lines = (
        orders.merge(read["olist_order_items_dataset"], on="order_id")
        .merge(products, on="product_id", how="left")
        .merge(reviews, on="order_id", how="left")
    )
    lines["value"] = lines["price"] + lines["freight_value"]
    as_of = lines["order_purchase_timestamp"].max() + pd.Timedelta(days=1)
    customers = lines.groupby("customer_unique_id").agg(
        recency=("order_purchase_timestamp", lambda dates: (as_of - dates.max()).days),
        frequency=("order_id", "nunique"),
        monetary=("value", "sum"),
        review=("review_score", "mean"),
        category=("product_category_name_english", _mode),
        state=("customer_state", "first"),
    )
    _score(customers)
    customers["tier"] = _cluster(customers)
    customers["action"] = customers.apply(_action, axis=1)
    return customers


def _mode(values: pd.Series) -> str:
    modes = values.mode()
    return modes.iloc[0] if len(modes) else "unknown"


def _score(customers: pd.DataFrame) -> None:
    for name, column, labels in (
        ("r", "recency", [5, 4, 3, 2, 1]),
        ("f", "frequency", [1, 2, 3, 4, 5]),
        ("m", "monetary", [1, 2, 3, 4, 5]),
    ):
        customers[name] = pd.qcut(customers[column].rank(method="first"), 5, labels=labels).astype(int)
    customers["segment"] = customers.apply(_segment, axis=1)


def _segment(customer: pd.Series) -> str:
    if customer.r >= 4 and customer.f >= 4 and customer.m >= 4 and customer.frequency >= 2:
        return "Champions"
    if customer.r >= 3 and customer.f >= 4 and customer.frequency >= 2:
        return "Loyal Customers"
    if customer.r == 5 and customer.frequency == 1:
        return "New Customers"
    if customer.r >= 3:
        return "Potential Loyalists"
    return "At-Risk" if customer.f >= 3 else "Lost Customers"


def _cluster(customers: pd.DataFrame) -> np.ndarray:
    points = StandardScaler().fit_transform(np.log1p(customers[["recency", "frequency", "monetary"]]))
    model = KMeans(n_clusters=3, n_init=10, random_state=0).fit(points)
    value = model.cluster_centers_[:, 1] + model.cluster_centers_[:, 2] - model.cluster_centers_[:, 0]
    names = np.empty(3, dtype=object)
    names[np.argsort(-value)] = ["Platinum", "Gold", "Silver"]
    return names[model.labels_]


def _action(customer: pd.Series) -> str:
    if customer.review <= 2:
        return "Apology Email + Service Recovery"
    if customer.tier == "Platinum":
        return "VIP Concierge Offer"
    if customer.tier == "Gold":
        return "Referral Bonus" if customer.frequency >= 2 else "10% Off Your Next Order"
    return "Free Shipping Nudge" if customer.monetary < 100 else "Win-Back: We Miss You"


if __name__ == "__main__":
    tell(segment_customers, Path(sys.argv[1]))
