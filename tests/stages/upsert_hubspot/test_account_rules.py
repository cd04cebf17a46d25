"""Each rule of a HubSpot account, switched on alone: what the user reads, how many requests it takes.

The rows of the table in docs/hubspot.md, over real HTTP.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from psycopg import Connection
from support import pipeline
from support.places import PROJECT

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.properties import PROPERTIES
from olist.hubspot.versions import API_VERSIONS
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages import upsert_hubspot
from olist.stages.start_run import RunRequest, start_run
from olist.stages.upsert_hubspot import preflight
from olist.strategy.reading import read_strategy

HEADERS = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
TABLE = re.compile(r"^\| (.+?) \| (.+?) \| (\d+) \| (\d+) \|$", re.MULTILINE)
PREFIXED = "hubspot: {property_prefix: olist_}\n"


@pytest.fixture
def warehouse(copy_of: Callable[..., str], few: Path) -> str:
    """A warehouse with a published run that nobody has delivered."""
    return copy_of(pipeline.run, few)


def set_faults(url: str, **faults: object) -> None:
    assert httpx.put(f"{url}/sandbox/faults", json=faults).status_code == 200


def make_property(url: str, name: str, kind: str = "string", field: str = "text") -> None:
    body = {"name": name, "label": "x", "type": kind, "fieldType": field, "groupName": "contactinformation"}
    made = httpx.post(f"{url}/crm/v3/properties/contacts", json=body, headers=HEADERS)
    assert made.status_code == 201, made.text


def names_in(url: str) -> set[str]:
    results = httpx.get(f"{url}/crm/v3/properties/contacts", headers=HEADERS).json()["results"]
    return {each["name"] for each in results if not each["hubspotDefined"]}


def requests(url: str, *, writes: bool = False) -> int:
    """Requests so far: all of them, or those that write contacts."""
    log = httpx.get(f"{url}/sandbox/requests").json()["requests"]
    return sum(
        each["count"]
        for each in log
        if not writes or re.search(r"/contacts/batch/(upsert|update)$", each["path"])
    )


def settings(url: str, **more: str) -> HubSpotSettings:
    return HubSpotSettings(DEFAULT_TOKEN, url, **more)


def begin(connection: Connection, few: Path, url: str, **more: str) -> int:
    """start_run of another run, as the DAG does it."""
    request = RunRequest("rules", "manual", str(few), **more)
    return start_run(connection, request, settings(url))


def examine(connection: Connection, url: str, mode: str = "upsert", **more: str) -> dict[str, list[str]]:
    """The sentences of the preflight by their weight."""
    strategy = read_strategy()
    hubspot = HubSpot(settings(url, **more), property_prefix=strategy.hubspot.property_prefix)
    found: dict[str, list[str]] = {"stop": [], "warning": [], "note": []}
    for each in preflight.examine(connection, hubspot, strategy, mode):
        found[each.weight].append(each.sentence)
    return found


def check(rule: str, url: str, error: pytest.ExceptionInfo[OlistError], before: int = 0) -> None:
    """Holds a row of docs/hubspot.md: the sentence, the requests since `before`, those with contacts."""
    text = (PROJECT / "docs" / "hubspot.md").read_text(encoding="utf-8")
    rows = {name: rest for name, *rest in TABLE.findall(text)}
    sentence, total, writes = rows[rule]
    pattern = ".*".join(map(re.escape, sentence.replace("`", "").split("…")))
    assert re.search(pattern, str(error.value)), f"{error.value}\nis not\n{sentence}"
    assert (requests(url) - before, requests(url, writes=True)) == (int(total), int(writes))


def test_an_account_without_rules(connection: Connection, few: Path, url: str) -> None:
    begin(connection, few, url)
    assert examine(connection, url)["stop"] == examine(connection, url)["warning"] == []


def test_no_properties_left(connection: Connection, few: Path, url: str) -> None:
    set_faults(url, property_limit=0)
    with pytest.raises(OlistError) as error:
        begin(connection, few, url)
    check("No properties left", url, error)


def test_a_foreign_property(connection: Connection, few: Path, url: str) -> None:
    make_property(url, "next_action")
    before = requests(url)
    with pytest.raises(OlistError) as error:
        begin(connection, few, url)
    check("Somebody else's `next_action`", url, error, before)
    assert names_in(url) == {"next_action"}


def test_a_missing_scope(connection: Connection, few: Path, url: str) -> None:
    set_faults(url, missing_scopes=["crm.objects.contacts.write"])
    with pytest.raises(OlistError) as error:
        begin(connection, few, url)
    check("A scope that the token was not given", url, error)


def test_a_missing_scope_of_a_service_key(connection: Connection, run_id: int, url: str) -> None:
    set_faults(url, missing_scopes=["crm.objects.contacts.write"], is_service_key=True)
    assert examine(connection, url)["stop"] == []
    before = requests(url)
    with pytest.raises(OlistError) as error:
        pipeline.deliver(connection, run_id, url)
    check("A scope that a Service Key was not given", url, error, before)


def test_required_email(connection: Connection, run_id: int, url: str) -> None:
    set_faults(url, required_properties=["email"])
    found = examine(connection, url)
    assert found["stop"] == [] and re.search("names email as required .*2026-03", found["warning"][0])
    before = requests(url)
    with pytest.raises(OlistError) as error:
        pipeline.deliver(connection, run_id, url)
    check('The form "Create contact" requires an e-mail address', url, error, before)
    assert connection.execute("select count(*) from ops.hubspot_failures").fetchone() == (0,)


@pytest.mark.parametrize("version", API_VERSIONS[1:])
def test_versions_of_before_do_not_hold_to_the_form(
    connection: Connection, run_id: int, url: str, version: str
) -> None:
    set_faults(url, required_properties=["email"])
    assert examine(connection, url, api_version=version)["warning"] == []
    assert pipeline.deliver(connection, run_id, url, api_version=version)["status"] == "delivered"


def test_no_records_left(connection: Connection, run_id: int, few: Path, url: str) -> None:
    set_faults(url, record_limit=100)
    begin(connection, few, url)
    before = requests(url)
    with pytest.raises(OlistError) as error:
        pipeline.deliver(connection, run_id, url)
    check("No contacts left", url, error, before)
    # Not even its properties were made.
    assert names_in(url) == set()
    set_faults(url, record_limit=0)
    assert re.search("room for 0 more contacts", examine(connection, url)["warning"][0])
    # Nobody is created, so there is room enough.
    assert pipeline.deliver(connection, run_id, url, mode="update")["status"] == "delivered"


def test_records_run_out_while_people_are_sent(connection: Connection, run_id: int, url: str) -> None:
    parts = upsert_hubspot.plan(connection, run_id, "upsert", settings(url))["parts"]
    set_faults(url, record_limit=250)
    before = requests(url)
    for part in parts:
        upsert_hubspot.send(connection, run_id, part, "upsert", settings(url))
    with pytest.raises(OlistError, match=r"limit of 250 contact records \(make room in HubSpot") as error:
        upsert_hubspot.finish(connection, run_id)
    told = len(pipeline.ledger(connection))
    assert 0 < told == len(pipeline.contacts(url)) <= 250
    check("Contacts run out while people are sent", url, error, before)
    # It goes on where it stopped, with the tasks `send` cleared.
    set_faults(url)
    for part in parts:
        upsert_hubspot.send(connection, run_id, part, "upsert", settings(url))
    assert upsert_hubspot.finish(connection, run_id)["status"] == "delivered"
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)
    deliveries = httpx.get(f"{url}/sandbox/deliveries").json()
    assert deliveries["accepted"] == deliveries["contacts"]


def test_a_validation_that_all_names_break(connection: Connection, few: Path, url: str) -> None:
    set_faults(url, validations={"loyalty_tier": {"MAX_LENGTH": ["3"]}})
    with pytest.raises(OlistError) as error:
        begin(connection, few, url)
    check("A validation that all names of `strategy.yaml` break", url, error)


def test_a_validation_that_many_people_break(connection: Connection, run_id: int, url: str) -> None:
    set_faults(url, validations={"lifetime_value": {"MAX_NUMBER": ["50"]}})
    assert examine(connection, url)["stop"] == []
    before = requests(url)
    with pytest.raises(OlistError) as error:
        pipeline.deliver(connection, run_id, url)
    check("A validation that many people break", url, error, before)


def test_a_validation_that_a_few_break_is_theirs(connection: Connection, run_id: int, url: str) -> None:
    values = sorted(float(each["lifetime_value"]) for each in pipeline.payloads(connection, run_id).values())
    set_faults(url, validations={"lifetime_value": {"MAX_NUMBER": [str(values[-4])]}})
    assert pipeline.deliver(connection, run_id, url)["rejected"] == 3
    assert len(pipeline.contacts(url)) == len(values) - 3


def test_a_validation_laid_down_after_the_plan(connection: Connection, run_id: int, url: str) -> None:
    """Nobody looks at this rule, and its refusals name another value each time."""
    parts = upsert_hubspot.plan(connection, run_id, "upsert", settings(url))["parts"]
    set_faults(url, validations={"next_action_reason": {"WHITESPACE": []}})
    before = requests(url)
    for part in parts:
        upsert_hubspot.send(connection, run_id, part, "upsert", settings(url))
    with pytest.raises(OlistError) as error:
        upsert_hubspot.finish(connection, run_id)
    check("A validation that everybody breaks, laid down later", url, error, before)
    assert any("WHITESPACE" in note for note in examine(connection, url)["note"])


def test_an_option_that_somebody_deletes_meanwhile(connection: Connection, run_id: int, url: str) -> None:
    parts = upsert_hubspot.plan(connection, run_id, "upsert", settings(url))["parts"]
    path = f"{url}/crm/v3/properties/contacts/loyalty_tier"
    options = httpx.get(path, headers=HEADERS).json()["options"]
    assert httpx.patch(path, json={"options": options[:2]}, headers=HEADERS).status_code == 200
    before = requests(url)
    for part in parts:
        upsert_hubspot.send(connection, run_id, part, "upsert", settings(url))
    with pytest.raises(OlistError) as error:
        upsert_hubspot.finish(connection, run_id)
    check("An option of a dropdown is deleted while people are sent", url, error, before)
    assert connection.execute("select count(*) from ops.hubspot_failures").fetchone() == (0,)
    # The plan adds it again.
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)


def test_the_properties_that_matter_most_are_kept(connection: Connection, run_id: int, url: str) -> None:
    set_faults(url, property_limit=10)
    (warning,) = examine(connection, url)["warning"]
    left_out = [each.name for each in PROPERTIES[10:]]
    assert f"room for 10 more contact properties, so these are left out: {', '.join(left_out)}." in warning
    sync = pipeline.deliver(connection, run_id, url)
    expected = pipeline.payloads(connection, run_id)
    for payload in expected.values():
        payload |= dict.fromkeys(left_out, "")
    assert sync["status"] == "delivered" and pipeline.contacts(url) == expected
    assert names_in(url) == {each.name for each in PROPERTIES[:10]}
    assert connection.execute("select left_out from ops.hubspot_syncs").fetchone() == (left_out,)
    assert all(not payload.keys() & set(left_out) for payload in pipeline.ledger(connection).values())
    # The same again sends nothing; with room, the values are sent, and the rest is not touched.
    assert pipeline.deliver(connection, run_id, url)["accepted"] == 0
    set_faults(url)
    sync = pipeline.deliver(connection, run_id, url)
    assert set(sync["plan"]["changed_properties"]) == set(left_out)
    assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)
    # Deleted to make room, it is left out, and nobody is sent anew for it.
    for name in left_out:
        path = f"{url}/crm/v3/properties/contacts/{name}"
        assert httpx.delete(path, headers=HEADERS).status_code == 204
        assert httpx.delete(f"{url}/sandbox/archived/{name}").status_code == 204
    set_faults(url, property_limit=10)
    assert pipeline.deliver(connection, run_id, url)["accepted"] == 0


def test_a_property_that_a_person_has_moved_is_still_ours(
    connection: Connection, run_id: int, few: Path, url: str
) -> None:
    pipeline.deliver(connection, run_id, url)
    path = f"{url}/crm/v3/properties/contacts/next_action"
    moved = httpx.patch(path, json={"groupName": "contactinformation"}, headers=HEADERS)
    assert moved.status_code == 200
    begin(connection, few, url)
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"


def test_a_property_that_somebody_made_after_ours_was_deleted_is_theirs(
    connection: Connection, run_id: int, url: str
) -> None:
    set_faults(url, property_limit=10)
    pipeline.deliver(connection, run_id, url)
    set_faults(url)
    make_property(url, "customer_state")
    with pytest.raises(OlistError, match="customer_state is in the group contactinformation"):
        pipeline.deliver(connection, run_id, url)


@pytest.fixture
def prefixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A strategy.yaml that names all of our properties anew."""
    text = Path(read_strategy.__globals__["STRATEGY_FILE"]).read_text()
    path = tmp_path / "strategy.yaml"
    path.write_text(text.replace('property_prefix: ""', "property_prefix: olist_"))
    monkeypatch.setenv("OLIST_STRATEGY", str(path))


