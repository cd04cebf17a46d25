"""The warehouse: its SQL files, and how its tables and procedures get into a PostgreSQL."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

OLDEST_POSTGRES = 16  # pg_input_is_valid
SQL_FOLDER = Path(__file__).resolve().parents[1] / "sql"

# Folders whose files define views and procedures. They are installed again whenever one of them has changed;
# those of schema/ are applied once each, in order, and never change after a release.
ROUTINE_FOLDERS = (
    "start_run",
    "load",
    "validate",
    "build_features",
    "train_clusters",
    "assign_clusters",
    "compute_actions",
    "bi",
    "publish",
    "upsert_hubspot",
    "gates",
    "write_outputs",
)


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


def install(connection: "Connection", rules: str) -> bool:
    """Brings the warehouse up to date: new tables, then `rules` (SQL functions), then procedures.

    One transaction, one installer at a time; data is kept. Returns whether anything was installed. Raises
    OlistError for a PostgreSQL that is too old.
    """
    check_server(connection.info.server_version)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('olist.install'))")
        cursor.execute(read_sql("schema/000_installed"))
        cursor.execute("select name from ops.installed")
        installed = {name for (name,) in cursor.fetchall()}

        migrations = [path for path in _files("schema") if path.stem not in installed]
        for path in migrations:
            _run_file(cursor, path)
            cursor.execute("insert into ops.installed (name) values (%s)", (path.stem,))

        files = [path for folder in ROUTINE_FOLDERS for path in _files(folder) if path.stem[:3].isdigit()]
        routines = f"routines {fingerprint(rules, *(path.read_text(encoding='utf-8') for path in files))}"
        if routines in installed and not migrations:
            return False
        cursor.execute(rules)
        for path in files:
            _run_file(cursor, path)
        cursor.execute("delete from ops.installed where name like 'routines %'")
        cursor.execute("insert into ops.installed (name) values (%s)", (routines,))
        return True


def check_server(version: int) -> None:
    """Raises OlistError for a server (as libpq numbers it: 150004 is 15.4) that is too old."""
    major, minor = divmod(version, 10_000)
    if major < OLDEST_POSTGRES:
        raise OlistError(
            f"The warehouse is a PostgreSQL {major}.{minor}, and {OLDEST_POSTGRES} or newer is needed."
        )


def _files(folder: str) -> list[Path]:
    return sorted((SQL_FOLDER / folder).glob("*.sql"))


def _run_file(cursor: "Cursor", path: Path) -> None:
    try:
        cursor.execute(path.read_text(encoding="utf-8"))
    except Exception as error:
        error.add_note(f"in {path.relative_to(SQL_FOLDER)}")
        raise
