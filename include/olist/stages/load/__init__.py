"""Load: one source file into raw, typed and keyed into staging, rejected rows set aside.

A file is known by its content. Content that staging already holds is not loaded again. PostgreSQL's COPY
reads the file; where it cannot, the file is read row by row, and rows that are no CSV are set aside as well.
Rows of people who were erased are counted, and kept nowhere.

What is in the rows of a file about people (Source.is_personal) is in no log, no error and no record of
PostgreSQL's. COPY would write a line that it cannot read into all three, so such a file is read row by row.
"""

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.files import clean_rows, csv_repair, emails
from olist.files.places import find_place
from olist.files.source_file import SourceFile
from olist.files.sources import OPTIONAL_SOURCES, Source, source_of
from olist.stages import contacts
from olist.stages.load.as_text import about, fill_raw, keep_unreadable
from olist.stages.load.clean import copy_clean_file
from olist.stages.load.incoming import Incoming, first_look
from olist.warehouse import fingerprint, one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

# Changed code may read or type rows differently, so a change to one of these loads every file again.
TYPING_SQL = (
    "load/010_text_formats",
    "load/020_typed_views",
    "load/030_stage_file",
    "load/035_stage_clean_file",
)
READING_CODE = (Path(csv_repair.__file__), Path(clean_rows.__file__))
PERSONAL_SQL, PERSONAL_CODE = "load/025_contacts", Path(emails.__file__)

log = logging.getLogger(__name__)


def load(connection: "Connection", run_id: int, table: str) -> dict[str, Any]:
    """Makes the table's file of the run's data folder part of staging, and pins the run to it.

    Returns file name, rows read, accepted, rejected and erased, and whether staging held them already. Of a
    file that need not be there and is not, the name is None. Raises OlistError, with nothing changed, for a
    file that is missing, empty, cut short, in another encoding, or has a header without the columns of the
    table.
    """
    import psycopg

    source = source_of(table)
    place = find_place(_data_dir(connection, run_id))
    file = place.find_if_there(source) if source in OPTIONAL_SOURCES else place.find(source)
    if file is None:
        return _go_without(connection, run_id, source)
    try:
        return _load(connection, run_id, source, file)
    except psycopg.DataError as error:
        cause = None if source.is_personal else error
        raise OlistError(f"{file.name} cannot be loaded: {error.diag.message_primary}.") from cause
    except psycopg.Error as error:
        if source.is_personal:
            # Without PostgreSQL's DETAIL and CONTEXT, which may hold a row.
            raise type(error)(error.diag.message_primary or str(error)) from None
        raise


def _go_without(connection: "Connection", run_id: int, source: Source) -> dict[str, Any]:
    """The run may be pinned to a file that was there when it was loaded before."""
    connection.execute(read_sql("load/unpin_file"), {"run_id": run_id, "table": source.table})
    log.info("There is no %s.csv, and there need not be one.", source.file_stem)
    counts = dict.fromkeys(("rows_read", "rows_accepted", "rows_rejected", "rows_erased"), 0)
    return {"file": None, **counts, "was_loaded_before": False}


def _load(connection: "Connection", run_id: int, source: Source, file: SourceFile) -> dict[str, Any]:
    incoming = first_look(file, source)
    content_hash = fingerprint(incoming.digest, *_code_that_reads(source))
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("erase/hold_off"))
        if source.is_personal:
            cursor.execute(read_sql("load/log_no_rows"))
        file_id = _held_file(cursor, source.table, content_hash)
        is_new = file_id is None
        if is_new:
            # Waits for any other load of this table, which may just have brought the same file.
            cursor.execute(about("lock table {} in access exclusive mode", source))
            file_id = _held_file(cursor, source.table, content_hash)
            is_new = file_id is None
        if file_id is None:
            file_id = _load_file(cursor, incoming, content_hash)
        pin = {"run_id": run_id, "table": source.table, "file_id": file_id}
        cursor.execute(read_sql("load/pin_file"), pin)
        cursor.execute(read_sql("load/file_counts"), {"file_id": file_id})
        read, accepted, rejected, erased, why_set_aside = one_row(cursor)
        more = contacts.count_emails(cursor, file_id, file.name) if source.is_personal else {}
    if why_set_aside:
        log.warning("%s.", why_set_aside)
    return {
        "file": file.name,
        "rows_read": read,
        "rows_accepted": accepted,
        "rows_rejected": rejected,
        "rows_erased": erased,
        "was_loaded_before": not is_new,
        **more,
    }


def _code_that_reads(source: Source) -> list[str]:
    code = [path.read_text("utf-8") for path in READING_CODE] + [*map(read_sql, TYPING_SQL)]
    if source.is_personal:
        code += [read_sql(PERSONAL_SQL), PERSONAL_CODE.read_text("utf-8"), emails.CHECKED_BY]
    return code


def _load_file(cursor: "Cursor", incoming: Incoming, content_hash: str) -> int:
    source = incoming.source
    known_by = {"table": source.table, "hash": content_hash}
    cursor.execute(
        read_sql("load/register_file"), known_by | {"name": incoming.file.name, "schema": source.schema}
    )
    (file_id,) = one_row(cursor)
    if not copy_clean_file(cursor, incoming, file_id):
        _judge_file(cursor, incoming, file_id)
    cursor.execute("call staging.show_file(%s, %s, %s)", (source.table, file_id, source.schema))
    if source.is_personal:
        cursor.execute("truncate personal.customer_contacts, personal.checked_emails")
    return file_id


def _judge_file(cursor: "Cursor", incoming: Incoming, file_id: int) -> None:
    """Every row as text into raw, and from there into staging or aside."""
    source = incoming.source
    with tempfile.TemporaryFile("w+", encoding="utf-8") as unreadable:
        rows_read, rows_unreadable = fill_raw(cursor, incoming, unreadable)
        cursor.execute(read_sql("load/count_rows"), {"file_id": file_id, "rows": rows_read})
        keep_unreadable(cursor, file_id, unreadable)
    if source.is_personal:
        contacts.check_emails(cursor)
    shown = None if source.shown is None else list(source.shown)
    cursor.execute(
        "call staging.stage_file(%s, %s, %s, %s, %s)",
        (source.table, file_id, source.landing, source.schema, shown),
    )
    (rejected,) = one_row(cursor)
    counts = {"file_id": file_id, "rejected": rejected + rows_unreadable}
    cursor.execute(read_sql("load/count_rejects"), counts)
    # Lines that are no CSV were set aside before anybody could look whom they name.
    cursor.execute("call ops.remove_rejects(%s)", (file_id,))


def _data_dir(connection: "Connection", run_id: int) -> Path:
    with connection.cursor() as cursor:
        cursor.execute("select data_dir from ops.pipeline_runs where run_id = %s", (run_id,))
        return Path(one_row(cursor)[0])


def _held_file(cursor: "Cursor", table: str, content_hash: str) -> int | None:
    cursor.execute(read_sql("load/held_file"), {"table": table, "hash": content_hash})
    row = cursor.fetchone()
    return row[0] if row else None
