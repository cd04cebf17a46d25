"""Delivery to HubSpot, over real HTTP to the sandbox."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import httpx
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.hubspot.answers import Answer, judge
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.versions import API_VERSIONS
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN


def batch_writes(url: str) -> int:
    requests = httpx.get(f"{url}/sandbox/requests").json()["requests"]
    return sum(
        each["count"] for each in requests if each["path"].endswith(("/batch/upsert", "/batch/update"))
    )


@pytest.mark.parametrize("version", API_VERSIONS)
def test_everybody_arrives_as_the_snapshot_says(
    connection: Connection, demo: Path, sandbox: str, version: str
) -> None:
    run_id = pipeline.run(connection, demo)
    sync = pipeline.deliver(connection, run_id, sandbox, api_version=version)
    assert sync["status"] == "delivered"
    arrived = pipeline.contacts(sandbox)
    rows = connection.execute(
        "select customer_unique_id, loyalty_tier, next_action, next_action_reason, segment_name,"
        " monetary::text, frequency::text, last_purchase_date::date::text, favorite_category,"
        " coalesce(trim_scale(avg_review_score)::text, ''), customer_state,"
        " as_of::date::text, '', as_of::date::text, ''"
        " from analytics.vw_customer_segments"
    ).fetchall()
    assert sync["accepted"] == len(rows) == len(arrived)
    for row in rows:
        assert tuple(arrived[row[0]].values()) == row
    assert pipeline.ledger(connection) == arrived


@pytest.mark.parametrize("version", API_VERSIONS)
def test_an_unchanged_month_sends_nothing(
    connection: Connection, demo: Path, sandbox: str, version: str
) -> None:
    pipeline.deliver(connection, pipeline.run(connection, demo), sandbox, api_version=version)
    before = batch_writes(sandbox)
    sync = pipeline.deliver(connection, pipeline.run(connection, demo), sandbox, api_version=version)
    assert sync["accepted"] == 0
    assert sync["plan"]["unchanged"] == len(pipeline.contacts(sandbox))
    assert batch_writes(sandbox) == before


@pytest.mark.slow
@pytest.mark.parametrize("version", API_VERSIONS)
def test_real_orders_arrive_in_every_version(
    copy_of: Callable[..., str], sample: Path, sandbox: str, version: str
) -> None:
    with Connection.connect(copy_of(pipeline.run, sample), autocommit=True) as connection:
        run_id = pipeline.last_run(connection)
        assert pipeline.deliver(connection, run_id, sandbox, api_version=version)["status"] == "delivered"
        assert pipeline.contacts(sandbox) == pipeline.payloads(connection, run_id)
        assert pipeline.deliver(connection, run_id, sandbox, api_version=version)["accepted"] == 0


def test_only_changed_people_are_sent_and_an_older_snapshot_never(
    connection: Connection, demo: Path, sandbox: str
) -> None:
    first = pipeline.deliver(connection, pipeline.run(connection, demo, date(2018, 2, 1)), sandbox)
    second = pipeline.deliver(connection, pipeline.run(connection, demo, date(2018, 3, 1)), sandbox)
    plan = second["plan"]
    assert plan["create"] + first["accepted"] == len(pipeline.contacts(sandbox))
    assert 0 < plan["create"] + plan["update"] == second["accepted"]
    assert plan["unchanged"] > 0
    newest = pipeline.contacts(sandbox)
    older = pipeline.deliver(connection, pipeline.run(connection, demo, date(2018, 1, 1)), sandbox)
    assert older["status"] == "superseded" and older["accepted"] == 0
    assert pipeline.contacts(sandbox) == newest


@pytest.mark.slow
def test_of_people_who_leave_only_the_id_stays(connection: Connection, data_dir: Path, sandbox: str) -> None:
    pipeline.deliver(connection, pipeline.run(connection, data_dir), sandbox)
    path = data_dir / "olist_orders_dataset.csv"
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows[30:]])
    for name in ("olist_order_items_dataset.csv", "olist_customers_dataset.csv"):
        assert (data_dir / name).exists()
    run_id = pipeline.run(connection, data_dir, accept=("customers_lost",))
    sync = pipeline.deliver(connection, run_id, sandbox)
    assert sync["plan"]["clear"] > 0
    current = {row[1] for row in pipeline.snapshot(connection)}
    gone = {person: values for person, values in pipeline.contacts(sandbox).items() if person not in current}
    assert len(gone) == sync["plan"]["clear"]
    for person, values in gone.items():
        assert {name: value for name, value in values.items() if value} == {"olist_customer_id": person}
    again = pipeline.deliver(connection, pipeline.run(connection, data_dir), sandbox)
    assert again["accepted"] == 0


def test_without_a_token_the_run_is_a_dry_run(connection: Connection, demo: Path) -> None:
    sync = pipeline.deliver(connection, pipeline.run(connection, demo), None)
    assert (sync["mode"], sync["status"], sync["accepted"]) == ("dry_run", "dry_run", 0)
    assert sync["plan"]["create"] > 0


def test_skip_plans_nothing(connection: Connection, demo: Path, sandbox: str) -> None:
    sync = pipeline.deliver(connection, pipeline.run(connection, demo), sandbox, mode="skip")
    assert (sync["status"], sync["plan"]) == ("skipped", {})
    assert pipeline.contacts(sandbox) == {}


def test_update_creates_nobody(connection: Connection, demo: Path, sandbox: str) -> None:
    run_id = pipeline.run(connection, demo, date(2018, 1, 1))
    pipeline.deliver(connection, run_id, sandbox)
    before = set(pipeline.contacts(sandbox))
    sync = pipeline.deliver(connection, pipeline.run(connection, demo), sandbox, mode="update")
    assert set(pipeline.contacts(sandbox)) == before
    assert sync["absent"] > 0 and sync["rejected"] == 0 and sync["status"] == "delivered"


def test_a_wrong_token_is_one_sentence(sandbox: str) -> None:
    with pytest.raises(OlistError, match=r"refused the access token.*HUBSPOT_ACCESS_TOKEN"):
        HubSpot(HubSpotSettings("wrong", sandbox)).check_token()
    assert "secret" not in repr(HubSpotSettings("secret"))


def test_a_property_of_another_type_stops_before_anything_is_sent(
    connection: Connection, demo: Path, sandbox: str
) -> None:
    headers = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
    body = {
        "name": "lifetime_value",
        "label": "x",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
    }
    created = httpx.post(f"{sandbox}/crm/v3/properties/contacts", json=body, headers=headers)
    assert created.status_code == 201, created.text
    with pytest.raises(OlistError, match="lifetime_value of type string, and it must be of type number"):
        pipeline.deliver(connection, pipeline.run(connection, demo), sandbox)
    assert pipeline.contacts(sandbox) == {}


def test_whoever_the_answer_does_not_mention_was_not_accepted() -> None:
    batch = {"a": {}, "b": {}, "c": {}}
    body = {
        "results": [{"id": "1", "properties": {"olist_customer_id": "a"}}],
        "errors": [{"category": "VALIDATION_ERROR", "message": "bad", "context": {"ids": ["b"]}}],
    }
    accepted, rejected = judge(batch, Answer(207, {}, body))
    assert accepted == {"a": "1"}
    assert rejected["b"] == ("VALIDATION_ERROR", "bad")
    assert "c" not in accepted and "c" not in rejected
    assert judge(batch, Answer(200, {}, {"status": "COMPLETE", "results": []}))[0] == {}


def test_a_merged_contact_is_the_persons_it_was_written_for() -> None:
    def result(number: str, bears: str, **more: str) -> dict:
        return {"id": number, "properties": {"olist_customer_id": bears}} | more

    results = [
        # HubSpot merged a into z, and b into c: the answer bears the name that is left.
        result("1", "z", objectWriteTraceId="a"),
        result("2", "c", objectWriteTraceId="b"),
        result("2", "c", objectWriteTraceId="c"),
        # A trace id that is not ours, or none, says nothing.
        result("4", "d", objectWriteTraceId="?"),
        result("5", "e"),
        result("6", "somebody"),
    ]
    batch = {each: {} for each in "abcdef"}
    accepted, rejected = judge(batch, Answer(200, {}, {"results": results}))
    assert accepted == {"a": "1", "b": "2", "c": "2", "d": "4", "e": "5"}
    assert rejected == {}


def test_of_two_that_were_merged_the_primary_is_updated_and_the_other_made_anew(
    connection: Connection, few: Path, sandbox: str
) -> None:
    pipeline.deliver(connection, pipeline.run(connection, few, date(2018, 6, 1)), sandbox)
    run_id = pipeline.run(connection, few, date(2018, 8, 1))
    sent, wanted = pipeline.ledger(connection), pipeline.payloads(connection, run_id)
    primary, other = sorted(person for person in sent if sent[person] != wanted[person])[:2]
    ids = "select customer_unique_id, contact_id from ops.hubspot_contacts"
    before = dict(connection.execute(ids).fetchall())
    with httpx.Client(base_url=sandbox, headers={"Authorization": f"Bearer {DEFAULT_TOKEN}"}) as client:
        two = {"primaryObjectId": before[primary], "objectIdToMerge": before[other]}
        survivor = client.post("/crm/objects/2026-09/contacts/merge", json=two).json()["id"]
    assert pipeline.deliver(connection, run_id, sandbox)["status"] == "delivered"
    assert pipeline.contacts(sandbox) == wanted
    after = dict(connection.execute(ids).fetchall())
    assert after[primary] == survivor
    assert after[other] not in (survivor, before[other])
