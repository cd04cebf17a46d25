"""Load: one source file into raw, typed and keyed into staging, rejected rows set aside.

A file is known by its content. Content that staging already holds is not loaded again.
"""

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.sources import Source, source_of
from olist.warehouse import fingerprint, read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

BLOCK_BYTES = 1 << 20
BOM = b"\xef\xbb\xbf"
# Rows typed by other SQL are other rows: a change to these files loads every file again.
TYPING_SQL = ("load/010_text_formats", "load/020_typed_views", "load/030_stage_file")


def load(connection: "Connection", run_id: int, table: str) -> dict[str, Any]:
    """Makes the table's file of the run's data folder part of staging, and pins the run to it.

    Returns file name, rows read, accepted and rejected, and whether staging held them already. Raises
    OlistError, with nothing changed, for a file that is missing, empty, cut short, not UTF-8 CSV, or has a
    header without the columns of the table.
    """
    import psycopg

    source = source_of(table)
    path = source.find(_data_dir(connection, run_id))
    header = _read_header(path, source)
    content_hash = _content_hash(path)
    try:
        with connection.transaction(), connection.cursor() as cursor:
            file_id = _held_file(cursor, table, content_hash)
            is_new = file_id is None
            if is_new:
                # Waits for any other load of this table, which may just have brought the same file.
                cursor.execute(f"lock table raw.{table} in access exclusive mode")
                file_id = _held_file(cursor, table, content_hash)
                is_new = file_id is None
            if is_new:
                file_id = _load_file(cursor, source, path, header, content_hash)
            cursor.execute(read_sql("load/pin_file"), {"run_id": run_id, "table": table, "file_id": file_id})
            cursor.execute(read_sql("load/file_counts"), {"file_id": file_id})
            read, accepted, rejected = cursor.fetchone()
    except psycopg.DataError as error:
        context = f" ({error.diag.context.splitlines()[0]})" if error.diag.context else ""
        raise OlistError(
            f"{path.name} cannot be read as CSV: {error.diag.message_primary}{context}."
        ) from error
    return {
        "file": path.name,
        "rows_read": read,
        "rows_accepted": accepted,
        "rows_rejected": rejected,
        "was_loaded_before": not is_new,
    }


def _load_file(cursor: "Cursor", source: Source, path: Path, header: list[str], content_hash: str) -> int:
    from psycopg import sql

    table = sql.Identifier("raw", source.table)
    cursor.execute(sql.SQL("truncate {}").format(table))
    for name in header:
        if name not in source.columns:
            cursor.execute(
                sql.SQL("alter table {} add column if not exists {} text").format(table, sql.Identifier(name))
            )
    columns = sql.SQL(", ").join(map(sql.Identifier, header))
    copy = sql.SQL("copy {} ({}) from stdin (format csv, header true, force_null ({}))")
    hasher = hashlib.sha256()
    with cursor.copy(copy.format(table, columns, columns)) as sink:
        for block in _blocks(path):
            hasher.update(block)
            sink.write(block)
    rows_read = cursor.rowcount
    if _with_typing(hasher) != content_hash:
        raise OlistError(f"{path.name} changed while it was read; run again when it is complete.")

    cursor.execute(
        read_sql("load/register_file"),
        {"table": source.table, "hash": content_hash, "name": path.name, "rows": rows_read},
    )
    (file_id,) = cursor.fetchone()
    cursor.execute("call staging.stage_file(%s, %s)", (source.table, file_id))
    (rejected,) = cursor.fetchone()
    cursor.execute(read_sql("load/count_rejects"), {"file_id": file_id, "rejected": rejected})
    cursor.execute("call staging.show_file(%s, %s)", (source.table, file_id))
    return file_id


def _data_dir(connection: "Connection", run_id: int) -> Path:
    with connection.cursor() as cursor:
        cursor.execute("select data_dir from ops.pipeline_runs where run_id = %s", (run_id,))
        return Path(cursor.fetchone()[0])


def _held_file(cursor: "Cursor", table: str, content_hash: str) -> int | None:
    cursor.execute(read_sql("load/held_file"), {"table": table, "hash": content_hash})
    row = cursor.fetchone()
    return row and row[0]


def _blocks(path: Path) -> Iterator[bytes]:
    """The file's bytes, uncompressed, without a byte order mark (COPY would take it for part of a name)."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            start = file.read(len(BOM))
            yield b"" if start == BOM else start
            while block := file.read(BLOCK_BYTES):
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise OlistError(f"{path.name} is not a complete gzip file: {error}.") from error
    except OSError as error:
        raise OlistError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _content_hash(path: Path) -> str:
    hasher = hashlib.sha256()
    for block in _blocks(path):
        hasher.update(block)
    return _with_typing(hasher)


def _with_typing(hasher: Any) -> str:
    return fingerprint(hasher.hexdigest(), *map(read_sql, TYPING_SQL))


def _read_header(path: Path, source: Source) -> list[str]:
    blocks = _blocks(path)
    start = b""
    while b"\n" not in start and (block := next(blocks, None)) is not None:
        start += block
    line = start.split(b"\n", 1)[0]
    if not line.strip():
        raise OlistError(f"{path.name} is empty.")
    try:
        header = [name.strip() for name in next(csv.reader([line.decode("utf-8").strip("\r")]))]
    except UnicodeDecodeError as error:
        raise OlistError(f"{path.name} line 1 is not UTF-8: {error.reason}.") from error
    missing = [name for name in source.columns if name not in header]
    if missing:
        raise OlistError(
            f"{path.name} has a wrong header: {', '.join(missing)} missing"
            f" (it has {', '.join(header)[:300]})."
        )
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise OlistError(f"{path.name} has a wrong header: {', '.join(repeated)} is there twice.")
    return [name or f"column_{number}" for number, name in enumerate(header, start=1)]
