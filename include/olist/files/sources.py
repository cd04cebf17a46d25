"""The nine files that Olist publishes, the one that a shop may add, and the table each one fills."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A file by its name without ending, the table it fills, and the columns its header must and may have.

    Its text lands in one schema, its typed rows are in another. `shown` are the columns that are kept of a
    rejected row, for people to see; None stands for the whole row.
    """

    table: str
    file_stem: str
    columns: tuple[str, ...]
    optional_columns: tuple[str, ...] = ()
    landing: str = "raw"
    schema: str = "staging"
    shown: tuple[str, ...] | None = None

    @property
    def is_personal(self) -> bool:
        """Whether what is in its rows may be said nowhere: in no log, error or record."""
        return self.shown is not None


# Those that take longest first, as they are loaded: the short ones fit in beside them.
SOURCES = (
    Source(
        "geolocation",
        "olist_geolocation_dataset",
        (
            "geolocation_zip_code_prefix",
            "geolocation_lat",
            "geolocation_lng",
            "geolocation_city",
            "geolocation_state",
        ),
    ),
    Source(
        "orders",
        "olist_orders_dataset",
        (
            "order_id",
            "customer_id",
            "order_status",
            "order_purchase_timestamp",
            "order_approved_at",
            "order_delivered_carrier_date",
            "order_delivered_customer_date",
            "order_estimated_delivery_date",
        ),
    ),
    Source(
        "order_items",
        "olist_order_items_dataset",
        (
            "order_id",
            "order_item_id",
            "product_id",
            "seller_id",
            "shipping_limit_date",
            "price",
            "freight_value",
        ),
    ),
    Source(
        "order_reviews",
        "olist_order_reviews_dataset",
        (
            "review_id",
            "order_id",
            "review_score",
            "review_comment_title",
            "review_comment_message",
            "review_creation_date",
            "review_answer_timestamp",
        ),
    ),
    Source(
        "customers",
        "olist_customers_dataset",
        (
            "customer_id",
            "customer_unique_id",
            "customer_zip_code_prefix",
            "customer_city",
            "customer_state",
        ),
    ),
    Source(
        "order_payments",
        "olist_order_payments_dataset",
        ("order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value"),
    ),
    Source(
        "products",
        "olist_products_dataset",
        (
            "product_id",
            "product_category_name",
            "product_name_lenght",
            "product_description_lenght",
            "product_photos_qty",
            "product_weight_g",
            "product_length_cm",
            "product_height_cm",
            "product_width_cm",
        ),
    ),
    Source(
        "sellers",
        "olist_sellers_dataset",
        ("seller_id", "seller_zip_code_prefix", "seller_city", "seller_state"),
    ),
    Source(
        "product_category_name_translation",
        "product_category_name_translation",
        ("product_category_name", "product_category_name_english"),
    ),
)
TABLES = tuple(source.table for source in SOURCES)

# Files that may be there or not: docs/your-data.md.
OPTIONAL_SOURCES = (
    Source(
        "customer_contacts",
        "customer_contacts",
        ("customer_unique_id", "email"),
        optional_columns=("first_name", "last_name", "opted_out"),
        landing="personal",
        schema="personal",
        shown=("customer_unique_id",),
    ),
)
OPTIONAL_TABLES = tuple(source.table for source in OPTIONAL_SOURCES)


def source_of(table: str) -> Source:
    """The source that fills a table."""
    return next(source for source in (*SOURCES, *OPTIONAL_SOURCES) if source.table == table)
