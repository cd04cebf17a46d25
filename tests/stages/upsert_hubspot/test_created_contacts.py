"""The gate `created_contacts`: a delivery that would create too many stops before anything is written."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import httpx
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpotSettings
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings
from olist.report.summary import read_summary
from olist.stages import upsert_hubspot
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.sql import functions

APRIL, MAY = date(2018, 4, 1), date(2018, 5, 1)


def two_months(connection: Connection, data_dir: Path) -> None:
    for month in (APRIL, MAY):
        pipeline.run(connection, data_dir, month)


@pytest.fixture
def warehouse(copy_of: Callable[..., str], few: Path) -> str:
    """A warehouse with two published months that nobody has delivered."""
    return copy_of(two_months, few)


@pytest.fixture
def months(connection: Connection) -> list[int]:
    """The runs of April and May."""
    return [run for (run,) in connection.execute("select run_id from ops.pipeline_runs order by as_of")]


@pytest.fixture(autouse=True)
def limit(connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets how many contacts a delivery may create, in the file and in the warehouse; 100 at first."""
    path = tmp_path / "strategy.yaml"
    monkeypatch.setenv("OLIST_STRATEGY", str(path))

    def set_limit(contacts: int) -> None:
        text = STRATEGY_FILE.read_text()
        path.write_text(text.replace("max_created_contacts:", f"max_created_contacts: {contacts}"))
        connection.execute(functions(read_strategy()))

    set_limit(100)
    return set_limit


def accept(connection: Connection, run_id: int) -> None:
    connection.execute(
        "update ops.pipeline_runs set accepted_gates = '{created_contacts}' where run_id = %s", (run_id,)
    )


def status(connection: Connection, run_id: int) -> str:
    query = "select status from ops.hubspot_syncs where run_id = %s"
    return connection.execute(query, (run_id,)).fetchone()[0]


def changes(url: str) -> list[str]:
    """What an account was asked to change: nothing is read with these."""
    log = httpx.get(f"{url}/sandbox/requests").json()["requests"]
    return [
        each["path"]
        for each in log
        if each["method"] != "GET" and not re.search(r"/(read|search)$", each["path"])
    ]


def test_more_than_the_limit_stops_before_anything_is_written(
    connection: Connection, months: list[int], sandbox: str
) -> None:
    april, may = months
    everybody = len(pipeline.payloads(connection, may))
    with pytest.raises(OlistError, match=r"stopped before anything was sent: created_contacts: ") as error:
        pipeline.deliver(connection, may, sandbox)
    assert f"created_contacts: {everybody:,} contacts would be created in the HubSpot account" in (
        str(error.value)
    )
    assert "which has 0 of ours (strategy.yaml allows 100)" in str(error.value)
    assert "runs it with accept=created_contacts." in str(error.value)
    assert changes(sandbox) == [] and pipeline.ledger(connection) == pipeline.contacts(sandbox) == {}
    assert status(connection, may) == "held back"

    # Nothing of May was sent, so April may still be.
    accept(connection, april)
    assert pipeline.deliver(connection, april, sandbox)["status"] == "delivered"
    assert pipeline.contacts(sandbox) == pipeline.payloads(connection, april)
    sync = pipeline.deliver(connection, may, sandbox)
    assert sync["status"] == "delivered" and 0 < sync["plan"]["create"] <= 100
    assert any(
        "created_contacts, which a person accepted" in each
        for each in read_summary(connection, april)["warnings"]
    )


def test_a_dry_run_warns(
    connection: Connection, months: list[int], sandbox: str, caplog: pytest.LogCaptureFixture
) -> None:
    for url in (sandbox, None):
        caplog.clear()
        assert pipeline.deliver(connection, months[0], url, "dry_run")["status"] == "dry_run"
        assert "This would stop a run before anything was sent: created_contacts: " in caplog.text
    assert any(
        "created_contacts, which would stop a delivery" in each
        for each in read_summary(connection, months[0])["warnings"]
    )


def test_the_limit_itself_is_allowed(
    connection: Connection, months: list[int], sandbox: str, limit: Callable[[int], None]
) -> None:
    limit(len(pipeline.payloads(connection, months[0])))
    assert pipeline.deliver(connection, months[0], sandbox)["status"] == "delivered"


def test_another_account_and_an_emptied_one_are_noticed(
    connection: Connection, months: list[int], sandbox: str, limit: Callable[[int], None]
) -> None:
    april, may = months
    limit(10_000)
    pipeline.deliver(connection, april, sandbox)
    limit(100)
    with running_sandbox(SandboxSettings(ten_second_limit=100_000, portal_id=22)) as other:
        with pytest.raises(OlistError, match="created in the HubSpot account 22, which has 0 of ours"):
            pipeline.deliver(connection, may, other)
        assert changes(other) == []
        # The account last delivered to is still the first one.
        assert pipeline.deliver(connection, may, None)["plan"]["create"] <= 100
    httpx.delete(f"{sandbox}/sandbox")
    for mode in ("repair", "upsert"):
        with pytest.raises(OlistError, match="created_contacts"):
            pipeline.deliver(connection, may, sandbox, mode)
    assert changes(sandbox) == []
    accept(connection, may)
    assert pipeline.deliver(connection, may, sandbox)["status"] == "delivered"
    assert pipeline.contacts(sandbox) == pipeline.payloads(connection, may)


def test_what_a_delivery_has_begun_still_holds_up_an_older_month(
    connection: Connection, months: list[int], sandbox: str
) -> None:
    april, may = months
    accept(connection, may)
    settings = HubSpotSettings(DEFAULT_TOKEN, sandbox)
    parts = upsert_hubspot.plan(connection, may, "upsert", settings)["parts"]
    upsert_hubspot.send(connection, may, parts[0], "upsert", settings)
    connection.execute("update ops.pipeline_runs set accepted_gates = '{}'")
    with pytest.raises(OlistError, match="created_contacts"):
        pipeline.deliver(connection, may, sandbox)
    assert status(connection, may) == "stopped"
    assert pipeline.deliver(connection, april, sandbox)["status"] == "superseded"


def test_a_plan_that_the_account_refuses_does_not_hold_up_an_older_month(
    connection: Connection, months: list[int], sandbox: str, limit: Callable[[int], None]
) -> None:
    april, may = months
    limit(10_000)
    room = len(pipeline.payloads(connection, may)) - 1
    assert httpx.put(f"{sandbox}/sandbox/faults", json={"record_limit": room}).is_success
    with pytest.raises(OlistError, match="room for"):
        pipeline.deliver(connection, may, sandbox)
    assert status(connection, may) == "held back"
    assert pipeline.deliver(connection, april, sandbox)["status"] == "delivered"
