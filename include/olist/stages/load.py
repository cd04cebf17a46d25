"""Load: one source file into raw, typed and keyed into staging, rejected rows set aside.

A file is known by its content. Content that staging already holds is not loaded again. PostgreSQL's COPY
reads the file; where it cannot, the file is read row by row, and rows that are no CSV are set aside as well.

What is in the rows of a file about people (Source.is_personal) is in no log, no error and no record of
PostgreSQL's. COPY would write a line that it cannot read into all three, so such a file is read row by row.
"""

import hashlib
import json
import logging
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, LiteralString

from olist.exceptions import OlistError
from olist.files import csv_repair, emails
from olist.files.places import find_place
from olist.files.source_file import SourceFile
from olist.files.sources import OPTIONAL_SOURCES, Source, source_of
from olist.stages import contacts
from olist.warehouse import fingerprint, one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor
    from psycopg.sql import Composable, Composed

MAX_COLUMNS = 200
# Changed code may read or type rows differently, so a change to one of these loads every file again.
TYPING_SQL = ("load/010_text_formats", "load/020_typed_views", "load/030_stage_file")
READING_CODE = Path(csv_repair.__file__)
PERSONAL_SQL, PERSONAL_CODE = "load/025_contacts", Path(emails.__file__)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Header:
    """The columns of a file as raw has them, and whether COPY can skip the header as one first line."""

    names: tuple[str, ...]
    is_first_line: bool


