"""One run of the DAG in this process, with its progress in the terminal."""

import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from olist.exceptions import OlistError
from olist.local import stopping
from olist.local.airflow_records import migrate
from olist.local.killed_runs import end_killed_runs, living, living_runs
from olist.local.locks import alone
from olist.report.summary import print_summary, read_summary
from olist.warehouse import read_sql

DAG_ID = "customer_segmentation"
POLL_SECONDS = 0.2


def run_dag(conf: dict[str, Any], home: Path, console: Console) -> bool:
    """Runs the whole DAG with these params and prints what it did. Returns whether every task succeeded."""
    # Airflow shows every error with a long traceback; ours are sentences, shown by `_ErrorsToConsole`.
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "CRITICAL")
    console.print("Starting Airflow")
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models.dagrun import DagRun
    from airflow.utils.types import DagRunType

    from olist.orchestration import approval, tasks

    approval.answer_at_once = partial(_ask, console)
    _hide_what_is_masked()
    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    for file, error in bag.import_errors.items():
        console.print(f"[red]{file} cannot be imported:[/red]\n{error}")
    if bag.import_errors:
        return False
    dag = bag.dags[DAG_ID]
    # No triggerer looks for late runs here, and Airflow 3.3.2 would fail where such a run has succeeded.
    dag.deadline = None
    _check_params(dag, conf)
    check_terminal(conf)
    _show_errors(console)
    now = datetime.now(UTC)
    dag_run_id = DagRun.generate_run_id(run_type=DagRunType.MANUAL, logical_date=now, run_after=now)
    with ExitStack() as stack:
        with alone(home, console.print):
            prepare_airflow(home)
            check_no_scheduler()
            stack.enter_context(living(home, dag_run_id))
        progress = stack.enter_context(Progress(tasks.connect, console, dag_run_id))
        stack.enter_context(stopping.recorded(dag_run_id, progress.connection_string))
        dag_run = dag.test(run_conf=conf, logical_date=now, run_after=now)
    succeeded = str(getattr(dag_run.state, "value", dag_run.state)) == "success"
    if succeeded:
        with closing(tasks.connect()) as connection:
            found = connection.execute(read_sql("local/find_run"), {"dag_run_id": dag_run.run_id})
            run = read_summary(connection, found.fetchone()[0])
        print_summary(run, console)
        console.print(f"Files:  {run['outputs']['folder']}\nReport: {run['outputs']['report']}")
    return succeeded


def _ask(console: Console, question: str, text: str) -> bool:
    """Shows a plan and asks in the terminal. Only a plain yes is one."""
    from rich.markdown import Markdown

    console.print(Markdown(text))
    try:
        answer = input(f"{question} (y/N) ")
    except EOFError:
        answer = ""
    return answer.strip().lower() in ("y", "yes")


def check_terminal(conf: dict[str, Any]) -> None:
    """Raises OlistError where a run is to ask a person, and there is nobody to ask."""
    from olist.orchestration.approval import ASKED_ABOUT

    if (mode := conf.get("sync")) in ASKED_ABOUT and not sys.stdin.isatty():
        raise OlistError(
            f"OLIST_SYNC={mode} asks in the terminal whether the plan may be sent, and there is none: run it"
            " in one, or in Airflow, where it waits for an answer."
        )


def prepare_airflow(home: Path) -> None:
    """Airflow's own database, the pool that the DAG's deliveries run in, and an end to runs that were killed.

    Call it while `locks.alone`.
    """
    from airflow.models.pool import Pool

    migrate()
    Pool.create_or_update_pool(
        "hubspot", slots=4, description="Parallel deliveries to HubSpot", include_deferred=False
    )
    end_killed_runs(home, DAG_ID)


def check_no_scheduler() -> None:
    """Raises OlistError where Airflow's scheduler would take up the run as well, and run each task again."""
    from airflow.jobs.job import most_recent_job

    scheduler = most_recent_job("SchedulerJob")
    if scheduler is not None and scheduler.is_alive() and _is_unpaused():
        raise OlistError(
            "Airflow (make ui) runs here and the DAG is not paused, so its scheduler would take up this run"
            " as well: trigger it there, or pause the DAG."
        )


