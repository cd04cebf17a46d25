"""`python -m olist.local.databases`: the two databases of docker-compose.yaml, each with a role of its own.

And the role of those who read the warehouse, which the pipeline's own role may not make. What is missing is
made, and every time the roles get the passwords of the secret files. It connects as libpq's environment says
(PGHOST, PGUSER, PGPASSFILE...), with the password of a file.
"""

import argparse
from pathlib import Path

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

DATABASES = {"airflow": "airflow_password", "warehouse": "warehouse_password"}
# Its members read the warehouse. What they may read of it is granted with every publication.
READERS = "olist_bi"


def ensure(connection: Connection, folder: Path) -> list[str]:
    """Makes roles and databases that are missing, sets the passwords, returns the databases it has made."""
    made = [
        name
        for name, password_file in DATABASES.items()
        if ensure_database(connection, name, (folder / password_file).read_text())
    ]
    if not _has_role(connection, READERS):
        connection.execute(SQL("create role {} nologin").format(Identifier(READERS)))
    connection.execute(SQL("grant connect on database warehouse to {}").format(Identifier(READERS)))
    return made


def ensure_database(connection: Connection, name: str, password: str) -> bool:
    """Makes a database and the role of its name that owns it. Returns whether the database was missing."""
    _ensure_role(connection, name, password)
    found = connection.execute("select 1 from pg_database where datname = %s", (name,))
    is_missing = found.fetchone() is None
    if is_missing:
        connection.execute(SQL("create database {0} owner {0}").format(Identifier(name)))
    # Airflow's metadata is not the warehouse's business, nor the other way round.
    connection.execute(SQL("revoke all on database {} from public").format(Identifier(name)))
    return is_missing


def _ensure_role(connection: Connection, name: str, password: str) -> None:
    verb = SQL("alter" if _has_role(connection, name) else "create")
    # The server keeps a statement in its log when it fails: a password goes in only as a hash.
    password = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    connection.execute(SQL("{} role {} login password {}").format(verb, Identifier(name), Literal(password)))
    # Without it, a role that is no superuser may not make a database for another one.
    connection.execute(SQL("grant {} to current_user").format(Identifier(name)))


def _has_role(connection: Connection, name: str) -> bool:
    found = connection.execute("select 1 from pg_roles where rolname = %s", (name,))
    return found.fetchone() is not None


def main() -> None:
    """Reads the command line and says what was made."""
    parser = argparse.ArgumentParser(prog="olist.local.databases", description=__doc__)
    parser.add_argument("--secrets", type=Path, required=True, help="folder with the files of the passwords")
    folder = parser.parse_args().secrets
    password = (folder / "postgres_password").read_text()
    with psycopg.connect(password=password, autocommit=True) as connection:
        made = ensure(connection, folder)
    print(f"Made: {', '.join(made)}" if made else "Both databases are there")


if __name__ == "__main__":
    main()
