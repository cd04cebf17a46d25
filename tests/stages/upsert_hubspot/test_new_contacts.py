"""Who may become a contact: `deliver` of strategy.yaml, against a reference in Python."""

import json
import operator
import random
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg import Connection
from psycopg.rows import dict_row
from support import pipeline

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.report.summary import read_summary
from olist.stages import upsert_hubspot
from olist.stages.upsert_hubspot import preflight
from olist.stages.write_outputs import render_report
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.rules import ACTION_FIELDS, Strategy
from olist.strategy.sql import functions

MONTHS = [date(2018, 2, 1), date(2018, 4, 1), date(2018, 6, 1)]
SIGNS = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
SetRules = Callable[..., Strategy]


def three_months(connection: Connection, data_dir: Path) -> None:
    for month in MONTHS:
        pipeline.run(connection, data_dir, month)


@pytest.fixture
def warehouse(copy_of: Callable[..., str], few: Path) -> str:
    """A warehouse with three published months that nobody has delivered."""
    return copy_of(three_months, few)


@pytest.fixture
def rules(connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SetRules:
    """Sets who may become a contact, and other limits, as the start of a run would."""
    path = tmp_path / "strategy.yaml"
    monkeypatch.setenv("OLIST_STRATEGY", str(path))

    def set_rules(when: dict | None = None, at_most: int | None = None, **limits: object) -> Strategy:
        text = STRATEGY_FILE.read_text()
        # The shares of the few people here are chance.
        for name, value in {"compared_customers": 100_000, **limits}.items():
            text = re.sub(rf"(?m)^  {name}:.*$", f"  {name}: {value}", text)
        text = text.replace("  when: {}", f"  when: {json.dumps(when or {})}")
        path.write_text(text.replace("  at_most:", f"  at_most: {at_most or ''}"))
        strategy = read_strategy()
        assert (strategy.deliver.when, strategy.deliver.at_most) == (when or {}, at_most)
        connection.execute(functions(strategy))
        return strategy

    set_rules()
    return set_rules


def runs(connection: Connection) -> list[int]:
    return [
        run_id for (run_id,) in connection.execute("select run_id from ops.pipeline_runs order by run_id")
    ]


def people_of(connection: Connection, run_id: int) -> dict[str, dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("select * from ops.snapshot_drafts where run_id = %s", (run_id,))
        return {each["customer_unique_id"]: each for each in cursor}


def plan_of(connection: Connection, run_id: int) -> dict[str, str]:
    """What is planned, by person: create, update or clear."""
    query = "select customer_unique_id, operation from ops.hubspot_plan_drafts where run_id = %s"
    return dict(connection.execute(query, (run_id,)).fetchall())


def created(connection: Connection, run_id: int) -> set[str]:
    return {each for each, operation in plan_of(connection, run_id).items() if operation == "create"}


def meets(when: dict[str, Any], person: dict[str, Any], groups: dict[str, list[str]]) -> bool:
    """The reference: as docs/rules.md says it, a value at a time."""
    for field, condition in when.items():
        value = person[field]
        wanted = condition if isinstance(condition, list) else [condition]
        if value is None:
            return False
        if isinstance(condition, str) and (sign := re.match(r"<=|>=|<|>|=", condition)):
            if not SIGNS[sign[0]](value, Decimal(condition.removeprefix(sign[0]).strip())):
                return False
        elif value not in [each for name in wanted for each in groups.get(name, [name])]:
            return False
    return True


def in_their_order(people: list[dict[str, Any]], strategy: Strategy, refused: set[str]) -> list[str]:
    def place(person: dict[str, Any]) -> tuple:
        tier = strategy.tiers.index(person["loyalty_tier"])
        customer = person["customer_unique_id"]
        return customer in refused, tier, -person["monetary"], customer

    return [each["customer_unique_id"] for each in sorted(people, key=place)]


def random_when(dice: random.Random, people: list[dict[str, Any]]) -> dict[str, Any]:
    """One to three conditions, with the values of somebody who is there."""
    when: dict[str, Any] = {}
    for field in dice.sample(list(ACTION_FIELDS), dice.choice([1, 1, 2, 3])):
        value = dice.choice([each[field] for each in people if each[field] is not None])
        if isinstance(value, str):
            others = [dice.choice(people)[field] for _ in range(dice.choice([0, 1, 3]))]
            when[field] = [value, *others] if others else value
            if field == "favorite_category" and dice.random() < 0.5:
                when[field] = "Tech"
        else:
            cut = round(float(value), 2)
            when[field] = f"{dice.choice(['<', '<=', '>', '>='])} {cut:g}"
    return when


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_three_months_with_random_conditions(
    connection: Connection, rules: SetRules, sandbox: str, seed: int
) -> None:
    """Who is created, updated, left alone and cleared; some leave and come back, some answers were lost."""
    dice = random.Random(seed)
    portal = HubSpot(HubSpotSettings(DEFAULT_TOKEN, sandbox)).portal_id()
    told: dict[str, dict[str, str]] = {}
    ever_created: set[str] = set()
    for run_id in runs(connection):
        everybody = people_of(connection, run_id)
        gone = set(dice.sample(sorted(everybody), 15)) | set(dice.sample(sorted(told), min(len(told), 5)))
        connection.execute(
            "delete from ops.snapshot_drafts where run_id = %s and customer_unique_id = any (%s)",
            (run_id, list(gone)),
        )
        people = people_of(connection, run_id)
        when = random_when(dice, list(people.values())) if dice.random() < 0.9 else {}
        at_most = dice.choice([None, None, 10, 60])
        strategy = rules(when, at_most)

        newcomers = sorted(people.keys() - told.keys())
        doubtful, refused = set(dice.sample(newcomers, 3)), set(dice.sample(newcomers, 20))
        connection.execute("delete from ops.hubspot_failures")
        connection.execute(
            "insert into ops.hubspot_in_flight (portal_id, customer_unique_id, run_id)"
            " select %s, unnest(%s::text[]), %s on conflict do nothing",
            (portal, list(doubtful), run_id),
        )
        connection.execute(
            "insert into ops.hubspot_failures (portal_id, customer_unique_id, message, payload)"
            " select %s, unnest(%s::text[]), 'no', '{}'",
            (portal, list(refused)),
        )

        payloads = pipeline.payloads(connection, run_id)
        allowed = [people[each] for each in newcomers if each not in doubtful]
        allowed = [each for each in allowed if meets(when, each, strategy.category_groups)]
        places = len(allowed) if at_most is None else max(at_most - len(doubtful), 0)
        expected = doubtful | set(in_their_order(allowed, strategy, refused)[:places])
        changed = {each for each in told if each in people and told[each] != payloads[each]}
        cleared = {
            each for each, payload in told.items() if each not in people and payload != emptied(payload)
        }

        sync = pipeline.deliver(connection, run_id, sandbox)
        plan = plan_of(connection, run_id)
        assert sync["status"] == "delivered"
        assert plan == {
            **dict.fromkeys(expected, "create"),
            **dict.fromkeys(changed, "update"),
            **dict.fromkeys(cleared, "clear"),
        }
        # Nobody is created, cleared and created again.
        assert not expected & ever_created
        ever_created |= expected
        told |= {each: payloads[each] for each in expected | changed}
        told |= {each: emptied(told[each]) for each in cleared}
        assert pipeline.contacts(sandbox) == told

        kept_away = {"when": len(newcomers) - len(allowed) - len(doubtful)}
        kept_away["at_most"] = len(allowed) - (len(expected) - len(doubtful))
        assert sync["plan"].get("kept_away", {}) == {each: n for each, n in kept_away.items() if n}
        assert sync["plan"]["unchanged"] == len(told.keys() & people.keys()) - len(expected | changed)


def emptied(payload: dict[str, str]) -> dict[str, str]:
    """What HubSpot holds of somebody who has left."""
    return {name: value if name == "olist_customer_id" else "" for name, value in payload.items()}


def test_without_the_setting_everybody_is_planned_and_nothing_is_said(
    connection: Connection, rules: SetRules, sandbox: str
) -> None:
    run_id = runs(connection)[0]
    sync = pipeline.deliver(connection, run_id, sandbox)
    assert pipeline.contacts(sandbox) == pipeline.payloads(connection, run_id)
    assert "kept_away" not in sync["plan"]
    assert not any("deliver." in each for each in upsert_hubspot.describe(sync["plan"]))


def test_another_condition_sends_nobody_who_is_in_hubspot(
    connection: Connection, rules: SetRules, sandbox: str
) -> None:
    run_id = runs(connection)[0]
    pipeline.deliver(connection, run_id, sandbox)
    before = pipeline.contacts(sandbox)
    for when in ({"loyalty_tier": "Platinum"}, {"frequency": ">= 90"}, {}):
        rules(when)
        sync = pipeline.deliver(connection, run_id, sandbox)
        assert (sync["accepted"], sync["plan"]["unchanged"]) == (0, len(before))
    assert pipeline.contacts(sandbox) == before


def test_each_delivery_goes_on_with_the_next_ten(
    connection: Connection, rules: SetRules, sandbox: str
) -> None:
    first, second, third = runs(connection)
    strategy = rules({"frequency": ">= 1"}, at_most=10)
    everybody = people_of(connection, first)
    ranking = in_their_order(list(everybody.values()), strategy, set())
    for mode in ("dry_run", "dry_run", "upsert"):
        pipeline.deliver(connection, first, sandbox, mode)
        assert created(connection, first) == set(ranking[:10])
    # What the same run plans once more is the same delivery.
    sync = pipeline.deliver(connection, first, sandbox)
    assert (sync["plan"]["create"], sync["accepted"]) == (0, 0)

    everybody = people_of(connection, second)
    ranking = in_their_order(
        [each for person, each in everybody.items() if person not in pipeline.contacts(sandbox)],
        strategy,
        set(),
    )
    pipeline.deliver(connection, second, sandbox)
    assert created(connection, second) == set(ranking[:10])
    assert len(pipeline.contacts(sandbox)) == 20
    rules()
    pipeline.deliver(connection, third, sandbox)
    assert pipeline.contacts(sandbox) == pipeline.payloads(connection, third)


def test_a_delivery_that_was_cut_short_creates_no_others(
    connection: Connection, rules: SetRules, sandbox: str
) -> None:
    run_id = runs(connection)[0]
    rules(at_most=10)
    settings = HubSpotSettings(DEFAULT_TOKEN, sandbox)
    parts = upsert_hubspot.plan(connection, run_id, "upsert", settings)["parts"]
    wanted = created(connection, run_id)
    upsert_hubspot.send(connection, run_id, parts[0], "upsert", settings)
    there = pipeline.contacts(sandbox).keys()
    assert 0 < len(there) < 10
    pipeline.deliver(connection, run_id, sandbox)
    assert created(connection, run_id) == wanted - there
    assert pipeline.contacts(sandbox).keys() == wanted


def test_people_whom_hubspot_refuses_do_not_take_all_places(
    connection: Connection, rules: SetRules, sandbox: str
) -> None:
    run_id, following, _ = runs(connection)
    rules(at_most=10, max_rejected_contacts=1)
    assert httpx.put(f"{sandbox}/sandbox/faults", json={"rejected_people_share": 1}).is_success
    assert pipeline.deliver(connection, run_id, sandbox)["accepted"] == 0
    refused = created(connection, run_id)
    assert httpx.put(f"{sandbox}/sandbox/faults", json={}).is_success
    assert pipeline.deliver(connection, following, sandbox)["accepted"] == 10
    assert len(refused) == 10 and not refused & created(connection, following)


def test_room_is_asked_for_those_who_would_be_created(
    connection: Connection, rules: SetRules, sandbox: str
) -> None:
    run_id = runs(connection)[-1]
    hubspot = HubSpot(HubSpotSettings(DEFAULT_TOKEN, sandbox))
    people = people_of(connection, run_id).values()
    platinum = sum(each["loyalty_tier"] == "Platinum" for each in people)
    assert httpx.put(f"{sandbox}/sandbox/faults", json={"record_limit": platinum}).is_success
    for when, at_most, new in (({}, None, len(people)), ({"loyalty_tier": ["Platinum", "Gold"]}, None, None)):
        rules(when, at_most)
        (finding,) = preflight.room_for_new(connection, hubspot)
        assert new is None or f"this delivery would create {new:,}" in finding.sentence
        with pytest.raises(OlistError, match=f"room for {platinum} more contacts"):
            pipeline.deliver(connection, run_id, sandbox)
    for when, at_most in (({}, 5), ({"loyalty_tier": "Platinum"}, None)):
        rules(when, at_most)
        assert preflight.room_for_new(connection, hubspot) == []
        assert pipeline.deliver(connection, run_id, sandbox, "dry_run")["plan"]["create"] <= platinum
    assert pipeline.deliver(connection, run_id, sandbox)["accepted"] == platinum


def test_a_gate_does_not_take_a_choice_of_people_for_a_change(
    connection: Connection, rules: SetRules, sandbox: str
) -> None:
    """Contacts that are all Platinum, and next to all customers, would be a tier that has shrunk."""
    limits = {"compared_customers": 1, "max_changed_actions": 1}
    first, second, third = runs(connection)
    rules({"loyalty_tier": "Platinum"}, **limits)
    for run_id in (first, second):
        assert pipeline.deliver(connection, run_id, sandbox)["status"] == "delivered"
    rules(**limits)
    assert pipeline.deliver(connection, third, sandbox)["status"] == "delivered"
    assert pipeline.contacts(sandbox) == pipeline.payloads(connection, third)


def test_update_asks_for_everybody_since_it_creates_nobody(
    connection: Connection, rules: SetRules, sandbox: str
) -> None:
    """A new warehouse, and an account that has contacts: they are found whatever the condition says."""
    run_id = runs(connection)[0]
    pipeline.deliver(connection, run_id, sandbox)
    there = pipeline.contacts(sandbox)
    connection.execute("delete from ops.hubspot_contacts")
    rules({"loyalty_tier": "Platinum"}, at_most=10, max_created_contacts=0)
    sync = pipeline.deliver(connection, run_id, sandbox, "update")
    assert (sync["status"], sync["accepted"]) == ("delivered", len(there))
    assert pipeline.ledger(connection) == pipeline.contacts(sandbox) == there


def test_a_repair_brings_back_whoever_was_there(
    connection: Connection, rules: SetRules, sandbox: str
) -> None:
    run_id, following, _ = runs(connection)
    rules({"loyalty_tier": ["Platinum", "Gold"]})
    pipeline.deliver(connection, run_id, sandbox)
    there = pipeline.contacts(sandbox).keys()
    httpx.delete(f"{sandbox}/sandbox")
    rules({"loyalty_tier": "Platinum"})
    pipeline.deliver(connection, following, sandbox, "repair")
    found = pipeline.contacts(sandbox)
    tiers = {each["loyalty_tier"] for person, each in found.items() if person not in there}
    assert there <= found.keys() and tiers == {"Platinum"}


def test_plan_summary_report_and_page_say_who_was_kept_away(
    connection: Connection, rules: SetRules, sandbox: str
) -> None:
    run_id = runs(connection)[0]
    rules({"loyalty_tier": "Platinum"}, at_most=5)
    people = people_of(connection, run_id).values()
    platinum = sum(each["loyalty_tier"] == "Platinum" for each in people)
    sync = pipeline.deliver(connection, run_id, sandbox, "dry_run")
    others = len(people) - platinum
    assert sync["plan"]["kept_away"] == {"when": others, "at_most": platinum - 5}
    sentences = upsert_hubspot.describe(sync["plan"])
    why = "people do not become contacts"
    assert f"{others:,} {why} by who they are (deliver.when of strategy.yaml)" in sentences
    assert f"{platinum - 5:,} {why} yet (deliver.at_most of strategy.yaml)" in sentences
    pipeline.finish(connection, run_id)
    assert read_summary(connection, run_id)["hubspot"]["plan"]["kept_away"]["when"] == others
    assert f"<b>{others}</b> no contacts, by deliver.when" in render_report(connection, run_id)
