"""A plan that waits for a person: what is asked, what a yes and a no do, and that nothing is sent before."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from psycopg import Connection
from support import pipeline

from olist.hubspot.client import HubSpotSettings
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.report.page import render_report
from olist.report.summary import read_summary
from olist.stages import upsert_hubspot
from olist.stages.upsert_hubspot import approving
from olist.stages.write_outputs import write_outputs

NOW = datetime(2018, 8, 3, 9, 30, tzinfo=UTC)
LINKS = {"campaign_list.csv": "http://airflow/list", "the page": "http://airflow/page"}
# What reads, though it is a POST.
READS = ("/batch/read", "/oauth/v2/private-apps/get/access-token-info", "/search")


def settings(url: str) -> HubSpotSettings:
    return HubSpotSettings(DEFAULT_TOKEN, url)


def writes(url: str) -> list[str]:
    """Everything that a sandbox was asked to change."""
    requests = httpx.get(f"{url}/sandbox/requests").json()["requests"]
    return [
        f"{each['method']} {each['path']}"
        for each in requests
        if each["method"] != "GET" and not each["path"].split("?")[0].endswith(READS)
    ]


def plan(connection: Connection, run_id: int, url: str) -> dict:
    return upsert_hubspot.plan(connection, run_id, "approve", settings(url))


def ask(connection: Connection, run_id: int, folder: Path, task: str = "approve") -> dict:
    return approving.ask(connection, run_id, folder, LINKS, task, is_first=task == "approve")


def approve(connection: Connection, run_id: int, url: str, asked: dict) -> dict:
    return approving.approve(connection, run_id, settings(url), "approve", asked["fingerprint"], "Ana", NOW)


def send(connection: Connection, run_id: int, url: str, parts: list[int]) -> dict:
    for part in parts:
        upsert_hubspot.send(connection, run_id, part, "approve", settings(url))
    return upsert_hubspot.finish(connection, run_id, settings(url))


def sync_of(connection: Connection, run_id: int) -> tuple:
    return connection.execute(
        "select status, is_approved, decided_by, decided_at, message from ops.hubspot_syncs"
        " where run_id = %s",
        (run_id,),
    ).fetchone()


def test_a_yes_sends_exactly_what_was_asked_about(
    connection: Connection, demo: Path, url: str, tmp_path: Path
) -> None:
    run_id = pipeline.run(connection, demo)
    planned = plan(connection, run_id, url)
    asked = ask(connection, run_id, tmp_path)
    assert planned["status"] == "waiting" and asked["is_open"]
    assert writes(url) == [] and pipeline.contacts(url) == {}
    # A part that somebody starts all the same sends nothing.
    assert upsert_hubspot.send(connection, run_id, 0, "approve", settings(url)) == {"stopped": "waiting"}
    assert writes(url) == []

    decided = approve(connection, run_id, url, asked)
    assert decided["status"] == "planned" and decided["parts"] == planned["parts"]
    assert send(connection, run_id, url, decided["parts"])["status"] == "delivered"
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)
    assert sync_of(connection, run_id) == ("delivered", True, "Ana", NOW, None)
    # Cleared alone afterwards, the question is not asked again.
    assert ask(connection, run_id, tmp_path) == {"is_open": False, "parts": planned["parts"]}


@pytest.mark.parametrize("by", ["Ana", None])
def test_a_no_sends_nothing_and_ends_well(
    connection: Connection, demo: Path, url: str, tmp_path: Path, by: str | None
) -> None:
    run_id = pipeline.run(connection, demo)
    plan(connection, run_id, url)
    ask(connection, run_id, tmp_path)
    why = "Ana said no" if by else "nobody has answered in time"
    assert approving.refuse(connection, run_id, why, by, NOW)["parts"] == []
    sync = upsert_hubspot.finish(connection, run_id, settings(url))
    assert sync["status"] == "not approved" and writes(url) == []
    message = f"Not approved: {why}. Nothing was sent."
    assert sync_of(connection, run_id) == ("not approved", False, by, NOW, message)
    write_outputs(connection, run_id, tmp_path)
    assert read_summary(connection, run_id)["hubspot"]["message"] == message
    assert "not approved" in render_report(connection, run_id) and message in render_report(
        connection, run_id
    )
    # The tasks after the question do not ask about it again; whoever clears it is asked again.
    assert ask(connection, run_id, tmp_path, "approve_again") == {"is_open": False, "parts": []}
    asked = ask(connection, run_id, tmp_path)
    assert asked["is_open"]
    decided = approve(connection, run_id, url, asked)
    assert send(connection, run_id, url, decided["parts"])["status"] == "delivered"
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)


def test_a_plan_that_has_changed_while_it_waited_is_asked_about_again(
    connection: Connection, demo: Path, url: str, tmp_path: Path
) -> None:
    run_id = pipeline.run(connection, demo, date(2018, 3, 1))
    plan(connection, run_id, url)
    asked = ask(connection, run_id, tmp_path)
    # Somebody delivers the same month otherwise.
    other = pipeline.run(connection, demo, date(2018, 3, 1))
    pipeline.deliver(connection, other, url)
    connection.execute("delete from ops.hubspot_contacts where customer_unique_id < '8'")
    before = writes(url)

    decided = approve(connection, run_id, url, asked)
    assert decided["status"] == "waiting" and writes(url) == before
    # Airflow would show the old text.
    assert ask(connection, run_id, tmp_path) == {"is_open": False, "parts": [], "has_another_text": True}
    again = ask(connection, run_id, tmp_path, "approve_again")
    assert (
        again["is_open"] and again["fingerprint"] != asked["fingerprint"] and again["text"] != asked["text"]
    )
    decided = approve(connection, run_id, url, again)
    assert send(connection, run_id, url, decided["parts"])["status"] == "delivered"
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)


def test_a_plan_without_anybody_asks_nobody(
    connection: Connection, demo: Path, url: str, tmp_path: Path
) -> None:
    pipeline.deliver(connection, pipeline.run(connection, demo), url)
    run_id = pipeline.run(connection, demo)
    assert plan(connection, run_id, url)["status"] == "planned"
    assert ask(connection, run_id, tmp_path) == {"is_open": False, "parts": []}
    assert upsert_hubspot.finish(connection, run_id, settings(url))["status"] == "delivered"


@pytest.mark.parametrize("newest_first", [True, False])
def test_two_months_wait(
    connection: Connection, demo: Path, url: str, tmp_path: Path, newest_first: bool
) -> None:
    months = [pipeline.run(connection, demo, date(2018, month, 1)) for month in (3, 4)]
    asked = {}
    for run_id in months:
        assert plan(connection, run_id, url)["status"] == "waiting"
        asked[run_id] = ask(connection, run_id, tmp_path)
    older, newer = months
    if newest_first:
        decided = approve(connection, newer, url, asked[newer])
        send(connection, newer, url, decided["parts"])
        late = approve(connection, older, url, asked[older])
        assert late["status"] == "superseded" and late["parts"] == []
        assert upsert_hubspot.finish(connection, older, settings(url))["status"] == "superseded"
    else:
        decided = approve(connection, older, url, asked[older])
        send(connection, older, url, decided["parts"])
        assert approve(connection, newer, url, asked[newer])["status"] == "waiting"
        again = ask(connection, newer, tmp_path, "approve_again")
        send(connection, newer, url, approve(connection, newer, url, again)["parts"])
    assert pipeline.contacts(url) == pipeline.payloads(connection, newer)


def test_a_question_that_waits_holds_up_no_other_delivery(
    connection: Connection, demo: Path, url: str, tmp_path: Path
) -> None:
    waiting = pipeline.run(connection, demo, date(2018, 4, 1))
    plan(connection, waiting, url)
    ask(connection, waiting, tmp_path)
    older = pipeline.run(connection, demo, date(2018, 3, 1))
    assert pipeline.deliver(connection, older, url)["status"] == "delivered"


def test_the_question_is_in_a_marketers_words(
    connection: Connection, demo: Path, url: str, tmp_path: Path
) -> None:
    pipeline.deliver(connection, pipeline.run(connection, demo, date(2018, 3, 1)), url)
    run_id = pipeline.run(connection, demo, date(2018, 4, 1))
    planned = plan(connection, run_id, url)["plan"]
    asked = ask(connection, run_id, tmp_path)
    people = planned["create"] + planned["update"] + planned["clear"]
    assert asked["subject"] == f"May {people:,} contacts be sent to HubSpot, as of 2018-04-01?"
    assert asked["hours"] == 72
    text = asked["text"]
    assert f"- {planned['create']:,} contacts would be created, and may become billable" in text
    assert "[campaign_list.csv](http://airflow/list)" in text and "[the page](http://airflow/page)" in text
    examples = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]
    listed = {
        row["olist_customer_id"]: row
        for row in csv.DictReader((tmp_path / "2018-04-01" / "campaign_list.csv").open())
    }
    assert len(examples) == 10 and len(listed) == people
    for person, kind, tier, action, _why in examples:
        row = listed[person.removeprefix("| ")]
        assert kind == {"create": "new", "update": "changed", "clear": "emptied"}[row["operation"]]
        assert tier.endswith(row["loyalty_tier"]) and action.replace("\\", "").endswith(row["next_action"])
        assert row["outcome"] == "not sent"
    # The same ten, however often it is asked.
    assert ask(connection, run_id, tmp_path)["text"] == text
    json.dumps(asked)


def test_without_a_token_nobody_is_asked(connection: Connection, demo: Path, tmp_path: Path) -> None:
    run_id = pipeline.run(connection, demo)
    assert upsert_hubspot.plan(connection, run_id, "approve", None)["status"] == "dry_run"
    assert ask(connection, run_id, tmp_path) == {"is_open": False, "parts": []}