@pytest.mark.usefixtures("prefixed")
def test_a_prefix_names_all_of_ours_anew(connection: Connection, run_id: int, few: Path, url: str) -> None:
    make_property(url, "next_action")
    begin(connection, few, url)
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"
    assert names_in(url) == {"next_action", *(f"olist_{each.name}" for each in PROPERTIES)}
    lines = httpx.get(f"{url}/sandbox/contacts.ndjson").text.splitlines()
    expected = pipeline.payloads(connection, run_id)
    assert len(lines) == len(expected) and not any('"next_action"' in line for line in lines)
    # Here they keep their names.
    assert pipeline.ledger(connection) == expected
    assert pipeline.deliver(connection, run_id, url)["accepted"] == 0


def test_a_prefix_can_be_changed_later(
    connection: Connection,
    run_id: int,
    url: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipeline.deliver(connection, run_id, url)
    before = record_ids(url)
    request.getfixturevalue("prefixed")
    # Cut short after the first hundred, it is begun anew.
    name = HubSpot.name_contacts
    times = iter([name])
    monkeypatch.setattr(HubSpot, "name_contacts", lambda *arguments: next(times)(*arguments))
    with pytest.raises(StopIteration):
        pipeline.deliver(connection, run_id, url)
    monkeypatch.setattr(HubSpot, "name_contacts", name)
    sync = pipeline.deliver(connection, run_id, url)
    assert (sync["status"], sync["accepted"]) == ("delivered", len(before))
    assert record_ids(url) == before == record_ids(url, "olist_")
    assert pipeline.deliver(connection, run_id, url)["accepted"] == 0
    # And back.
    monkeypatch.delenv("OLIST_STRATEGY")
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"
    assert record_ids(url) == before


def record_ids(url: str, prefix: str = "") -> dict[str, str]:
    lines = httpx.get(f"{url}/sandbox/contacts.ndjson").text.splitlines()
    rows = map(json.loads, lines)
    return {each["properties"][f"{prefix}olist_customer_id"]: each["id"] for each in rows}


def test_apis_that_do_not_answer_are_notes(connection: Connection, run_id: int, url: str) -> None:
    set_faults(url, missing_apis=["limits", "property-validations", "schemas"], is_service_key=True)
    found = examine(connection, url)
    assert found["stop"] == found["warning"] == [] and len(found["note"]) == 5
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"


def test_a_limit_that_nobody_told_is_said_in_hubspots_words(
    connection: Connection, run_id: int, url: str
) -> None:
    set_faults(url, missing_apis=["limits"], property_limit=3)
    with pytest.raises(OlistError, match="with 400: You have reached the limit of 3 custom properties"):
        pipeline.deliver(connection, run_id, url)
    assert requests(url, writes=True) == 0


def test_a_dry_run_is_warned_and_a_skipped_one_asks_nothing(
    connection: Connection, run_id: int, few: Path, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    set_faults(url, property_limit=0, record_limit=10)
    begin(connection, few, url, sync="skip")
    assert requests(url) == 0
    begin(connection, few, url, sync="dry_run")
    assert pipeline.deliver(connection, run_id, url, mode="dry_run")["status"] == "dry_run"
    said = caplog.text
    assert "room for 0 more contact properties" in said and "this delivery would create" in said
    assert names_in(url) == set() and requests(url, writes=True) == 0


def test_a_taken_email_is_one_persons_however_many_have_one(
    connection: Connection, run_id: int, url: str
) -> None:
    """Each of nine people in a batch has an address of another customer: one refusal finds them."""
    plan = upsert_hubspot.plan(connection, run_id, "upsert", settings(url))
    people = [
        person
        for (person,) in connection.execute(
            "select customer_unique_id from ops.hubspot_plan_drafts where run_id = %s"
            " order by part, customer_unique_id limit 9",
            (run_id,),
        )
    ]
    inputs = [
        {
            "properties": {"email": f"{each}@example.com", "olist_customer_id": f"not {each}"},
            "associations": [],
        }
        for each in people
    ]
    made = httpx.post(f"{url}/crm/v3/objects/contacts/batch/create", json={"inputs": inputs}, headers=HEADERS)
    assert made.status_code == 201
    connection.execute(
        "update ops.hubspot_plan_drafts set payload = payload || jsonb_build_object("
        "'email', customer_unique_id || '@EXAMPLE.com') where run_id = %s and customer_unique_id = any(%s)",
        (run_id, people),
    )
    for part in plan["parts"]:
        upsert_hubspot.send(connection, run_id, part, "upsert", settings(url))
    outcome = upsert_hubspot.finish(connection, run_id)
    assert (outcome["status"], outcome["rejected"]) == ("delivered", 9)
    log = httpx.get(f"{url}/sandbox/requests").json()
    assert log["by_status"]["409"] == 1


def test_a_stop_counts_for_all_parts_and_clearing_goes_on(
    connection: Connection, run_id: int, url: str
) -> None:
    parts = upsert_hubspot.plan(connection, run_id, "upsert", settings(url))["parts"]
    set_faults(url, required_properties=["email"])
    send = upsert_hubspot.send
    results = [send(connection, run_id, part, "upsert", settings(url)) for part in parts]
    assert requests(url, writes=True) == 1
    assert [each.get("stopped") for each in results[1:]] == ["stopped"] * (len(parts) - 1)
    # Cleared while the rule is still there, it costs one more.
    results = [send(connection, run_id, part, "upsert", settings(url)) for part in parts]
    assert requests(url, writes=True) == 2
    with pytest.raises(OlistError, match=r"clear upsert_hubspot\.send"):
        upsert_hubspot.finish(connection, run_id)
    # One part alone may be cleared first.
    set_faults(url)
    for part in reversed(parts):
        send(connection, run_id, part, "upsert", settings(url))
    assert upsert_hubspot.finish(connection, run_id)["status"] == "delivered"
