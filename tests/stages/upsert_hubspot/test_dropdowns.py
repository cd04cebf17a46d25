"""Tier, segment and next action as dropdowns: their options, whatever the account was before."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.hubspot import options
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.properties import CHOICES
from olist.hubspot.versions import API_VERSIONS
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages.start_run import RunRequest, start_run
from olist.stages.upsert_hubspot import preflight
from olist.stages.upsert_hubspot.dropdowns import names_of
from olist.strategy.reading import STRATEGY_FILE, read_strategy

HEADERS = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
NUDGE, OFFER = "Free Shipping Nudge", "10% Off Your Next Order"
Strategy = Callable[..., None]


@pytest.fixture
def warehouse(copy_of: Callable[..., str], few: Path) -> str:
    """A warehouse with a published run that nobody has delivered."""
    return copy_of(pipeline.run, few)


@pytest.fixture
def strategy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Strategy:
    """Puts a strategy.yaml in force in which texts are replaced by others."""

    def put(*replaced: tuple[str, str]) -> None:
        text = STRATEGY_FILE.read_text(encoding="utf-8")
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "strategy.yaml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("OLIST_STRATEGY", str(path))

    return put


def settings(url: str, **more: str) -> HubSpotSettings:
    return HubSpotSettings(DEFAULT_TOKEN, url, **more)


def definition(url: str, name: str) -> dict[str, Any]:
    return httpx.get(f"{url}/crm/v3/properties/contacts/{name}", headers=HEADERS).json()


def values(url: str, name: str) -> list[str]:
    """The options of a dropdown in the order in which HubSpot shows them."""
    found = definition(url, name)
    assert (found["type"], found["fieldType"]) == ("enumeration", "select")
    return [each["value"] for each in sorted(found["options"], key=lambda each: each["displayOrder"])]


def change(url: str, name: str, **body: Any) -> None:
    """What a person does in HubSpot's settings."""
    answer = httpx.patch(f"{url}/crm/v3/properties/contacts/{name}", json=body, headers=HEADERS)
    assert answer.status_code == 200, answer.text


def make_texts(url: str) -> None:
    """The account as the released version left it: what is a dropdown now was a text."""
    for name in CHOICES:
        change(url, name, type="string", fieldType="text", options=[])


def edit_contact(url: str, person: str, **properties: str) -> None:
    """What a person does to a contact by hand."""
    entry = {"idProperty": "olist_customer_id", "id": person, "properties": properties}
    path = f"{url}/crm/v3/objects/contacts/batch/update"
    assert httpx.post(path, json={"inputs": [entry]}, headers=HEADERS).status_code == 200


def requests(url: str) -> dict[tuple[str, str], int]:
    log = httpx.get(f"{url}/sandbox/requests").json()["requests"]
    return {(each["method"], each["path"]): each["count"] for each in log}


def writes(url: str) -> int:
    """Requests so far that change something in the account."""
    return sum(
        count
        for (method, path), count in requests(url).items()
        if method == "PATCH" or (method == "POST" and not path.endswith(("/read", "/search", "info")))
    )


def people_with(payloads: dict[str, dict[str, str]], name: str, value: str) -> set[str]:
    return {person for person, payload in payloads.items() if payload[name] == value}


def test_every_dropdown_has_names() -> None:
    assert set(names_of(read_strategy())) == set(CHOICES)


@pytest.mark.parametrize("version", API_VERSIONS)
def test_a_fresh_account_has_the_names_of_the_file_in_its_order(
    connection: Connection, run_id: int, url: str, version: str
) -> None:
    sync = pipeline.deliver(connection, run_id, url, api_version=version)
    assert sync["status"] == "delivered" and pipeline.contacts(url) == pipeline.payloads(connection, run_id)
    assert values(url, "loyalty_tier") == ["Platinum", "Gold", "Silver"]
    assert values(url, "rfm_segment")[0::5] == ["Champions", "Lost Customers"]
    assert values(url, "next_action") == [
        "Apology Email + Service Recovery",
        "VIP Pre-Order: New Arrivals",
        "Referral Bonus: Give $20, Get $20",
        NUDGE,
        "VIP Concierge Offer",
        OFFER,
        "Win-Back: We Miss You",
    ]
    for name in CHOICES:
        assert all(each["label"] == each["value"] for each in definition(url, name)["options"])
    for name in ("previous_loyalty_tier", "previous_rfm_segment"):
        assert definition(url, name)["type"] == "string"
    before = writes(url)
    assert pipeline.deliver(connection, run_id, url, api_version=version)["accepted"] == 0
    assert writes(url) == before


