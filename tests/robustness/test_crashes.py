"""Crashes: tasks and PostgreSQL are killed at random moments of every task, runs overlap. Nothing differs."""

import random
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support import results, task_processes
from support.clusters import Cluster
from support.task_processes import Scene, Task, all_tasks

from olist.local import postgres
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import SandboxSettings
from olist.stages.write_outputs import whole_file

pytestmark = pytest.mark.crash

# Whole runs, each with a kill in every one of its tasks.
RUNS_WITH_KILLED_TASKS = 1
RUNS_WITH_KILLED_SERVERS = 1
OVERLAPS = 2
MONTHS = [date(2017, 9, 1), date(2017, 12, 1), *(date(2018, month, 1) for month in (2, 4, 6, 8))]


def moment(chance: random.Random, seconds: float) -> None:
    """Waits until some moment of a task that takes so long."""
    time.sleep(chance.uniform(0.05, 0.9) * seconds)


def deadlocks(scene: Scene) -> int:
    with psycopg.connect(scene.warehouse) as connection:
        query = "select deadlocks from pg_stat_database where datname = current_database()"
        return connection.execute(query).fetchone()[0]


@pytest.mark.parametrize("seed", range(RUNS_WITH_KILLED_TASKS))
def test_every_task_can_be_killed_and_tried_again(
    seed: int, undisturbed, cluster: Cluster, sandbox: str, few: Path, tmp_path: Path
) -> None:
    wanted, seconds = undisturbed
    chance = random.Random(seed)
    scene = Scene(cluster.new_warehouse(), sandbox, few, tmp_path / "outputs", "killed")
    handed, halfway = {}, 0
    for name in all_tasks():
        task = Task(scene, [name], handed)
        moment(chance, seconds[name])
        halfway += not task.kill().is_done
        # Killed after its work, but before it could say so, is killed as well.
        outcome = task_processes.run(scene, [name], handed)
        assert outcome.is_done, f"{name}: {outcome.sentence}"
        handed = outcome.handed
    results.assert_equal(results.everything(scene), wanted)
    assert halfway >= len(seconds) // 2, "too few tasks were killed while they worked"


@pytest.mark.parametrize("seed", range(RUNS_WITH_KILLED_SERVERS))
def test_postgres_can_be_killed_in_every_task(
    seed: int, undisturbed, cluster: Cluster, sandbox: str, few: Path, tmp_path: Path
) -> None:
    wanted, seconds = undisturbed
    chance = random.Random(seed)
    scene = Scene(cluster.new_warehouse(), sandbox, few, tmp_path / "outputs", "killed")
    struck = task_processes.all_but_some_loads(chance)
    handed, halfway = {}, 0
    for number, (name, names) in enumerate(task_processes.steps(struck)):
        task = Task(scene, names, handed)
        if name:
            moment(chance, seconds[name])
            strike = cluster.kill if (number + seed) % 2 else partial(cluster.kill_session, scene.warehouse)
            strike()
        outcome = task.outcome()
        postgres.start(cluster.home)
        if not outcome.is_done:
            halfway += 1
            assert outcome.error == "OutageError", outcome.log
            outcome = task_processes.run(scene, names, handed)
            assert outcome.is_done, f"{name}: {outcome.sentence}"
        handed = outcome.handed
    results.assert_equal(results.everything(scene), wanted)
    assert halfway >= len(struck) // 3, "PostgreSQL was killed too seldom while a task worked"


@pytest.mark.parametrize("seed", range(OVERLAPS))
def test_two_runs_of_one_month_at_once(
    seed: int, undisturbed, cluster: Cluster, sandbox: str, few: Path, tmp_path: Path
) -> None:
    wanted, seconds = undisturbed
    chance = random.Random(seed)
    scene = Scene(cluster.new_warehouse(), sandbox, few, tmp_path / "outputs", "first")
    first = Task(scene, list(all_tasks()), {})
    time.sleep(chance.uniform(0, 0.3) * sum(seconds.values()) * seed)
    second = Task(replace(scene, dag_run_id="second"), list(all_tasks()), {})
    for outcome in (first.outcome(), second.outcome()):
        assert outcome.is_done, outcome.sentence
    assert deadlocks(scene) == 0
    # Who of the two delivered what depends on who came first.
    without = ("campaign_list.csv", "runs", "told", "working tables")
    results.assert_equal(results.everything(scene), wanted, without)


def test_six_months_at_once_leave_what_they_leave_one_after_another(
    undisturbed, new_warehouse: Callable[[], str], few: Path, tmp_path: Path
) -> None:
    found = []
    for is_parallel in (False, True):
        with running_sandbox(SandboxSettings(ten_second_limit=100_000)) as url:
            scene = Scene(new_warehouse(), url, few, tmp_path / f"{is_parallel}", "")
            tasks = []
            # The newest first: those that deliver later must not undo it.
            for month in reversed(MONTHS) if is_parallel else MONTHS:
                run = replace(scene, dag_run_id=f"backfill {month}", as_of=month, retrain="auto")
                tasks.append(Task(run, list(all_tasks()), {}))
                if not is_parallel:
                    tasks[-1].process.join()
            for task in tasks:
                outcome = task.outcome()
                assert outcome.is_done, outcome.sentence
            assert deadlocks(scene) == 0
            found.append(without_movement(results.everything(scene)))
    results.assert_equal(*found, without=("campaign_list.csv", "told", "working tables"))


def without_movement(found: dict[str, Any]) -> dict[str, Any]:
    """Where somebody was before is told by the months that were published by then, which is chance here."""
    for part in ("ledger", "log", "contacts"):
        found[part] = {
            person: {name: value for name, value in told.items() if not re.search("^previous_|_since$", name)}
            for person, told in found[part].items()
        }
    return found


def test_two_runs_may_write_one_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    with whole_file(path, run_id=1) as first:
        first.write(b"first")
        with whole_file(path, run_id=2) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]
