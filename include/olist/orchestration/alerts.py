"""Alerts by e-mail: a task that has failed for good, a run that has not ended in time.

They go to OLIST_ALERT_EMAIL through the connection `smtp_default`; without addresses nobody is told. The DAG
file imports this module, and Airflow's triggerer calls `run_is_late` by its name.
"""

import logging
import os
import re
from contextlib import suppress
from datetime import timedelta
from html import escape
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from olist.exceptions import OlistError, OutageError

if TYPE_CHECKING:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier
    from airflow.sdk import DeadlineAlert

RUNBOOK = Path(__file__).resolve().parents[3] / "docs" / "runbook.md"
DEFAULT_HOURS = 2.0
KILLED = (
    "The task ended without a word: its process was killed, somebody marked it as failed,"
    " or its machine went away."
)
TIMED_OUT = "The run has not ended in the time that it may take (dagrun_timeout of the DAG), and was ended."
# The key under which a failed task leaves word that it was told about.
TOLD = "alert"
LATE = "The run has not ended {hours:g} hours after it was queued."

log = logging.getLogger(__name__)


def addresses() -> list[str]:
    """Who is told: the addresses of OLIST_ALERT_EMAIL, with commas between."""
    return [each.strip() for each in os.environ.get("OLIST_ALERT_EMAIL", "").split(",") if each.strip()]


def deadline() -> "DeadlineAlert | None":
    """When a run is late, and who says so. None where nobody would be told.

    Raises OlistError if OLIST_ALERT_AFTER_HOURS is no number of hours.
    """
    if not addresses():
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
    if addresses() and error:
        context["ti"].xcom_push(TOLD, True)
        _tell_of_failure(context, _sentence(error))


def run_failed(context: dict[str, Any]) -> None:
    """Tells that a run has failed, unless its task was told about.

    Airflow calls it (`on_failure_callback` of the DAG) in the process that reads the DAGs.
    """
    if addresses() and "ti" in context:
        ti = context["ti"]
        if not ti.xcom_pull(task_ids=ti.task_id, key=TOLD, map_indexes=ti.map_index):
            _tell_of_failure(context, TIMED_OUT if context.get("reason") == "timed_out" else KILLED)


async def run_is_late(context: dict[str, Any], hours: float) -> None:
    """Tells that a run has not ended in time. Airflow's triggerer calls it (`deadline`)."""
    run = context["dag_run"]
    # One that failed in time was told about, and a backfill's run that waits for its turn is not late.
    is_waiting = run["run_type"] == "backfill" and run["state"] == "queued"
    if run["state"] in ("success", "failed") or is_waiting or not addresses():
        return
    dag, name = run["dag_id"], run["dag_run_id"]
    facts = {"DAG": dag, "Run": name, "As of": (run["conf"] or {}).get("as_of"), "State": run["state"]}
    facts["Tasks"] = f"{_base_url()}/dags/{quote(dag)}/runs/{quote(name)}"
    await _notifier(f"{dag}: {name} is late", LATE.format(hours=hours), facts).async_notify(context)


def section_about(sentence: str) -> str | None:
    """The section of the runbook that is about a sentence: the one that quotes it most literally.

    The runbook quotes sentences line by line in its `text` blocks, with … for what differs.
    """
    matches = []
    for section in re.split(r"^## ", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        for block in re.findall(r"^```text\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                if re.fullmatch(".*".join(map(re.escape, line.split("…"))), sentence):
                    matches.append((len(line.replace("…", "")), title))
    return max(matches)[1] if matches else None


def _tell_of_failure(context: dict[str, Any], sentence: str) -> None:
    ti = context["ti"]
    is_mapped = ti.map_index is not None and ti.map_index >= 0
    part = f" [{getattr(ti, 'rendered_map_index', None) or ti.map_index}]" if is_mapped else ""
    task = f"{ti.task_id}{part}"
    facts = {"DAG": ti.dag_id, "Run": ti.run_id, "As of": _as_of(context), "Task": task, "Log": ti.log_url}
    try:
        _notifier(f"{ti.dag_id}: {task} has failed", sentence, facts).notify(context)
    except Exception as error:
        log.error("The alert could not be sent to %s: %s.", ", ".join(addresses()), _one_line(error))


def _notifier(subject: str, sentence: str, facts: dict[str, Any]) -> "SmtpNotifier":
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier
    from airflow.sdk.log import redact

    sentence = str(redact(sentence))
    with suppress(OSError):
        facts["Runbook"] = f"docs/runbook.md, “{section_about(sentence)}”"
    return SmtpNotifier(
        to=addresses(),
        subject=shorten(_one_line(f"{subject}: {sentence}"), 150, placeholder=" …"),
        html_content=_html(sentence, facts),
        smtp_conn_id="smtp_default",
    )


def _html(sentence: str, facts: dict[str, Any]) -> str:
    rows = ""
    for name, value in facts.items():
        if value:
            shown = escape(str(value))
            if name in ("Log", "Tasks"):
                shown = f'<a href="{shown}">{shown}</a>'
            rows += f"<tr><td>{name}</td><td>{shown}</td></tr>\n"
    return f"<p><b>{escape(sentence)}</b></p>\n<table>\n{rows}</table>\n"


def _sentence(error: BaseException | str) -> str:
    """What the task's log says at its end. Our own errors are sentences; others begin with their kind."""
    from airflow.sdk.exceptions import AirflowFailException

    is_ours = isinstance(error, str | AirflowFailException | OlistError | OutageError)
    return _one_line(error) if is_ours else f"{type(error).__name__}: {_one_line(error)}"


def _one_line(text: object) -> str:
    """Without line breaks and other characters that could end a header of the mail."""
    return "".join(each if each.isprintable() else " " for each in " ".join(str(text).split()))


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


def _base_url() -> str:
    from airflow.sdk.configuration import conf

    return conf.get("api", "base_url", fallback="http://localhost:8080").rstrip("/")
