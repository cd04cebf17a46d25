"""What the DAG's tasks share: the warehouse's connection, the record of how runs have ended."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psycopg
from support import pipeline

from olist.orchestration import tasks

SLEEPER = """
from olist.orchestration import tasks
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
