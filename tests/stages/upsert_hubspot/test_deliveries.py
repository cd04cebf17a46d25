"""The delivery log: who was told what, when, and what HubSpot said to it."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpotSettings
from olist.local.hubspot_sandbox.faults import Faults
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages import upsert_hubspot
from olist.strategy.reading import STRATEGY_FILE, read_strategy

COLUMNS = "customer_unique_id, operation, changes, outcome, contact_id, category, message, correlation_id"


@pytest.fixture
def warehouse(copy_of: Callable[..., str], few: Path) -> str:
    """A warehouse with a published run."""
    return copy_of(pipeline.run, few)


@pytest.fixture
def empty(new_warehouse: Callable[..., str]) -> Iterator[Connection]:
    """A connection to a warehouse without any run."""
    with Connection.connect(new_warehouse(), autocommit=True) as connection:
        yield connection


def log(connection: Connection, run_id: int) -> dict[str, tuple]:
    """The rows of a run by person, of whom it has one each."""
    rows = connection.execute(
        f"select {COLUMNS} from ops.hubspot_deliveries where run_id = %s", (run_id,)
    ).fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: row[1:] for row in rows}


def outcomes(connection: Connection, run_id: int) -> tuple[int, ...]:
    """What the log says of a run, in numbers: accepted, rejected, absent."""
    return connection.execute(
        "select "
        + ", ".join(f"count(*) filter (where outcome = '{each}')" for each in OUTCOMES)
        + " from ops.hubspot_deliveries where run_id = %s",
        (run_id,),
    ).fetchone()


OUTCOMES = ("accepted", "rejected", "absent")


def sync_counts(connection: Connection, run_id: int) -> tuple[int, ...]:
    query = f"select {', '.join(OUTCOMES)} from ops.hubspot_syncs where run_id = %s"
    return connection.execute(query, (run_id,)).fetchone()


def test_a_first_delivery_says_everything(connection: Connection, run_id: int, url: str) -> None:
    sync = pipeline.deliver(connection, run_id, url)
    rows, told = log(connection, run_id), pipeline.payloads(connection, run_id)
    assert rows.keys() == told.keys()
    ids = dict(
        connection.execute("select customer_unique_id, contact_id from ops.hubspot_contacts").fetchall()
    )
    for person, (operation, changes, outcome, contact_id, category, message, correlation_id) in rows.items():
        assert (operation, outcome, category, message) == ("create", "accepted", None, None)
        assert changes == {name: [None, value] for name, value in told[person].items()}
        assert contact_id == ids[person] and correlation_id
    assert outcomes(connection, run_id) == sync_counts(connection, run_id) == (sync["accepted"], 0, 0)
    as_of, account = connection.execute(
        "select distinct as_of, portal_id from ops.hubspot_deliveries"
    ).fetchone()
    assert (as_of, account) == connection.execute(
        "select as_of, portal_id from ops.pipeline_runs where run_id = %s", (run_id,)
    ).fetchone()


def test_a_later_month_says_what_changed_and_nothing_else(empty: Connection, demo: Path, url: str) -> None:
    """Months with people who come, change, leave and are refused. Replayed, the log is what HubSpot holds."""
    for month in (4, 5, 6):
        httpx.put(f"{url}/sandbox/faults", json={"rejected_people_share": 0.02, "seed": month})
        before = pipeline.ledger(empty)
        run_id = pipeline.run(empty, demo, date(2018, month, 1))
        if month == 6:
            empty.execute(
                "delete from ops.snapshot_drafts where customer_unique_id < '03' and run_id = %s", (run_id,)
            )
        plan = dict(
            empty.execute(
                "select operation, count(*) from ops.hubspot_deliveries where run_id = %s group by 1",
                (run_id,),
            ).fetchall()
        )
        sync = pipeline.deliver(empty, run_id, url)
        after, refused = pipeline.ledger(empty), sync["rejected"]
        rows = log(empty, run_id)
        plan = {each: sum(row[0] == each for row in rows.values()) for each in ("create", "update", "clear")}
        assert plan == {each: sync["plan"][each] for each in plan}
        assert outcomes(empty, run_id) == sync_counts(empty, run_id) == (sync["accepted"], refused, 0)
        assert refused > 0 and (month == 4 or plan["update"] > 0) and (month < 6 or plan["clear"] > 0)
        for person, (_, changes, outcome, *_) in rows.items():
            assert changes and all(old != new for old, new in changes.values())
            if outcome == "accepted":
                old, new = before.get(person, {}), after[person]
                assert changes == {
                    name: [old.get(name), new[name]] for name in new if new[name] != old.get(name)
                }
        assert pipeline.told(empty) == after == pipeline.contacts(url)


def test_a_refusal_is_in_hubspots_words(connection: Connection, run_id: int, url: str) -> None:
    httpx.put(f"{url}/sandbox/faults", json={"conflict_people_share": 0.01, "rejected_people_share": 0.01})
    pipeline.deliver(connection, run_id, url)
    law = Faults(conflict_people_share=0.01, rejected_people_share=0.01)
    refused = {person: row for person, row in log(connection, run_id).items() if row[2] == "rejected"}
    assert {person for person in refused if law.conflicts(person)}
    for person, (operation, changes, _, contact_id, category, message, correlation_id) in refused.items():
        words = ("CONFLICT", "A conflicting record exists already.")
        if law.rejects(person) and not law.conflicts(person):
            words = ("VALIDATION_ERROR", f"The contact {person} was rejected.")
        assert (operation, category, message, contact_id) == ("create", *words, None)
        assert changes["olist_customer_id"] == [None, person] and correlation_id
    # Each of a refused batch has the id of the request that was about that person alone.
    alone = [row[-1] for person, row in refused.items() if law.conflicts(person)]
    assert len(set(alone)) == len(alone) > 1


def test_who_is_not_there_is_absent(connection: Connection, run_id: int, url: str) -> None:
    sync = pipeline.deliver(connection, run_id, url, "update")
    assert sync["absent"] > 0
    assert outcomes(connection, run_id) == sync_counts(connection, run_id) == (0, 0, sync["absent"])


def test_a_plan_made_anew_in_the_middle_counts_everybody_once(
    connection: Connection, run_id: int, url: str
) -> None:
    settings = HubSpotSettings(DEFAULT_TOKEN, url)
    parts = upsert_hubspot.plan(connection, run_id, "upsert", settings)["parts"]
    for part in parts[:2]:
        upsert_hubspot.send(connection, run_id, part, "upsert", settings)
    before = outcomes(connection, run_id)
    with pytest.raises(OlistError, match="were not sent"):
        upsert_hubspot.finish(connection, run_id)
    assert before == sync_counts(connection, run_id)
    sync = pipeline.deliver(connection, run_id, url)
    assert 0 < sync["accepted"] < len(log(connection, run_id)) == len(pipeline.payloads(connection, run_id))
    assert outcomes(connection, run_id) == sync_counts(connection, run_id)
    assert before[0] + sync["accepted"] == sync_counts(connection, run_id)[0]
    assert pipeline.told(connection) == pipeline.ledger(connection) == pipeline.contacts(url)


def test_months_are_made_once_however_many_begin_at_once(warehouse: str) -> None:
    months = "select relid::regclass::text from pg_partition_tree('ops.hubspot_deliveries') where isleaf"

    def begin(_: int) -> None:
        with Connection.connect(warehouse, autocommit=True) as connection:
            connection.execute("call ops.open_deliveries()")

    with Connection.connect(warehouse, autocommit=True) as connection:
        connection.execute(
            "do $$ declare part text; begin for part in select relid::regclass::text"
            " from pg_partition_tree('ops.hubspot_deliveries') where isleaf"
            " loop execute 'drop table ' || part; end loop; end $$"
        )
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(begin, range(16)))
        found = {name for (name,) in connection.execute(months).fetchall()}
        now = connection.execute("select clock_timestamp()").fetchone()[0].astimezone(UTC)
        following = date(now.year + now.month // 12, now.month % 12 + 1, 1)
        assert found == {f"ops.hubspot_deliveries_{each:%Y_%m}" for each in (now, following)}
        assert connection.execute(
            "select deadlocks from pg_stat_database where datname = current_database()"
        ).fetchone() == (0,)


@pytest.mark.parametrize(("months", "kept"), [(None, 5), (7, 5), (6, 4), (4, 3), (2, 3), (1, 2)])
def test_old_months_go_as_a_whole(connection: Connection, run_id: int, months: int | None, kept: int) -> None:
    """Five months with a delivery, of which the newest is a year ago: nothing is measured from today."""
    wanted = [datetime(2025, month, 15, tzinfo=UTC) for month in (2, 4, 7, 8, 9)]
    for at in wanted:
        connection.execute(
            f"create table ops.hubspot_deliveries_{at:%Y_%m} partition of ops.hubspot_deliveries"
            f" for values from ('{at:%Y-%m}-01 00:00+00') to ('{at.year}-{at.month + 1}-01 00:00+00')"
        )
        connection.execute(
            "insert into ops.hubspot_deliveries"
            " (run_id, as_of, portal_id, customer_unique_id, operation, changes, outcome, delivered_at)"
            " values (%s, '2018-01-01', 1, 'somebody', 'create', '{}', 'accepted', %s)",
            (run_id, at),
        )
    connection.execute(
        "insert into ops.hubspot_syncs (run_id, as_of, mode, status, plan, planned_at)"
        " values (%s, '2018-01-01', 'upsert', 'delivered', '{}', %s)",
        (run_id, wanted[-1]),
    )
    before = connection.execute("select count(*) from ops.hubspot_deliveries").fetchone()[0]
    (dropped,) = connection.execute("call ops.drop_old_deliveries(%s)", (months,)).fetchone()
    found = connection.execute("select delivered_at from ops.hubspot_deliveries order by 1").fetchall()
    assert [at for (at,) in found] == wanted[-kept:]
    assert dropped == before - kept


def test_keeping_no_delivery_is_refused(connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "strategy.yaml"
    text = STRATEGY_FILE.read_text()
    path.write_text(text.replace("\nkeep_deliveries_months:\n", "\nkeep_deliveries_months: 0\n"))
    with pytest.raises(OlistError, match=r"strategy.yaml line \d+: keep_deliveries_months"):
        read_strategy(path)
    assert read_strategy().keep_deliveries_months is None


def test_analysts_see_numbers_and_nobody(connection: Connection, run_id: int, url: str) -> None:
    httpx.put(f"{url}/sandbox/faults", json={"rejected_people_share": 0.02})
    sync = pipeline.deliver(connection, run_id, url)
    (view,) = connection.execute(
        "select jsonb_object_agg(outcome || ' ' || category, contacts) from analytics.vw_deliveries"
    ).fetchone()
    assert view == {"accepted ": sync["accepted"], "rejected VALIDATION_ERROR": sync["rejected"]}
    properties = connection.execute("select property, contacts from analytics.vw_delivered_properties")
    assert dict(properties.fetchall()) == dict.fromkeys(
        next(iter(pipeline.ledger(connection).values())), sync["accepted"]
    )
    columns = connection.execute(
        "select column_name from information_schema.columns"
        " where table_schema = 'analytics' and table_name in ('vw_deliveries', 'vw_delivered_properties')"
    )
    named = set(itertools.chain(*columns.fetchall()))
    assert named == {"as_of", "delivered_on", "operation", "outcome", "category", "contacts", "property"}
