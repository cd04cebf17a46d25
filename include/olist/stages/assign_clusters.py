"""Assign clusters: the tier of every customer from the stored model, inside PostgreSQL."""

import logging
from typing import TYPE_CHECKING, Any

from olist.stages.results import make_result
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


def assign_clusters(connection: "Connection", run_id: int) -> dict[str, Any]:
    """Gives each customer of the run a loyalty tier. Returns customers by tier.

    Where the run's model is another than that of the snapshot before it, `tier_changes` is the row of
    ops.tier_changes: how many people change tier, because of the model and because of what they did.
    """
    make_result(connection, run_id, "customer_tiers")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.record_tier_changes(%s)", (run_id,))
        cursor.execute(read_sql("assign_clusters/count_customer_tiers"), {"run_id": run_id})
        (counts,) = one_row(cursor)
        cursor.execute(read_sql("assign_clusters/tier_changes"), {"run_id": run_id})
        row = cursor.fetchone()
    if row is None:
        return counts
    (changes,) = row
    log.info("%s", changes["sentence"])
    return counts | {"tier_changes": changes}
