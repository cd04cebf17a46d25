"""Processes of their own for training and charts: the same answer, the same sentence, none left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg
import pytest
from psycopg import Connection
from support import pipeline
from support.customers import TIERS, customers

from olist.exceptions import OlistError, OutageError
from olist.model.clusters import train
from olist.model.own_process import INCLUDE, call
from olist.orchestration.messages import section_about
from olist.orchestration.outages import sentence_about
from olist.report import charts
from olist.stages import train_clusters

BIG = ("airflow", "matplotlib", "numpy", "pandas", "scipy", "sklearn")
# A run's processes know none of the big libraries, whatever they have done.
WHOLE_RUN = """
import sys
from pathlib import Path
import psycopg
from olist.local.bench.core import run_core
from olist.stages.write_outputs import write_outputs
uri, data_dir, outputs = sys.argv[1:]
run_core(uri, Path(data_dir))
with psycopg.connect(uri, autocommit=True) as connection:
    write_outputs(connection, 1, Path(outputs))
print(*sys.modules)
"""


@pytest.fixture
def own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a run: nothing big is imported yet."""
    for library in ("sklearn.cluster", "matplotlib.figure"):
        monkeypatch.delitem(sys.modules, library, raising=False)


def child_of(pid: int, seconds: float = 20) -> psutil.Process:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for process in psutil.Process(pid).children():
            if "olist.model.own_process" in process.cmdline():
                return process
        time.sleep(0.01)
    raise AssertionError("no process of its own was started")


def kill_the_next_child(after: Callable[[psutil.Process], bool]) -> threading.Thread:
    """SIGKILL to the next child of this process, once it has got so far."""

    def kill() -> None:
        child = child_of(os.getpid())
        while not after(child):
            time.sleep(0.01)
        child.kill()

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def has_imported_scikit_learn(process: psutil.Process) -> bool:
    return any("_k_means_lloyd" in file.path for file in process.memory_maps())


def echo(code: str, needs: str = "wave") -> Any:
    """`needs` is some module that nobody here has imported."""
    return call(eval, code, needs=needs, what="an echo")


@pytest.mark.slow
def test_the_model_is_that_of_the_same_process(own_process: None) -> None:
    features = customers(12_000)
    model = call(
        train, features.tobytes(), TIERS, needs="sklearn.cluster", what="x", without=train_clusters.NOT_NEEDED
    )
    assert model == train(features, TIERS)
    assert "centres" in model and type(model["metrics"]["inertia"]) is float


def test_training_imports_neither_airflow_nor_what_it_does_not_need(own_process: None) -> None:
    modules = "set(__import__('sys').modules)"
    imported = call(eval, modules, needs="sklearn.cluster", what="x", without=train_clusters.NOT_NEEDED)
    assert "sklearn.cluster" in imported
    assert not {"airflow", "pandas", "sqlalchemy", "psycopg"} & imported


def test_what_is_imported_needs_no_process() -> None:
    assert call(os.getpid, needs="os", what="x") == os.getpid() != echo("__import__('os').getpid()")


def test_an_error_is_the_same_sentence(own_process: None) -> None:
    features = np.ones((10, 3)).tobytes()
    sentences = []
    for run in (train, lambda *given: call(train, *given, needs="sklearn.cluster", what="x")):
        with pytest.raises(OlistError) as raised:
            run(features, TIERS)
        sentences.append(str(raised.value))
    assert sentences == ["10 customers are too few, or too alike, for 3 tiers."] * 2
    assert "test_own_process" not in raised.value.__notes__[0] and "in train" in raised.value.__notes__[0]


def test_what_is_printed_stays_out_of_the_answer(capfd: pytest.CaptureFixture[str]) -> None:
    assert echo("(print('a warning'), __import__('os').system('echo another'), 5)[2]") == 5
    assert sorted(capfd.readouterr().err.split("\n")) == ["", "a warning", "another"]


def test_a_process_that_cannot_begin_is_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OutageError, match=r"for an echo ended without a result \(exit status 1, its own"):
        echo("1", needs="no_such_library")
    assert "No module named 'no_such_library'" in capfd.readouterr().err


def test_whatever_lies_in_the_current_folder_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    assert echo("1 + 1") == 2


@pytest.mark.crash
def test_a_killed_training_is_a_sentence_and_the_next_try_works(
    own_process: None, connection: Connection, demo: Path
) -> None:
    run_id = pipeline.begin(connection, demo)
    pipeline.load_all(connection, run_id)
    for stage in pipeline.CORE[:4]:
        stage(connection, run_id)
    killing = kill_the_next_child(after=has_imported_scikit_learn)
    with pytest.raises(OutageError) as raised:
        train_clusters.train_clusters(connection, run_id)
    killing.join()
    sentence = str(raised.value)
    assert sentence == (
        "The process for training ended without a result (killed by SIGKILL, as where memory runs out):"
        " the task is tried again."
    )
    assert sentence_about(raised.value, "train_clusters") == sentence
    assert section_about(sentence) == "A task was killed"
    models = "select count(*) from ops.cluster_models"
    assert connection.execute(models).fetchone() == (0,)
    train_clusters.train_clusters(connection, run_id)
    assert connection.execute(models).fetchone() == (1,)


@pytest.mark.crash
def test_the_child_of_a_killed_task_ends_and_the_lock_is_free(warehouse: str, demo: Path) -> None:
    program = (
        "import sys, psycopg; from olist.stages.train_clusters import train_clusters;"
        "train_clusters(psycopg.connect(sys.argv[1], autocommit=True), 1)"
    )
    with psycopg.connect(warehouse, autocommit=True) as connection:
        run_id = pipeline.begin(connection, demo)
        pipeline.load_all(connection, run_id)
        for stage in pipeline.CORE[:4]:
            stage(connection, run_id)
        environment = os.environ | {"PYTHONPATH": str(INCLUDE)}
        task = subprocess.Popen([sys.executable, "-c", program, warehouse], env=environment)
        child = child_of(task.pid)
        task.send_signal(signal.SIGKILL)
        assert task.wait() == -signal.SIGKILL
        # The next try does not have to wait for it either.
        train_clusters.train_clusters(connection, run_id)
    psutil.wait_procs([child], timeout=60)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_stored_model_needs_no_process(own_process: None, connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo)
    run_id = pipeline.begin(connection, demo)
    pipeline.load_all(connection, run_id)
    for stage in pipeline.CORE[:4]:
        stage(connection, run_id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
        train_clusters.train_clusters(connection, run_id)
    assert "sklearn.cluster" not in sys.modules


@pytest.mark.slow
def test_a_run_imports_nothing_big(warehouse: str, demo: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(INCLUDE)}
    command = [sys.executable, "-c", WHOLE_RUN, warehouse, str(demo), str(tmp_path)]
    shown = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert not {name.partition(".")[0] for name in shown.stdout.split()} & set(BIG)
    (report,) = tmp_path.glob("*/report.html")
    assert report.read_text().count("<svg") >= 4


def test_charts_are_those_of_the_same_process(own_process: None) -> None:
    rows = [{"state": "SP", "customers": 7, "revenue": 70.0}, {"state": "RJ", "customers": 3, "revenue": 9.0}]
    heat = [{"r_score": 5, "f_score": 5, "spend": 12.5, "customers": 4}]
    data = {"heatmap": heat, "states": rows, "history": [], "movement": [], "model": [], "cohorts": []}
    drawn = call(charts.draw, data, [], [], needs="matplotlib.figure", what="x")
    assert drawn == charts.draw(data, [], []) and set(drawn) == {"heatmap", "states"}
