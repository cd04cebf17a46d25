"""The SQL files of include/sql, and what a query of one row gives."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Cursor

SQL_FOLDER = Path(__file__).resolve().parents[2] / "sql"


def read_sql(name: str) -> str:
    """The text of `include/sql/<name>.sql`."""
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def one_row(cursor: "Cursor") -> tuple[Any, ...]:
    """The row of a statement that always gives one."""
    row = cursor.fetchone()
    assert row is not None
    return row


def fingerprint(*texts: str) -> str:
    """SHA-256 of texts, in hexadecimal."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
