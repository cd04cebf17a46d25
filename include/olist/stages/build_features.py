"""Build features: order values, RFM per customer, scores and segments. All of it is SQL in PostgreSQL."""

from typing import TYPE_CHECKING, Any

from olist.stages.results import make_result
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection


def order_values(connection: "Connection", run_id: int) -> dict[str, Any]:
    """Every order with the sums of its items and payments. Returns orders, and those that count.

    The latest of those decides about the moment the run looks from, which is settled as well.
    """
    connection.execute("call ops.settle_erased()")
    make_result(connection, run_id, "order_values")
    connection.execute("call ops.resolve_as_of(%s)", (run_id,))
    return _count(connection, run_id, "order_values")


def customer_rfm(connection: "Connection", run_id: int) -> dict[str, Any]:
    """One row for each person who bought before as_of. Returns customers and their monetary value in BRL."""
    make_result(connection, run_id, "customer_rfm")
    return _count(connection, run_id, "customer_rfm")


def customer_segments(connection: "Connection", run_id: int) -> dict[str, Any]:
    """Quintile scores and a segment for each person. Returns customers by segment."""
    connection.execute("call ops.build_customer_segments(%s)", (run_id,))
    return _count(connection, run_id, "customer_segments")


def _count(connection: "Connection", run_id: int, feature: str) -> dict[str, Any]:
    (counts,) = one_row(connection.execute(read_sql(f"build_features/count_{feature}"), {"run_id": run_id}))
    return counts
