"""Files in which every value is written just as PostgreSQL types it, seen while they stream.

Of such a file nothing has to be judged: COPY fills the typed table at once. A value counts as clean only
where `include/sql/load/020_typed_views.sql` would accept the row and give the very value that PostgreSQL
reads from the text. Whatever else is in a file may be right as well; then those views say so.
"""

import re
from collections.abc import Iterator, Mapping

# A row that goes on in the next block is no longer. What is left beyond begins with a row that is not clean.
LONGEST_REST = 1 << 16

# No quantifier gives anything back (++, *+, ?+): so a row is looked at once, whatever is in it.
_ID = r"[A-Za-z0-9_.-]{1,200}+"
_WORD = r"[a-z0-9_]{1,200}+"
_WHOLE = r"[0-9]{1,9}+"
_AMOUNT = r"[0-9]{1,6}+(?:\.[0-9]{1,2}+0*+)?+"
_TIME = (
    r"(?:19|20)[0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
    r"(?:[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?+)?+"
)
_ZIP = r"[0-9]{5}"
_STATE = r"[A-Z]{1,20}+"
_DECIMALS = r"(?:\.[0-9]{1,30}+)?+(?:[eE]-[0-9]{1,2}+)?+"
_LATITUDE = rf"-?+[0-8]?[0-9]{_DECIMALS}"
_LONGITUDE = rf"-?+(?:1[0-7][0-9]|[0-9]{{1,2}}+){_DECIMALS}"
# A text that stays as it is. In quotes it may hold anything.
_TEXT = r'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n]++)?+'


def _required(value: str) -> str:
    return f'(?:"{value}"|{value})'


def _optional(value: str) -> str:
    return f'(?:"(?:{value})?+"|{value})?+'


# How each column of a file looks, by table. Where a header comes again, an id is the name of its column.
CLEAN: Mapping[str, Mapping[str, str]] = {
    "customers": {
        "customer_id": _required(rf"(?!customer_id\b){_ID}"),
        "customer_unique_id": _required(rf"(?!customer_unique_id\b){_ID}"),
        "customer_zip_code_prefix": _optional(_ZIP),
        "customer_city": _TEXT,
        "customer_state": _optional(_STATE),
    },
    "geolocation": {
        "geolocation_zip_code_prefix": _required(_ZIP),
        "geolocation_lat": _required(_LATITUDE),
        "geolocation_lng": _required(_LONGITUDE),
        "geolocation_city": _TEXT,
        "geolocation_state": _TEXT,
    },
    "order_items": {
        "order_id": _required(rf"(?!order_id\b){_ID}"),
        "order_item_id": _required(_WHOLE),
        "product_id": _required(rf"(?!product_id\b){_ID}"),
        "seller_id": _optional(_ID),
        "shipping_limit_date": _optional(_TIME),
        "price": _required(_AMOUNT),
        "freight_value": _required(_AMOUNT),
    },
    "order_payments": {
        "order_id": _required(rf"(?!order_id\b){_ID}"),
        "payment_sequential": _required(_WHOLE),
        "payment_type": _optional(_WORD),
        "payment_installments": _optional(_WHOLE),
        "payment_value": _required(_AMOUNT),
    },
    "order_reviews": {
        "review_id": _required(rf"(?!review_id\b){_ID}"),
        "order_id": _required(rf"(?!order_id\b){_ID}"),
        "review_score": _required("[1-5]"),
        "review_comment_title": _TEXT,
        "review_comment_message": _TEXT,
        "review_creation_date": _required(_TIME),
        "review_answer_timestamp": _optional(_TIME),
    },
    "orders": {
        "order_id": _required(rf"(?!order_id\b){_ID}"),
        "customer_id": _required(rf"(?!customer_id\b){_ID}"),
        "order_status": _required(_WORD),
        "order_purchase_timestamp": _required(_TIME),
        "order_approved_at": _optional(_TIME),
        "order_delivered_carrier_date": _optional(_TIME),
        "order_delivered_customer_date": _optional(_TIME),
        "order_estimated_delivery_date": _optional(_TIME),
    },
    "products": {
        "product_id": _required(rf"(?!product_id\b){_ID}"),
        "product_category_name": _optional(_WORD),
        "product_name_lenght": _optional(_WHOLE),
        "product_description_lenght": _optional(_WHOLE),
        "product_photos_qty": _optional(_WHOLE),
        "product_weight_g": _optional(_WHOLE),
        "product_length_cm": _optional(_WHOLE),
        "product_height_cm": _optional(_WHOLE),
        "product_width_cm": _optional(_WHOLE),
    },
    "sellers": {
        "seller_id": _required(rf"(?!seller_id\b){_ID}"),
        "seller_zip_code_prefix": _optional(_ZIP),
        "seller_city": _TEXT,
        "seller_state": _optional(_STATE),
    },
    "product_category_name_translation": {
        "product_category_name": _required(rf"(?!product_category_name\b){_WORD}"),
        "product_category_name_english": _required(_WORD),
    },
}


class NotCleanError(Exception):
    """Something in the file has to be looked at more closely."""


def clean_blocks(blocks: Iterator[bytes], columns: Mapping[str, str]) -> Iterator[bytes]:
    """The same blocks, as long as every row is clean; `columns` are those of a row of CLEAN, in their order.

    The header is one line. Raises NotCleanError, perhaps a block late. A block ends where a line ends.
    """
    rows = re.compile(f"(?:{','.join(columns.values())}\r?+\n)*+".encode())
    rest = b""
    is_header = True
    for block in blocks:
        text = rest + block
        start = text.index(b"\n") + 1 if is_header else 0
        is_header = False
        matched = rows.match(text, start)
        assert matched  # if only with nothing
        rest = text[matched.end() :]
        # Before PostgreSQL 18, a line `\\.` ends the file for COPY, in quotes as well.
        if len(rest) > LONGEST_REST or b"\n\\." in text:
            raise NotCleanError
        yield block
    if rest and not rows.fullmatch(rest + b"\n"):
        raise NotCleanError
