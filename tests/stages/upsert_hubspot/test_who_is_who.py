"""People with an e-mail: whose contact is whose in HubSpot, over real HTTP to the sandbox."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg import Connection
from support import pipeline
from support.account import Account
from support.months import Month

from olist.hubspot.client import HubSpotSettings
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages import upsert_hubspot
from olist.strategy.reading import STRATEGY_FILE


@pytest.fixture
def month(connection: Connection, tmp_path: Path, url: str) -> Month:
    return Month(connection, tmp_path, Account(url))


def test_people_arrive_with_e_mail_and_names(month: Month) -> None:
    sync = month.deliver("ana,Ana@example.com,Ana,Silva,", "bia,bia@example.com,,,")
    assert sync["status"] == "delivered" and not month.taken()
    ana, bia, caio = (month.account.of(person) for person in ("ana", "bia", "caio"))
    assert (ana["email"], ana["firstname"], ana["lastname"]) == ("ana@example.com", "Ana", "Silva")
    assert bia["email"] == "bia@example.com" and "firstname" not in bia
    assert "email" not in caio
    assert month.deliver("ana,ana@EXAMPLE.com,Ana,Silva,", "bia,bia@example.com,,,")["accepted"] == 0


def test_what_the_file_does_not_say_any_more_stays_and_is_not_sent(month: Month) -> None:
    month.deliver("ana,ana@example.com,Ana,Silva,", "bia,bia@example.com,,,")
    assert month.deliver("ana,,,,")["accepted"] == 0
    assert month.deliver()["accepted"] == 0
    month.order("ana")
    assert month.deliver()["accepted"] > 0
    assert month.account.of("ana")["email"] == "ana@example.com"
    assert pipeline.ledger(month.connection)["ana"]["lastname"] == "Silva"


def test_without_the_file_payloads_are_what_they_were(month: Month) -> None:
    run_id = month.run()
    pipeline.deliver(month.connection, run_id, month.account.url)
    assert pipeline.ledger(month.connection) == pipeline.payloads(month.connection, run_id)
    (hashes,) = month.connection.execute(
        "select bool_and(payload_hash = encode(sha256(convert_to(payload::text, 'UTF8')), 'hex'))"
        " from ops.hubspot_contacts"
    ).fetchone()
    assert hashes
    plan = month.connection.execute("select plan from ops.hubspot_syncs").fetchone()[0]
    assert "contacts" not in plan
    assert month.account.requests("/batch/read") == month.account.requests("/unsubscribe-all/read") == 0


def test_a_contact_with_the_e_mail_becomes_the_persons(month: Month) -> None:
    record = month.account.make(email="Ana@Example.com", city="Recife")
    sync = month.deliver("ana,ana@example.com,Ana,,", "bia,bia@example.com,,,")
    ana = month.account.of("ana")
    assert (ana["hs_object_id"], ana["city"], ana["loyalty_tier"] != "") == (record, "Recife", True)
    assert len(month.account.contacts()) == 7 == len(month.bearers())
    assert (sync["plan"]["create"], sync["plan"]["update"]) == (6, 1)
    contacts = {"people": 7, "writable": 2, "in_hubspot": 1, "opted_out": 0, "taken": 0, "set_aside": 0}
    assert sync["plan"]["contacts"] == contacts | {"unusable": 0}
    assert month.deliver("ana,ana@example.com,Ana,,", "bia,bia@example.com,,,")["accepted"] == 0


def test_a_contact_of_another_customer_is_left_alone(month: Month) -> None:
    month.deliver("ana,ana@example.com,,,", "caio,caio@example.com,,,")
    month.account.change(month.account.record_of("ana"), email="shared@example.com")
    month.order("bia"), month.order("caio")
    month.orders.append(("new", "2018-02-20 00:00:00"))
    rows = ("ana,ana@example.com,,,", "caio,shared@example.com,,,", "new,shared2@example.com,,,")
    month.account.make(email="shared2@example.com", olist_customer_id="somebody")
    sync = month.deliver(*rows)
    assert sync["status"] == "delivered" and sync["rejected"] == 0
    assert set(month.taken()) == {"caio", "new"}
    assert month.account.of("caio")["email"] == "caio@example.com"
    assert month.account.of("caio")["order_count"] == "2"
    assert "new" not in month.bearers()
    assert sync["plan"]["contacts"]["taken"] == 2 and sync["plan"]["contacts"]["set_aside"] == 1
    assert month.account.requests("/batch/upsert", "4") == 0
    assert not any("@" in message for message in month.taken().values())


def test_two_people_with_one_e_mail_are_both_named(month: Month) -> None:
    month.deliver("ana,ana@example.com,,,")
    sync = month.deliver("ana,ana@example.com,,,", "bia,ana@example.com,,,", "caio,caio@example.com,,,")
    assert set(month.taken()) == {"ana", "bia"}
    assert set(month.taken().values()) == {"Two people have this e-mail in customer_contacts.csv."}
    assert month.account.of("ana")["email"] == "ana@example.com" and "email" not in month.account.of("bia")
    assert sync["plan"]["contacts"]["set_aside"] == 0, "both had been delivered before"
    month.deliver("ana,ana@example.com,,,", "bia,bia@example.com,,,", "caio,caio@example.com,,,")
    assert month.taken() == {} and month.account.of("bia")["email"] == "bia@example.com"


def test_a_chain_of_e_mails_is_resolved_month_by_month(month: Month) -> None:
    month.deliver("ana,one@example.com,,,", "bia,two@example.com,,,")
    chain = ("ana,zero@example.com,,,", "bia,one@example.com,,,")
    month.deliver(*chain)
    assert set(month.taken()) == {"bia"} and month.account.of("ana")["email"] == "zero@example.com"
    assert month.account.of("bia")["email"] == "two@example.com"
    month.deliver(*chain)
    assert month.taken() == {} and month.account.of("bia")["email"] == "one@example.com"
    month.deliver("ana,one@example.com,,,", "bia,zero@example.com,,,")
    assert set(month.taken()) == {"ana", "bia"}, "they have changed places"
    assert month.account.requests("", "409") == 0


@pytest.mark.parametrize("keeps_id", [False, True])
def test_somebody_who_was_merged_into_another_is_not_made_anew(month: Month, keeps_id: bool) -> None:
    rows = ("ana,ana@example.com,,,", "bia,bia@example.com,,,")
    month.deliver(*rows)
    month.account.faults(merge_keeps_id=keeps_id)
    month.account.merge(month.account.record_of("ana"), month.account.record_of("bia"))
    month.order("bia"), month.order("ana")
    sync = month.deliver(*rows)
    assert month.bearers().count("bia") == 0 and month.bearers().count("ana") == 1
    assert set(month.taken()) == {"bia"} and sync["status"] == "delivered"
    assert month.account.of("ana")["email"] == "ana@example.com"
    refused = month.account.requests("/batch/upsert", "409")
    assert refused == 1
    month.order("bia")
    month.deliver(*rows)
    assert month.account.requests("/batch/upsert", "409") == refused, "the plan knows it by now"
    assert set(month.taken()) == {"bia"} and month.bearers().count("bia") == 0


def test_a_person_with_a_contact_does_not_get_a_second_one(month: Month) -> None:
    month.deliver("bia,bia@example.com,,,")
    record = month.account.make(email="ana@example.com")
    month.order("ana")
    rows = ("ana,ana@example.com,,,", "bia,bia@example.com,,,")
    month.deliver(*rows)
    assert "two contacts" in month.taken()["ana"] and month.account.of("ana")["order_count"] == "2"
    assert "email" not in month.account.of("ana")
    month.account.merge(month.account.record_of("ana"), record)
    month.deliver(*rows)
    assert month.taken() == {} and month.account.of("ana")["email"] == "ana@example.com"


def test_who_was_deleted_gets_the_contact_that_has_the_e_mail_now(month: Month) -> None:
    month.deliver("ana,ana@example.com,,,")
    month.account.delete(month.account.record_of("ana"))
    record = month.account.make(email="ana@example.com", city="Natal")
    month.order("ana")
    month.deliver("ana,ana@example.com,,,")
    assert month.account.of("ana")["hs_object_id"] == record and month.taken() == {}
    assert month.account.of("ana")["order_count"] == "2"


def test_the_two_addresses_of_one_contact_are_not_two_peoples(month: Month) -> None:
    first, other = month.account.make(email="ana@example.com"), month.account.make(email="bia@example.com")
    month.account.merge(first, other)
    month.deliver("ana,ana@example.com,,,", "bia,bia@example.com,,,")
    assert set(month.taken()) == {"ana", "bia"} and not {"ana", "bia"} & set(month.bearers())


def planned(month: Month, *rows: str, mode: str = "upsert") -> Callable[[], dict[str, Any]]:
    """Plans a run. Returns what sends it."""
    settings = HubSpotSettings(DEFAULT_TOKEN, month.account.url)
    run_id = month.run(*rows)
    parts = upsert_hubspot.plan(month.connection, run_id, mode, settings)["parts"]

    def send() -> dict[str, Any]:
        for part in parts:
            upsert_hubspot.send(month.connection, run_id, part, mode, settings)
        return upsert_hubspot.finish(month.connection, run_id, settings)

    return send


def test_a_claim_is_looked_at_again_before_it_is_made(month: Month) -> None:
    month.deliver()
    rows = ("ana,ana@example.com,,,", "e1,e1@example.com,,,", "e2,e2@example.com,,,", "e3,e3@example.com,,,")
    for person in ("e1", "e2", "e3", "e4"):
        month.orders.append((person, "2018-01-20 00:00:00"))
    records = [month.account.make(email=f"e{number}@example.com") for number in range(1, 5)]
    send = planned(month, *rows, "e4,e4@example.com,,,")
    month.account.change(records[0], olist_customer_id="another")
    month.account.change(records[1], email="other@example.com")
    month.account.delete(records[2])
    sync = send()
    assert set(month.taken()) == {"e1", "e2", "e3"}
    assert month.account.of("e4")["hs_object_id"] == records[3]
    assert sync["accepted"] > 0 and not {"e1", "e2", "e3"} & set(month.bearers())


def test_an_e_mail_that_somebody_else_gets_after_the_plan_costs_one_refused_request(month: Month) -> None:
    month.deliver("ana,ana@example.com,,,")
    month.order("ana")
    rows = (
        "ana,ana@example.com,,,",
        "bia,bia@example.com,,,",
        "e1,e1@example.com,,,",
        "e2,e2@example.com,,,",
    )
    month.orders += [("e1", "2018-01-20 00:00:00"), ("e2", "2018-01-20 00:00:00")]
    send = planned(month, *rows)
    month.account.make(email="bia@example.com", olist_customer_id="another")
    unclaimed = month.account.make(email="e1@example.com")
    month.account.make(email="e2@example.com", olist_customer_id="yet another")
    sync = send()
    assert sync["status"] == "delivered" and sync["rejected"] == 1
    assert set(month.taken()) == {"bia", "e2"} and "e2" not in month.bearers()
    assert month.account.of("e1")["hs_object_id"] == unclaimed
    assert "email" not in month.account.of("bia") and "email" not in pipeline.ledger(month.connection)["bia"]
    # One request for each part with somebody whose e-mail is taken by now.
    assert month.account.requests("/batch/upsert", "409") <= 3


def test_update_creates_nobody_and_claims_who_is_there(month: Month) -> None:
    record = month.account.make(email="ana@example.com")
    sync = month.deliver("ana,ana@example.com,,,", "bia,bia@example.com,,,", mode="update")
    assert month.account.of("ana")["hs_object_id"] == record
    assert month.bearers() == ["ana"] and sync["absent"] == 6 and sync["status"] == "delivered"


def test_a_dry_run_says_who_is_there_and_changes_nothing(month: Month) -> None:
    month.account.make(email="ana@example.com")
    before = month.account.contacts()
    sync = month.deliver(
        "ana,ana@example.com,,,", "bia,x@example.com,,,", "caio,x@example.com,,,", mode="dry_run"
    )
    assert (
        sync["plan"]["contacts"].items()
        >= {"writable": 1, "in_hubspot": 1, "taken": 2, "set_aside": 2}.items()
    )
    assert sync["plan"]["create"] == 4 and month.account.contacts() == before and month.taken() == {}
    alone = pipeline.deliver(month.connection, pipeline.last_run(month.connection), None, "dry_run")
    assert "in_hubspot" not in alone["plan"]["contacts"] and alone["plan"]["contacts"]["taken"] == 2


def test_who_cannot_be_read_up_makes_no_dry_run_fail(month: Month) -> None:
    month.account.faults(missing_scopes=["crm.objects.contacts.read"])
    sync = month.deliver("ana,ana@example.com,,,", mode="dry_run")
    assert sync["status"] == "dry_run"


def test_who_is_in_hubspot_already_is_not_a_new_contact(
    month: Month, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strategy = yaml.safe_load(STRATEGY_FILE.read_text())
    (tmp_path / "strategy.yaml").write_text(yaml.safe_dump(strategy | {"deliver": {"at_most": 1}}))
    monkeypatch.setenv("OLIST_STRATEGY", str(tmp_path / "strategy.yaml"))
    month.account.make(email="ana@example.com")
    month.account.make(email="bia@example.com")
    rows = (
        "ana,ana@example.com,,,",
        "bia,bia@example.com,,,",
        "caio,x@example.com,,,",
        "davi,x@example.com,,,",
    )
    sync = month.deliver(*rows)
    plan = sync["plan"]
    assert (plan["create"], plan["update"], plan["contacts"]["set_aside"]) == (1, 2, 2)
    assert plan["kept_away"] == {"at_most": 2} and plan["unchanged"] == 0
    assert {"ana", "bia"} < set(month.bearers()) and len(month.bearers()) == 3
