"""What every connection of ours to the warehouse has in common, whoever set up the server behind it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from olist.exceptions import OlistError
from olist.warehouse.sql import one_row

if TYPE_CHECKING:
    from psycopg import Connection

# A database, a role or a variable of libpq may set all of these; files, payloads and results depend on them.
SETTINGS = {
    # How values are written as text, and read from it.
    "array_nulls": "on",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "datestyle": "ISO, MDY",
    "extra_float_digits": "1",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    # What our SQL says. All its names have their schema.
    "quote_all_identifiers": "off",
    "search_path": "",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    # How transactions see each other, and all rows or an error. Read-only stays as it is: it is meant.
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
    "row_security": "off",
    # Limits are for people who forget a session; a stage takes as long as its data. So does pg_dump.
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "statement_timeout": "0",
    "transaction_timeout": "0",  # from PostgreSQL 17
}
# pg_settings writes some names with capitals (DateStyle).
SETTLE = """
select set_config(wanted.name, wanted.value, false)
from pg_catalog.json_each_text(%s) as wanted (name, value)
inner join pg_catalog.pg_settings on lower(pg_settings.name) = wanted.name
"""
# So soon PostgreSQL ends the statement of a client that is gone. Otherwise the work of a killed task goes on
# as long as it takes, beside the next try.
CLIENT_GONE = "set client_connection_check_interval = '10s'"
# A pooler under load may hand the same session to somebody else in between.
TIMES_LOOKED = 3


def settle(connection: "Connection") -> None:
    """Makes a new connection, in autocommit, one of ours. Nothing else may have happened on it.

    Raises OlistError behind a pooler that gives a session away after each transaction: a delivery holds a
    lock of its session for hours, and our settings would become those of other people.
    """
    import psycopg

    if _is_shared(connection):
        raise OlistError(
            f"The warehouse at {connection.info.host}:{connection.info.port} is behind a connection pooler"
            " that shares sessions (transaction mode), and the pipeline needs sessions of its own: give it"
            " PostgreSQL's own host and port, or a pool in session mode."
        )
    connection.execute(SETTLE, (json.dumps(SETTINGS),))
    # On Windows, PostgreSQL cannot tell.
    with suppress(psycopg.errors.InvalidParameterValue):
        connection.execute(CLIENT_GONE)


def another(connection: "Connection") -> "Connection":
    """A further connection of ours, like this one, to the same server."""
    other = _same_again(connection)
    settle(other)
    return other


def _same_again(connection: "Connection") -> "Connection":
    import psycopg

    info = connection.info
    return psycopg.connect(info.dsn, password=info.password, autocommit=True)


def _is_shared(connection: "Connection") -> bool:
    """Whether the session behind a connection can be somebody else's a moment later.

    PostgreSQL tells a client the process it talks to; a pooler, which has many, tells a number of its own.
    Whether it shares them shows in a second connection, which meets the process of the idle first one.
    """
    if _process(connection) == connection.info.backend_pid:
        return False
    for _ in range(TIMES_LOOKED):
        with _same_again(connection) as other:
            if _process(connection) == _process(other):
                return True
    return False


def _process(connection: "Connection") -> int:
    return one_row(connection.execute("select pg_catalog.pg_backend_pid()"))[0]


@contextmanager
def locked_with_others(connection: "Connection", name: str) -> Iterator[None]:
    """Holds an advisory lock of PostgreSQL that others may hold as well, until the block is left."""
    import psycopg

    connection.execute("select pg_advisory_lock_shared(hashtext(%s))", (name,))
    try:
        yield
    finally:
        # With the connection the lock is gone as well, and why that has ended is what has to be said.
        with suppress(psycopg.Error):
            connection.execute("select pg_advisory_unlock_shared(hashtext(%s))", (name,))
