"""Outages: lost connections, restarted servers, full disks. One sentence, and a retry that works."""

import io
import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest
from rich.console import Console
from support import pipeline, results, task_processes
from support.clusters import OTHER_SESSIONS, Cluster
from support.task_processes import Outcome, Scene, Task, all_tasks

from olist.local import postgres
from olist.local.dag_run import Progress
from olist.warehouse import read_sql

pytestmark = pytest.mark.crash

# Whole runs, in each of whose tasks the connection ends.
RUNS_WITH_LOST_CONNECTIONS = 1
LOST = r"The warehouse (ended the connection during|cannot be reached for) [a-z_ 0-3]+ \([^\n]+\): .+ again\."
FULL_OUTPUTS = r"The disk of \S+ is full \(No space left on device\) during write_outputs: .+ again\."
FULL = r"The warehouse's disk is full \([^\n]+\), so [a-z_ 0-3]+ was undone: make room there; .+ again\."
# So much is left of a full disk: less than a page.
SCRAPS = 4096


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mounts a disk of its own on the folder."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path, free: int = SCRAPS) -> Iterator[None]:
    """Leaves only so many bytes of a disk."""
    filler = disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - free))
    yield
    filler.unlink()


def assert_one_sentence(outcome: Outcome, pattern: str) -> None:
    assert outcome.error == "OutageError", outcome.log
    assert re.fullmatch(pattern, outcome.sentence), outcome.sentence
    assert outcome.sentence in outcome.log
    assert "the connection is closed" not in outcome.sentence, "what came later hides the cause"
    assert "Traceback" not in outcome.log


def recorded(warehouse: str) -> str | None:
    with psycopg.connect(warehouse) as connection:
        return connection.execute("select message from ops.pipeline_runs").fetchone()[0]


@pytest.mark.parametrize("seed", range(RUNS_WITH_LOST_CONNECTIONS))
def test_the_connection_may_end_in_every_task(
    seed: int, undisturbed, cluster: Cluster, sandbox: str, few: Path, tmp_path: Path
) -> None:
    wanted, seconds = undisturbed
    chance = random.Random(seed)
    uri = cluster.new_warehouse()
    scene = Scene(uri, sandbox, few, tmp_path / "outputs", "lost")
    struck = task_processes.all_but_some_loads(chance)
    handed, failed = {}, 0
    for number, (name, names) in enumerate(task_processes.steps(struck)):
        task = Task(scene, names, handed)
        is_restart = (number + seed) % 2 == 1
        if name:
            time.sleep(chance.uniform(0.05, 0.9) * seconds[name])
            strike = partial(postgres.stop, cluster.home) if is_restart else partial(cluster.end_session, uri)
            strike()
        outcome = task.outcome()
        postgres.start(cluster.home)
        if not outcome.is_done:
            failed += 1
            assert_one_sentence(outcome, LOST)
            if not is_restart and number:
                assert recorded(uri).endswith(f": {outcome.sentence}")
            outcome = task_processes.run(scene, names, handed)
            assert outcome.is_done, outcome.sentence
        handed = outcome.handed
    results.assert_equal(results.everything(scene), wanted)
    assert failed >= len(struck) // 5, "too few connections ended while a task worked"


def test_a_full_disk_of_the_warehouse(
    undisturbed, cluster: Cluster, sandbox: str, few: Path, tmp_path: Path
) -> None:
    wanted, _ = undisturbed
    with small_disk(cluster.home / "disk", megabytes=64) as disk, tablespace(cluster, disk) as warehouse:
        scene = Scene(warehouse, sandbox, few, tmp_path / "outputs", "full")
        handed = {}
        struck = ("start_run", "load orders", "order_values", "compute_actions", "publish", "plan")
        for name, names in task_processes.steps(struck):
            if name:
                with filled(disk):
                    outcome = task_processes.run(scene, names, handed)
                assert_one_sentence(outcome, FULL)
            outcome = task_processes.run(scene, names, handed)
            assert outcome.is_done, outcome.sentence
            handed = outcome.handed
        results.assert_equal(results.everything(scene), wanted)


@contextmanager
def tablespace(cluster: Cluster, disk: Path) -> Iterator[str]:
    """A warehouse whose tables are on that disk."""
    uri = postgres.start(cluster.home)
    data = cluster.home / "postgres" / "data"
    folder = disk / "tables"
    folder.mkdir(mode=0o700)
    os.chown(folder, data.stat().st_uid, data.stat().st_gid)
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"create tablespace small location '{folder}'")
        warehouse = cluster.new_warehouse("small")
        try:
            yield warehouse
        finally:
            connection.execute(f"drop database {warehouse.rpartition('/')[2]} with (force)")
            connection.execute("drop tablespace small")


