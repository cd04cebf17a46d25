"""What the DAG's tasks share: the warehouse's connection, the record of how runs have ended."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import psycopg
import pytest
from support import pipeline

from olist.orchestration import tasks
from olist.orchestration.messages import section_about

SLEEPER = """
from olist.orchestration import tasks
from olist.orchestration.messages import section_about
connection = tasks.connect()
print("begins", flush=True)
connection.execute("select pg_sleep(600)")
"""
SLEEPING = "select count(*) from pg_stat_activity where query = 'select pg_sleep(600)' and state = 'active'"


def test_a_statement_ends_with_the_process_that_asked_for_it(
    warehouse: str, connection: psycopg.Connection, tmp_path: Path
) -> None:
    settings = {"AIRFLOW_CONN_OLIST_WAREHOUSE": warehouse, "AIRFLOW_HOME": str(tmp_path)}
    settings["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{tmp_path / 'airflow.db'}"
    task = subprocess.Popen(
        [sys.executable, "-c", SLEEPER], env=os.environ | settings, stdout=subprocess.PIPE
    )
    while b"begins" not in task.stdout.readline():
        assert task.poll() is None
    while connection.execute(SLEEPING).fetchone() == (0,):
        time.sleep(0.05)
    task.kill()
    task.communicate()
    deadline = time.monotonic() + 20
    while connection.execute(SLEEPING).fetchone() == (1,):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_runs_that_airflow_has_ended_are_recorded_and_others_left_alone(
    connection: psycopg.Connection, few: Path
) -> None:
    states = {"failed": "failed", "marked as success": "success", "still runs": "running", "queued": "queued"}
    for name in (*states, "of another Airflow", "published", "has failed itself"):
        run_id = pipeline.begin(connection, few)
        connection.execute("update ops.pipeline_runs set dag_run_id = %s where run_id = %s", (name, run_id))
    states["published"] = states["has failed itself"] = "failed"
    connection.execute("update ops.pipeline_runs set status = 'published' where dag_run_id = 'published'")
    connection.execute(
        "update ops.pipeline_runs set status = 'failed', message = 'It says why.', finished_at = now()"
        " where dag_run_id = 'has failed itself'"
    )
    new = pipeline.begin(connection, few)

    ti = SimpleNamespace(dag_id="customer_segmentation", get_dagrun_state=lambda dag, run: states[run])
    tasks._record_ended_runs(connection, new, ti)
    found = connection.execute(
        "select dag_run_id, status, message from ops.pipeline_runs where run_id <> %s", (new,)
    )
    assert {name: (status, message) for name, status, message in found} == {
        "failed": ("failed", tasks.ENDED_WITHOUT_A_WORD),
        "marked as success": ("failed", tasks.ENDED_WITHOUT_A_WORD),
        "published": ("failed", tasks.ENDED_WITHOUT_A_WORD),
        "still runs": ("running", None),
        "queued": ("running", None),
        "of another Airflow": ("running", None),
        "has failed itself": ("failed", "It says why."),
    }


HANGS = """
import sys, time
from airflow.sdk.execution_time.timeout import timeout
from olist.model import own_process
from olist.orchestration import tasks
from olist.orchestration.messages import section_about

def waits(connection, run_id):
    with connection.transaction():
        connection.execute("update ops.pipeline_runs set trigger = 'never'")
        connection.execute("select pg_sleep(600)")

def calculates(connection, run_id):
    own_process.call(time.sleep, 600, needs="sklearn", what="waiting")

stage = {"waits": waits, "calculates": calculates}[sys.argv[1]]
try:
    with timeout(4):
        tasks.run_stage("train_clusters", stage, int(sys.argv[2]))
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["waits", "calculates"])
def test_what_hangs_ends_with_a_sentence_and_is_tried_again(
    warehouse: str, connection: psycopg.Connection, few: Path, tmp_path: Path, how: str
) -> None:
    run_id = pipeline.begin(connection, few)
    (tmp_path / "hangs.py").write_text(HANGS)
    settings = {"AIRFLOW_CONN_OLIST_WAREHOUSE": warehouse, "AIRFLOW_HOME": str(tmp_path)}
    settings["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{tmp_path / 'airflow.db'}"
    done = subprocess.run(
        [sys.executable, tmp_path / "hangs.py", how, str(run_id)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=300,
    )
    sentence = (
        "train_clusters has not ended in the time that it may take (execution_timeout in the DAG file), as"
        " where something hangs: the task is tried again."
    )
    assert done.stdout.splitlines()[-1] == f"OutageError {sentence}", done.stderr
    assert section_about(sentence) == "A task or a run took too long"
    found = connection.execute("select status, message, trigger from ops.pipeline_runs").fetchone()
    assert found == ("failed", f"train_clusters: {sentence}", "manual")
    # Nobody's child goes on calculating.
    for process in psutil.process_iter(["cmdline", "ppid"]):
        assert process.info["ppid"] != 1 or "olist.model.own_process" not in (process.info["cmdline"] or [])
