"""What the DAG's tasks share: connections, the record of each stage, errors that need no retry.

Only this module, alerts and olist.hubspot.hook know Airflow; the stages themselves take a psycopg connection.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from olist.exceptions import AGAIN, OlistError, OutageError
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.hook import HubSpotHook
from olist.orchestration.outages import final_sentence_about, first_line, sentence_about
from olist.stages.start_run import RunRequest, start_run
from olist.stages.upsert_hubspot.modes import NEEDING_HUBSPOT
from olist.warehouse import read_sql
from olist.warehouse.session import settle

log = logging.getLogger(__name__)

WAREHOUSE_CONNECTION = "olist_warehouse"
ENDED_WITHOUT_A_WORD = (
    "The run ended without a word: its process was killed, it was ended in Airflow, or its machine went away."
)


def start(context: dict[str, Any]) -> int:
    """Starts the run a task's context belongs to. Returns its number in the warehouse.

    A wrong HubSpot token, and an account that cannot be delivered to, end the run here.
    """
    with _sentence_for_the_log("start_run"), closing(connect()) as connection:
        request = _request_of(context)
        settings = None if request.sync == "skip" else hubspot_settings()
        if settings and not _answers(settings, is_needed=request.sync in NEEDING_HUBSPOT):
            settings = None
        run_id = start_run(connection, request, settings)
        _record_ended_runs(connection, run_id, context["ti"])
        return run_id


def run_stage(
    stage: str, function: Callable[..., dict[str, Any]], run_id: int, *arguments: Any, part: str = ""
) -> dict[str, Any]:
    """Calls `function(connection, run_id, *arguments)` and keeps what it returns with the time it took.

    A second call of the same stage and part takes the place of the first in the record.
    """
    started_at = datetime.now(UTC)
    try:
        with _sentence_for_the_log(f"{stage} {part}".strip()), closing(connect()) as connection:
            metrics = function(connection, run_id, *arguments)
            connection.execute(
                read_sql("start_run/record_stage"),
                {
                    "run_id": run_id,
                    "stage": stage,
                    "part": part,
                    "started_at": started_at,
                    "metrics": json.dumps(metrics, default=str),
                },
            )
            return metrics
    except BaseException as error:
        _record_failure(run_id, f"{stage}: {str(error) or type(error).__name__}")
        raise


def hubspot_settings() -> HubSpotSettings | None:
    """HubSpot as the connection `hubspot_default` describes it; None without one, or without a token."""
    return HubSpotHook().settings()


def output_folder() -> Path:
    """Where the files of all runs go: OLIST_OUTPUT_DIR, else `outputs/` of the project."""
    return Path(os.environ.get("OLIST_OUTPUT_DIR") or Path(__file__).resolve().parents[3] / "outputs")


def _record_failure(run_id: int, message: str) -> None:
    """Keeps why a run failed, over a connection of its own: that of the stage may be what failed."""
    import psycopg

    try:
        with closing(connect()) as connection:
            connection.execute(read_sql("start_run/record_failure"), {"run_id": run_id, "message": message})
    except psycopg.Error as error:
        log.warning("The failure could not be recorded in ops.pipeline_runs: %s.", first_line(error))


def _record_ended_runs(connection: Any, run_id: int, ti: Any) -> None:
    """Records the end of runs that are over in Airflow and could not say so, killed in the middle of a task.

    A run that Airflow does not know is another Airflow's, and may live.
    """
    for (dag_run_id,) in connection.execute(read_sql("start_run/open_runs"), {"run_id": run_id}).fetchall():
        state = "unknown"
        # Whatever hinders this must not hinder the run.
        with suppress(Exception):
            state = ti.get_dagrun_state(ti.dag_id, dag_run_id)
        if state in ("failed", "success"):
            said = {"dag_run_id": dag_run_id, "message": ENDED_WITHOUT_A_WORD}
            connection.execute(read_sql("start_run/record_end"), said)
            log.warning("The run %s is recorded as failed. %s", dag_run_id, ENDED_WITHOUT_A_WORD)


def _answers(settings: HubSpotSettings, is_needed: bool) -> bool:
    """Whether HubSpot answers and takes the token. Raises OlistError where a token is needed and wrong."""
    try:
        HubSpot(settings).check_token()
    except HubSpotUnavailableError as error:
        log.warning("%s The run goes on; its delivery will try again.", error)
        return False
    except OlistError as error:
        if is_needed:
            raise
        log.warning("%s", error)
        return False
    return True


def _request_of(context: dict[str, Any]) -> RunRequest:
    params, dag_run = context["params"], context["dag_run"]
    data_dir = params["data_dir"] or os.environ.get("OLIST_DATA_DIR")
    if not data_dir:
        raise OlistError("There is no data folder: set OLIST_DATA_DIR or the param data_dir.")
    run_type = str(getattr(dag_run.run_type, "value", dag_run.run_type))
    # The interval of a manual run is computed from the clock, and says nothing about the data.
    has_interval = run_type in ("scheduled", "backfill")
    return RunRequest(
        dag_run_id=dag_run.run_id,
        trigger=run_type,
        data_dir=str(Path(data_dir).expanduser().resolve()),
        as_of=date.fromisoformat(params["as_of"]) if params["as_of"] else None,
        interval_end=dag_run.data_interval_end if has_interval else None,
        retrain=params["retrain"],
        sync=params["sync"],
        accept=tuple(params["accept"]),
    )


def connect() -> Any:
    """A psycopg connection to the warehouse, each statement a transaction of its own unless one is opened.

    Raises OlistError behind a connection pooler that shares sessions.
    """
    import psycopg
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    connection = PostgresHook(postgres_conn_id=WAREHOUSE_CONNECTION).get_conn()
    connection.autocommit = True
    settle(connection)
    # Where a task is killed, what it has asked for ends too, and is not in the way of the next try. Servers
    # on Windows cannot look whether we are still there.
    with suppress(psycopg.errors.InvalidParameterValue):
        connection.execute("set client_connection_check_interval = '1s'")
    return connection


@contextmanager
def _sentence_for_the_log(during: str) -> Iterator[None]:
    """Says what went wrong, and ends the task without a retry where another try would end the same."""
    from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout

    try:
        yield
    except (Exception, AirflowTaskTimeout) as error:
        if _is_caused_by(error, AirflowTaskTimeout):
            too_long = OutageError(
                f"{during} has not ended in the time that it may take (execution_timeout in the DAG file), as"
                f" where something hangs: {AGAIN}."
            )
            log.error("%s", too_long)
            raise too_long from None
        if final := final_sentence_about(error, during):
            log.error("%s", final)
            raise AirflowFailException(final) from error
        sentence = sentence_about(error, during)
        if sentence is None:
            log.exception("This was not expected")
            raise
        log.error("%s", sentence)
        # A traceback says nothing about an outage, and would bury the sentence.
        raise OutageError(sentence) from None


def _is_caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether it is of this kind, or was raised while one of it was being handled."""
    while error is not None and not isinstance(error, kind):
        error = error.__context__
    return error is not None
