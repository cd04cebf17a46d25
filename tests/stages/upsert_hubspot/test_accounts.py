"""The ledger of each HubSpot account: another account, one that lost its contacts, `sync=repair`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpotSettings
from olist.hubspot.properties import PROPERTIES
from olist.local.hubspot_sandbox.faults import Faults
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings
from olist.stages import upsert_hubspot

HEADERS = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}


@contextmanager
def account(number: int, **more: Any) -> Iterator[str]:
    """The base URL of a HubSpot account of its own."""
    with running_sandbox(SandboxSettings(ten_second_limit=100_000, portal_id=number, **more)) as url:
        yield url


@pytest.fixture
def warehouse(copy_of: Callable[..., str], few: Path) -> str:
    """A warehouse with a published run."""
    return copy_of(pipeline.run, few)


@pytest.fixture
def empty(new_warehouse: Callable[..., str]) -> Iterator[Connection]:
    """A connection to a warehouse without any run."""
    with Connection.connect(new_warehouse(), autocommit=True) as connection:
        yield connection


def ids(url: str) -> dict[str, str]:
    """HubSpot's ids by customer."""
    lines = httpx.get(f"{url}/sandbox/contacts.ndjson").text.splitlines()
    return {each["properties"]["olist_customer_id"]: each["id"] for each in map(json.loads, lines)}


def delete_contacts(url: str, share: float) -> int:
    """Deletes this share of an account's contacts through HubSpot's API. Returns how many."""
    everybody = sorted(ids(url).values())
    gone = everybody[: round(len(everybody) * share)]
    for start in range(0, len(gone), 100):
        body = {"inputs": [{"id": each} for each in gone[start : start + 100]]}
        answer = httpx.post(f"{url}/crm/v3/objects/contacts/batch/archive", json=body, headers=HEADERS)
        assert answer.status_code == 204
    return len(gone)


def delete_property(url: str, name: str) -> None:
    answer = httpx.delete(f"{url}/crm/v3/properties/contacts/{name}", headers=HEADERS)
    assert answer.status_code == 204


def purge_property(url: str, name: str) -> None:
    """Deletes a property so that its name is free again."""
    delete_property(url, name)
    assert httpx.delete(f"{url}/sandbox/archived/{name}").status_code == 204


def property_names(url: str) -> set[str]:
    answer = httpx.get(f"{url}/crm/v3/properties/contacts", headers=HEADERS)
    return {each["name"] for each in answer.json()["results"]}


def writes(url: str) -> int:
    log = httpx.get(f"{url}/sandbox/requests").json()["requests"]
    return sum(each["count"] for each in log if each["path"].endswith(("/batch/upsert", "/batch/update")))


def ledger_sizes(connection: Connection) -> dict[int, int]:
    query = "select portal_id, count(*) from ops.hubspot_contacts group by 1"
    return dict(connection.execute(query).fetchall())


def test_each_account_has_a_ledger_of_its_own(connection: Connection, run_id: int, few: Path) -> None:
    with account(11) as first, account(22) as second:
        told = pipeline.deliver(connection, run_id, first)
        sync = pipeline.deliver(connection, pipeline.run(connection, few), second)
        assert sync["accepted"] == sync["plan"]["create"] == told["accepted"] > 0
        assert pipeline.contacts(second) == pipeline.contacts(first) == pipeline.payloads(connection, run_id)
        assert ledger_sizes(connection) == {11: told["accepted"], 22: told["accepted"]}
        # Back at the first, all of it is still known.
        before = writes(first)
        again = pipeline.deliver(connection, pipeline.run(connection, few), first)
        assert (again["plan"]["unchanged"], again["accepted"]) == (told["accepted"], 0)
        assert writes(first) == before