def load(connection: "Connection", run_id: int, table: str) -> dict[str, Any]:
    """Makes the table's file of the run's data folder part of staging, and pins the run to it.

    Returns file name, rows read, accepted and rejected, and whether staging held them already. Of a file
    that need not be there and is not, the name is None. Raises OlistError, with nothing changed, for a file
    that is missing, empty, cut short, in another encoding, or has a header without the columns of the table.
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
    return {"file": None, "rows_read": 0, "rows_accepted": 0, "rows_rejected": 0, "was_loaded_before": False}


def _load(connection: "Connection", run_id: int, source: Source, file: SourceFile) -> dict[str, Any]:
    header, digest = _first_look(file, source)
    content_hash = fingerprint(digest, *_code_that_reads(source))
    with connection.transaction(), connection.cursor() as cursor:
        if source.is_personal:
            cursor.execute(read_sql("load/log_no_rows"))
        file_id = _held_file(cursor, source.table, content_hash)
        is_new = file_id is None
        if is_new:
            # Waits for any other load of this table, which may just have brought the same file.
            cursor.execute(_about("lock table {} in access exclusive mode", source))
            file_id = _held_file(cursor, source.table, content_hash)
            is_new = file_id is None
        if file_id is None:
            file_id = _load_file(cursor, source, file, header, digest, content_hash)
        pin = {"run_id": run_id, "table": source.table, "file_id": file_id}
        cursor.execute(read_sql("load/pin_file"), pin)
        cursor.execute(read_sql("load/file_counts"), {"file_id": file_id})
        read, accepted, rejected, why_set_aside = one_row(cursor)
        more = contacts.count_emails(cursor, file_id, file.name) if source.is_personal else {}
    if why_set_aside:
        log.warning("%s.", why_set_aside)
    return {
        "file": file.name,
        "rows_read": read,
        "rows_accepted": accepted,
        "rows_rejected": rejected,
        "was_loaded_before": not is_new,
        **more,
    }


def _code_that_reads(source: Source) -> list[str]:
    code = [READING_CODE.read_text("utf-8"), *map(read_sql, TYPING_SQL)]
    if source.is_personal:
        code += [read_sql(PERSONAL_SQL), PERSONAL_CODE.read_text("utf-8"), emails.CHECKED_BY]
    return code


def _load_file(
    cursor: "Cursor", source: Source, file: SourceFile, header: Header, digest: str, content_hash: str
) -> int:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as unreadable:
        rows_read, rows_unreadable = _fill_raw(cursor, source, file, header, digest, unreadable)
        cursor.execute(
            read_sql("load/register_file"),
            {
                "table": source.table,
                "hash": content_hash,
                "name": file.name,
                "rows": rows_read,
                "schema": source.schema,
            },
        )
        (file_id,) = one_row(cursor)
        _keep_unreadable(cursor, file_id, unreadable)
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
    cursor.execute("call staging.show_file(%s, %s, %s)", (source.table, file_id, source.schema))
    if source.is_personal:
        cursor.execute("truncate personal.customer_contacts, personal.checked_emails")
    return file_id


def _fill_raw(
    cursor: "Cursor", source: Source, file: SourceFile, header: Header, digest: str, unreadable: IO[str]
) -> tuple[int, int]:
    """Returns the rows of the file, and how many of them went to `unreadable` instead of raw."""
    import psycopg

    _prepare_raw(cursor, source, header)
    hasher = hashlib.sha256()
    counted = None
    if header.is_first_line and not source.is_personal:
        try:
            with cursor.connection.transaction():
                counted = _copy(cursor, source, header, _hashed(file, hasher)), 0
        except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded, csv_repair.NotPlainCsvError):
            hasher = hashlib.sha256()
    if counted is None:
        rows = csv_repair.read_rows(_hashed(file, hasher), len(header.names), file.name)
        counted = _copy_row_by_row(cursor, source, header, rows, file.name, unreadable)
    if hasher.hexdigest() != digest:
        raise OlistError(f"{file.name} changed while it was read; run again when it is complete.")
    return counted


def _prepare_raw(cursor: "Cursor", source: Source, header: Header) -> None:
    from psycopg import sql

    cursor.execute(_about("truncate {}", source))
    for name in header.names:
        if name not in source.columns + source.optional_columns:
            column = sql.Identifier(name)
            cursor.execute(_about("alter table {} add column if not exists {} text", source, column))


def _about(statement: LiteralString, source: Source, *more: "Composable") -> "Composed":
    """A statement about the table that the file lands in."""
    from psycopg import sql

    return sql.SQL(statement).format(sql.Identifier(source.landing, source.table), *more)


def _copy(cursor: "Cursor", source: Source, header: Header, blocks: Iterator[bytes]) -> int:
    options = "with (format csv, header true, encoding 'UTF8', force_null ({columns}))"
    with cursor.copy(_copy_statement(source, header.names, options)) as sink:
        for block in csv_repair.plain_blocks(blocks):
            sink.write(block)
    return cursor.rowcount


def _copy_row_by_row(
    cursor: "Cursor",
    source: Source,
    header: Header,
    rows: Iterator[csv_repair.Row],
    file_name: str,
    unreadable: IO[str],
) -> tuple[int, int]:
    census = csv_repair.Census()
    next(rows)  # the header
    with cursor.copy(_copy_statement(source, (*header.names, "file_line"))) as sink:
        for row in rows:
            census.count(row)
            if row.problem:
                content = {} if source.is_personal else {"text": row.shown()}
                unreadable.write(json.dumps([row.line, row.problem, content]) + "\n")
            else:
                sink.write_row([*(field or None for field in row.fields), row.line])
    census.refuse_another_encoding(file_name)
    return census.rows, census.unusable


def _copy_statement(source: Source, names: tuple[str, ...], options: str = "") -> "Composed":
    from psycopg import sql

    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    copy = sql.SQL("copy {table} ({columns}) from stdin " + options)
    return copy.format(table=sql.Identifier(source.landing, source.table), columns=columns)


def _keep_unreadable(cursor: "Cursor", file_id: int, unreadable: IO[str]) -> None:
    unreadable.seek(0)
    with cursor.copy("copy ops.file_rejects (file_id, line, reason, row_content) from stdin") as sink:
        for line, reason, content in map(json.loads, unreadable):
            sink.write_row((file_id, line, reason, json.dumps(content)))


def _data_dir(connection: "Connection", run_id: int) -> Path:
    with connection.cursor() as cursor:
        cursor.execute("select data_dir from ops.pipeline_runs where run_id = %s", (run_id,))
        return Path(one_row(cursor)[0])


def _held_file(cursor: "Cursor", table: str, content_hash: str) -> int | None:
    cursor.execute(read_sql("load/held_file"), {"table": table, "hash": content_hash})
    row = cursor.fetchone()
    return row[0] if row else None


def _hashed(file: SourceFile, hasher: Any) -> Iterator[bytes]:
    for block in file.blocks():
        hasher.update(block)
        yield block


def _first_look(file: SourceFile, source: Source) -> tuple[Header, str]:
    """The header and the SHA-256 of the same content: the file may be another one a moment later."""
    hasher = hashlib.sha256()
    header = None
    for block in _hashed(file, hasher):
        header = header or _read_header(block, file.name, source)
    if header is None:
        raise OlistError(f"{file.name} is empty.")
    return header, hasher.hexdigest()


def _read_header(start: bytes, file_name: str, source: Source) -> Header:
    row = next(csv_repair.read_rows(iter([start]), 0, file_name), None)
    if row is None:
        raise OlistError(f"{file_name} is empty.")
    if not csv_repair.is_utf_8(row.text):
        raise OlistError(f"{file_name} is not UTF-8: its header has other bytes.")
    found = [name.strip() for name in row.fields]
    missing = [name for name in source.columns if name not in found]
    if missing:
        shown = _shown_header(row, source)
        # A spreadsheet saves such a "CSV" where the comma is the decimal sign.
        if row.text.count(";") > 1:
            shown += ": its columns are separated by semicolons, not by commas"
        raise OlistError(
            f"{file_name} has a wrong header: {', '.join(missing)} missing (line {row.line} is {shown})."
        )
    known = source.columns + source.optional_columns
    repeated = [name for name in known if found.count(name) > 1]
    if repeated:
        raise OlistError(f"{file_name} has a wrong header: {', '.join(repeated)} is there twice.")
    if len(found) > MAX_COLUMNS:
        raise OlistError(f"{file_name} has a wrong header: {len(found)} columns.")
    # A name that somebody else has chosen never becomes the name of a column.
    names = [name if name in known else f"column_{number}" for number, name in enumerate(found, 1)]
    is_first_line = row.line == 1 and re.fullmatch(r"[^\r\n]*\r?\n", row.text) is not None
    return Header(tuple(names), is_first_line)


def _shown_header(row: csv_repair.Row, source: Source) -> str:
    """What stands in the place of a header: of a file about people without one, it is a person."""
    if source.is_personal:
        return f"something else, with {len(row.fields)} columns"
    found = ", ".join(name.strip() for name in row.fields)
    return "".join(each if each.isprintable() else "?" for each in found[:300])
