"""A file as text into its landing table, whatever is in it.

PostgreSQL's COPY reads it; where it cannot, the file is read row by row, and rows that are no CSV are set
aside.
"""

import json
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, LiteralString

from olist.files import csv_repair
from olist.files.sources import Source
from olist.stages.load.incoming import Incoming

if TYPE_CHECKING:
    from psycopg import Cursor
    from psycopg.sql import Composable, Composed

# How COPY reads a file of ours with its header: an empty field is NULL, in quotes as well.
FILE_AS_IT_IS: LiteralString = "format csv, header true, encoding 'UTF8', force_null ({columns})"


def fill_raw(cursor: "Cursor", incoming: Incoming, unreadable: IO[str]) -> tuple[int, int]:
    """Returns the rows of the file, and how many of them went to `unreadable` instead of raw."""
    import psycopg

    source, header = incoming.source, incoming.header
    _prepare_raw(cursor, incoming)
    if header.is_first_line and not source.is_personal:
        try:
            with cursor.connection.transaction():
                return _copy(cursor, incoming), 0
        except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded, csv_repair.NotPlainCsvError):
            pass
    return _copy_row_by_row(cursor, incoming, unreadable)


def keep_unreadable(cursor: "Cursor", file_id: int, unreadable: IO[str]) -> None:
    unreadable.seek(0)
    with cursor.copy("copy ops.file_rejects (file_id, line, reason, row_content) from stdin") as sink:
        for line, reason, content in map(json.loads, unreadable):
            sink.write_row((file_id, line, reason, json.dumps(content)))


def about(statement: LiteralString, source: Source, *more: "Composable") -> "Composed":
    """A statement about the table that the file lands in."""
    from psycopg import sql

    return sql.SQL(statement).format(sql.Identifier(*_landing(source)), *more)


def copy_statement(target: tuple[str, ...], names: Iterable[str], options: LiteralString = "") -> "Composed":
    """COPY from the client into the named columns of a table."""
    from psycopg import sql

    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    copy = sql.SQL("copy {table} ({columns}) from stdin" + (f" with ({options})" if options else ""))
    return copy.format(table=sql.Identifier(*target), columns=columns)


def _landing(source: Source) -> tuple[str, str]:
    return source.landing, source.table


def _prepare_raw(cursor: "Cursor", incoming: Incoming) -> None:
    from psycopg import sql

    source = incoming.source
    cursor.execute(about("truncate {}", source))
    for name in incoming.header.names:
        if name not in source.columns + source.optional_columns:
            column = sql.Identifier(name)
            cursor.execute(about("alter table {} add column if not exists {} text", source, column))


def _copy(cursor: "Cursor", incoming: Incoming) -> int:
    statement = copy_statement(_landing(incoming.source), incoming.header.names, FILE_AS_IT_IS)
    with cursor.copy(statement) as sink:
        for block in csv_repair.plain_blocks(incoming.blocks()):
            sink.write(block)
    return cursor.rowcount


def _copy_row_by_row(cursor: "Cursor", incoming: Incoming, unreadable: IO[str]) -> tuple[int, int]:
    source, names, file_name = incoming.source, incoming.header.names, incoming.file.name
    census = csv_repair.Census()
    rows: Iterator[csv_repair.Row] = csv_repair.read_rows(incoming.blocks(), len(names), file_name)
    next(rows)  # the header
    with cursor.copy(copy_statement(_landing(source), (*names, "file_line"))) as sink:
        for row in rows:
            census.count(row)
            if row.problem:
                content = {} if source.is_personal else {"text": row.shown()}
                unreadable.write(json.dumps([row.line, row.problem, content]) + "\n")
            else:
                sink.write_row([*(field or None for field in row.fields), row.line])
    census.refuse_another_encoding(file_name)
    return census.rows, census.unusable