def test_an_older_month_may_be_sent_to_another_account(empty: Connection, few: Path) -> None:
    with account(11) as first, account(22) as second:
        pipeline.deliver(empty, pipeline.run(empty, few), first)
        older = pipeline.run(empty, few, date(2018, 5, 1))
        assert pipeline.deliver(empty, older, first)["status"] == "superseded"
        assert pipeline.deliver(empty, older, second)["status"] == "delivered"
        assert pipeline.contacts(second) == pipeline.payloads(empty, older)


def test_failures_and_doubts_belong_to_an_account(connection: Connection, run_id: int) -> None:
    with account(11, faults=Faults(rejected_people_share=0.02, seed=3)) as first, account(22) as second:
        refused = pipeline.deliver(connection, run_id, first)["rejected"]
        connection.execute(
            "insert into ops.hubspot_in_flight (portal_id, customer_unique_id, run_id)"
            " select 11, min(customer_unique_id), 1 from ops.hubspot_contacts"
        )
        assert pipeline.deliver(connection, run_id, second)["rejected"] == 0
        failures = connection.execute("select portal_id, count(*) from ops.hubspot_failures group by 1")
        assert failures.fetchall() == [(11, refused)] and refused > 0
        assert connection.execute("select portal_id from ops.hubspot_in_flight").fetchall() == [(11,)]


def test_a_dry_run_without_a_token_is_compared_with_the_account_last_delivered_to(
    connection: Connection, run_id: int, few: Path
) -> None:
    with account(11) as first, account(22) as second:
        pipeline.deliver(connection, run_id, first)
        assert pipeline.deliver(connection, run_id, None)["plan"]["create"] == 0
        # With a token it is the account that is asked, though nothing was ever sent there.
        everybody = len(pipeline.payloads(connection, run_id))
        assert pipeline.deliver(connection, run_id, second, "dry_run")["plan"]["create"] == everybody
        assert pipeline.deliver(connection, run_id, None)["plan"]["create"] == 0
        assert not property_names(second) & {each.name for each in PROPERTIES}


