"""The first look at a file: its header, and by what content it is known."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from olist.exceptions import OlistError
from olist.files import csv_repair
from olist.files.source_file import SourceFile
from olist.files.sources import Source

MAX_COLUMNS = 200


@dataclass(frozen=True)
class Header:
    """The columns of a file as raw has them, and whether COPY can skip the header as one first line."""

    names: tuple[str, ...]
    is_first_line: bool


@dataclass(frozen=True)
class Incoming:
    """A file that is to be loaded, with its header and the SHA-256 of the same content."""

    source: Source
    file: SourceFile
    header: Header
    digest: str

    def blocks(self) -> Iterator[bytes]:
        """The file once more. Raises OlistError, at its end, if it is another one by now."""
        hasher = hashlib.sha256()
        for block in self.file.blocks():
            hasher.update(block)
            yield block
        if hasher.hexdigest() != self.digest:
            raise OlistError(f"{self.file.name} changed while it was read; run again when it is complete.")


def first_look(file: SourceFile, source: Source) -> Incoming:
    """Raises OlistError for a file that is empty, in another encoding, or has a header that will not do."""
    hasher = hashlib.sha256()
    header = None
    for block in file.blocks():
        hasher.update(block)
        header = header or _read_header(block, file.name, source)
    if header is None:
        raise OlistError(f"{file.name} is empty.")
    return Incoming(source, file, header, hasher.hexdigest())


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
