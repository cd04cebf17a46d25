"""Validate: check the staged tables and the order values, stop on what is critical."""

import logging
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.stages import gates
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


def validate(connection: "Connection", run_id: int) -> dict[str, Any]:
    """The run's as_of and how many checks passed; what each check found is in ops.validation_results.

    Raises OlistError naming every critical check that failed, else every gate that stops the run. It begins
    with the files of which too many rows were set aside: what else is wrong mostly comes of that.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.check_staging(%s)", (run_id,))
        cursor.execute(read_sql("validate/results"), {"run_id": run_id})
        results = cursor.fetchall()
        cursor.execute(read_sql("validate/damaged_files"), {"run_id": run_id})
        (damaged_files,) = one_row(cursor)
        cursor.execute("select as_of from ops.pipeline_runs where run_id = %s", (run_id,))
        (as_of,) = one_row(cursor)

    failures = []
    for check, table, severity, passed, detail in results:
        if severity == "info":
            log.info("%s: %s", table, detail)
        elif not passed and severity == "warning":
            log.warning("%s: %s", table, detail)
        elif not passed:
            failures.append(f"{check.partition(':')[0]} on {table}: {detail}")
    if failures and damaged_files:
        raise OlistError(
            f"{damaged_files}. So the data failed {len(failures)} critical checks: {'; '.join(failures)}."
        )
    if failures:
        raise OlistError(f"The data failed {len(failures)} critical checks: {'; '.join(failures)}.")
    gates.stop_at(connection, run_id, "validate")
    return {"as_of": as_of.isoformat(sep=" "), "checks": len(results)}