def test_a_dry_run_needs_no_hubspot(
    connection: Connection, run_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    with account(11) as url:
        settings = HubSpotSettings("wrong", url)
        planned = upsert_hubspot.plan(connection, run_id, "dry_run", settings)
    assert planned["status"] == "dry_run" and planned["plan"]["create"] > 0
    assert "compared with the account that was last delivered to" in caplog.text


def test_an_account_that_was_emptied_is_noticed_and_repaired(
    connection: Connection, run_id: int, few: Path
) -> None:
    with account(11) as url:
        told = pipeline.deliver(connection, run_id, url)
        # Contacts, properties, everything.
        httpx.delete(f"{url}/sandbox")
        following = pipeline.run(connection, few)
        with pytest.raises(OlistError, match=r"account 11 lacks 100 of 100 contacts .*sync=repair"):
            pipeline.deliver(connection, following, url)
        assert writes(url) == 0 and ledger_sizes(connection) == {11: told["accepted"]}
        assert pipeline.deliver(connection, following, url, "dry_run")["status"] == "dry_run"
        sync = pipeline.deliver(connection, following, url, "repair")
        assert sync["status"] == "delivered"
        assert sync["accepted"] == sync["plan"]["create"] == told["accepted"]
        assert pipeline.contacts(url) == pipeline.ledger(connection)
        assert pipeline.deliver(connection, pipeline.run(connection, few), url)["accepted"] == 0


def test_an_account_that_lost_a_few_contacts_is_warned_of(
    connection: Connection, run_id: int, few: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with account(11) as url:
        pipeline.deliver(connection, run_id, url)
        gone = delete_contacts(url, 0.2)
        caplog.clear()
        sync = pipeline.deliver(connection, pipeline.run(connection, few), url)
        assert sync["status"] == "delivered" and sync["accepted"] == 0
        assert "of 100 contacts that it had taken (a sample): sync=verify" in caplog.text
        repaired = pipeline.deliver(connection, pipeline.run(connection, few), url, "repair")
        assert repaired["accepted"] == repaired["plan"]["create"] == gone > 0
        assert pipeline.contacts(url) == pipeline.ledger(connection)


def test_a_repair_goes_through_the_gates(connection: Connection, run_id: int, few: Path) -> None:
    with account(11) as url:
        pipeline.deliver(connection, run_id, url)
        connection.execute(
            """update ops.hubspot_contacts set payload = payload || '{"next_action": "Call"}'"""
        )
        with pytest.raises(OlistError, match="changed_actions"):
            pipeline.deliver(connection, pipeline.run(connection, few), url, "repair")


@pytest.mark.parametrize("is_emptied", [True, False])
def test_a_repair_that_was_cut_short_is_gone_on_with(
    connection: Connection, run_id: int, few: Path, is_emptied: bool
) -> None:
    with account(11) as url:
        pipeline.deliver(connection, run_id, url)
        if is_emptied:
            httpx.delete(f"{url}/sandbox")
        else:
            delete_contacts(url, 0.4)
        settings = HubSpotSettings(DEFAULT_TOKEN, url)
        following = pipeline.run(connection, few)
        parts = upsert_hubspot.plan(connection, following, "repair", settings)["parts"]
        upsert_hubspot.send(connection, following, parts[0], "repair", settings)
        sent = writes(url)
        sync = pipeline.deliver(connection, pipeline.run(connection, few), url)
        assert 0 < sync["accepted"] < len(pipeline.payloads(connection, run_id))
        assert writes(url) > sent
        assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)


def test_an_emptied_account_does_not_get_back_who_has_left(connection: Connection, run_id: int) -> None:
    with account(11) as url:
        pipeline.deliver(connection, run_id, url)
        httpx.delete(f"{url}/sandbox")
        person = min(pipeline.payloads(connection, run_id))
        connection.execute("delete from ops.snapshot_drafts where customer_unique_id = %s", (person,))
        sync = pipeline.deliver(connection, run_id, url, "repair")
        assert sync["plan"]["clear"] == 0 and person not in pipeline.contacts(url)


def test_a_new_account_with_nobody_to_tell_has_the_properties(connection: Connection, run_id: int) -> None:
    with account(11) as url:
        connection.execute("delete from ops.snapshot_drafts where run_id = %s", (run_id,))
        sync = pipeline.deliver(connection, run_id, url)
        assert (sync["status"], sync["accepted"]) == ("delivered", 0)
        assert {each.name for each in PROPERTIES} <= property_names(url)


def test_values_of_a_property_that_was_deleted_for_good_are_sent_again(
    connection: Connection, run_id: int, few: Path
) -> None:
    with account(11) as url:
        pipeline.deliver(connection, run_id, url)
        purge_property(url, "avg_review_score")
        reviewed = [each for each in pipeline.ledger(connection).values() if each["avg_review_score"]]
        sync = pipeline.deliver(connection, pipeline.run(connection, few), url)
        assert sync["accepted"] == len(reviewed) > 0
        assert pipeline.contacts(url) == pipeline.ledger(connection)


def test_a_plan_is_not_sent_to_another_account(connection: Connection, run_id: int) -> None:
    with account(11) as first, account(22) as second:
        parts = upsert_hubspot.plan(connection, run_id, "upsert", HubSpotSettings(DEFAULT_TOKEN, first))[
            "parts"
        ]
        with pytest.raises(OlistError, match=r"planned for the HubSpot account 11, .* of account 22"):
            upsert_hubspot.send(
                connection, run_id, parts[0], "upsert", HubSpotSettings(DEFAULT_TOKEN, second)
            )
        assert pipeline.contacts(second) == {} == pipeline.ledger(connection)


def test_each_account_has_a_pace_of_its_own(connection: Connection, run_id: int) -> None:
    with account(11) as first, account(22) as second:
        pipeline.deliver(connection, run_id, first)
        pipeline.deliver(connection, run_id, second)
    accounts = connection.execute("select account from ops.hubspot_rate order by 1").fetchall()
    assert accounts == [("11",), ("22",)]
