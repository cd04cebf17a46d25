"""Who was refused is tried again; a refusal that is nobody's stops the delivery within a few requests."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.hubspot.answers import Answer
from olist.hubspot.client import HubSpotSettings
from olist.hubspot.refusals import SAME_IN_A_ROW, Suspects
from olist.hubspot.sender import MIN_REFUSED_AGAIN
from olist.local.hubspot_sandbox.faults import Faults
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings
from olist.stages import upsert_hubspot

pytestmark = pytest.mark.slow

HEADERS = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
PARTS = upsert_hubspot.PARTS


@pytest.fixture
def url() -> Iterator[str]:
    with running_sandbox(SandboxSettings(ten_second_limit=100_000)) as url:
        yield url


@pytest.fixture
def run_id(connection: Connection, few: Path) -> int:
    return pipeline.run(connection, few)


def set_faults(url: str, **faults: object) -> None:
    assert httpx.put(f"{url}/sandbox/faults", json=faults).status_code == 200


def upserts(url: str) -> dict[int, int]:
    """Batches by the status of their answer."""
    log = httpx.get(f"{url}/sandbox/requests").json()["requests"]
    return {int(each["status"]): each["count"] for each in log if each["path"].endswith("/batch/upsert")}


def outcomes(connection: Connection, run_id: int) -> dict[str | None, int]:
    query = "select outcome, count(*) from ops.hubspot_plan_drafts where run_id = %s group by 1"
    return dict(connection.execute(query, (run_id,)).fetchall())


def refused_before(connection: Connection, run_id: int, url: str) -> int:
    """Everybody as a delivery left them that found out one by one that HubSpot refuses all."""
    settings = HubSpotSettings(DEFAULT_TOKEN, url)
    upsert_hubspot.plan(connection, run_id, "upsert", settings)
    return connection.execute(
        "insert into ops.hubspot_failures"
        " (portal_id, customer_unique_id, category, message, was_sent_alone, payload)"
        " select run.portal_id, customer_unique_id, 'CONFLICT', 'no', true, payload"
        " from ops.hubspot_plan_drafts inner join ops.pipeline_runs as run using (run_id) where run_id = %s",
        (run_id,),
    ).rowcount


def test_the_few_who_were_refused_are_tried_in_a_quiet_month(
    connection: Connection, run_id: int, few: Path, url: str
) -> None:
    set_faults(url, conflict_people_share=0.01, seed=3)
    first = pipeline.deliver(connection, run_id, url)
    assert first["rejected"] > MIN_REFUSED_AGAIN
    set_faults(url)
    sync = pipeline.deliver(connection, pipeline.run(connection, few), url)
    assert (sync["accepted"], sync["rejected"], sync["not_tried"]) == (first["rejected"], 0, 0)
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)
    assert connection.execute("select count(*) from ops.hubspot_failures").fetchone() == (0,)


def test_an_account_that_refused_everybody_and_was_mended_gets_everybody(
    connection: Connection, run_id: int, url: str
) -> None:
    people = refused_before(connection, run_id, url)
    sync = pipeline.deliver(connection, run_id, url)
    assert (sync["status"], sync["accepted"], sync["not_tried"]) == ("delivered", people, 0)
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)
    # One by one at first, then more and more.
    assert upserts(url)[200] < 15 * PARTS


def test_an_account_that_goes_on_refusing_everybody_is_asked_a_few_times(
    connection: Connection, run_id: int, url: str
) -> None:
    people = refused_before(connection, run_id, url)
    set_faults(url, conflict_people_share=1.0)
    with pytest.raises(
        OlistError, match=rf"HubSpot rejected 12 of {people} contacts, and {people - 12} it reje"
    ):
        pipeline.deliver(connection, run_id, url)
    assert upserts(url) == {409: MIN_REFUSED_AGAIN * PARTS}
    assert outcomes(connection, run_id) == {"rejected": 12, "not tried": people - 12}
    message = connection.execute("select message from ops.hubspot_syncs").fetchone()
    assert message == (
        f"Delivered with 12 rejected, and {people - 12} not tried, whom HubSpot refused before.",
    )


def test_everybody_who_was_refused_has_a_turn(connection: Connection, run_id: int, url: str) -> None:
    people = refused_before(connection, run_id, url)
    set_faults(url, conflict_people_share=1.0)
    tried = set()
    for times in (1, 2, 3):
        with pytest.raises(OlistError):
            pipeline.deliver(connection, run_id, url)
        rows = connection.execute(
            "select customer_unique_id from ops.hubspot_failures where attempts > 1"
        ).fetchall()
        tried |= {person for (person,) in rows}
        assert len(rows) == len(tried) == times * MIN_REFUSED_AGAIN * PARTS
    assert len(tried) < people


def test_a_property_that_is_deleted_while_people_are_sent_stops_the_delivery(
    connection: Connection, run_id: int, url: str
) -> None:
    settings = HubSpotSettings(DEFAULT_TOKEN, url)
    parts = upsert_hubspot.plan(connection, run_id, "upsert", settings)["parts"]
    path = f"{url}/crm/v3/properties/contacts/loyalty_tier"
    assert httpx.delete(path, headers=HEADERS).status_code == 204
    for part in parts:
        upsert_hubspot.send(connection, run_id, part, "upsert", settings)
    with pytest.raises(
        OlistError, match=r'stopped\. .* not theirs: Property "loyalty_tier" does not exist\. Mend'
    ):
        upsert_hubspot.finish(connection, run_id)
    assert upserts(url) == {400: 1}
    assert set(outcomes(connection, run_id)) == {None}
    for table in ("failures", "in_flight", "contacts"):
        assert connection.execute(f"select count(*) from ops.hubspot_{table}").fetchone() == (0,)
    # The next plan finds out that the property cannot be made anew, and says so.
    with pytest.raises(OlistError, match="loyalty_tier was deleted and is in its archive"):
        pipeline.deliver(connection, run_id, url)
    assert httpx.delete(f"{url}/sandbox/archived/loyalty_tier").status_code == 204
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)


def test_a_refusal_without_a_name_stops_the_delivery_too(
    connection: Connection, run_id: int, url: str
) -> None:
    set_faults(url, conflict_people_share=1.0)
    with pytest.raises(
        OlistError, match="for a reason that is not theirs: A conflicting record exists already"
    ):
        pipeline.deliver(connection, run_id, url)
    assert upserts(url) == {409: 1 + SAME_IN_A_ROW}
    assert connection.execute("select count(*) from ops.hubspot_failures").fetchone() == (0,)
    set_faults(url)
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)


def test_many_bad_people_among_good_ones_are_no_common_cause(
    connection: Connection, run_id: int, url: str
) -> None:
    set_faults(url, conflict_people_share=0.04, seed=2)
    law = Faults(conflict_people_share=0.04, seed=2)
    expected = {each for each in pipeline.payloads(connection, run_id) if law.conflicts(each)}
    assert pipeline.deliver(connection, run_id, url)["rejected"] == len(expected)
    refused = connection.execute("select customer_unique_id from ops.hubspot_failures").fetchall()
    assert {person for (person,) in refused} == expected


def test_a_reason_is_the_same_whatever_it_names() -> None:
    suspects = Suspects()
    for number in range(SAME_IN_A_ROW):
        assert not suspects.are_innocent
        person = "abc"[number % 3] * 8 + str(number)
        body = {"category": "CONFLICT", "message": f"{person} is the contact {number * 7919} already"}
        assert suspects.add(person, Answer(409, {}, body)) == {}
    assert suspects.are_innocent
    others = suspects.add("zoe", Answer(400, {}, {"category": "VALIDATION_ERROR", "message": "no"}))
    assert len(others) == SAME_IN_A_ROW and not suspects.are_innocent


def test_a_property_that_hubspot_hides_is_not_believed_to_be_there(
    connection: Connection, run_id: int, url: str
) -> None:
    path = f"{url}/crm/v3/properties/contacts"
    group = {"name": "olist_intelligence", "label": "x"}
    assert httpx.post(f"{path}/groups", json=group, headers=HEADERS).status_code == 201
    pipeline.deliver(connection, run_id, url)
    assert httpx.delete(f"{path}/olist_customer_id", headers=HEADERS).status_code == 204
    # Nobody can be read back by it: its archive is the reason, not that somebody emptied the account.
    with pytest.raises(OlistError, match=r"olist_customer_id was deleted and is in its archive.*restore it"):
        pipeline.deliver(connection, run_id, url)


def test_a_page_of_html_in_the_middle_of_a_delivery_costs_nothing(
    connection: Connection, run_id: int, url: str
) -> None:
    set_faults(url, script=["html"])
    assert pipeline.deliver(connection, run_id, url)["rejected"] == 0
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)
