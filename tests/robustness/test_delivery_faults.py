"""Delivery through everything that goes wrong: killed tasks, a bad network, refusals, limits."""

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path

import httpx
import psycopg
import pytest
from support import pipeline
from support.task_processes import PARTS, Scene, Task

from olist.exceptions import OlistError
from olist.hubspot import client, sender
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import HubSpotSettings
from olist.local.hubspot_sandbox.faults import Faults
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings
from olist.stages import upsert_hubspot

pytestmark = pytest.mark.crash

KILLED_RUNS = 25
# What 570 customers make, in four parts.
BATCHES = 8
AT_ONCE = 6
DELIVERY = ["plan", *(f"send {part}" for part in range(PARTS)), "finish"]
LOGGED = """
select
    count(*) filter (where outcome = 'accepted'), count(*) filter (where outcome = 'rejected'),
    count(distinct customer_unique_id) filter (where outcome = 'accepted')
from ops.hubspot_deliveries
"""
STORM = {
    "retry_after": True,
    "retry_after_seconds": 1,
    "too_many_requests_share": 0.10,
    "server_error_share": 0.05,
    "connection_reset_share": 0.05,
    "lost_answer_share": 0.02,
    "empty_results_share": 0.01,
    "rejected_people_share": 0.01,
    "conflict_people_share": 0.001,
}


@pytest.fixture(scope="module")
def published(copy_of: Callable[..., str], few: Path, fork_server: None) -> tuple[Callable[[], str], int]:
    """Makes warehouses that hold a published run which nobody has delivered; and that run's number."""
    with psycopg.connect(copy_of(pipeline.run, few)) as connection:
        return partial(copy_of, pipeline.run, few), pipeline.last_run(connection)


def sandbox_with(**faults: object):
    return running_sandbox(SandboxSettings(ten_second_limit=100_000, faults=Faults(**faults)))


def times_sent(url: str) -> Counter[str]:
    rows = httpx.get(f"{url}/sandbox/deliveries", params={"limit": 100_000}).json()["deliveries"]
    times = Counter()
    for row in rows:
        times[row["contact"]] += row["count"]
    return times


def batches_seen(client: httpx.Client) -> int:
    log = client.get("/sandbox/requests").json()["requests"]
    return sum(each["count"] for each in log if each["path"].endswith("/batch/upsert"))


def deliver_and_kill(scene: Scene, run_id: int, chance: random.Random) -> None:
    """Delivers in a process of its own, which is killed around a random one of its batches."""
    delivery = Task(scene, DELIVERY, {"run_id": run_id})
    batches = chance.randint(0, BATCHES)
    # One client for all the asking: to make one takes longer than a request.
    with httpx.Client(base_url=scene.hubspot) as client:
        while batches_seen(client) < batches and delivery.is_under_way():
            time.sleep(0.005)
    time.sleep(chance.uniform(0, 0.03))
    delivery.kill()


def killed_then_retried(seed: int, warehouse: str, run_id: int, faults: dict[str, object]) -> bool:
    """One seeded run: killed, retried, compared person by person. Returns whether it was killed halfway."""
    chance = random.Random(seed)
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute(
            "truncate ops.hubspot_contacts, ops.hubspot_failures, ops.hubspot_in_flight, ops.hubspot_syncs,"
            " ops.hubspot_deliveries"
        )
    with sandbox_with(seed=seed, latency_ms=20, **faults) as url:
        # A delivery reads no files and writes none.
        deliver_and_kill(Scene(warehouse, url, Path(), Path(), "killed"), run_id, chance)
        with psycopg.connect(warehouse, autocommit=True) as connection:
            acknowledged = pipeline.ledger(connection)
            sent_before = times_sent(url)
            sync = pipeline.deliver(connection, run_id, url)
            expected = pipeline.payloads(connection, run_id)
            law = Faults(seed=seed, **faults)
            refused = {person for person in expected if law.rejects(person) or law.conflicts(person)}
            failures = connection.execute("select customer_unique_id from ops.hubspot_failures").fetchall()
            in_doubt = connection.execute("select count(*) from ops.hubspot_in_flight").fetchone()
            ledger, told = pipeline.ledger(connection), pipeline.told(connection)
            logged = connection.execute(LOGGED).fetchone()
            counted = connection.execute("select accepted, rejected from ops.hubspot_syncs").fetchone()
        wanted = {person: payload for person, payload in expected.items() if person not in refused}
        assert sync["status"] == "delivered"
        assert ledger == told == wanted
        assert pipeline.contacts(url) == wanted
        assert logged == (len(wanted), counted[1], len(wanted)) and counted[0] == len(wanted)
        assert {person for (person,) in failures} == refused
        assert in_doubt == (0,)
        sent_after = times_sent(url)
        assert {p: sent_after[p] for p in acknowledged} == {p: sent_before[p] for p in acknowledged}
        return 0 < len(acknowledged) < len(wanted)


