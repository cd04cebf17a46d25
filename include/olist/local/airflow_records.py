"""Airflow's own records: a database of the embedded PostgreSQL beside the warehouse, with its own role."""

from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import quote

from olist.local.databases import ensure_database

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NAME = "airflow"  # of the database and of the role that owns it
PLAIN = "sslmode=disable&sslnegotiation=postgres&gssencmode=disable&channel_binding=disable"


def open_records(server: str, password: str) -> tuple[dict[str, str], bool]:
    """Makes the database where it is missing. Returns its URLs for SQLAlchemy, and whether it was made now.

    `server` is the URI of the embedded PostgreSQL's superuser. Of the URLs, one is for Airflow's usual driver
    and one (`_ASYNC`) for its asynchronous driver. They say themselves what `PGSSLMODE` and the like would.
    """
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        is_new = ensure_database(connection, NAME, password)
        place = f"{connection.info.host}:{connection.info.port}"
    where = f"{NAME}:{quote(password, safe='')}@{place}/{NAME}"
    return {
        "": f"postgresql+psycopg2://{where}?{PLAIN}",
        "_ASYNC": f"postgresql+asyncpg://{where}?ssl=disable",
    }, is_new


def migrate() -> None:
    """Brings Airflow's tables up to date.

    To see that they are takes Airflow two seconds. So what was done is noted where it was done, as a comment,
    and looked at first.
    """
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session

    with create_session() as session:
        if _is_up_to_date(session):
            return
    initdb()
    with create_session() as session:
        _note(session)


def _is_up_to_date(session: "Session") -> bool:
    from sqlalchemy import text

    if session.get_bind().dialect.name != "postgresql":
        return False
    note = session.scalar(text("select obj_description(to_regclass('alembic_version'))"))
    return note is not None and note == _what_is_there(session)


def _note(session: "Session") -> None:
    from sqlalchemy import text

    if session.get_bind().dialect.name == "postgresql":
        # Versions and revisions need no quoting.
        session.execute(text(f"comment on table alembic_version is '{_what_is_there(session)}'"))


def _what_is_there(session: "Session") -> str:
    """The installed Airflow, and the revision of the tables."""
    from sqlalchemy import text

    (revision,) = session.execute(text("select version_num from alembic_version")).one()
    return f"Airflow {version('apache-airflow-core')}, {revision}"
