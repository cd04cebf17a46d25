"""The question in a running Airflow: answered by its API, in its UI, and not at all."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from psycopg import Connection
from support import pipeline
from support.airflow_browser import logged_in, open_segments
from support.airflow_server import PASSWORDS, AirflowServer
from support.places import PROJECT

from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings
from olist.strategy.reading import STRATEGY_FILE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.airflow

# The delivery of the real DAG, for a run of the warehouse that has been published.
DAG = """
import sys
from airflow.sdk import dag, get_current_context, task

sys.path.append({dags!r})
import customer_segmentation as ours


@task
def start_run() -> int:
    return get_current_context()["dag_run"].conf["run"]


@dag(schedule=None, params={{"sync": "approve"}}, max_active_runs=4, is_paused_upon_creation=False)
def delivery():
    ours.upsert_hubspot(start_run())


delivery()
"""


@dataclass
class Delivery:
    """Airflow with the delivery, a warehouse with published months, and the HubSpot account they are for."""

    airflow: AirflowServer
    warehouse: str
    sandbox: str
    strategy: Path

    def trigger(self, run: int) -> str:
        body = {"logical_date": None, "conf": {"run": run}}
        answer = self.airflow.asks("post", "dags/delivery/dagRuns", body).raise_for_status()
        return answer.json()["dag_run_id"]

    def question(self, dag_run: str, task: str = "approve", try_number: int = 1) -> dict[str, Any]:
        """Waits until a person is asked."""
        path = f"dags/delivery/dagRuns/{dag_run}/taskInstances/upsert_hubspot.{task}/-1"

        def is_asked() -> dict[str, Any] | None:
            asked = self.airflow.asks("get", path).json()
            if asked["state"] == "awaiting_input" and asked["try_number"] == try_number:
                return self.airflow.asks("get", f"{path}/hitlDetails").json()
            assert asked["state"] not in ("success", "failed", "skipped"), asked
            return None

        return wait_for(is_asked)

    def answer(self, dag_run: str, choice: str, task: str = "approve") -> None:
        path = f"dags/delivery/dagRuns/{dag_run}/taskInstances/upsert_hubspot.{task}/-1"
        try_number = self.airflow.asks("get", path).json()["try_number"]
        self.airflow.waits_for_pause(dag_run, f"upsert_hubspot.{task}", try_number)
        body = {"chosen_options": [choice]}
        self.airflow.asks("patch", f"{path}/hitlDetails", body).raise_for_status()

    def end(self, dag_run: str) -> str:
        """Waits until a run has ended. Returns how."""

        def state() -> str | None:
            found = self.airflow.asks("get", f"dags/delivery/dagRuns/{dag_run}").json()["state"]
            return found if found in ("success", "failed") else None

        return wait_for(state)

    def ask(self, query: str, *values: object) -> tuple:
        with Connection.connect(self.warehouse) as connection:
            return connection.execute(query, values).fetchone()

    def sync(self, run: int) -> tuple:
        return self.ask(
            "select status, is_approved, decided_by from ops.hubspot_syncs where run_id = %s", run
        )

    def writes(self) -> int:
        """How often the account was asked to change something."""
        requests = httpx.get(f"{self.sandbox}/sandbox/requests").json()["requests"]
        reads = ("/batch/read", "/access-token-info", "/search")
        return sum(
            each["count"]
            for each in requests
            if each["method"] != "GET" and not each["path"].split("?")[0].endswith(reads)
        )


def wait_for(found: Callable[[], Any], seconds: float = 180) -> Any:
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return result


@pytest.fixture(scope="module")
def delivery(
    new_warehouse: Callable[[], str], demo: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Delivery]:
    folder = tmp_path_factory.mktemp("an airflow that asks")
    (folder / "dags").mkdir()
    (folder / "dags" / "delivery.py").write_text(DAG.format(dags=str(PROJECT / "dags")))
    strategy = folder / "strategy.yaml"
    strategy.write_text(STRATEGY_FILE.read_text())
    warehouse = new_warehouse()
    with running_sandbox(SandboxSettings(ten_second_limit=100_000)) as sandbox:
        account = {"conn_type": "hubspot", "host": sandbox, "password": DEFAULT_TOKEN}
        airflow = AirflowServer(
            folder / "airflow",
            folder / "outputs",
            AIRFLOW__CORE__DAGS_FOLDER=folder / "dags",
            AIRFLOW__CORE__EXECUTOR="LocalExecutor",
            AIRFLOW__CORE__PARALLELISM=2,
            AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME=0.2,
            AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL=2,
            AIRFLOW_CONN_OLIST_WAREHOUSE=warehouse,
            AIRFLOW_CONN_HUBSPOT_DEFAULT=json.dumps(account),
            OLIST_STRATEGY=strategy,
        )
        airflow.start()
        try:
            with Connection.connect(warehouse, autocommit=True) as connection:
                for month in range(2, 8):
                    pipeline.run(connection, demo, date(2018, month, 1))
            airflow.wait()
            pool = {"name": "hubspot", "slots": 4, "include_deferred": False}
            airflow.asks("post", "pools", pool).raise_for_status()
            airflow.start_scheduler()
            wait_for(lambda: airflow.asks("get", "dags/delivery").is_success)
            yield Delivery(airflow, warehouse, sandbox, strategy)
        finally:
            airflow.stop()


def test_nobody_answers_in_time(delivery: Delivery) -> None:
    text = delivery.strategy.read_text()
    # 22 seconds: as `AirflowServer.waits_for_pause` says, Airflow cannot go on at once.
    delivery.strategy.write_text(text.replace("approval_hours: 72", "approval_hours: 0.006"))
    try:
        assert delivery.end(delivery.trigger(1)) == "success"
    finally:
        delivery.strategy.write_text(text)
    assert delivery.sync(1) == ("not approved", False, None) and delivery.writes() == 0


def test_two_months_wait_and_airflow_is_restarted(delivery: Delivery) -> None:
    older, newer = delivery.trigger(2), delivery.trigger(3)
    asked = delivery.question(newer)
    assert "contacts be sent to HubSpot, as of 2018-04-01?" in asked["subject"]
    assert "[campaign_list.csv](" in asked["body"] and "| Customer |" in asked["body"]
    delivery.question(older)
    delivery.airflow.stop()
    delivery.airflow.start()
    delivery.airflow.wait()
    delivery.airflow.start_scheduler()
    assert delivery.question(newer)["response_received"] is False and delivery.writes() == 0

    delivery.answer(older, "Reject")
    assert delivery.end(older) == "success"
    assert delivery.sync(2) == ("not approved", False, "admin") and delivery.writes() == 0
    delivery.answer(newer, "Approve")
    assert delivery.end(newer) == "success"
    assert delivery.sync(3) == ("delivered", True, "admin")
    with Connection.connect(delivery.warehouse) as connection:
        assert pipeline.contacts(delivery.sandbox) == pipeline.payloads(connection, 3)


def test_a_plan_that_has_changed_and_a_question_that_was_cleared(delivery: Delivery) -> None:
    dag_run = delivery.trigger(4)
    first = delivery.question(dag_run)
    cleared = {"dry_run": False, "dag_run_id": dag_run, "task_ids": ["upsert_hubspot.approve"]}
    cleared |= {"only_failed": False, "only_running": False, "include_downstream": True}
    delivery.airflow.asks("post", "dags/delivery/clearTaskInstances", cleared).raise_for_status()
    again = delivery.question(dag_run, try_number=2)
    assert again["body"] == first["body"]
    with Connection.connect(delivery.warehouse) as connection:
        connection.execute("delete from ops.hubspot_contacts where customer_unique_id < '8'")
    before = delivery.writes()
    delivery.answer(dag_run, "Approve")
    # Airflow would show the text of before in the same task.
    changed = delivery.question(dag_run, task="approve_again")
    assert changed["body"] != first["body"] and delivery.writes() == before
    delivery.answer(dag_run, "Approve", task="approve_again")
    assert delivery.end(dag_run) == "success"
    with Connection.connect(delivery.warehouse) as connection:
        assert pipeline.contacts(delivery.sandbox) == pipeline.payloads(connection, 4)


@pytest.mark.browser
def test_a_person_answers_in_the_browser(delivery: Delivery, browser: "Browser") -> None:
    refused, approved = delivery.trigger(5), delivery.trigger(6)
    for dag_run in (refused, approved):
        delivery.question(dag_run)
    before = delivery.writes()
    shots = os.environ.get("OLIST_SCREENSHOTS")
    with logged_in(browser, delivery.airflow.url, "admin", PASSWORDS["admin"]) as page:
        frame = open_segments(delivery.airflow.url, page)
        assert frame.get_by_role("link", name="Decide").count() == 2
        for dag_run, button in ((refused, "Reject"), (approved, "Approve")):
            page.goto(
                f"{delivery.airflow.url}/dags/delivery/runs/{dag_run}/tasks/upsert_hubspot.approve/required_actions"
            )
            choice = page.get_by_role("button", name=button, exact=True)
            choice.wait_for()
            delivery.airflow.waits_for_pause(dag_run, "upsert_hubspot.approve", 1)
            if shots:
                page.screenshot(path=f"{shots}/{button.lower()}.png", full_page=True)
            choice.click()
            assert delivery.end(dag_run) == "success"
    assert delivery.sync(5)[:2] == ("not approved", False)
    assert delivery.sync(6)[:2] == ("delivered", True) and delivery.writes() > before
