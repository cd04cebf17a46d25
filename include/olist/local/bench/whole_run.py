"""What a whole `make run` takes: Airflow's share of its time, and the peak memory of its Python processes."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from olist.local import postgres
from olist.warehouse import one_row

POLL_SECONDS = 0.05
PARSE = """
import sys, time
from airflow.dag_processing.dagbag import DagBag
for file in sys.argv[1:]:
    began = time.monotonic()
    bag = DagBag(file)
    print(time.monotonic() - began)
    assert not bag.import_errors and bag.dags, bag.import_errors
"""
EMPTY_DAG = """
from airflow.sdk import dag, task

@dag()
def empty():
    @task
    def nothing():
        pass
    nothing()

empty()
"""


def measure_run(data_dir: Path) -> dict[str, float]:
    """A first run in a home of its own.

    Returns its seconds, those of the stages, and the peak of each Python process in MB under `MB <what>`.
    """
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        home = Path(name)
        home.chmod(0o755)
        plain = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "OLIST_"))}
        settings = {"OLIST_HOME": home, "OLIST_DATA_DIR": data_dir, "OLIST_OUTPUT_DIR": home / "outputs"}
        environment = plain | {key: str(value) for key, value in settings.items()}
        command = [sys.executable, "-m", "olist.local"]
        began = time.monotonic()
        try:
            run = subprocess.Popen([*command, "run"], env=environment, stdout=subprocess.DEVNULL)
            with _peaks(run.pid) as peaks:
                if run.wait():
                    raise RuntimeError("The run that was to be measured has failed: try make run.")
            seconds = time.monotonic() - began
            uri = postgres.status(home / "data")
            assert uri
            with psycopg.connect(uri) as connection:
                (stages,) = one_row(
                    connection.execute(
                        "select extract(epoch from sum(finished_at - started_at))::float8 from ops.stage_runs"
                    )
                )
        finally:
            subprocess.run([*command, "stop"], env=environment, stdout=subprocess.DEVNULL, check=True)
    return {"seconds": seconds, "stages": stages} | {f"MB {what}": peak for what, peak in peaks.items()}


def parse_seconds(dag_file: Path) -> tuple[float, float]:
    """Seconds that Airflow takes to read the DAG file, and to read one with an empty DAG, once it is warm."""
    with tempfile.TemporaryDirectory() as name:
        empty = Path(name) / "empty.py"
        empty.write_text(EMPTY_DAG)
        files = [str(empty), str(empty), str(dag_file)]
        environment = os.environ | {"AIRFLOW_HOME": name, "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
        shown = subprocess.run(
            [sys.executable, "-c", PARSE, *files], env=environment, check=True, capture_output=True, text=True
        )
    _, nothing, ours = (float(line) for line in shown.stdout.split()[-3:])
    return ours, nothing


@contextmanager
def _peaks(pid: int) -> Iterator[dict[str, float]]:
    """The greatest resident memory in MB of a process and its Python children, by what they are."""
    peaks: dict[str, float] = {}
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(POLL_SECONDS):
            for process in _tree(pid):
                try:
                    what, megabytes = _name(process), process.memory_info().rss / 1e6
                except psutil.Error:
                    continue
                if what:
                    peaks[what] = max(peaks.get(what, 0.0), megabytes)

    watching = threading.Thread(target=watch)
    watching.start()
    yield peaks
    is_over.set()
    watching.join()


def _tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _name(process: psutil.Process) -> str | None:
    command = " ".join(process.cmdline())
    for program, what in (("hubspot_sandbox", "the sandbox"), ("own_process", "training and charts")):
        if program in command:
            return what
    return "the run" if "python" in command else None
