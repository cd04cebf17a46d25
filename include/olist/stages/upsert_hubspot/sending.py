"""Sends the parts of a plan, each by a task of its own."""

import logging
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.hubspot.answers import DailyLimitError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.ledger import account_of
from olist.hubspot.pace import Pace
from olist.hubspot.sender import Sender
from olist.stages.upsert_hubspot.modes import CREATING
from olist.warehouse import one_row, read_sql
from olist.warehouse.session import locked_with_others

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


def send(
    connection: "Connection", run_id: int, part: int, mode: str, settings: HubSpotSettings
) -> dict[str, Any]:
    """Sends one part of the plan, from where it stopped. Returns requests and people accepted and rejected.

    Raises HubSpotUnavailableError where HubSpot does not answer for long; what was acknowledged is kept.
    Raises OlistError where the token is of another account than the one that was planned for.
    """
    # While anybody holds this lock, nobody plans: see ops.plan_hubspot.
    with locked_with_others(connection, "ops.hubspot"):
        return _send(connection, run_id, part, mode, settings)


def _send(
    connection: "Connection", run_id: int, part: int, mode: str, settings: HubSpotSettings
) -> dict[str, Any]:
    planned_for = account_of(connection, run_id)
    here = {"run_id": run_id, "part": part}
    (prefix,) = one_row(connection.execute(read_sql("upsert_hubspot/property_prefix"), here))
    hubspot = HubSpot(settings, Pace(connection, planned_for), prefix)
    connection.execute("call ops.open_deliveries()")
    connection.execute(read_sql("upsert_hubspot/begin_part"), here)
    (stop_reason,) = one_row(connection.execute(read_sql("upsert_hubspot/stop_reason"), here))
    if stop_reason:
        log.warning("Part %s is not sent: the delivery is %s", part, stop_reason)
        return {"stopped": stop_reason}
    try:
        portal_id = hubspot.portal_id()
    except DailyLimitError:
        connection.execute(read_sql("upsert_hubspot/pause_sync"), here)
        return {"stopped": "paused"}
    if portal_id != planned_for:
        raise OlistError(
            f"Run {run_id} was planned for the HubSpot account {planned_for}, and the access token is of"
            f" account {portal_id}: clear upsert_hubspot.plan with its downstream tasks."
        )
    try:
        with Sender(connection, run_id, part, hubspot, portal_id, creates=mode in CREATING) as sender:
            return sender.send_all()
    except DailyLimitError:
        # Met while it was found out whose an e-mail is.
        connection.execute(read_sql("upsert_hubspot/pause_sync"), here)
        return {"stopped": "paused"}