def test_a_full_disk_of_the_write_ahead_log(
    undisturbed, cluster: Cluster, sandbox: str, few: Path, tmp_path: Path
) -> None:
    """PostgreSQL ends itself then, and cannot recover until there is room."""
    wanted, _ = undisturbed
    scene = Scene(cluster.new_warehouse(), sandbox, few, tmp_path / "outputs", "panic")
    handed, sentences = {}, []
    for name, names in task_processes.steps(("order_values", "finish", "write_outputs")):
        if name:
            cluster.limit_files(SCRAPS)
            outcome = task_processes.run(scene, names, handed)
            assert_one_sentence(outcome, FULL)
            sentences.append(outcome.sentence)
            postgres.stop(cluster.home)
            postgres.start(cluster.home)
        outcome = task_processes.run(scene, names, handed)
        assert outcome.is_done, outcome.sentence
        handed = outcome.handed
    results.assert_equal(results.everything(scene), wanted)
    assert any("could not write to log file" in each for each in sentences)


def test_a_full_disk_of_the_outputs(
    undisturbed, new_warehouse: Callable[[], str], sandbox: str, few: Path, tmp_path: Path
) -> None:
    wanted, _ = undisturbed
    names = [name for name in wanted if name.endswith((".csv", ".html"))]
    *before, last = all_tasks()
    with small_disk(tmp_path / "outputs", megabytes=4) as disk:
        scene = Scene(new_warehouse(), sandbox, few, disk, "full")
        handed = task_processes.run(scene, before).handed
        for name in names:
            (disk / name).parent.mkdir(exist_ok=True)
            (disk / name).write_text("old\n")
        for kilobytes in (4, 100, 200, 300):
            with filled(disk, kilobytes * 1024):
                outcome = task_processes.run(scene, [last], handed)
                found = results.files(disk)
            assert_one_sentence(outcome, FULL_OUTPUTS)
            assert found.keys() == {*names, "filler"}
            for name in names:
                assert found[name] == wanted[name] or (disk / name).read_text() == "old\n", name
        assert task_processes.run(scene, [last], handed).is_done
        results.assert_equal(results.everything(scene), wanted)


def test_other_runs_leave_alone_what_a_run_needs_that_is_to_be_tried_again(
    undisturbed, new_warehouse: Callable[[], str], sandbox: str, few: Path, tmp_path: Path
) -> None:
    wanted, _ = undisturbed
    names = list(all_tasks())
    middle = names.index("compute_actions")
    scene = Scene(new_warehouse(), sandbox, few, tmp_path / "outputs", "waits")
    handed = task_processes.run(scene, names[:middle]).handed
    with psycopg.connect(scene.warehouse, autocommit=True) as connection:
        failure = {"run_id": handed["run_id"], "message": "compute_actions: the connection was lost"}
        connection.execute(read_sql("start_run/record_failure"), failure)
        for _ in range(5):
            pipeline.finish(connection, pipeline.begin(connection, few))
    outcome = task_processes.run(scene, names[middle:], handed)
    assert outcome.is_done, outcome.sentence
    results.assert_equal(results.everything(scene), wanted, without=("runs", "working tables"))


def test_a_task_of_a_run_that_was_cleaned_up_says_so_and_is_not_tried_again(
    undisturbed, new_warehouse: Callable[[], str], sandbox: str, few: Path, tmp_path: Path
) -> None:
    scene = Scene(new_warehouse(), sandbox, few, tmp_path / "outputs", "cleaned up")
    handed = task_processes.run(scene, ["start_run"]).handed
    with psycopg.connect(scene.warehouse, autocommit=True) as connection:
        connection.execute(f"drop table ops.snapshot_drafts_{handed['run_id']}")
    outcome = task_processes.run(scene, ["compute_actions"], handed)
    assert outcome.error == "AirflowFailException"
    assert outcome.sentence.endswith("were cleaned up after it ended: clear it from start_run on.")
    assert "Traceback" not in outcome.log


def test_the_terminal_shows_every_stage_though_its_connection_has_ended(
    warehouse: str, connection: psycopg.Connection, few: Path
) -> None:
    run_id = pipeline.begin(connection, few)
    console = Console(file=io.StringIO(), width=200)
    (name,) = connection.execute("select dag_run_id from ops.pipeline_runs").fetchone()
    stage = {"run_id": run_id, "part": "", "started_at": datetime.now(UTC), "metrics": "{}"}
    with Progress(lambda: psycopg.connect(warehouse, autocommit=True), console, name):
        for each in ("before", "after"):
            connection.execute(read_sql("start_run/record_stage"), stage | {"stage": each})
            connection.execute(OTHER_SESSIONS.format("pg_terminate_backend(pid)"))
    assert {"before", "after"} <= set(console.file.getvalue().split())
