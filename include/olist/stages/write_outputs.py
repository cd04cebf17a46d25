"""Write outputs: the files of a run, streamed out of PostgreSQL, and its report."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.report.bi_files import power_bi, tableau
from olist.report.page import render_report
from olist.warehouse import one_row, read_sql
from olist.warehouse.session import locked_with_others

if TYPE_CHECKING:
    from psycopg import Connection

# No other try mends these. A full disk is an outage: see olist.orchestration.outages.
NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
# While files are written, nobody takes erased people out of them: olist.erasure.output_files.
OUTPUTS_LOCK = "ops.outputs"
CAMPAIGN_LIST = "campaign_list"
FILES = (
    "final_customer_segments",
    "segment_summary_analysis",
    "customer_rfm_scores",
    "intermediate_order_values",
    "bi_view_customer_segments",
    CAMPAIGN_LIST,
)
# The last columns, where people are held out.
GROUP_COLUMNS = {
    "is_held_out": ", is_held_out",
    "campaign_group": ", payload ->> 'campaign_group' as campaign_group",
}


def write_outputs(connection: "Connection", run_id: int, folder: Path) -> dict[str, Any]:
    """Writes the files to `<folder>/<as_of date>/`, ends the run, drops what strategy.yaml keeps no longer.

    In `<folder>` itself are the files that open the warehouse in Power BI and Tableau.
    Each file takes the place of an older one at once, when it is complete. Returns the folder, rows by file,
    and the numbers of snapshots and of months of the delivery log that were dropped (keep_months and
    keep_deliveries_months of strategy.yaml). Raises OlistError where the folder may not be written to.
    """
    with locked_with_others(connection, OUTPUTS_LOCK):
        return _write(connection, run_id, folder)


def _write(connection: "Connection", run_id: int, folder: Path) -> dict[str, Any]:
    target, values = _target(connection, run_id, folder)
    rows = {name: _write_csv(connection, name, values, target) for name in FILES}
    report = target / "report.html"
    with whole_file(report, run_id) as file:
        file.write(render_report(connection, run_id).encode())
    for name, content in (("olist.pbids", power_bi(connection)), ("olist.tds", tableau(connection))):
        with whole_file(folder / name, run_id) as file:
            file.write(content.encode())
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("write_outputs/finish_run"), {"run_id": run_id})
    with connection.cursor() as cursor:
        cursor.execute("call ops.drop_old_snapshots()")
        (snapshots,) = one_row(cursor)
        cursor.execute("call ops.drop_old_deliveries()")
        (deliveries,) = one_row(cursor)
        cursor.execute("call ops.drop_old_records()")
        _, lists_since = one_row(cursor)
    if lists_since:
        _drop_old_lists(folder, lists_since.date())
    return {
        "folder": str(target),
        "report": str(report),
        "rows": rows,
        "snapshots_dropped": snapshots,
        "months_of_deliveries_dropped": deliveries,
    }


def write_campaign_list(connection: "Connection", run_id: int, folder: Path) -> Path:
    """Writes the list of whom a planned run would tell what, before anybody is. Returns its path."""
    with locked_with_others(connection, OUTPUTS_LOCK):
        target, values = _target(connection, run_id, folder)
        _write_csv(connection, CAMPAIGN_LIST, values, target)
    return target / f"{CAMPAIGN_LIST}.csv"


def _target(connection: "Connection", run_id: int, folder: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of a run's files, which is made if need be, and what their queries take."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("write_outputs/run"), {"run_id": run_id})
        as_of, runs_that_told, has_groups, has_contacts = one_row(cursor)
    target = folder / f"{as_of:%Y-%m-%d}"
    with _sentence_about(target):
        target.mkdir(parents=True, exist_ok=True)
    values = {"as_of": as_of, "run_id": run_id, "runs_that_told": runs_that_told}
    return target, values | {"has_groups": has_groups, "has_contacts": has_contacts}


def _drop_old_lists(folder: Path, since: date) -> None:
    for path in folder.glob("*/campaign_list.csv"):
        # A folder of another name is none of ours.
        with suppress(ValueError):
            if date.fromisoformat(path.parent.name) < since:
                path.unlink(missing_ok=True)


def _write_csv(connection: "Connection", name: str, values: dict[str, Any], folder: Path) -> int:
    from psycopg import sql

    # COPY takes no parameters, so the values are written into the statement, quoted by psycopg.
    literals = {each: sql.Literal(value) for each, value in values.items()}
    columns = {each: sql.SQL(text if values["has_groups"] else "") for each, text in GROUP_COLUMNS.items()}
    addresses = read_sql("write_outputs/campaign_addresses") if values["has_contacts"] else ""
    columns["addresses"] = sql.SQL(addresses)
    query = sql.SQL(read_sql(f"write_outputs/{name}")).format(**literals, **columns)
    with whole_file(folder / f"{name}.csv", values["run_id"]) as file, connection.cursor() as cursor:
        copy = sql.SQL("copy ({}) to stdout (format csv, header true)").format(query)
        with cursor.copy(copy) as source:
            for block in source:
                file.write(block)
        return cursor.rowcount


@contextmanager
def whole_file(path: Path, run_id: int) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` once it is complete. What could not be completed is removed.

    Its name before that has the run in it, since two runs of one date write into one folder.
    """
    partial = path.with_name(f".{path.name}.{run_id}")
    with _sentence_about(path):
        try:
            with partial.open("wb") as file:
                yield file
                # Content first, then the new name: a machine that loses power might keep the name alone.
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def _sentence_about(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NOT_ALLOWED:
            raise OlistError(f"{path} cannot be written: {error.strerror}.") from error
        error.filename = error.filename or str(path)
        raise
