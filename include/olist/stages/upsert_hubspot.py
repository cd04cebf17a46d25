"""Deliver to HubSpot: plan who has to be told what, send it in batches, keep what was acknowledged.

`ops.hubspot_contacts` is the ledger of what HubSpot has acknowledged, kept batch by batch, so that a task
that is killed and retried sends nothing twice. People in a request are entered in `ops.hubspot_in_flight`
before it leaves, so that an answer that got lost is known to be lost.
"""

import json
import logging
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.pace import Pace
from olist.hubspot.sender import Sender
from olist.stages import gates
from olist.strategy.reading import read_strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# Parallel tasks of one delivery.
PARTS = 4

log = logging.getLogger(__name__)


def plan(
    connection: "Connection", run_id: int, mode: str, settings: HubSpotSettings | None
) -> dict[str, Any]:
    """What the run would send, and the parts to send it in (none where nothing is sent).

    Creates the properties that HubSpot lacks. Without settings (no token) the run is a dry run.
    Raises OlistError where a gate stops the delivery, before anything is planned.
    """
    if settings is None and mode in ("upsert", "update"):
        log.warning("No HubSpot access token is configured: this is a dry run, and nothing is sent.")
        mode = "dry_run"
    if mode != "skip":
        gates.stop_at(connection, run_id, "upsert_hubspot", only_warn=mode == "dry_run")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.enter_sync(%s, %s)", (run_id, mode))
        (status,) = one_row(cursor)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.plan_hubspot(%s, %s)", (run_id, PARTS))
        cursor.execute(read_sql("upsert_hubspot/planned"), {"run_id": run_id})
        planned, message, parts = one_row(cursor)
    for sentence in [message] if message else describe(planned):
        log.info("HubSpot %s: %s", status, sentence)
    created = []
    if settings and status == "planned" and parts:
        created = HubSpot(settings, Pace(connection, settings.base_url)).ensure_properties()
    return {
        "status": status,
        "plan": planned,
        "parts": parts if status == "planned" else [],
        "properties_created": created,
    }


def send(
    connection: "Connection", run_id: int, part: int, mode: str, settings: HubSpotSettings
) -> dict[str, Any]:
    """Sends one part of the plan, from where it stopped. Returns requests and people accepted and rejected.

    Raises HubSpotUnavailableError where HubSpot does not answer for long; what was acknowledged is kept.
    """
    # While anybody holds this lock, nobody plans: see ops.plan_hubspot.
    connection.execute("select pg_advisory_lock_shared(hashtext('ops.hubspot'))")
    try:
        with Sender(connection, run_id, part, HubSpot(settings), creates=mode == "upsert") as sender:
            return sender.send_all()
    finally:
        connection.execute("select pg_advisory_unlock_shared(hashtext('ops.hubspot'))")


def finish(connection: "Connection", run_id: int) -> dict[str, Any]:
    """How the delivery ended.

    Raises OlistError if people of the plan are still waiting, or if more of them were rejected than the
    limits of strategy.yaml allow.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("upsert_hubspot/stop_reason"), {"run_id": run_id})
        (stop_reason,) = one_row(cursor)
        cursor.execute(read_sql("upsert_hubspot/finish_sync"), {"run_id": run_id, "stop_reason": stop_reason})
        names = ("mode", "status", "message", "plan", "accepted", "rejected", "absent", "waiting")
        sync = dict(zip(names, one_row(cursor), strict=True))
    if sync["status"] == "failed":
        raise OlistError(f"{sync['waiting']} contacts of the plan were not sent: clear upsert_hubspot.send.")
    allowed = read_strategy().limits.max_rejected_contacts
    # The share is of everybody. In a quiet month, most of those sent are the few who are always rejected.
    people = sync["plan"].get("unchanged", 0) + sync["accepted"] + sync["rejected"]
    if sync["rejected"] > allowed * people:
        raise OlistError(
            f"HubSpot rejected {sync['rejected']} of {people} contacts, more than the share of {allowed:g}"
            " that strategy.yaml allows: see ops.hubspot_failures."
        )
    return sync


def describe(planned: dict[str, Any]) -> list[str]:
    """A plan as sentences for a marketer."""
    if not planned:
        return ["nothing is sent"]
    sentences = [
        f"{planned['create']:,} contacts would be created, and may become billable",
        f"{planned['update']:,} contacts would change, {planned['clear']:,} would be cleared"
        f" and {planned['unchanged']:,} stay as they are",
    ]
    sentences += [
        f"{move['people']:,} people go from {move['from_tier'] or 'no tier'} to {move['to_tier']}"
        for move in planned["tier_moves"]
    ]
    sentences += [
        f"{new['people']:,} people newly get: {new['next_action']}" for new in planned["new_actions"]
    ]
    if planned["changed_properties"]:
        sentences.append(f"changes by property: {json.dumps(planned['changed_properties'])}")
    return sentences