@pytest.mark.parametrize("version", API_VERSIONS)
def test_texts_become_dropdowns_without_losing_a_value(
    connection: Connection, run_id: int, few: Path, url: str, strategy: Strategy, version: str
) -> None:
    pipeline.deliver(connection, run_id, url)
    make_texts(url)
    # Names of before, of which one cannot be an option.
    strategy((f"next_action: {OFFER}", "next_action: Old Offer"), ("name: At-Risk", "name: At; risk"))
    deliver_texts(connection, pipeline.run(connection, few), url)
    told = pipeline.ledger(connection)
    assert people_with(told, "next_action", "Old Offer") and people_with(told, "rfm_segment", "At; risk")
    edited = min(people_with(told, "next_action", NUDGE) - people_with(told, "rfm_segment", "At; risk"))
    edit_contact(url, edited, next_action="Called by Ana")
    held = pipeline.contacts(url)
    strategy()
    new = pipeline.run(connection, few)
    before = httpx.get(f"{url}/sandbox/deliveries").json()["accepted"]
    sync = pipeline.deliver(connection, new, url, api_version=version)
    expected = pipeline.payloads(connection, new)
    changed = {person for person in told if told[person] != expected[person]}
    assert sync["accepted"] == len(changed) < len(expected)
    assert httpx.get(f"{url}/sandbox/deliveries").json()["accepted"] == before + len(changed)
    names = names_of(read_strategy())
    assert values(url, "loyalty_tier") == names["loyalty_tier"]
    assert values(url, "rfm_segment") == names["rfm_segment"]
    assert values(url, "next_action") == [*names["next_action"], "Old Offer", "Called by Ana"]
    # Nobody else is touched: neither was what a person wrote.
    after = pipeline.contacts(url)
    assert {person: after[person] for person in after if person not in changed} == {
        person: held[person] for person in held if person not in changed
    }
    assert after[edited]["next_action"] == "Called by Ana"
    assert pipeline.ledger(connection) == expected
    assert pipeline.deliver(connection, new, url)["accepted"] == 0


