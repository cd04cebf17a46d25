"""The files of a run as text in the schema raw, for people to look at: the loads keep the text of few."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from olist.exceptions import OlistError
from olist.files.places import find_place
from olist.files.sources import SOURCES
from olist.stages.load.as_text import about, fill_raw
from olist.stages.load.incoming import first_look
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection


def fill(connection: "Connection") -> Iterator[tuple[str, str, int, int]]:
    """Reads the nine files of the newest run into raw, as they are now.

    Yields of each the table, the name of the file, its rows, and how many of them are no CSV. Rows of erased
    people are left out. Raises OlistError where nothing was run yet, or a file cannot be read.
    """
    row = connection.execute(read_sql("load/newest_folder")).fetchone()
    if row is None:
        raise OlistError("Nothing has been loaded yet, so there are no files to look at: make run.")
    place = find_place(Path(row[0]))
    for source in SOURCES:
        incoming = first_look(place.find(source), source)
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(read_sql("erase/hold_off"))
            cursor.execute(about("lock table {} in access exclusive mode", source))
            with tempfile.TemporaryFile("w+", encoding="utf-8") as unreadable:
                rows, broken = fill_raw(cursor, incoming, unreadable)
            cursor.execute("call ops.leave_erased_out_of_raw(%s)", (source.table,))
        yield source.table, incoming.file.name, rows, broken
