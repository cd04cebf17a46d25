"""Airflow's records: one history for all commands, in the embedded PostgreSQL unless told otherwise."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from support.user import REAL

from olist.local import postgres
from olist.local.environment import WAREHOUSE

pytestmark = pytest.mark.airflow

# Prepares a home as every command does, without Airflow; then Airflow's tables, twice.
PREPARE = "from olist.local import environment; environment.prepare(); import os\n"
SETTING = "print(os.environ['AIRFLOW__DATABASE__SQL_ALCHEMY_CONN'])\n"
MIGRATE = """
from olist.local import airflow_records
from airflow.utils import db
done, before = [], db.initdb
db.initdb = lambda: done.append(before())
for _ in range(2):
    airflow_records.migrate()
print(len(done))
"""
# As Airflow's API server asks.
ASYNCHRONOUS = """
import asyncio
from airflow import settings
from sqlalchemy import text
async def ask():
    async with settings.AsyncSession() as session:
        print("answer", await session.scalar(text("select 1")))
    await settings.async_engine.dispose()
asyncio.run(ask())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    yield home
    place = home / "data" / "postgres-place"
    types(home, "from olist.local.__main__ import stop; stop()")
    if place.exists():
        subprocess.run(["rm", "-rf", place.read_text()], check=True)


def types(home: Path, program: str, **settings: str) -> list[str]:
    """The lines that a program prints for somebody with this home."""
    ours = ("AIRFLOW", "OLIST_", "HUBSPOT_", "DB_")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=plain | REAL | {"OLIST_HOME": str(home), "OLIST_DATA_DIR": str(home)} | settings,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_records_have_a_database_and_a_role_of_their_own(home: Path) -> None:
    old = home / "data" / "airflow" / "airflow.db"
    old.parent.mkdir(parents=True)
    old.touch()
    *said, url = types(home, PREPARE + SETTING)
    # A home of the release before: said once, and nothing of it is touched.
    assert any("begin anew, in PostgreSQL" in line for line in said)
    again = types(home, PREPARE + SETTING)
    assert again == [url]
    assert old.read_bytes() == b""

    assert url.startswith("postgresql+psycopg2://airflow:")
    uri = url.replace("+psycopg2", "")
    with psycopg.connect(uri, autocommit=True) as airflow:
        airflow.execute("create table mine ()")
        airflow.execute("drop table mine")
    with psycopg.connect(uri, dbname="olist") as warehouse:
        for forbidden in ("create schema theirs", "create table public.theirs ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                warehouse.execute(forbidden)
            warehouse.rollback()


def test_tables_are_brought_up_to_date_once(home: Path) -> None:
    assert types(home, PREPARE + MIGRATE)[-1] == "1"
    assert types(home, PREPARE + MIGRATE)[-1] == "0"
    uri = postgres.status(home / "data").rpartition("/")[0] + "/airflow"
    with psycopg.connect(uri, autocommit=True) as airflow:
        # Another Airflow was here, or other tables are.
        airflow.execute("comment on table alembic_version is 'Airflow 3.2.0, abc'")
    assert types(home, PREPARE + MIGRATE)[-1] == "1"


def test_a_warehouse_elsewhere_leaves_the_records_embedded(home: Path, warehouse: str) -> None:
    # How the warehouse is trusted is still as its user has said, and not asked of the embedded server.
    settings = {
        WAREHOUSE: warehouse,
        "PGSSLMODE": "require",
        "PGCHANNELBINDING": "require",
    }
    program = PREPARE + f"print(os.environ['{WAREHOUSE}'])\n" + SETTING + MIGRATE + ASYNCHRONOUS
    said = types(home, program, **settings)
    assert any("sslmode=require" in line and "channel_binding=require" in line for line in said)
    assert "answer 1" in said
    url = next(line for line in said if "+psycopg2" in line)
    assert "/airflow" in url and url.startswith("postgresql+psycopg2://airflow:")


@pytest.mark.parametrize("how", ["", "_CMD"])
def test_a_database_of_the_user_s_own_wins(tmp_path: Path, warehouse: str, how: str) -> None:
    theirs = f"sqlite:///{tmp_path / 'theirs.db'}"
    value = theirs if not how else f"printf {theirs}"
    settings = {f"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN{how}": value, "HUBSPOT_ACCESS_TOKEN": "x"}
    settings |= {"AIRFLOW_CONN_OLIST_WAREHOUSE": warehouse}
    program = (
        PREPARE + "from airflow.configuration import conf\nprint(conf.get('database', 'sql_alchemy_conn'))\n"
    )
    assert types(tmp_path / "home", program, **settings)[-1] == theirs
    # With a warehouse and Airflow's records elsewhere, nothing of ours has to run.
    assert not (tmp_path / "home" / "data" / "postgres").exists()
    if not how:
        assert types(tmp_path / "home", PREPARE + MIGRATE, **settings)[-1] == "2"