@pytest.mark.parametrize("faults", [{}, STORM], ids=["calm", "storm"])
def test_a_killed_delivery_is_taken_up_where_it_stopped(published, faults: dict[str, object]) -> None:
    make, run_id = published

    def one_after_another(seeds: range) -> list[bool]:
        warehouse = make()
        return [killed_then_retried(seed, warehouse, run_id, faults) for seed in seeds]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        shares = [range(first, KILLED_RUNS, AT_ONCE) for first in range(AT_ONCE)]
        halfway = list(itertools.chain(*pool.map(one_after_another, shares)))
    assert len(halfway) == KILLED_RUNS
    assert sum(halfway) >= KILLED_RUNS // 3, "too few kills came while contacts were being sent"


def test_three_months_in_a_row_send_what_changed(connection: psycopg.Connection, demo: Path) -> None:
    with sandbox_with(rejected_people_share=0.01, seed=5) as url:
        sent = []
        for month in (4, 5, 6):
            run_id = pipeline.run(connection, demo, date(2018, month, 1))
            before = sum(times_sent(url).values())
            sync = pipeline.deliver(connection, run_id, url)
            plan = sync["plan"]
            assert plan["create"] + plan["update"] == sync["accepted"] + sync["rejected"]
            sent.append(sum(times_sent(url).values()) - before)
            assert sent[-1] == sync["accepted"]
        assert sent[0] > sent[1] > 0 and sent[2] > 0
        # What HubSpot rejected is tried again, and goes from the list once HubSpot takes it.
        assert connection.execute("select min(attempts) from ops.hubspot_failures").fetchone()[0] >= 1
        httpx.put(f"{url}/sandbox/faults", json={})
        pipeline.deliver(connection, pipeline.run(connection, demo, date(2018, 6, 1)), url)
        assert connection.execute("select count(*) from ops.hubspot_failures").fetchone() == (0,)
        assert pipeline.contacts(url) == pipeline.ledger(connection)


def test_refused_batches_are_split_within_the_budget_for_failing_requests(published) -> None:
    make, run_id = published
    with (
        sandbox_with(conflict_people_share=0.01, seed=3) as url,
        psycopg.connect(make(), autocommit=True) as connection,
    ):
        pipeline.deliver(connection, run_id, url)
        log = httpx.get(f"{url}/sandbox/requests").json()["requests"]
        upserts = {each["status"]: each["count"] for each in log if each["path"].endswith("/batch/upsert")}
        failures = dict(
            connection.execute(
                "select customer_unique_id, was_sent_alone from ops.hubspot_failures"
            ).fetchall()
        )
        law = Faults(conflict_people_share=0.01, seed=3)
        expected = {each for each in pipeline.payloads(connection, run_id) if law.conflicts(each)}
        assert expected and set(failures) == expected and all(failures.values())
        assert {int(status): count for status, count in upserts.items()}[409] / sum(upserts.values()) < 0.05


def test_a_complete_answer_with_nothing_in_it_is_not_a_success(published) -> None:
    make, run_id = published
    with (
        sandbox_with(empty_results_share=1.0) as url,
        psycopg.connect(make(), autocommit=True) as connection,
    ):
        with pytest.raises(OlistError, match=r"HubSpot rejected .* more than the share of 0.05"):
            pipeline.deliver(connection, run_id, url)
        assert pipeline.ledger(connection) == {}
        categories = connection.execute("select distinct category from ops.hubspot_failures").fetchall()
        assert categories == [("NOT_IN_ANSWER",)]


def test_the_daily_limit_ends_the_sync_until_a_later_run_takes_it_up(published, tmp_path: Path) -> None:
    make, run_id = published
    account = {"database": str(tmp_path / "account.db"), "ten_second_limit": 100_000}
    settings = SandboxSettings(**account, daily_limit=18)
    with psycopg.connect(make(), autocommit=True) as connection:
        with running_sandbox(settings) as url:
            sync = pipeline.deliver(connection, run_id, url)
            assert sync["status"] == "paused" and sync["waiting"] > 0 and "daily limit" in sync["message"]
            assert 0 < sync["accepted"] == len(pipeline.contacts(url)) == len(pipeline.ledger(connection))
        with running_sandbox(SandboxSettings(**account)) as next_day:
            again = pipeline.deliver(connection, run_id, next_day)
            assert again["status"] == "delivered" and again["accepted"] == sync["waiting"]


