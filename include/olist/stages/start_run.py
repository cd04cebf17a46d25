"""Start a run: bring the warehouse up to date, give the run its number and its working tables."""

import logging
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from olist.files.places import find_place
from olist.files.sources import OPTIONAL_SOURCES, SOURCES
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.properties import payload_function
from olist.stages.results import cores_of_warehouse
from olist.stages.upsert_hubspot import preflight
from olist.strategy.lint import find_idle_rules
from olist.strategy.reading import read_campaigns, read_strategy
from olist.strategy.rules import Strategy
from olist.strategy.sql import functions
from olist.warehouse import installation, one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunRequest:
    """What a run was asked for. `interval_end` is None for a run without a data interval (a manual one).

    `accept` names the gates (olist.strategy.limits) that the run may pass whatever they measure.
    """

    dag_run_id: str
    trigger: str
    data_dir: str
    as_of: date | None = None
    interval_end: datetime | None = None
    retrain: str = "auto"
    sync: str = "upsert"
    accept: tuple[str, ...] = ()


def start_run(connection: "Connection", request: RunRequest, settings: HubSpotSettings | None = None) -> int:
    """The run's number, the same one when the same DAG run starts again.

    Raises OlistError for a strategy.yaml or campaigns.yaml that is not valid, and for a folder or one of its
    files that is not there or cannot be read: here it is one error, in the loads it would be nine; and for a
    HubSpot account that cannot be delivered to. Warns of rules that can reach nobody.
    """
    strategy = read_strategy()
    # Only the report, at the run's end, needs them; a mistake in them is told here.
    read_campaigns(strategy)
    place = find_place(Path(request.data_dir))
    for source in SOURCES:
        place.find(source).check_rights()
    for source in OPTIONAL_SOURCES:
        if file := place.find_if_there(source):
            file.check_rights()
    install(connection, strategy)
    for finding in find_idle_rules(connection, strategy):
        log.warning("%s", finding)
    if settings and request.sync != "skip":
        _look_at_hubspot(connection, settings, strategy, request.sync)
    with connection.cursor() as cursor:
        cursor.execute("call ops.drop_what_old_runs_left()")
        cursor.execute("call ops.remove_what_came_back()")
        (came_back,) = one_row(cursor)
    if came_back:
        log.warning(
            "%s people who were erased had come back, as from a backup: they were removed again.", came_back
        )
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            read_sql("start_run/register_run"),
            {
                "dag_run_id": request.dag_run_id,
                "trigger": request.trigger,
                "requested_as_of": request.as_of,
                "interval_end": request.interval_end and request.interval_end.replace(tzinfo=None),
                "data_dir": request.data_dir,
                "retrain": request.retrain,
                "sync": request.sync,
                "accepted_gates": list(request.accept),
            },
        )
        (run_id,) = one_row(cursor)
        cursor.execute("call ops.open_drafts(%s, %s)", (run_id, cores_of_warehouse()))
    return run_id


def _look_at_hubspot(
    connection: "Connection", settings: HubSpotSettings, strategy: Strategy, mode: str
) -> None:
    """Ends a run whose account cannot be delivered to; warns in a dry run, and where HubSpot is away."""
    hubspot = HubSpot(settings, property_prefix=strategy.hubspot.property_prefix)
    try:
        findings = preflight.examine(connection, hubspot, strategy, mode)
    except HubSpotUnavailableError as error:
        log.warning("%s The run goes on; its delivery will try again.", error)
        return
    preflight.heed(findings, only_warn=mode == "dry_run")


def install(connection: "Connection", strategy: Strategy) -> bool:
    """Brings the warehouse up to date, with these rules. Returns whether anything was installed."""
    return installation.install(connection, functions(strategy) + payload_function())
