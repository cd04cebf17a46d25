"""CSV that PostgreSQL's COPY would refuse or misread: found while it streams, and read row by row.

Both readings agree on what a row is: Python's csv module with its default dialect, over lines that end in LF,
CRLF or CR. A quote opens a field only where the field begins; further in, it is a character like any other.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from olist.exceptions import OlistError

# No row of these files has more than a few hundred bytes: a longer one has lost a quote or a line break.
MAX_ROW_BYTES = 1 << 20
# The guard above speaks first, with the line.
csv.field_size_limit(2 * MAX_ROW_BYTES)

_PLAIN_BYTES = re.compile(rb'[^"]*+(?:(?<=[,\r\n])"[^"]*+(?:""[^"]*+)*+"(?=[,\r\n])[^"]*+)*+')
_FIELD = r'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n][^,\r\n]*+)?+'
_PLAIN_ROW = re.compile(rf"{_FIELD}(?:,{_FIELD})*+[\r\n]*+")


class NotPlainCsvError(Exception):
    """COPY would take something in the file for something else without a word."""


@dataclass(frozen=True)
class Row:
    """A row: the line it starts on (from 1), its fields, its text, and why it cannot be used, if so.

    Bytes that are not UTF-8 are in the texts as lone surrogates.
    """

    line: int
    fields: list[str]
    text: str
    problem: str | None

    def shown(self, limit: int = 1_000) -> str:
        """The row's text, fit to be stored and read: odd bytes written out, cut at `limit` characters."""
        text = self.text[:limit].rstrip("\r\n").encode("utf-8", "surrogateescape")
        return text.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


@dataclass
class Census:
    """Counts rows, to tell a file with a few broken bytes from a file in another encoding."""

    rows: int = 0
    unusable: int = 0
    beyond_ascii: int = 0
    not_utf_8: int = 0
    first_line: int = 0

    def count(self, row: Row) -> None:
        self.rows += 1
        self.unusable += row.problem is not None
        if not row.text.isascii():
            self.beyond_ascii += 1
            if not is_utf_8(row.text):
                self.not_utf_8 += 1
                self.first_line = self.first_line or row.line

    def refuse_another_encoding(self, file_name: str) -> None:
        """Raises OlistError where most rows beyond ASCII, and over one in a hundred of all, are not UTF-8."""
        if self.not_utf_8 > self.beyond_ascii / 2 and self.not_utf_8 > self.rows / 100:
            raise OlistError(
                f"{file_name} is not UTF-8 but looks like Latin-1 (Windows-1252): {self.not_utf_8:,} of"
                f" {self.rows:,} rows have such bytes, the first on line {self.first_line}; save it as UTF-8."
            )


def plain_blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same blocks, as long as COPY and the csv module read them alike.

    COPY takes a quote anywhere for the start of quoted text, and before PostgreSQL 18 a line `\\.` for the
    end of the file. Raises NotPlainCsvError for either, perhaps a block late. A block ends where a line ends.
    """
    rest = b"\n"
    for block in blocks:
        text = rest + block if len(rest) > 1 or b'"' in block else block[-1:]
        plain = _PLAIN_BYTES.match(text)
        assert plain  # if only with nothing
        rest = text[max(plain.end() - 1, 0) :]
        if len(rest) > MAX_ROW_BYTES or b"\n\\." in block or block.startswith(b"\\."):
            raise NotPlainCsvError
        yield block
    if not _PLAIN_BYTES.fullmatch(rest + b"\n"):
        raise NotPlainCsvError


def read_rows(blocks: Iterator[bytes], width: int, file_name: str) -> Iterator[Row]:
    """Every row, the header first, in constant memory. Blank lines are no rows.

    Raises OlistError, with the line, for a row that never ends.
    """
    lines = _Lines(blocks, file_name)
    for fields in csv.reader(lines):
        line, text = lines.take()
        if lines.is_over:
            raise OlistError(
                f"{file_name} ends inside a quoted field of the row on line {line}: the file was cut short,"
                " or a quote there is one too many."
            )
        if fields:
            yield Row(line, fields, text, _problem(fields, text, width))


def is_utf_8(text: str) -> bool:
    """Whether the bytes of this text were UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _problem(fields: list[str], text: str, width: int) -> str | None:
    if "\0" in text:
        return "the row has a NUL byte"
    if not is_utf_8(text):
        return "the row has bytes that are not UTF-8"
    if '"' in text and not _PLAIN_ROW.fullmatch(text):
        return "the row has text after a closing quote"
    if len(fields) != width:
        return f"the row has {len(fields)} fields, the header {width}"
    return None


class _Lines:
    """Lines for csv.reader, which asks for no line before it needs it: so these are the lines of each row."""

    def __init__(self, blocks: Iterator[bytes], file_name: str) -> None:
        self.lines = _split(blocks, file_name)
        self.file_name = file_name
        self.next_line = 1
        self.of_row: list[str] = []
        self.size = 0
        self.is_over = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self.lines, None)
        if line is None:
            self.is_over = True
            raise StopIteration
        self.of_row.append(line.decode("utf-8", "surrogateescape"))
        self.size += len(line)
        if self.size > MAX_ROW_BYTES:
            raise _endless(self.file_name, self.next_line)
        return self.of_row[-1]

    def take(self) -> tuple[int, str]:
        """The number of the row's first line, and the row's text."""
        line, text = self.next_line, "".join(self.of_row)
        self.next_line += len(self.of_row)
        self.of_row, self.size = [], 0
        return line, text


def _split(blocks: Iterator[bytes], file_name: str) -> Iterator[bytes]:
    rest = b""
    number = 1
    for block in blocks:
        *lines, rest = (rest + block).splitlines(keepends=True) or [b""]
        yield from lines
        number += len(lines)
        if len(rest) > MAX_ROW_BYTES:
            raise _endless(file_name, number)
    if rest:
        yield rest


def _endless(file_name: str, line: int) -> OlistError:
    return OlistError(
        f"{file_name} line {line}: the row does not end within {MAX_ROW_BYTES >> 20} MB;"
        " a quote is missing there, or one too many."
    )
