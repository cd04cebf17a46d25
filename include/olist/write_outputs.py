"""Write outputs: the files of a run, streamed out of PostgreSQL, and its report."""

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from olist.report import render_report
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection

FILES = (
    "final_customer_segments",
    "segment_summary_analysis",
    "customer_rfm_scores",
    "intermediate_order_values",
    "bi_view_customer_segments",
    "campaign_list",
)


def write_outputs(connection: "Connection", run_id: int, folder: Path) -> dict[str, Any]:
    """Writes the files to `<folder>/<as_of date>/`, ends the run, drops snapshots too old to keep.

    Each file takes the place of an older one at once, when it is complete. Returns the folder, rows by file,
    and the number of snapshots dropped (keep_months of strategy.yaml).
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("write_outputs/run"), {"run_id": run_id})
        (as_of,) = cursor.fetchone()
    target = folder / f"{as_of:%Y-%m-%d}"
    target.mkdir(parents=True, exist_ok=True)
    rows = {name: _write_csv(connection, run_id, as_of, name, target) for name in FILES}
    report = target / "report.html"
    _replace(report, render_report(connection, run_id).encode())
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("write_outputs/finish_run"), {"run_id": run_id})
    with connection.cursor() as cursor:
        cursor.execute("call ops.drop_old_snapshots()")
        (dropped,) = cursor.fetchone()
    return {"folder": str(target), "report": str(report), "rows": rows, "snapshots_dropped": dropped}


def _write_csv(connection: "Connection", run_id: int, as_of: datetime, name: str, folder: Path) -> int:
    from psycopg import sql

    # COPY takes no parameters, so the values are written into the statement, quoted by psycopg.
    query = sql.SQL(read_sql(f"write_outputs/{name}")).format(
        as_of=sql.Literal(as_of), run_id=sql.Literal(run_id)
    )
    partial = folder / f".{name}.{run_id}.csv"
    with connection.cursor() as cursor, partial.open("wb") as file:
        copy = sql.SQL("copy ({}) to stdout (format csv, header true)").format(query)
        with cursor.copy(copy) as source:
            for block in source:
                file.write(block)
        rows = cursor.rowcount
    os.replace(partial, folder / f"{name}.csv")
    return rows


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)
