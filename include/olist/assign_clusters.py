"""Assign clusters: the tier of every customer from the stored model, inside PostgreSQL."""

from typing import TYPE_CHECKING, Any

from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection


def assign_clusters(connection: "Connection", run_id: int) -> dict[str, Any]:
    """Gives each customer of the run a loyalty tier. Returns customers by tier."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.assign_customer_tiers(%s)", (run_id,))
        cursor.execute(read_sql("assign_clusters/count_customer_tiers"), {"run_id": run_id})
        (counts,) = cursor.fetchone()
        return counts
