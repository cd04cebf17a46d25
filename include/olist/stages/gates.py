"""Gates: what a run is about to change is measured before it is published and again before it is sent.

Before it is sent they are two: `upsert_hubspot` are those before the delivery is planned, `send` those of the
plan, which says how many contacts it creates.

What is far from normal stops the run there, and people and HubSpot keep what they had. The limits are those
of strategy.yaml; a person who knows better names the gates a run may pass (the DAG's param `accept`).
"""

import logging
from typing import TYPE_CHECKING

from olist.exceptions import OlistError
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

BEFORE = {
    "validate": "before anything was computed",
    "publish": "before its snapshot was published",
    "upsert_hubspot": "before anything was sent",
    "send": "before anything was sent",
}

log = logging.getLogger(__name__)


def stop_at(connection: "Connection", run_id: int, stage: str, only_warn: bool = False) -> None:
    """Measures the gates before a stage and records them in ops.gate_results.

    Raises OlistError naming the gates that stop the run, what they measured and how to pass them.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.check_gates(%s, %s)", (run_id, stage))
        cursor.execute(read_sql("gates/exceeded"), {"run_id": run_id, "stage": stage})
        accepted, exceeded = one_row(cursor)
    if accepted:
        log.warning("Beyond its limits, and accepted by a person: %s.", accepted)
    if exceeded and only_warn:
        log.warning("This would stop a run %s: %s.", BEFORE[stage], exceeded)
    elif exceeded:
        raise OlistError(f"The run was stopped {BEFORE[stage]}: {exceeded}.")
