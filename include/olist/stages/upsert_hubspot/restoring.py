"""Back to what HubSpot held after an older month: `sync=restore`. The SQL is in 006_restore.sql."""

from typing import TYPE_CHECKING

from olist.exceptions import OlistError
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection


def check_log(connection: "Connection", run_id: int) -> None:
    """Raises OlistError where the delivery log does not reach back to the month of a run."""
    row = connection.execute(read_sql("upsert_hubspot/restore_point"), {"run_id": run_id})
    point, as_of, oldest = one_row(row)
    if point is None:
        has = f"begins with the customers as of {oldest}" if oldest else "is empty for this account"
        raise OlistError(
            f"HubSpot cannot be put back to what it held as of {as_of}: the delivery log"
            f" (ops.hubspot_deliveries) {has}. Restore a month that it has."
        )
