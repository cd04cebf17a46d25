"""Nine small files made by hand, an order at a time, for numbers small enough to check in one's head."""

import csv
import gzip
from pathlib import Path

Line = tuple[str | None, str, str]  # category in Portuguese, price, freight
Review = tuple[int, str]  # score, creation date

HEADERS = {
    "olist_customers_dataset": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,"
    "customer_state",
    "olist_geolocation_dataset": "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,"
    "geolocation_city,geolocation_state",
    "olist_order_items_dataset": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,"
    "freight_value",
    "olist_order_payments_dataset": "order_id,payment_sequential,payment_type,payment_installments,"
    "payment_value",
    "olist_order_reviews_dataset": "review_id,order_id,review_score,review_comment_title,"
    "review_comment_message,review_creation_date,review_answer_timestamp",
    "olist_orders_dataset": "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date",
    "olist_products_dataset": "product_id,product_category_name,product_name_lenght,"
    "product_description_lenght,product_photos_qty,product_weight_g,product_length_cm,product_height_cm,"
    "product_width_cm",
    "olist_sellers_dataset": "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    "product_category_name_translation": "product_category_name,product_category_name_english",
}


class Shop:
    """Nine small files, an order at a time."""

    def __init__(self) -> None:
        self.tables: dict[str, list[list[object]]] = {table: [] for table in HEADERS}
        self.tables["product_category_name_translation"] = [
            ["perfumaria", "perfumery"],  # the first row, which a byte order mark in the header can hide
            ["audio", "audio"],
            ["bebes", "baby"],
        ]
        self.products: set[str] = set()

    def order(
        self,
        person: str,
        purchased_at: str,
        lines: list[Line] | None = None,
        *,
        order_id: str | None = None,
        status: str = "delivered",
        reviews: list[Review] | None = None,
        zip_prefix: str = "99999",
        city: str = "sao paulo",
        state: str = "SP",
    ) -> None:
        order_id = order_id or f"order-{len(self.tables['olist_orders_dataset']):03}"
        customer_id = f"customer-of-{order_id}"
        self.tables["olist_customers_dataset"].append([customer_id, person, zip_prefix, city, state])
        self.tables["olist_orders_dataset"].append(
            [order_id, customer_id, status, purchased_at, "", "", "", ""]
        )
        lines = [("bebes", "10.00", "0.00")] if lines is None else lines
        for number, (category, price, freight) in enumerate(lines, start=1):
            product_id = f"product-{category}"
            if product_id not in self.products:
                self.products.add(product_id)
                self.tables["olist_products_dataset"].append([product_id, category, *[""] * 7])
            self.tables["olist_order_items_dataset"].append(
                [order_id, number, product_id, "seller", purchased_at, price, freight]
            )
        for number, (score, created_at) in enumerate(reviews or []):
            self.tables["olist_order_reviews_dataset"].append(
                [f"review-{number}", order_id, score, "", "two\nlines", created_at, created_at]
            )

    def crowd(self) -> None:
        """Three people bought long ago, so that there are always three clusters to find."""
        for number in range(3):
            self.order(f"zz-{number}", f"2016-0{number + 1}-01 00:00:00")

    def place(self, zip_prefix: str, latitude: str, longitude: str) -> None:
        self.tables["olist_geolocation_dataset"].append([zip_prefix, latitude, longitude, "", ""])

    def write(self, folder: Path, *, gzipped: bool = False) -> Path:
        for table, rows in self.tables.items():
            encoding = "utf-8-sig" if table == "product_category_name_translation" else "utf-8"
            path = folder / (f"{table}.csv.gz" if gzipped else f"{table}.csv")
            with (gzip.open if gzipped else open)(path, "wt", encoding=encoding, newline="") as file:
                csv.writer(file).writerows([HEADERS[table].split(","), *rows])
        return folder
