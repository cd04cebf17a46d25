"""Publish: the run's snapshot takes the place of the one of the same as_of, at once and for all readers."""

from typing import TYPE_CHECKING, Any

from olist.stages import gates
from olist.warehouse import one_row

if TYPE_CHECKING:
    from psycopg import Connection


def publish(connection: "Connection", run_id: int) -> dict[str, Any]:
    """Publishes the snapshot. Returns the number of customers in it.

    Raises OlistError where a gate stops it, and readers keep what they had.
    """
    gates.stop_at(connection, run_id, "publish")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call analytics.publish_snapshot(%s)", (run_id,))
        (customers,) = one_row(cursor)
        return {"customers": customers}