def check_no_run(home: Path) -> None:
    """Raises OlistError where a scheduler that is started now would take up a run of `make run`."""
    if _is_unpaused() and living_runs(home):
        raise OlistError(
            "A make run is under way, and the DAG is not paused, so Airflow's scheduler would take it up as"
            " well: start the UI when it has ended."
        )


def _is_unpaused() -> bool:
    from airflow.models.dag import DagModel

    dag = DagModel.get_current(DAG_ID)
    return dag is not None and not dag.is_paused


def _hide_what_is_masked() -> None:
    """Airflow tells itself which secrets to mask, and in this process its debug log shows these messages."""
    from airflow.sdk.execution_time.comms import MaskSecret

    MaskSecret.__repr_args__ = lambda self: []


def _check_params(dag: Any, conf: dict[str, Any]) -> None:
    for name, value in conf.items():
        try:
            dag.params.get_param(name).resolve(value)
        except ValueError as error:
            sentence = str(error).splitlines()[0]
            raise OlistError(f"OLIST_{name.upper()} is not a valid {name}: {sentence}.") from error


def _show_errors(console: Console) -> None:
    logger = logging.getLogger("olist")
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    logger.addHandler(_ErrorsToConsole(console))


class _ErrorsToConsole(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__(logging.ERROR)
        self.console = console

    def emit(self, record: logging.LogRecord) -> None:
        self.console.print(f"The run has failed. {self.format(record)}", style="red", markup=False)


class Progress(threading.Thread):
    """Prints each stage of a run once the warehouse has recorded it; a context manager around the run.

    It has a connection of its own, and another one where that ends: the run goes on then as well.
    """

    def __init__(self, connect: Callable[[], Any], console: Console, dag_run_id: str) -> None:
        super().__init__(daemon=True)
        self.connect = connect
        self.console = console
        self.dag_run_id = dag_run_id
        self.shown: set[tuple[Any, ...]] = set()
        self.is_over = threading.Event()

    def __enter__(self) -> "Progress":
        from psycopg.conninfo import make_conninfo

        self.connection = self.connect()
        info = self.connection.info
        # libpq's description of the warehouse, password included.
        self.connection_string = make_conninfo(info.dsn, password=info.password)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.join()
        self._show_new()
        self.connection.close()

    def run(self) -> None:
        while not self.is_over.wait(POLL_SECONDS):
            self._show_new()

    def _show_new(self) -> None:
        import psycopg

        for _ in range(2):
            try:
                return self._show()
            except psycopg.OperationalError:
                self.connection.close()
                with suppress(psycopg.OperationalError):
                    self.connection = self.connect()

    def _show(self) -> None:
        if not self._is_installed():
            return
        for run_id, stage, part, seconds, metrics in self._ask("finished_stages", dag_run_id=self.dag_run_id):
            if (run_id, stage, part) not in self.shown:
                self.shown.add((run_id, stage, part))
                name = f"{stage} {part}".strip()
                line = f"  {name:<40}{seconds:>7.2f} s   {_in_short(metrics)}"
                self.console.print(line, no_wrap=True, overflow="ellipsis")

    def _is_installed(self) -> bool:
        return self.connection.execute("select to_regclass('ops.stage_runs') is not null").fetchone()[0]

    def _ask(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(read_sql(f"local/{query}"), parameters).fetchall()


def _in_short(metrics: dict[str, Any]) -> str:
    if "rows_read" in metrics:
        if metrics["file"] is None:
            return "no such file, and it need not be there"
        rejected = f", {metrics['rows_rejected']:,} rejected" if metrics["rows_rejected"] else ""
        unchanged = ", unchanged" if metrics["was_loaded_before"] else ""
        unusable = (
            f", {metrics['emails_unusable']:,} unusable e-mails" if metrics.get("emails_unusable") else ""
        )
        return f"{metrics['rows_read']:,} rows{rejected}{unusable}{unchanged}"
    plain = {key: value for key, value in metrics.items() if isinstance(value, str | int) and value != ""}
    return json.dumps(plain, ensure_ascii=False)[1:-1].replace('"', "")[:80]
