"""Publish: the run's snapshot takes the place of the one of the same as_of, at once and for all readers."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection


def publish(connection: "Connection", run_id: int) -> dict[str, Any]:
    """Publishes the snapshot. Returns the number of customers in it."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call analytics.publish_snapshot(%s)", (run_id,))
        (customers,) = cursor.fetchone()
        return {"customers": customers}
