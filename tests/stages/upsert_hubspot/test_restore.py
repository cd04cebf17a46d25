"""`sync=restore`: back to what HubSpot held after an older month, and forward again."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from psycopg import Connection
from support import pipeline
from support.damage import Account

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpotSettings
from olist.hubspot.properties import CLEARED, ID_PROPERTY
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages import upsert_hubspot
from olist.stages.upsert_hubspot import approving

ACCEPTED = ("customers_lost", "changed_actions", "tier_share_change")
MONTHS = [date(2018, month, 1) for month in (4, 5, 6)]


@pytest.fixture
def empty(new_warehouse: Callable[..., str]) -> Iterator[Connection]:
    """A connection to a warehouse without any run."""
    with Connection.connect(new_warehouse(), autocommit=True) as connection:
        yield connection


def deliver_month(
    connection: Connection, data_dir: Path, month: date, url: str, mode: str = "upsert"
) -> dict:
    run_id = pipeline.run(connection, data_dir, month, sync=mode, accept=ACCEPTED)
    return pipeline.deliver(connection, run_id, url, mode)


def test_a_restore_brings_back_what_hubspot_held(empty: Connection, few: Path, url: str) -> None:
    held = {}
    for month in MONTHS:
        deliver_month(empty, few, month, url)
        held[month] = pipeline.contacts(url)
    april, may, june = MONTHS

    for back_to in (may, april, may):
        sync = deliver_month(empty, few, back_to, url, "restore")
        assert sync["status"] == "delivered"
        later = {
            person: dict.fromkeys(CLEARED, "") | {ID_PROPERTY: person}
            for person in held[june].keys() - held[back_to].keys()
        }
        assert pipeline.contacts(url) == held[back_to] | later
        assert pipeline.ledger(empty) == pipeline.told(empty) == pipeline.contacts(url)
        told = empty.execute(
            "select operation, count(*) from ops.hubspot_deliveries join ops.hubspot_syncs using (run_id)"
            " where mode = 'restore' and run_id = (select max(run_id) from ops.pipeline_runs) group by 1"
        ).fetchall()
        assert told == [("restore", sync["accepted"])] and sync["accepted"] > 0
        plan = sync["plan"]
        assert plan["create"] == 0 and plan["update"] + plan["clear"] == sync["accepted"]
        assert plan["unchanged"] + plan["update"] == len(held[back_to])

    # It is the only way back: a run of an older month is not sent. The months go on from where they were.
    assert deliver_month(empty, few, april, url)["status"] == "superseded"
    assert deliver_month(empty, few, june, url)["status"] == "delivered"
    assert pipeline.contacts(url) == held[june]
    july = deliver_month(empty, few, date(2018, 7, 1), url)
    assert july["status"] == "delivered" and july["plan"]["clear"] == 0
    # What was restored and what was sent after it are not mixed up.
    deliver_month(empty, few, june, url, "restore")
    assert {person: pipeline.contacts(url)[person] for person in held[june]} == held[june]


def test_a_restore_goes_through_the_gates(empty: Connection, demo: Path, url: str) -> None:
    for month in MONTHS[:2]:
        deliver_month(empty, demo, month, url)
    before = pipeline.contacts(url)
    run_id = pipeline.run(empty, demo, MONTHS[0], sync="restore")
    with pytest.raises(OlistError, match=r"customers_lost: \d+ of \d+ customers as of 2018-05-01"):
        pipeline.deliver(empty, run_id, url, "restore")
    assert pipeline.contacts(url) == before


def test_a_restore_waits_for_a_person(empty: Connection, few: Path, url: str, tmp_path: Path) -> None:
    for month in MONTHS[:2]:
        deliver_month(empty, few, month, url)
    before = pipeline.contacts(url)
    run_id = pipeline.run(empty, few, MONTHS[0], sync="restore", accept=ACCEPTED)
    settings = HubSpotSettings(DEFAULT_TOKEN, url)
    planned = upsert_hubspot.plan(empty, run_id, "restore", settings)
    asked = approving.ask(empty, run_id, tmp_path, {}, "approve", is_first=True)
    assert planned["status"] == "waiting" and asked["is_open"]
    sent = upsert_hubspot.send(empty, run_id, planned["parts"][0], "restore", settings)
    assert sent == {"stopped": "waiting"}
    assert pipeline.contacts(url) == before
    approving.refuse(empty, run_id, "Ana said no", "Ana", datetime.now(UTC))
    assert upsert_hubspot.finish(empty, run_id, settings)["status"] == "not approved"
    assert pipeline.contacts(url) == before


def test_a_log_that_does_not_reach_back_is_one_sentence(empty: Connection, few: Path, url: str) -> None:
    deliver_month(empty, few, MONTHS[1], url)
    sentence = r"held as of 2018-04-01: the delivery log \(.*\) begins with the customers as of 2018-05-01"
    with pytest.raises(OlistError, match=sentence):
        deliver_month(empty, few, MONTHS[0], url, "restore")
    empty.execute("delete from ops.hubspot_deliveries")
    with pytest.raises(OlistError, match="is empty for this account"):
        deliver_month(empty, few, MONTHS[1], url, "restore")


def test_nobody_is_created_by_a_restore_nor_gets_back_an_action_they_may_not_have(
    empty: Connection, few: Path, url: str
) -> None:
    for month in MONTHS[:2]:
        deliver_month(empty, few, month, url)
    account = Account(url)
    run_id = pipeline.run(empty, few, MONTHS[0], sync="restore", accept=ACCEPTED)
    # As the plan does first of all.
    empty.execute("update ops.pipeline_runs set portal_id = ops.last_portal() where run_id = %s", (run_id,))
    changed = empty.execute(
        "select customer_unique_id from ops.restored_contacts(%s) as restored"
        " inner join ops.hubspot_contacts as contacts using (customer_unique_id)"
        " where not has_left and restored.payload <> contacts.payload order by 1",
        (run_id,),
    ).fetchall()
    (deleted,), (opted_out,), *_ = changed
    account.delete(account.records()[deleted])
    empty.execute(
        "insert into personal.hubspot_opt_outs (portal_id, customer_unique_id, source)"
        " select portal_id, %s, 'hubspot' from ops.pipeline_runs where run_id = %s",
        (opted_out, run_id),
    )
    sync = pipeline.deliver(empty, run_id, url, "restore")
    assert (sync["status"], sync["absent"]) == ("delivered", 1)
    contacts = pipeline.contacts(url)
    assert deleted not in contacts
    assert (contacts[opted_out]["next_action"], contacts[opted_out]["next_action_reason"]) == ("", "")
    assert sum(not each["next_action"] for each in contacts.values()) == 1 + sync["plan"]["clear"]


def test_a_restore_stops_the_month_it_undoes(empty: Connection, few: Path, url: str) -> None:
    """Whoever clears `send` of the wrong month later does not undo the restore."""
    deliver_month(empty, few, MONTHS[0], url)
    held = pipeline.contacts(url)
    wrong = pipeline.run(empty, few, MONTHS[1], accept=ACCEPTED)
    pipeline.deliver(empty, wrong, url)
    deliver_month(empty, few, MONTHS[0], url, "restore")
    empty.execute("update ops.hubspot_plan_drafts set outcome = null where run_id = %s", (wrong,))
    empty.execute("update ops.hubspot_syncs set status = 'planned' where run_id = %s", (wrong,))
    restored = pipeline.contacts(url)
    for part in range(4):
        assert pipeline.send(empty, wrong, part, url) == {"stopped": "superseded"}
    assert pipeline.contacts(url) == restored
    assert {person: restored[person] for person in held} == held
