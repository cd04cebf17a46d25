"""Both sides compared: `sync=verify` says what HubSpot holds otherwise, `sync=repair` mends it."""

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from psycopg import Connection
from support import pipeline
from support.damage import Account, befall, differing

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.properties import ID_PROPERTY
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages import upsert_hubspot
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.sql import functions

SEEDS, PEOPLE = 10, 20  # 200 cases


@pytest.fixture
def warehouse(copy_of: Callable[..., str], few: Path) -> str:
    """A warehouse with a published run."""
    return copy_of(pipeline.run, few)


@pytest.fixture
def strategy(connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts other settings of HubSpot into force."""

    def use(**settings: Any) -> None:
        text = STRATEGY_FILE.read_text()
        for name, value in settings.items():
            (line,) = (each for each in text.splitlines() if each.startswith(f"  {name}:"))
            text = text.replace(f"\n{line}\n", f"\n  {name}: {json.dumps(value)}\n")
        path = tmp_path / "strategy.yaml"
        path.write_text(text)
        monkeypatch.setenv("OLIST_STRATEGY", str(path))
        changed = read_strategy(path)
        monkeypatch.setattr("olist.stages.upsert_hubspot.planning.read_strategy", lambda: changed)
        connection.execute(functions(changed))

    return use


def found(connection: Connection) -> dict[str, dict[str | None, tuple]]:
    """What differs, by person and property: the kind, our value, theirs, and whose id a survivor bears."""
    rows = connection.execute(
        "select customer_unique_id, property, kind, ours, theirs, borne_id from ops.hubspot_differences"
    )
    differences: dict[str, dict[str | None, tuple]] = {}
    for person, name, *rest in rows:
        differences.setdefault(person, {})[name] = tuple(rest)
    return differences


def record_ids(connection: Connection) -> dict[str, str]:
    return dict(
        connection.execute("select customer_unique_id, contact_id from ops.hubspot_contacts").fetchall()
    )


def expected(connection: Connection, account: Account) -> dict[str, dict[str | None, tuple]]:
    """What a verification has to find, by what HubSpot holds and who was merged into whom."""
    contacts = account.contacts()
    by_person = {each[ID_PROPERTY]: each for each in contacts.values() if ID_PROPERTY in each}
    records, known = account.records(), record_ids(connection)
    wanted: dict[str, dict[str | None, tuple]] = {}
    for person, ours in pipeline.ledger(connection).items():
        if person in account.merged:
            other = account.merged[person]
            wanted[person] = {None: ("merged", known[person], records[other], other)}
            continue
        theirs = by_person.get(person) or contacts.get(known[person])
        if theirs is None:
            wanted[person] = {None: ("missing", known[person], None, None)}
        elif edited := differing(ours, theirs):
            wanted[person] = {name: ("edited", *values, None) for name, values in edited.items()}
    return wanted


def verified(connection: Connection, run_id: int) -> tuple:
    return connection.execute(
        "select looked_at, missing, edited, merged from ops.hubspot_verifications where run_id = %s",
        (run_id,),
    ).fetchone()


def test_both_sides_are_the_same_after_a_delivery(connection: Connection, run_id: int, url: str) -> None:
    told = pipeline.deliver(connection, run_id, url)["accepted"]
    account = Account(url)
    before = account.writes()
    sync = pipeline.deliver(connection, run_id, url, "verify")
    assert (sync["status"], sync["plan"]) == ("verified", {})
    assert sync["message"] == f"{told} contacts were read back: 0 missing, 0 edited, 0 merged"
    assert found(connection) == {} and verified(connection, run_id) == (told, 0, 0, 0)
    assert account.writes() == before


@pytest.mark.parametrize("keeps_id", [False, True], ids=["new id", "same id"])
def test_what_befell_contacts_is_named_and_mended(
    connection: Connection, run_id: int, url: str, keeps_id: bool
) -> None:
    everybody = pipeline.deliver(connection, run_id, url)["accepted"]
    httpx.put(f"{url}/sandbox/faults", json={"merge_keeps_id": keeps_id})
    account, kinds = Account(url), set()
    for seed in range(SEEDS // 2):
        befall(account, Random(seed + 100 * keeps_id), PEOPLE)
        wanted, held, wrote = expected(connection, account), account.contacts(), account.writes()
        ledger = pipeline.ledger(connection)

        pipeline.deliver(connection, run_id, url, "verify")
        assert found(connection) == wanted
        kinds |= {row[0] for each in wanted.values() for row in each.values()}
        counted = [
            sum(next(iter(rows.values()))[0] == kind for rows in wanted.values())
            for kind in ("missing", "edited", "merged")
        ]
        assert verified(connection, run_id) == (everybody, *counted)
        assert (account.writes(), account.contacts()) == (wrote, held)
        assert pipeline.ledger(connection) == ledger

        sync = pipeline.deliver(connection, run_id, url, "repair")
        named = {person: rows for person, rows in wanted.items() if person in account.merged}
        assert sync["accepted"] == len(wanted) - len(named)
        assert sync["plan"].get("left_alone", 0) == len(named)
        assert {person: pipeline.ledger(connection)[person] for person in ledger} == ledger
        mended = pipeline.contacts_of(account.contacts())
        assert mended == {person: payload for person, payload in ledger.items() if person not in named}

        wrote = account.writes()
        pipeline.deliver(connection, run_id, url, "verify")
        assert found(connection) == named
        assert pipeline.deliver(connection, run_id, url, "repair")["accepted"] == 0
        assert account.writes() == wrote
    assert kinds == {"missing", "edited", "merged"}


def test_values_are_the_same_however_hubspot_writes_them(connection: Connection) -> None:
    same = [
        ("12.50", "12.5", "number"), ("0", "0.0", "number"), ("3", "3", "number"), ("", None, "number"),
        ("", "", "string"), ("2018-05-01", "1525132800000", "date"), ("1969-12-31", "-86400000", "date"),
        ("2018-05-01", "2018-05-01T00:00:00Z", "date"), ("Gold", "Gold", "enumeration"),
        ("Ana@Example.com", "ana@example.com", "email"),
    ]  # fmt: skip
    others = [
        ("12.50", "12.51", "number"), ("12.5", None, "number"), ("", "0", "number"), ("x", "X", "string"),
        ("2018-05-01", "1525219200000", "date"), ("12.50", "12.5", "string"), ("1", "one", "number"),
        ("Gold", "", "enumeration"),
    ]  # fmt: skip
    for cases, is_same in ((same, True), (others, False)):
        for case in cases:
            row = connection.execute("select ops.is_same_in_hubspot(%s, %s, %s)", case).fetchone()
            assert row == (is_same,), case


def test_a_month_looks_at_its_share_and_the_months_at_everybody(connection: Connection, run_id: int) -> None:
    people = list(pipeline.payloads(connection, run_id))
    query = (
        "select array_agg(person) from unnest(%s::text[]) as person where ops.is_looked_at(person, %s, %s)"
    )
    for share, months in ((Decimal("0.1"), 10), (Decimal("0.3"), 4), (Decimal(1), 1)):
        seen: list[str] = []
        for month in range(months):
            at = datetime(2018 + (month + 8) // 12, (month + 8) % 12 + 1, 1)
            (some,) = connection.execute(query, (people, share, at)).fetchone()
            assert abs(len(some) / len(people) - float(share)) < 0.05
            seen += some
        assert set(seen) == set(people)
        assert months * share > 1 or len(seen) == len(people)


def test_a_verification_that_was_killed_is_gone_on_with(
    connection: Connection, run_id: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = pipeline.deliver(connection, run_id, url)["accepted"]
    account = Account(url)
    befall(account, Random(7), PEOPLE)
    wanted = expected(connection, account)
    monkeypatch.setattr("olist.stages.upsert_hubspot.verifying.AT_ONCE", 100)
    read, asked = HubSpot.read_contacts, []

    def killed(self: HubSpot, keys: list[str], *rest: Any) -> Any:
        asked.append(keys)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return read(self, keys, *rest)

    settings = HubSpotSettings(DEFAULT_TOKEN, url)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(HubSpot, "read_contacts", killed)
        upsert_hubspot.plan(connection, run_id, "verify", settings)
    (reached,) = connection.execute("select looked_at from ops.hubspot_verifications").fetchone()
    assert 0 < reached < everybody
    upsert_hubspot.plan(connection, run_id, "verify", settings)
    assert found(connection) == wanted and verified(connection, run_id)[0] == everybody


def test_whom_a_delivery_tells_meanwhile_is_passed_over(
    connection: Connection, run_id: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = pipeline.deliver(connection, run_id, url)["accepted"]
    person = min(record_ids(connection))
    Account(url).edit(record_ids(connection)[person], customer_state="AC")
    read = HubSpot.read_contacts

    def while_told(self: HubSpot, *rest: Any) -> Any:
        answer = read(self, *rest)
        with Connection.connect(connection.info.dsn, password=connection.info.password) as other:
            other.execute(
                "update ops.hubspot_contacts set acknowledged_at = clock_timestamp()"
                " where customer_unique_id = %s",
                (person,),
            )
        return answer

    monkeypatch.setattr(HubSpot, "read_contacts", while_told)
    pipeline.deliver(connection, run_id, url, "verify")
    assert found(connection) == {} and verified(connection, run_id)[0] == everybody - 1


def test_a_merged_person_is_not_made_anew_by_a_later_month(
    connection: Connection, run_id: int, url: str
) -> None:
    pipeline.deliver(connection, run_id, url)
    account = Account(url)
    first, second, third, *_ = sorted(record_ids(connection))
    records = account.records()
    survivor = account.merge(records[first], records[second])
    stranger = account.merge(account.create(), records[third])
    account.edit(stranger, **{ID_PROPERTY: ""})
    pipeline.deliver(connection, run_id, url, "verify")
    differences = found(connection)
    assert differences[second][None] == ("merged", records[second], survivor, first)
    assert differences[third] == {None: ("merged", records[third], stranger, None)}
    connection.execute("update ops.snapshot_drafts set customer_state = 'AC' where run_id = %s", (run_id,))
    contacts = len(account.contacts())
    sync = pipeline.deliver(connection, run_id, url)
    assert sync["plan"]["left_alone"] == 1 and sync["plan"]["create"] == 0
    assert len(account.contacts()) == contacts and second not in pipeline.contacts(url)
    # Whose record has lost our id alone is followed to it.
    assert account.contacts()[stranger][ID_PROPERTY] == third
    assert account.contacts()[stranger]["customer_state"] == "AC"
    assert found(connection) == {second: {None: ("merged", records[second], survivor, first)}}


def test_what_a_person_put_right_is_left_alone_until_ours_changes(
    connection: Connection, run_id: int, url: str, strategy: Callable[..., None]
) -> None:
    pipeline.deliver(connection, run_id, url)
    strategy(keep_edited=["favorite_category"])
    account = Account(url)
    person = min(record_ids(connection))
    record = account.records()[person]
    account.edit(record, favorite_category="what they told us", customer_state="XX")
    pipeline.deliver(connection, run_id, url, "verify")
    assert found(connection)[person].keys() == {"favorite_category", "customer_state"}
    sync = pipeline.deliver(connection, run_id, url, "repair")
    assert sync["accepted"] == 1
    held = account.contacts()[record]
    assert held["favorite_category"] == "what they told us" and held["customer_state"] != "XX"
    assert found(connection)[person].keys() == {"favorite_category"}
    assert pipeline.deliver(connection, run_id, url, "repair")["accepted"] == 0

    change = "update ops.snapshot_drafts set {} where run_id = %s and customer_unique_id = %s"
    connection.execute(change.format("customer_state = 'AC'"), (run_id, person))
    assert pipeline.deliver(connection, run_id, url)["accepted"] == 1
    held = account.contacts()[record]
    assert (held["favorite_category"], held["customer_state"]) == ("what they told us", "AC")

    connection.execute(change.format("favorite_category = 'toys'"), (run_id, person))
    assert pipeline.deliver(connection, run_id, url)["accepted"] == 1
    assert account.contacts()[record]["favorite_category"] == "toys"
    assert found(connection) == {}
    assert pipeline.told(connection) == pipeline.ledger(connection) == pipeline.contacts(url)


def test_a_property_that_is_none_of_ours_cannot_be_kept(
    connection: Connection, run_id: int, url: str, strategy: Callable[..., None]
) -> None:
    strategy(keep_edited=["favourite_category"])
    with pytest.raises(OlistError, match=r"hubspot.keep_edited .* names 'favourite_category', and that can"):
        pipeline.deliver(connection, run_id, url)


def test_a_month_verifies_its_share_by_itself_and_a_gate_stops_it(
    connection: Connection, run_id: int, url: str, strategy: Callable[..., None]
) -> None:
    everybody = pipeline.deliver(connection, run_id, url)["accepted"]
    strategy(verify_share=0.5)
    account = Account(url)
    connection.execute("update ops.snapshot_drafts set customer_state = 'AC' where run_id = %s", (run_id,))
    for record in list(account.records().values())[: everybody // 5]:
        account.edit(record, customer_state="XX")
    wrote = account.writes()
    sentence = r"contacts_differ: \d+ of \d+ contacts that were read back .* accept=contacts_differ"
    with pytest.raises(OlistError, match=sentence):
        pipeline.deliver(connection, run_id, url)
    assert account.writes() == wrote
    looked_at, _, edited, _ = verified(connection, run_id)
    assert everybody // 3 < looked_at < everybody // 1.5 and edited == len(found(connection))
    connection.execute("update ops.pipeline_runs set accepted_gates = '{contacts_differ}'")
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"
    assert found(connection) == {} and pipeline.contacts(url) == pipeline.ledger(connection)


def test_without_a_setting_no_month_reads_contacts_back(
    connection: Connection, run_id: int, url: str
) -> None:
    assert read_strategy().hubspot.verify_share is None
    pipeline.deliver(connection, run_id, url)
    assert connection.execute("select count(*) from ops.hubspot_verifications").fetchone() == (0,)


def test_an_empty_account_is_all_missing(connection: Connection, run_id: int, url: str) -> None:
    everybody = pipeline.deliver(connection, run_id, url)["accepted"]
    httpx.delete(f"{url}/sandbox")
    pipeline.deliver(connection, run_id, url, "verify")
    assert verified(connection, run_id) == (everybody, everybody, 0, 0)
    sync = pipeline.deliver(connection, run_id, url, "repair")
    assert sync["plan"]["create"] == sync["accepted"] == everybody
    assert pipeline.contacts(url) == pipeline.ledger(connection)
