"""Hold-outs at HubSpot: switched on, drawn anew, switched off. What is there, and who was sent what."""

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import Connection
from support import lift, pipeline
from support.strategies import holdout, in_force

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpotSettings
from olist.hubspot.properties import CAMPAIGN_GROUP, PROPERTIES
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages import upsert_hubspot
from olist.stages.write_outputs import write_outputs

HEADERS = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
GROUP = CAMPAIGN_GROUP.name
JANUARY, FEBRUARY, MARCH = date(2018, 1, 1), date(2018, 2, 1), date(2018, 3, 1)
ACTION = ("next_action", "next_action_reason")
Contacts = dict[str, dict[str, str]]


def contacts(url: str) -> Contacts:
    """What a sandbox holds: our properties by customer, with the group where there is one."""
    lines = httpx.get(f"{url}/sandbox/contacts.ndjson", timeout=60).text.splitlines()
    people = [json.loads(line)["properties"] for line in lines]
    names = [each.name for each in (*PROPERTIES, CAMPAIGN_GROUP)]
    return {each["olist_customer_id"]: {name: each.get(name) or "" for name in names} for each in people}


def property_names(url: str) -> set[str]:
    found = httpx.get(f"{url}/crm/v3/properties/contacts", headers=HEADERS).json()["results"]
    return {each["name"] for each in found}


def month(connection: Connection, data_dir: Path, url: str, as_of: date, *strategy: tuple[str, str]) -> int:
    """A month from its start to its delivery, under a strategy. Returns its number."""
    with in_force(*strategy):
        run_id = pipeline.run(connection, data_dir, as_of, retrain="auto")
        assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"
        pipeline.finish(connection, run_id)
    return run_id


def sent(connection: Connection, run_id: int) -> dict[str, list[str]]:
    """Whom a run told HubSpot something, and which properties."""
    return dict(
        connection.execute(
            "select customer_unique_id, changed_properties from ops.hubspot_plan_drafts where run_id = %s",
            (run_id,),
        ).fetchall()
    )


def people_of(connection: Connection, as_of: date) -> dict[str, str]:
    """The next action of each customer of a month, as the warehouse has it."""
    return dict(
        connection.execute(
            "select customer_unique_id, next_action from analytics.customer_snapshots where as_of = %s",
            (as_of,),
        ).fetchall()
    )


def assert_holds(url: str, actions: dict[str, str], salt: str | None, share: float = 0.3) -> None:
    """That a sandbox holds what it should; no salt: nobody is held out."""
    held = contacts(url)
    assert set(held) == set(actions)
    for person, action in actions.items():
        contact = held[person]
        if salt is None:
            assert (contact["next_action"], contact[GROUP]) == (action, "")
            assert contact["next_action_reason"]
        elif lift.is_held_out(salt, share, person):
            assert (contact["next_action"], contact["next_action_reason"]) == ("", "")
            assert contact[GROUP] == "control" and contact["loyalty_tier"] and contact["rfm_segment"]
        else:
            assert (contact["next_action"], contact[GROUP]) == (action, "treated")
            assert contact["next_action_reason"]


@pytest.mark.slow
def test_on_drawn_anew_and_off_again(
    connection: Connection, demo: Path, sandbox: str, tmp_path: Path
) -> None:
    spring, summer = holdout(0.3, "spring"), holdout(0.3, "summer")
    off = month(connection, demo, sandbox, date(2017, 12, 1))
    assert GROUP not in property_names(sandbox)
    assert_holds(sandbox, people_of(connection, date(2017, 12, 1)), None)
    before = contacts(sandbox)

    january = month(connection, demo, sandbox, JANUARY, spring)
    actions = people_of(connection, JANUARY)
    assert all(actions.values())
    assert_holds(sandbox, actions, "spring")
    # Everybody is in a group now, and is told once.
    assert set(sent(connection, january)) == set(actions)
    gates = connection.execute(
        "select max(measured) from ops.gate_results"
        " where run_id = %s and gate in ('changed_actions', 'customers_lost')",
        (january,),
    ).fetchone()
    assert gates[0] < 0.2
    written = write_outputs(connection, january, tmp_path)
    assert header(written, "campaign_list")[-1] == "campaign_group"
    assert header(written, "final_customer_segments")[-1] == "is_held_out"
    assert header(written, "bi_view_customer_segments")[-1] == "is_held_out"

    again = month(connection, demo, sandbox, JANUARY, spring)
    assert sent(connection, again) == {}

    february = month(connection, demo, sandbox, FEBRUARY, summer)
    actions = people_of(connection, FEBRUARY)
    assert_holds(sandbox, actions, "summer")
    told = sent(connection, february)
    moved = {
        person
        for person in people_of(connection, JANUARY)
        if lift.is_held_out("spring", 0.3, person) != lift.is_held_out("summer", 0.3, person)
    }
    assert moved and all({GROUP, *ACTION} <= set(told[person]) for person in moved)
    assert not any(GROUP in properties for person, properties in told.items() if person not in moved)
    experiments = connection.execute(
        "select salt, share::float, began_as_of::date, is_delivered from ops.experiments order by made_at"
    ).fetchall()
    assert experiments == [("spring", 0.3, JANUARY, True), ("summer", 0.3, FEBRUARY, True)]

    march = month(connection, demo, sandbox, MARCH)
    actions = people_of(connection, MARCH)
    assert_holds(sandbox, actions, None)
    told = sent(connection, march)
    assert all(GROUP in told[person] for person in people_of(connection, FEBRUARY))
    assert all(
        set(ACTION) <= set(told[person]) for person in before if lift.is_held_out("summer", 0.3, person)
    )
    assert GROUP in property_names(sandbox)
    assert header(write_outputs(connection, march, tmp_path), "campaign_list")[-1] != "campaign_group"

    again = month(connection, demo, sandbox, MARCH)
    april = month(connection, demo, sandbox, date(2018, 4, 1))
    assert sent(connection, again) == {}
    assert not any(GROUP in properties for properties in sent(connection, april).values())
    # Who came after the end never had a group, and is as in a warehouse that never had one.
    new = set(people_of(connection, date(2018, 4, 1))) - set(actions)
    assert new and not any(GROUP in pipeline.ledger(connection)[person] for person in new)
    assert off < april


