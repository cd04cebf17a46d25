"""Takes erased people out of the files of past runs, which name people by ids that are known by hash."""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from olist.stages.write_outputs import FILES, whole_file
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

ID_COLUMNS = ("customer_unique_id", "olist_customer_id", "customer_id", "order_id")
# The words of the report that could be an id, as in what HubSpot said of somebody.
WORD = re.compile(rb"[\w.-]{6,200}")
# What a killed task leaves beside its file: see olist.stages.write_outputs.whole_file.
UNFINISHED = re.compile(r"\.(.+\.(csv|html))\.\d+")

IsErased = Callable[[bytes], bool]


def take_out_of_files(connection: "Connection", folder: Path) -> dict[str, int]:
    """Rewrites the files below `folder` that name an erased person. Returns the rows that went, by file.

    Each file takes the place of the old one at once, when it is complete; everybody else's rows stay as they
    are, to the byte. Nobody writes files meanwhile. Raises OlistError where the folder may not be written to.
    """
    connection.execute("select pg_advisory_lock(hashtext('ops.outputs'))")
    try:
        salt, hashes = one_row(connection.execute(read_sql("erase/hashes")))
        erased = {bytes(each) for each in hashes}

        def is_erased(word: bytes) -> bool:
            return hashlib.sha256(salt + word).digest() in erased

        _remove_unfinished(folder)
        removed = {}
        for path in sorted(path for name in FILES for path in folder.glob(f"*/{name}.csv")):
            if rows := _rewrite_csv(path, is_erased):
                removed[str(path.relative_to(folder))] = rows
        for path in sorted(folder.glob("*/report.html")):
            if words := _rewrite_report(path, is_erased):
                removed[str(path.relative_to(folder))] = words
        return removed
    finally:
        connection.execute("select pg_advisory_unlock(hashtext('ops.outputs'))")


def _remove_unfinished(folder: Path) -> None:
    for path in folder.glob("*/.*"):
        if UNFINISHED.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _rewrite_csv(path: Path, is_erased: IsErased) -> int:
    with path.open("rb") as file:
        rows = sum(is_gone for _, is_gone in _records(file, is_erased))
    if rows:
        with path.open("rb") as file, whole_file(path, 0) as target:
            target.writelines(record for record, is_gone in _records(file, is_erased) if not is_gone)
    return rows


def _records(file: IO[bytes], is_erased: IsErased) -> Iterator[tuple[bytes, bool]]:
    """Each row of a CSV file as it stands there, and whether it names an erased person."""
    ids: list[int] | None = None
    record = b""
    for line in file:
        record += line
        # A line break inside of quotes belongs to the row.
        if record.count(b'"') % 2:
            continue
        fields = next(csv.reader([record.decode()]), [])
        if ids is None:
            ids = [place for place, name in enumerate(fields) if name in ID_COLUMNS]
            yield record, False
        else:
            yield record, any(_names(fields[place], is_erased) for place in ids if place < len(fields))
        record = b""
    if record:
        yield record, False


def _names(field: str, is_erased: IsErased) -> bool:
    """Whether a field is an erased id, which has a quote before it where a spreadsheet would compute it."""
    return is_erased(field.encode()) or (field.startswith("'") and is_erased(field[1:].encode()))


def _rewrite_report(path: Path, is_erased: IsErased) -> int:
    words = 0

    def shown(match: re.Match[bytes]) -> bytes:
        nonlocal words
        word = match.group()
        if not (is_erased(word) or is_erased(word.strip(b"."))):
            return word
        words += 1
        return b"(erased)"

    text = WORD.sub(shown, path.read_bytes())
    if words:
        with whole_file(path, 0) as target:
            target.write(text)
    return words