def test_a_newer_delivery_stops_an_older_one(published, few: Path) -> None:
    make, run_id = published
    uri = make()
    with (
        sandbox_with(latency_ms=100) as url,
        psycopg.connect(uri, autocommit=True) as older,
        psycopg.connect(uri, autocommit=True) as newer,
        ThreadPoolExecutor() as pool,
    ):
        older_run = pipeline.run(older, few, date(2018, 5, 1))
        slow = pool.submit(pipeline.deliver, older, older_run, url)
        while not pipeline.contacts(url):
            time.sleep(0.05)
        last = pipeline.deliver(newer, run_id, url)
        assert slow.result()["status"] == "superseded"
        assert last["status"] == "delivered"
        assert pipeline.contacts(url) == pipeline.ledger(newer) == pipeline.payloads(newer, run_id)


def test_no_429_is_caused_by_us(published) -> None:
    make, run_id = published
    with (
        running_sandbox(SandboxSettings(ten_second_limit=20)) as url,
        psycopg.connect(make(), autocommit=True) as connection,
    ):
        pipeline.deliver(connection, run_id, url)
        log = httpx.get(f"{url}/sandbox/requests").json()
        assert log["rate_limited"].get("TEN_SECONDLY_ROLLING", 0) == 0, log


def test_an_unreachable_hubspot_is_worth_a_retry(published, monkeypatch: pytest.MonkeyPatch) -> None:
    make, run_id = published
    monkeypatch.setattr(sender, "backoff_seconds", lambda *_: 0.0)
    monkeypatch.setattr(client, "backoff_seconds", lambda *_: 0.0)
    with psycopg.connect(make(), autocommit=True) as connection:
        with sandbox_with() as url:
            settings = HubSpotSettings(DEFAULT_TOKEN, url)
            parts = upsert_hubspot.plan(connection, run_id, "upsert", settings)["parts"]
            # Two batches may take turns.
            httpx.put(f"{url}/sandbox/faults", json={"script": ["connection_reset"] * 16})
            with pytest.raises(HubSpotUnavailableError, match="failed 8 times for one batch"):
                upsert_hubspot.send(connection, run_id, parts[0], "upsert", settings)
        with pytest.raises(HubSpotUnavailableError, match="cannot be reached"):
            upsert_hubspot.send(connection, run_id, parts[0], "upsert", settings)
        assert pipeline.ledger(connection) == {}


@pytest.mark.parametrize("event", ["server_error", "connection_reset", "lost_answer", "locked", "slow_body"])
def test_one_mishap_costs_nothing(published, event: str) -> None:
    make, run_id = published
    with (
        sandbox_with(script=[event]) as url,
        psycopg.connect(make(), autocommit=True) as connection,
    ):
        sync = pipeline.deliver(connection, run_id, url)
        assert sync["rejected"] == 0
        assert pipeline.contacts(url) == pipeline.ledger(connection) == pipeline.payloads(connection, run_id)


def test_a_missing_scope_is_named(published) -> None:
    make, run_id = published
    with (
        sandbox_with(missing_scopes=["crm.objects.contacts.write"]) as url,
        psycopg.connect(make(), autocommit=True) as connection,
        pytest.raises(OlistError, match="lacks a permission"),
    ):
        pipeline.deliver(connection, run_id, url)


def test_what_hubspot_may_have_got_unanswered_is_put_right(
    published, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, run_id = published
    change = (
        "update ops.snapshot_drafts set customer_state = %s where run_id = %s and customer_unique_id = %s"
    )
    with sandbox_with() as url, psycopg.connect(make(), autocommit=True) as connection:
        pipeline.deliver(connection, run_id, url)
        person, payload = next(iter(pipeline.payloads(connection, run_id).items()))
        connection.execute(change, ("XX", run_id, person))
        httpx.put(f"{url}/sandbox/faults", json={"script": ["lost_answer"]})
        with monkeypatch.context() as patch, pytest.raises(HubSpotUnavailableError):
            patch.setattr(sender, "MAX_ATTEMPTS", 1)
            pipeline.deliver(connection, run_id, url)
        assert pipeline.contacts(url)[person]["customer_state"] == "XX"
        # The change is taken back: the ledger has this very payload, and HubSpot has another one.
        connection.execute(change, (payload["customer_state"], run_id, person))
        httpx.put(f"{url}/sandbox/faults", json={})
        assert pipeline.deliver(connection, run_id, url)["accepted"] == 1
        assert pipeline.contacts(url) == pipeline.payloads(connection, run_id)


def test_a_quiet_month_does_not_fail_because_of_the_few_who_are_always_rejected(published) -> None:
    make, run_id = published
    with (
        sandbox_with(rejected_people_share=0.01, seed=5) as url,
        psycopg.connect(make(), autocommit=True) as connection,
    ):
        rejected = pipeline.deliver(connection, run_id, url)["rejected"]
        again = pipeline.deliver(connection, run_id, url)
        assert (again["accepted"], again["rejected"]) == (0, rejected) and rejected > 0
        attempts = connection.execute("select distinct attempts from ops.hubspot_failures").fetchall()
        assert attempts == [(2,)]
