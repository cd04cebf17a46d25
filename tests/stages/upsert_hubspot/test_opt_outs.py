"""People who have asked not to be written to: by the file, and by HubSpot."""

import csv
from pathlib import Path

import pytest
from psycopg import Connection
from support import pipeline
from support.account import Account
from support.months import Month

from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages.upsert_hubspot import preflight
from olist.stages.write_outputs import write_outputs
from olist.strategy.reading import read_strategy

SCOPE = "communication_preferences.statuses.batch.read"
ANA, BIA = "ana,ana@example.com,Ana,Silva,", "bia,bia@example.com,,,"


@pytest.fixture
def month(connection: Connection, tmp_path: Path, url: str) -> Month:
    return Month(connection, tmp_path, Account(url))


def has_action(month: Month, person: str) -> bool:
    contact = month.account.of(person)
    assert ("next_action" in contact) == ("next_action_reason" in contact)
    assert contact["loyalty_tier"] and contact["order_count"]
    return "next_action" in contact


def campaign_list(month: Month, folder: Path) -> list[dict[str, str]]:
    written = write_outputs(month.connection, pipeline.last_run(month.connection), folder)
    with (Path(written["folder"]) / "campaign_list.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def message(month: Month) -> str | None:
    query = "select opt_outs_message from ops.hubspot_syncs order by run_id desc limit 1"
    return month.connection.execute(query).fetchone()[0]


def test_the_files_opt_outs_keep_their_numbers_and_have_no_action(month: Month, tmp_path: Path) -> None:
    sync = month.deliver(f"{ANA}true", BIA)
    assert not has_action(month, "ana") and has_action(month, "bia") and has_action(month, "caio")
    assert sync["plan"]["contacts"].items() >= {"writable": 1, "opted_out": 1}.items()
    assert all(each["next_action"] for each in sync["plan"]["new_actions"])
    listed = {row["olist_customer_id"]: row for row in campaign_list(month, tmp_path / "outputs")}
    assert "ana" not in listed
    assert (listed["bia"]["email"], listed["bia"]["first_name"], listed["caio"]["email"]) == (
        "bia@example.com",
        "",
        "",
    )
    month.deliver(f"{ANA}false", BIA)
    assert has_action(month, "ana")
    snapshots = "select count(*) from analytics.customer_snapshots where next_action is null"
    assert month.connection.execute(snapshots).fetchone() == (0,)


def test_who_opts_out_after_the_list_was_written_is_taken_off_it(month: Month, tmp_path: Path) -> None:
    month.deliver(ANA, BIA)
    (ana,) = (row for row in campaign_list(month, tmp_path / "outputs") if row["olist_customer_id"] == "ana")
    assert (ana["email"], ana["first_name"], ana["last_name"]) == ("ana@example.com", "Ana", "Silva")
    month.deliver(f"{ANA}true", BIA)
    assert "ana" not in [row["olist_customer_id"] for row in campaign_list(month, tmp_path / "outputs")]


def test_what_the_file_said_holds_for_months_without_it(month: Month, tmp_path: Path) -> None:
    month.deliver(f"{ANA}true", BIA)
    month.order("ana")
    month.deliver()
    assert not has_action(month, "ana")
    listed = campaign_list(month, tmp_path / "outputs")
    assert "ana" not in [row["olist_customer_id"] for row in listed] and "email" not in listed[0]
    # Neither does a dry run without a word of the person forget it.
    month.deliver(BIA, mode="dry_run")
    month.deliver(BIA)
    assert not has_action(month, "ana")


def test_who_unsubscribes_in_hubspot_has_no_action_until_subscribed_again(month: Month) -> None:
    month.account.unsubscribe("ANA@example.com")
    month.deliver(ANA, BIA)
    assert not has_action(month, "ana") and has_action(month, "bia") and message(month) is None
    month.account.subscribe("ana@example.com")
    sync = month.deliver(ANA, BIA)
    assert has_action(month, "ana") and sync["accepted"] == 1
    assert month.account.requests("/unsubscribe-all/read") == 2


def test_one_failed_reading_writes_to_nobody_by_mistake(month: Month) -> None:
    month.account.unsubscribe("ana@example.com")
    month.deliver(ANA, BIA)
    month.account.faults(missing_scopes=[SCOPE])
    month.order("ana")
    sync = month.deliver(ANA, BIA)
    assert sync["status"] == "delivered" and not has_action(month, "ana")
    assert SCOPE in message(month)
    # The person's new address has not been asked about yet.
    month.deliver("ana,new@example.com,Ana,Silva,", BIA)
    assert month.account.of("ana")["email"] == "new@example.com" and not has_action(month, "ana")
    month.account.faults()
    month.deliver("ana,new@example.com,Ana,Silva,", BIA)
    assert has_action(month, "ana") and message(month) is None


def test_an_answer_that_names_nobody_takes_nobody_back(month: Month) -> None:
    month.account.unsubscribe("ana@example.com")
    month.deliver(ANA, BIA)
    month.account.subscribe("ana@example.com")
    month.account.faults(empty_statuses=True)
    month.deliver(ANA, BIA)
    assert not has_action(month, "ana")
    month.account.faults(missing_apis=["communication-preferences"])
    month.deliver(ANA, BIA)
    assert not has_action(month, "ana") and "status 404" in message(month)
    month.account.faults()
    month.deliver(ANA, BIA)
    assert has_action(month, "ana")


def test_whoever_keeps_the_old_e_mail_is_asked_about_by_it(month: Month) -> None:
    month.deliver(ANA, BIA)
    month.account.make(email="taken@example.com", olist_customer_id="somebody")
    month.account.unsubscribe("taken@example.com")
    month.deliver("ana,taken@example.com,,,", BIA)
    assert set(month.taken()) == {"ana"} and has_action(month, "ana"), "the address is somebody else's"
    month.account.unsubscribe("ana@example.com")
    month.deliver("ana,taken@example.com,,,", BIA)
    assert not has_action(month, "ana")


def test_many_opt_outs_stop_no_delivery(month: Month) -> None:
    people = [f"p{number}" for number in range(30)]
    for person in people:
        month.order(person)
    month.deliver(*(f"{each},{each}@example.com,,," for each in people))
    sync = month.deliver(*(f"{each},{each}@example.com,,,true" for each in people))
    assert sync["status"] == "delivered" and sync["plan"]["contacts"]["opted_out"] == 30
    assert month.deliver(*(f"{each},{each}@example.com,,," for each in people))["status"] == "delivered"


@pytest.mark.parametrize("is_service_key", [False, True])
def test_the_check_names_the_scope_where_there_is_a_file(month: Month, is_service_key: bool) -> None:
    month.deliver()
    hubspot = HubSpot(HubSpotSettings(DEFAULT_TOKEN, month.account.url))
    month.account.faults(missing_scopes=[SCOPE], is_service_key=is_service_key)

    def found() -> list[str]:
        findings = preflight.examine(month.connection, hubspot, read_strategy(), "upsert")
        return [each.weight for each in findings if SCOPE in each.sentence]

    assert found() == []
    month.deliver(ANA)
    assert found() == ["warning"]
    month.account.faults(is_service_key=is_service_key)
    assert found() == []
