"""When people are told: a task has failed for good, a run is late or, if wanted, has succeeded.

What they are told is in `messages`, and through what in `channels`. The DAG file imports this module, and
Airflow's triggerer calls `run_is_late` by its name.
"""

import asyncio
import logging
import os
from contextlib import closing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from olist.exceptions import OlistError, OutageError
from olist.orchestration import channels
from olist.orchestration.messages import message, one_line, trouble
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from airflow.sdk import DeadlineAlert

DEFAULT_HOURS = 2.0
KILLED = (
    "The task ended without a word: its process was killed, somebody marked it as failed,"
    " or its machine went away."
)
TIMED_OUT = "The run has not ended in the time that it may take (dagrun_timeout of the DAG), and was ended."
# The key under which a failed task leaves word that it was told about.
TOLD = "alert"
LATE = "The run has not ended {hours:g} hours after it was queued."
UNWANTED = ("", "0", "false", "no", "off")

log = logging.getLogger(__name__)


def deadline() -> "DeadlineAlert | None":
    """When a run is late, and who says so. None where nobody would be told.

    Raises OlistError if OLIST_ALERT_AFTER_HOURS is no number of hours.
    """
    if not channels.is_anybody_told():
        return None
    from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference

    hours = _hours()
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=hours),
        # In the triggerer, since the slots of the executor may all be taken by what makes the run late.
        callback=AsyncCallback(run_is_late, kwargs={"hours": hours}),
    )


def task_failed(context: dict[str, Any]) -> None:
    """Tells that a task has failed after its last try. Airflow calls it (`on_failure_callback` of the tasks).

    An alert that cannot be sent is one sentence in the task's log.
    """
    error = context.get("exception")
    # A killed process leaves no error, and Airflow may call twice or never then: see run_failed.
    if channels.is_anybody_told() and error:
        context["ti"].xcom_push(TOLD, True)
        _tell_of_failure(context, _sentence(error))


def run_failed(context: dict[str, Any]) -> None:
    """Tells that a run has failed, unless its task was told about.

    Airflow calls it (`on_failure_callback` of the DAG) in the process that reads the DAGs.
    """
    if channels.is_anybody_told() and "ti" in context:
        ti = context["ti"]
        if not ti.xcom_pull(task_ids=ti.task_id, key=TOLD, map_indexes=ti.map_index):
            _tell_of_failure(context, TIMED_OUT if context.get("reason") == "timed_out" else KILLED)


async def run_is_late(context: dict[str, Any], hours: float) -> None:
    """Tells that a run has not ended in time. Airflow's triggerer calls it (`deadline`)."""
    run = context["dag_run"]
    # One that failed in time was told about, and a backfill's run that waits for its turn is not late.
    is_waiting = run["run_type"] == "backfill" and run["state"] == "queued"
    if run["state"] in ("success", "failed") or is_waiting or not channels.is_anybody_told():
        return
    dag, name = run["dag_id"], run["dag_run_id"]
    if await asyncio.to_thread(_waits_for_a_person, name):
        return
    facts = {"DAG": dag, "Run": name, "As of": (run["conf"] or {}).get("as_of"), "State": run["state"]}
    facts["Tasks"] = _tasks_page(dag, name)
    told = trouble(f"{dag}: {name} is late", LATE.format(hours=hours), facts, "warning")
    await channels.send_from_triggerer(told, context)


def run_succeeded(context: dict[str, Any]) -> None:
    """Tells what the month came to, where OLIST_ALERT_GOOD_NEWS asks for it.

    Airflow calls it (`on_success_callback` of the last task). What hinders it is a line in the task's log.
    """
    wanted = os.environ.get("OLIST_ALERT_GOOD_NEWS", "").strip().lower() not in UNWANTED
    if not wanted or not channels.is_anybody_told():
        return
    from olist.orchestration import tasks
    from olist.report.summary import read_summary

    ti = context["ti"]
    try:
        with closing(tasks.connect()) as connection:
            summary = read_summary(connection, ti.xcom_pull(task_ids="start_run"))
        facts = {"DAG": ti.dag_id, "Run": ti.run_id, "Report": summary["outputs"]["report"]}
        facts["Tasks"] = _tasks_page(ti.dag_id, ti.run_id)
        told = message(f"{ti.dag_id} has succeeded", _headline(summary), facts, "success")
    except Exception as error:
        log.error("The good news could not be told: %s.", one_line(error))
    else:
        channels.send(told, context)


