"""The pipeline's tasks in processes of their own, as Airflow runs them: each can be killed, and tried again.

They call what the DAG calls (olist.orchestration.tasks, with connections from the environment), without
Airflow's own processes, which take seconds to start. A fork server that has imported everything makes them
in milliseconds.
"""

import itertools
import json
import logging
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from olist.files.sources import OPTIONAL_TABLES, TABLES

PARTS = 4
# Values that tasks hand on, as Airflow's XCom does: the run's number, the parts of its delivery.
Handed = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """One run of the DAG and what it talks to."""

    warehouse: str
    hubspot: str
    data_dir: Path
    outputs: Path
    dag_run_id: str
    as_of: date | None = None
    retrain: str = "always"
    sync: str = "upsert"

    def enter(self) -> None:
        """Makes this process one of a task of the run."""
        from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN

        os.environ |= {
            "AIRFLOW_CONN_OLIST_WAREHOUSE": self.warehouse,
            "AIRFLOW_CONN_HUBSPOT_DEFAULT": json.dumps(
                {"conn_type": "hubspot", "password": DEFAULT_TOKEN, "host": self.hubspot}
            ),
            "OLIST_OUTPUT_DIR": str(self.outputs),
        }

    def context(self) -> dict[str, Any]:
        """What Airflow tells a task about its run."""
        params = {"as_of": self.as_of and f"{self.as_of}", "data_dir": str(self.data_dir)}
        params |= {"retrain": self.retrain, "sync": self.sync, "accept": []}
        run = SimpleNamespace(run_id=self.dag_run_id, run_type="manual", data_interval_end=None)
        ti = SimpleNamespace(dag_id="customer_segmentation", get_dagrun_state=lambda dag, run: "running")
        return {"params": params, "dag_run": run, "ti": ti}


@dataclass
class Outcome:
    """How a task ended. Neither done nor failed: it was killed halfway."""

    is_done: bool = False
    handed: Handed = field(default_factory=dict)
    seconds: float = 0.0
    error: str | None = None
    sentence: str = ""
    log: str = ""


def _start(scene: Scene, handed: Handed) -> Handed:
    from olist.orchestration import tasks

    return {"run_id": tasks.start(scene.context())}


def _load(table: str) -> Callable:
    def task(scene: Scene, handed: Handed) -> Handed:
        from olist.orchestration import tasks
        from olist.stages import load

        tasks.run_stage("load", load.load, handed["run_id"], table, part=table)
        return {}

    return task


def _core(stage: Callable) -> Callable:
    def task(scene: Scene, handed: Handed) -> Handed:
        from olist.orchestration import tasks

        tasks.run_stage(stage.__name__, stage, handed["run_id"])
        return {}

    return task


def _plan(scene: Scene, handed: Handed) -> Handed:
    from olist.orchestration import tasks
    from olist.stages import upsert_hubspot

    where = handed["run_id"], scene.sync, tasks.hubspot_settings()
    return {"parts": tasks.run_stage("upsert_hubspot", upsert_hubspot.plan, *where, part="plan")["parts"]}


def _send(part: int) -> Callable:
    def task(scene: Scene, handed: Handed) -> Handed:
        from olist.orchestration import tasks
        from olist.stages import upsert_hubspot

        if part in handed["parts"]:
            what = handed["run_id"], part, scene.sync, tasks.hubspot_settings()
            tasks.run_stage("upsert_hubspot", upsert_hubspot.send, *what, part=f"send {part}")
        return {}

    return task


def _finish(scene: Scene, handed: Handed) -> Handed:
    from olist.orchestration import tasks
    from olist.stages import upsert_hubspot

    what = handed["run_id"], tasks.hubspot_settings()
    tasks.run_stage("upsert_hubspot", upsert_hubspot.finish, *what, part="finish")
    return {}


def _outputs(scene: Scene, handed: Handed) -> Handed:
    from olist.orchestration import tasks
    from olist.stages import write_outputs

    tasks.run_stage("write_outputs", write_outputs.write_outputs, handed["run_id"], tasks.output_folder())
    return {}


def all_tasks() -> dict[str, Callable]:
    """Every task of the DAG in its order, by name."""
    from olist.local.bench.core import CORE

    return {
        "start_run": _start,
        **{f"load {table}": _load(table) for table in (*TABLES, *OPTIONAL_TABLES)},
        **{stage.__name__: _core(stage) for stage in CORE},
        "plan": _plan,
        **{f"send {part}": _send(part) for part in range(PARTS)},
        "finish": _finish,
        "write_outputs": _outputs,
    }


class Task:
    """A task under way. Tells when its work begins, and how it ended."""

    def __init__(self, scene: Scene, names: list[str], handed: Handed) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = _FORKS.Process(target=_work, args=(scene, names, handed, theirs))
        self.process.start()
        theirs.close()
        assert self.pipe.recv() == "begins"

    def is_under_way(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> Outcome:
        self.process.kill()
        return self.outcome()

    def outcome(self) -> Outcome:
        """Waits for the end."""
        try:
            outcome = self.pipe.recv()
        except EOFError:
            outcome = Outcome()
        self.process.join()
        self.pipe.close()
        return outcome


def run(scene: Scene, names: list[str], handed: Handed | None = None) -> Outcome:
    """Runs tasks to their end, in one process."""
    return Task(scene, names, handed or {}).outcome()


def steps(struck: Collection[str]) -> Iterator[tuple[str | None, list[str]]]:
    """All tasks in their order: each that is struck by itself, with its name; those between together."""
    for name, names in itertools.groupby(all_tasks(), lambda each: each if each in struck else None):
        yield name, list(names)


def all_but_some_loads(chance: random.Random) -> set[str]:
    """Every task, but only three of the loads, which are one code."""
    loads = [f"load {table}" for table in (*TABLES, *OPTIONAL_TABLES)]
    return set(all_tasks()) - set(chance.sample(loads, len(loads) - 3))


def _work(scene: Scene, names: list[str], handed: Handed, pipe: Connection) -> None:
    with tempfile.TemporaryFile("w+") as log:
        logging.basicConfig(stream=log, level=logging.ERROR, force=True)
        scene.enter()
        tasks = all_tasks()
        outcome = Outcome(handed=dict(handed))
        pipe.send("begins")
        began = time.monotonic()
        try:
            for name in names:
                outcome.handed |= tasks[name](scene, outcome.handed)
            outcome.is_done = True
        except BaseException as error:
            outcome.error, outcome.sentence = type(error).__name__, str(error)
        outcome.seconds = time.monotonic() - began
        log.seek(0)
        outcome.log = log.read()
        pipe.send(outcome)


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["support.task_processes_imports"])


def prepare(airflow_home: Path) -> None:
    """Starts the fork server, which takes its environment from this process."""
    from multiprocessing import forkserver

    here = Path(__file__).resolve().parents[1]
    wanted = {"AIRFLOW_HOME": str(airflow_home), "PYTHONPATH": f"{here.parent / 'include'}:{here}"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ |= wanted
    try:
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
