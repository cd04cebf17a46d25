"""What of libpq's variables a server of the user's own gets, and that a process is rid of them."""

import os
from urllib.parse import urlsplit

import psycopg
import pytest
from airflow.models import Connection

from olist.local import libpq

TRUSTED = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/our root.pem", "PGPASSFILE": "/home/me/pass"}
OTHERS = {"PGHOSTADDR": "192.0.2.1", "PGSERVICE": "away", "PGOPTIONS": "-c datestyle=SQL", "PGUSER": "me"}


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (TRUSTED | OTHERS).items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    "given",
    [
        "postgres://olist:a%20b@db.example.com:5433/shop?sslmode=require",
        '{"conn_type": "postgres", "host": "db.example.com", "extra": {"sslmode": "require"}}',
        '{"conn_type": "postgres", "host": "db.example.com", "extra": "{\\"sslmode\\": \\"require\\"}"}',
    ],
)
def test_a_connection_says_itself_how_its_server_is_trusted(given: str) -> None:
    said = libpq.with_trust(given)
    described = Connection.from_json(said) if said.startswith("{") else Connection(uri=said)
    # What the connection itself says wins.
    expected = {"sslmode": "require", "sslrootcert": "/etc/our root.pem", "passfile": "/home/me/pass"}
    assert described.extra_dejson == expected
    assert described.host == "db.example.com"


def test_a_shell_without_them_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TRUSTED:
        monkeypatch.delenv(name)
    assert libpq.with_trust("postgres://olist@db/shop") == "postgres://olist@db/shop"


def test_a_server_that_speaks_no_tls_is_not_trusted(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLMODE", "require")
    monkeypatch.delenv("PGSSLROOTCERT")
    said = libpq.with_trust(server)
    libpq.forget()
    psycopg.connect(server).close()
    with pytest.raises(psycopg.OperationalError, match="SSL"):
        psycopg.connect(said)
    assert urlsplit(said).netloc == urlsplit(server).netloc


def test_nothing_is_left_of_them() -> None:
    libpq.forget()
    assert not [name for name in os.environ if name.startswith("PG")]