def waits_for_approval(context: dict[str, Any], question: str, hours: float, url: str) -> None:
    """Tells that a plan waits for a person (`sync=approve`), and where to answer."""
    if not channels.is_anybody_told():
        return
    ti = context["ti"]
    sentence = f"{question} It is not sent unless somebody says yes within {hours:g} hours."
    facts = {"DAG": ti.dag_id, "Run": ti.run_id, "As of": _as_of(context), "Decide": url}
    channels.send(message(f"{ti.dag_id} waits for a person", sentence, facts, "info"), context)


def _tell_of_failure(context: dict[str, Any], sentence: str) -> None:
    ti = context["ti"]
    is_mapped = ti.map_index is not None and ti.map_index >= 0
    part = f" [{getattr(ti, 'rendered_map_index', None) or ti.map_index}]" if is_mapped else ""
    task = f"{ti.task_id}{part}"
    facts = {"DAG": ti.dag_id, "Run": ti.run_id, "As of": _as_of(context), "Task": task, "Log": ti.log_url}
    channels.send(trouble(f"{ti.dag_id}: {task} has failed", sentence, facts), context)


def _waits_for_a_person(dag_run_id: str) -> bool:
    """Whether a run waits for somebody's yes, who was told."""
    from olist.orchestration import tasks

    # Whatever hinders this must not hinder the alert.
    with suppress(Exception), closing(tasks.connect()) as connection:
        waiting = connection.execute(read_sql("upsert_hubspot/is_waiting"), {"dag_run_id": dag_run_id})
        return waiting.fetchone() is not None
    return False


def _headline(summary: dict[str, Any]) -> str:
    """A month in a line: the customers, what they have paid, what HubSpot took."""
    customers, sync = summary["customers"], summary["hubspot"]
    mode = "" if sync["status"] == "delivered" else f" ({sync['status'].replace('_', ' ')})"
    refused = f" and refused {sync['rejected']:,}" if sync["rejected"] else ""
    return (
        f"{customers:,} customers as of {summary['as_of']:.10}, with R$ {summary['monetary']} of purchases."
        f" HubSpot took {sync['accepted']:,} contacts{refused}{mode}."
    )


def _sentence(error: BaseException | str) -> str:
    """What the task's log says at its end. Our own errors are sentences; others begin with their kind."""
    from airflow.sdk.exceptions import AirflowFailException

    is_ours = isinstance(error, str | AirflowFailException | OlistError | OutageError)
    return one_line(error) if is_ours else f"{type(error).__name__}: {one_line(error)}"


def _as_of(context: dict[str, Any]) -> str | None:
    if asked := context["params"].get("as_of"):
        return asked
    # Whatever hinders this must not hinder the alert.
    with suppress(Exception):
        return context["ti"].xcom_pull(task_ids="validate")["as_of"]
    return None


def _hours() -> float:
    given = os.environ.get("OLIST_ALERT_AFTER_HOURS") or DEFAULT_HOURS
    with suppress(ValueError):
        if 0 < float(given) < 10_000:
            return float(given)
    raise OlistError(f"OLIST_ALERT_AFTER_HOURS must be a number of hours above 0, not {given}.")


def _tasks_page(dag: str, run: str) -> str:
    from airflow.sdk.configuration import conf

    base_url = conf.get("api", "base_url", fallback="http://localhost:8080").rstrip("/")
    return f"{base_url}/dags/{quote(dag)}/runs/{quote(run)}"