def deliver_texts(connection: Connection, run_id: int, url: str) -> None:
    """A delivery as the released version made it, which knew no dropdowns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("olist.stages.upsert_hubspot.dropdowns.examine", lambda *_: [])
        patch.setattr("olist.stages.upsert_hubspot.dropdowns.offer", lambda *_: None)
        assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"


def test_an_unchanged_month_makes_dropdowns_and_sends_nobody(
    connection: Connection, run_id: int, url: str
) -> None:
    pipeline.deliver(connection, run_id, url)
    make_texts(url)
    before = requests(url)
    assert pipeline.deliver(connection, run_id, url)["accepted"] == 0
    assert (
        requests(url).get(("POST", "/crm/objects/2026-09/contacts/batch/upsert"), 0)
        == before["POST", "/crm/objects/2026-09/contacts/batch/upsert"]
    )
    for name, names in names_of(read_strategy()).items():
        assert values(url, name) == names


def test_new_names_are_added_and_those_that_were_sent_stay(
    connection: Connection, run_id: int, few: Path, url: str, strategy: Strategy
) -> None:
    pipeline.deliver(connection, run_id, url)
    before = pipeline.contacts(url)
    strategy(
        (f"next_action: {NUDGE}", "next_action: Free Shipping for You"), ("name: At-Risk", "name: Slipping")
    )
    renamed = pipeline.run(connection, few)
    sync = pipeline.deliver(connection, renamed, url)
    moved = people_with(before, "next_action", NUDGE) | people_with(before, "rfm_segment", "At-Risk")
    assert moved and sync["accepted"] == len(moved) < len(before)
    assert pipeline.contacts(url) == pipeline.payloads(connection, renamed)
    names = names_of(read_strategy())
    assert "Free Shipping for You" in names["next_action"]
    assert values(url, "next_action") == [*names["next_action"], NUDGE]
    assert values(url, "rfm_segment") == [*names["rfm_segment"], "At-Risk"]


def test_the_order_of_the_file_counts(
    connection: Connection, run_id: int, url: str, strategy: Strategy
) -> None:
    pipeline.deliver(connection, run_id, url)
    options_ = definition(url, "loyalty_tier")["options"]
    own = {"value": "VIP", "label": "VIP", "hidden": False, "displayOrder": 0}
    change(url, "loyalty_tier", options=[own, *options_])
    # One among ours disturbs nothing.
    before = writes(url)
    pipeline.deliver(connection, run_id, url)
    assert writes(url) == before
    change(url, "loyalty_tier", options=[own, *({**each, "displayOrder": -1} for each in options_[::-1])])
    pipeline.deliver(connection, run_id, url)
    assert values(url, "loyalty_tier") == ["Platinum", "Gold", "Silver", "VIP"]


def test_what_a_person_made_of_the_options_stays(
    connection: Connection, run_id: int, few: Path, url: str, strategy: Strategy
) -> None:
    pipeline.deliver(connection, run_id, url)
    edited = definition(url, "next_action")["options"]
    edited[3] |= {"label": "Versandkostenfrei", "description": "by Ana"}
    edited[5] |= {"label": "Ten percent", "hidden": True}
    own = {"value": "ana_1", "label": "Call back", "hidden": False, "displayOrder": 2, "description": "x"}
    change(url, "next_action", options=[*edited, own])
    edit_contact(url, min(pipeline.contacts(url)), next_action="ana_1")
    # A name that is the label of another option by now.
    strategy(("VIP Concierge Offer", "Call Back"))
    pipeline.deliver(connection, pipeline.run(connection, few), url)
    assert values(url, "next_action")[4] == "Call Back" and len(values(url, "next_action")) == 9
    found = {each["value"]: each for each in definition(url, "next_action")["options"]}
    for each in (*edited, own):
        kept = {name: found[each["value"]].get(name) for name in ("label", "hidden", "description")}
        assert kept == {name: each.get(name) for name in ("label", "hidden", "description")}
    assert found["Call Back"]["label"] == "Call Back (2)"
    # The name of its list stays.
    page = httpx.get(url).text
    assert "<td>Versandkostenfrei</td>" in page and f"<td>{NUDGE}</td>" not in page


def test_a_text_of_somebody_else_is_not_touched(
    connection: Connection, run_id: int, few: Path, url: str
) -> None:
    body = {"name": "rfm_segment", "label": "x", "type": "string", "fieldType": "text"}
    made = httpx.post(
        f"{url}/crm/v3/properties/contacts", json=body | {"groupName": "contactinformation"}, headers=HEADERS
    )
    assert made.status_code == 201
    with pytest.raises(OlistError, match="rfm_segment is in the group contactinformation"):
        pipeline.deliver(connection, run_id, url)
    assert definition(url, "rfm_segment") == made.json()


def test_a_text_of_ours_that_a_person_moved_becomes_a_dropdown(
    connection: Connection, run_id: int, url: str
) -> None:
    pipeline.deliver(connection, run_id, url)
    make_texts(url)
    change(url, "rfm_segment", groupName="contactinformation", label="Segmento")
    pipeline.deliver(connection, run_id, url)
    assert values(url, "rfm_segment") == names_of(read_strategy())["rfm_segment"]
    found = definition(url, "rfm_segment")
    assert (found["label"], found["groupName"]) == ("Segmento", "contactinformation")


def test_a_number_of_that_name_is_wrong_as_before(connection: Connection, run_id: int, url: str) -> None:
    pipeline.deliver(connection, run_id, url)
    change(url, "loyalty_tier", type="number", fieldType="number", options=[])
    with pytest.raises(OlistError, match="loyalty_tier of type number, and it must be of type enumeration"):
        pipeline.deliver(connection, run_id, url)


def test_a_dry_run_changes_nothing(
    connection: Connection, run_id: int, few: Path, url: str, strategy: Strategy
) -> None:
    pipeline.deliver(connection, run_id, url)
    make_texts(url)
    strategy((NUDGE, "Another Nudge"))
    run = pipeline.run(connection, few)
    before = writes(url), [definition(url, name) for name in CHOICES]
    assert pipeline.deliver(connection, run, url, mode="dry_run")["status"] == "dry_run"
    assert (writes(url), [definition(url, name) for name in CHOICES]) == before
    hubspot = HubSpot(settings(url))
    notes = [each.sentence for each in preflight.examine(connection, hubspot, read_strategy(), "dry_run")]
    assert "HubSpot's text next_action becomes a dropdown with the next delivery." in notes
    assert writes(url) == before[0]


def test_options_that_are_missing_need_the_scope(
    connection: Connection, run_id: int, few: Path, url: str, strategy: Strategy
) -> None:
    pipeline.deliver(connection, run_id, url)
    lacks = {"missing_scopes": ["crm.schemas.contacts.write"]}
    assert httpx.put(f"{url}/sandbox/faults", json=lacks).status_code == 200
    request = RunRequest("options", "manual", str(few))
    start_run(connection, request, settings(url))
    strategy((NUDGE, "Another Nudge"))
    with pytest.raises(OlistError, match=r"lacks the scope crm\.schemas\.contacts\.write"):
        start_run(connection, request, settings(url))


def test_a_plan_from_before_a_change_of_the_file_is_sent_with_its_names(
    connection: Connection, run_id: int, few: Path, url: str, strategy: Strategy
) -> None:
    strategy((NUDGE, "Nudge of Tomorrow"))
    pipeline.deliver(connection, pipeline.run(connection, few), url)
    strategy((NUDGE, "Nudge of Today"))
    older = pipeline.run(connection, few)
    strategy()
    # upsert_hubspot.plan is cleared after the file was changed again.
    assert pipeline.deliver(connection, older, url)["status"] == "delivered"
    assert people_with(pipeline.contacts(url), "next_action", "Nudge of Today")
    names = names_of(read_strategy())["next_action"]
    assert values(url, "next_action") == [*names, "Nudge of Tomorrow", "Nudge of Today"]


def test_options_that_somebody_takes_away_meanwhile_are_added_again(
    connection: Connection, run_id: int, url: str, monkeypatch: pytest.MonkeyPatch, strategy: Strategy
) -> None:
    pipeline.deliver(connection, run_id, url)
    stale = definition(url, "next_action")["options"]
    theirs = {"value": "Theirs", "label": "Theirs", "hidden": False, "displayOrder": 0}
    times = iter([1, 1])
    call = HubSpot.call

    def another_writes_too(self: HubSpot, method: str, path: str, *more: Any, **named: Any) -> Any:
        answer = call(self, method, path, *more, **named)
        if method == "PATCH" and next(times, None):
            change(url, "next_action", options=[*stale, theirs])
        return answer

    monkeypatch.setattr(HubSpot, "call", another_writes_too)
    options.offer(HubSpot(settings(url)), "next_action", [each["value"] for each in stale], ["Ours"])
    assert values(url, "next_action") == [*(each["value"] for each in stale), "Theirs", "Ours"]
    times = iter([1] * options.MAX_TIMES)
    with pytest.raises(OlistError, match="Its dropdown next_action loses options as soon as they are added"):
        options.offer(HubSpot(settings(url)), "next_action", ["Never"])


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "Lost Customers",
            "Lost; gone",
            "'Lost; gone' cannot be an option .* rfm_segment, because it has a semi",
        ),
        (NUDGE, '" Nudge"', "' Nudge' cannot be an option .* next_action, because it has blanks at an end"),
        (NUDGE, "N" * 1_501, "because it is longer than 1,500 characters: rename it in strategy.yaml"),
        (NUDGE, "WIN-BACK: we miss you", "'WIN-BACK.*' and 'Win-Back.*' differ by capitals alone"),
    ],
)
def test_names_that_cannot_be_options(
    connection: Connection, few: Path, url: str, strategy: Strategy, old: str, new: str, sentence: str
) -> None:
    strategy((old, new if ": " not in new else f'"{new}"'))
    with pytest.raises(OlistError, match=sentence):
        start_run(connection, RunRequest("options", "manual", str(few)), settings(url))
    assert writes(url) == 0


def test_too_many_options(connection: Connection, run_id: int, url: str, strategy: Strategy) -> None:
    pipeline.deliver(connection, run_id, url)
    many = [{"value": str(n), "label": str(n), "hidden": False, "displayOrder": n} for n in range(4_997)]
    change(url, "loyalty_tier", options=[*definition(url, "loyalty_tier")["options"], *many])
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"
    strategy(("Platinum", "Diamond"))
    with pytest.raises(OlistError, match="loyalty_tier would have 5,001 options, and 5,000 are the most"):
        pipeline.deliver(connection, run_id, url)


def test_a_refusal_of_the_options_is_said_in_hubspots_words(
    connection: Connection, run_id: int, url: str
) -> None:
    pipeline.deliver(connection, run_id, url)
    with pytest.raises(OlistError, match=r"for options of loyalty_tier: The option 'a;b' .* semicolon"):
        options.offer(HubSpot(settings(url)), "loyalty_tier", ["a;b"])


def test_texts_that_nobody_can_be_asked_for_are_a_warning(
    connection: Connection, run_id: int, url: str, caplog: pytest.LogCaptureFixture, strategy: Strategy
) -> None:
    """What the ledger knows is kept all the same, also where nobody is sent and the file has other names."""
    pipeline.deliver(connection, run_id, url)
    make_texts(url)
    strategy((NUDGE, "Another Nudge"))
    assert httpx.put(f"{url}/sandbox/faults", json={"missing_apis": ["search"]}).status_code == 200
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"
    assert re.search("What people have written into next_action is not known", caplog.text)
    names = names_of(read_strategy())["next_action"]
    assert values(url, "next_action") == [*names, NUDGE]


def test_an_option_that_is_deleted_while_people_are_planned_is_added_again(
    connection: Connection, run_id: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.deliver(connection, run_id, url)
    left = [each for each in definition(url, "loyalty_tier")["options"] if each["value"] != "Gold"]

    def meanwhile(*_: Any) -> list[Any]:
        change(url, "loyalty_tier", options=left)
        return []

    monkeypatch.setattr(preflight, "examine_plan", meanwhile)
    assert pipeline.deliver(connection, run_id, url, mode="repair")["status"] == "delivered"
    assert values(url, "loyalty_tier") == ["Platinum", "Gold", "Silver"]


def test_what_people_wrote_is_found_page_by_page(
    connection: Connection, run_id: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.deliver(connection, run_id, url)
    make_texts(url)
    people = sorted(pipeline.contacts(url))[:7]
    for number, person in enumerate(people):
        edit_contact(url, person, next_action=f"By hand {number}")
    monkeypatch.setattr(options, "PAGE", 3)
    known = names_of(read_strategy())["next_action"]
    hubspot = HubSpot(settings(url))
    wrote = {f"By hand {number}" for number in range(7)}
    assert options.other_values(hubspot, "next_action", known) == wrote
    # Where the search has no room to leave out what is known, it is found and passed over.
    monkeypatch.setattr(options, "PAGE", 200)
    monkeypatch.setattr(options, "MAX_NAMED", 10)
    assert options.other_values(hubspot, "next_action", known) == wrote
