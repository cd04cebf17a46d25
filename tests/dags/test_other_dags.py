"""Another DAG, scheduled on the published snapshots, under a real Airflow: a run of ours, then its own."""

import json
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest
from support.places import PROJECT
from support.user import User

pytestmark = pytest.mark.airflow

# As docs/airflow.md has it, but for what it does with the month.
CONSUMER = """
import json
from datetime import timedelta
from pathlib import Path

from airflow.sdk import Asset, dag, task

SNAPSHOTS = Asset("olist_customer_snapshots")


@dag(schedule=SNAPSHOTS, is_paused_upon_creation=False)
def newsletter():
    # The scheduler may be up before the server that it starts tasks through.
    @task(retries=20, retry_delay=timedelta(seconds=2))
    def write(triggering_asset_events):
        months = [event.extra for event in triggering_asset_events[SNAPSHOTS]]
        Path({place!r}).write_text(json.dumps(months))

    write()


newsletter()
"""


def test_a_dag_that_is_scheduled_on_the_snapshots_gets_its_month(demo: Path, tmp_path: Path) -> None:
    dags, place = tmp_path / "dags", tmp_path / "months.json"
    dags.mkdir()
    shutil.copy(PROJECT / "dags" / "customer_segmentation.py", dags)
    (dags / "newsletter.py").write_text(CONSUMER.format(place=str(place)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = User(tmp_path / "home", demo, tmp_path / "outputs")
    try:
        run = user.types("run", AIRFLOW__CORE__DAGS_FOLDER=str(dags), OLIST_AS_OF="2018-02-01")
        assert run.returncode == 0, run.stdout + run.stderr
        (customers,) = user.asks("select count(*) from analytics.customer_snapshots")[0]
        ui = user.begins("ui", AIRFLOW__CORE__DAGS_FOLDER=str(dags), AIRFLOW_PORT=str(port))
        deadline = time.monotonic() + 400
        while not place.exists() and ui.poll() is None and time.monotonic() < deadline:
            time.sleep(0.5)
        ui.send_signal(signal.SIGTERM)
        said = ui.communicate(timeout=120)
        assert place.exists(), said
        assert json.loads(place.read_text()) == [{"as_of": "2018-02-01 00:00:00", "customers": customers}]
        triggered = user.asks("select run_type from dag_run where dag_id = 'newsletter'", database="airflow")
        assert triggered == [("asset_triggered",)]
    finally:
        user.leaves()
