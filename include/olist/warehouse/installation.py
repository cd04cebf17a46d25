"""How the warehouse's tables and procedures get into a PostgreSQL, and what that has to be like."""

from pathlib import Path
from typing import TYPE_CHECKING

from olist.exceptions import AGAIN, OlistError, OutageError
from olist.warehouse import ownership
from olist.warehouse.sql import SQL_FOLDER, fingerprint, one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

OLDEST_POSTGRES = 16  # pg_input_is_valid

# What PostgreSQL says of an object that is another one than expected: a table in the place of a view, a view
# with other columns, a function with another result, a type of the name, somebody's view on what is to go.
TAKEN = ("42P07", "42710", "42723", "42809", "42P16", "42P13", "2BP01")

# Folders whose files define views and procedures. They are installed again whenever one of them has changed;
# those of schema/ are applied once each, in order, and never change after a release.
ROUTINE_FOLDERS = (
    "start_run",
    "erase",
    "load",
    "validate",
    "build_features",
    "train_clusters",
    "assign_clusters",
    "compute_actions",
    "experiments",
    "bi",
    "publish",
    "upsert_hubspot",
    "gates",
    "write_outputs",
)


def install(connection: "Connection", rules: str) -> bool:
    """Brings the warehouse up to date: new tables, then `rules` (SQL functions), then procedures.

    One transaction, one installer at a time; data is kept, and what is somebody else's is left alone. Returns
    whether anything was installed. Raises OlistError for a PostgreSQL that is too old or not UTF-8, and where
    something of somebody else's is in the way; OutageError for one that is read-only.
    """
    check_server(connection.info.server_version)
    _check_database(connection)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('olist.install'))")
        installed = ownership.installed(cursor)
        migrations = [path for path in _files("schema") if path.stem not in installed]
        files = [path for folder in ROUTINE_FOLDERS for path in _files(folder) if path.stem[:3].isdigit()]
        routines = f"routines {fingerprint(rules, *_texts(files))}"
        if routines in installed and not migrations:
            return False

        makes = [rules, *_texts(files)]
        names = ownership.names_in([*_texts(migrations), *makes])
        applied = _texts([path for path in _files("schema") if path.stem in installed])
        ours = ownership.ours(cursor, applied, _texts(migrations), makes) if installed else set()
        ownership.refuse_what_is_in_the_way(cursor, names - ours)
        _migrate(cursor, migrations)
        ownership.write_down(cursor, names | ours)
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


def _check_database(connection: "Connection") -> None:
    encoding, is_read_only = one_row(connection.execute(read_sql("install/server")))
    if encoding != "UTF8":
        raise OlistError(
            f"The database {connection.info.dbname} keeps its texts as {encoding}, which cannot hold every"
            " name in the files: make one with CREATE DATABASE olist ENCODING 'UTF8' TEMPLATE template0, and"
            " set DB_NAME or the connection olist_warehouse."
        )
    if is_read_only:
        raise OutageError(
            f"The database {connection.info.dbname} is read-only, as on a standby or after a failover: see"
            f" that the connection olist_warehouse leads to the primary; {AGAIN}."
        )


def _migrate(cursor: "Cursor", migrations: list[Path]) -> None:
    with ownership.schema_comments_kept(cursor):
        for path in migrations:
            _run_file(cursor, path)
            cursor.execute("insert into ops.installed (name) values (%s)", (path.stem,))


def _files(folder: str) -> list[Path]:
    return sorted((SQL_FOLDER / folder).glob("*.sql"))


def _texts(files: list[Path]) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in files]


def _run_file(cursor: "Cursor", path: Path) -> None:
    try:
        cursor.execute(path.read_text(encoding="utf-8"))
    except Exception as error:
        file = path.relative_to(SQL_FOLDER)
        error.add_note(f"in {file}")
        if getattr(error, "sqlstate", None) not in TAKEN:
            raise
        said = str(error).splitlines()[0]
        raise OlistError(
            f"The warehouse cannot be brought up to date ({said}, in {file}): something of somebody else's"
            " has taken the place of something of the pipeline's, or is made from it. Nothing was changed."
        ) from error