def header(written: dict[str, Any], name: str) -> list[str]:
    with (Path(written["folder"]) / f"{name}.csv").open(encoding="utf-8") as file:
        return next(csv.reader(file))


@pytest.fixture
def warehouse(copy_of: Callable[..., str], few: Path) -> str:
    """A warehouse with a published month under hold-outs that nobody has delivered."""
    return copy_of(held_out_month, few)


def held_out_month(connection: psycopg.Connection, data_dir: Path) -> None:
    with in_force(holdout(0.3, "spring")):
        pipeline.finish(connection, pipeline.run(connection, data_dir))


def test_the_plan_says_whom_it_holds_out(connection: Connection, sandbox: str) -> None:
    run_id = pipeline.last_run(connection)
    with in_force(holdout(0.3, "spring")):
        planned = upsert_hubspot.plan(connection, run_id, "dry_run", HubSpotSettings(DEFAULT_TOKEN, sandbox))[
            "plan"
        ]
    held_out = sum(
        lift.is_held_out("spring", 0.3, person) for person in pipeline.payloads(connection, run_id)
    )
    assert planned["new_groups"]["control"] == held_out > 50
    sentences = upsert_hubspot.describe(planned)
    assert f"{held_out:,} people are newly held out: HubSpot gets no next action for them" in sentences
    assert not any(sentence.endswith(": ") for sentence in sentences)
    assert sum(each["people"] for each in planned["new_actions"]) == planned["new_groups"]["treated"]


def test_a_plan_that_is_older_than_the_switch(connection: Connection, sandbox: str) -> None:
    # The month was made while people were held out, and is delivered after it was switched off.
    pipeline.deliver(connection, pipeline.last_run(connection), sandbox)
    groups = {contact[GROUP] for contact in contacts(sandbox).values()}
    assert groups == {"treated", "control"}


def test_a_property_of_somebody_elses_is_none_of_ours_until_it_is_needed(
    connection: Connection, few: Path, sandbox: str
) -> None:
    body = {"name": GROUP, "label": "Theirs", "groupName": "contactinformation", "type": "number"}
    created = httpx.post(
        f"{sandbox}/crm/v3/properties/contacts", json=body | {"fieldType": "number"}, headers=HEADERS
    )
    assert created.status_code == 201
    with in_force():
        off = pipeline.run(connection, few)
        pipeline.deliver(connection, off, sandbox)
    assert all(contact[GROUP] == "" for contact in contacts(sandbox).values())
    with in_force(holdout(0.3, "spring")):
        on = pipeline.run(connection, few)
        with pytest.raises(OlistError, match="campaign_group of type number"):
            pipeline.deliver(connection, on, sandbox)


def test_a_property_that_a_person_has_taken_away_is_not_emptied(
    connection: Connection, few: Path, sandbox: str
) -> None:
    with in_force(holdout(0.3, "spring")):
        pipeline.deliver(connection, pipeline.last_run(connection), sandbox)
    gone = httpx.delete(f"{sandbox}/crm/v3/properties/contacts/{GROUP}", headers=HEADERS)
    assert gone.status_code == 204
    for _ in range(2):
        with in_force():
            run_id = pipeline.run(connection, few)
            assert pipeline.deliver(connection, run_id, sandbox)["status"] == "delivered"
        assert GROUP not in property_names(sandbox)
    assert sent(connection, run_id) == {}


def test_people_who_leave_lose_their_group(connection: Connection, sandbox: str, few: Path) -> None:
    with in_force(holdout(0.3, "spring"), ("max_customers_lost: 0.02", "max_customers_lost: 1")):
        pipeline.deliver(connection, pipeline.last_run(connection), sandbox)
        run_id = pipeline.run(connection, few)
        (gone,) = connection.execute(
            "delete from ops.snapshot_drafts where run_id = %s and customer_unique_id ="
            " (select min(customer_unique_id) from ops.snapshot_drafts where run_id = %s and is_held_out)"
            " returning customer_unique_id",
            (run_id, run_id),
        ).fetchone()
        pipeline.deliver(connection, run_id, sandbox)
    assert contacts(sandbox)[gone][GROUP] == ""
    assert set(sent(connection, run_id)) == {gone}


def test_without_holdouts_nothing_is_different(connection: Connection, few: Path) -> None:
    with in_force():
        run_id = pipeline.run(connection, few)
    names = {each.name for each in PROPERTIES}
    payloads = pipeline.payloads(connection, run_id)
    assert all(set(payload) == names for payload in payloads.values())
    assert all(payload["next_action"] for payload in payloads.values())
