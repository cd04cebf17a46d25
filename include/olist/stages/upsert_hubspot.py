"""Deliver to HubSpot: plan who has to be told what, send it in batches, keep what was acknowledged.

`ops.hubspot_contacts` is the ledger of what each HubSpot account has acknowledged, kept batch by batch, so
that a task that is killed and retried sends nothing twice. People in a request are entered in
`ops.hubspot_in_flight` before it leaves, so that an answer that got lost is known to be lost.
"""

import json
import logging
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.hubspot import definitions
from olist.hubspot.answers import DailyLimitError, HubSpotUnavailableError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.ledger import Sample, account_of, carry_over, choose_account, open_ledger
from olist.hubspot.pace import Pace
from olist.hubspot.sender import Sender
from olist.stages import dropdowns, gates, preflight
from olist.stages.hubspot_lists import keep_lists
from olist.strategy.reading import read_strategy
from olist.strategy.rules import Strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# Parallel tasks of one delivery.
PARTS = 4
# The modes that tell HubSpot something.
SENDING = ("upsert", "update", "repair")
# What is known of a delivery in the end, in the order of finish_sync.sql.
OUTCOME = ("mode", "status", "message", "plan", "accepted", "rejected", "absent", "not_tried", "waiting")

log = logging.getLogger(__name__)


def plan(
    connection: "Connection", run_id: int, mode: str, settings: HubSpotSettings | None
) -> dict[str, Any]:
    """What the run would send, and the parts to send it in (none where nothing is sent).

    Creates the properties, and the options of dropdowns, that HubSpot lacks. Without settings (no token) the
    run is a dry run, compared with the ledger of the account that was last delivered to. Raises OlistError
    before anything is planned where a gate stops the delivery, or the account has lost what it had
    acknowledged (but for the mode `repair`), and before anything is written where the account would refuse it
    (olist.stages.preflight).
    """
    if settings is None and mode in SENDING:
        log.warning("No HubSpot access token is configured: this is a dry run, and nothing is sent.")
        mode = "dry_run"
    strategy = read_strategy()
    prefix = strategy.hubspot.property_prefix
    hubspot = HubSpot(settings, property_prefix=prefix) if settings and mode != "skip" else None
    ledger = _open_ledger(connection, run_id, hubspot, mode)
    if mode != "skip":
        gates.stop_at(connection, run_id, "upsert_hubspot", only_warn=mode == "dry_run")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.enter_sync(%s, %s)", (run_id, mode))
        (status,) = one_row(cursor)
    if hubspot and ledger and status in ("planned", "dry_run"):
        found = _survey(connection, run_id, hubspot, ledger, status, strategy)
    else:
        hubspot = found = None
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.plan_hubspot(%s, %s)", (run_id, PARTS))
        cursor.execute(read_sql("upsert_hubspot/planned"), {"run_id": run_id})
        planned, message, parts = one_row(cursor)
    created = []
    if hubspot and found and ledger:
        _examine_plan(connection, run_id, hubspot, planned, mode, strategy)
        if status == "planned":
            created = _make_properties(connection, run_id, hubspot, found, ledger.portal_id, strategy)
            if ledger.known_by:
                carry_over(connection, hubspot, ledger)
            names = [*found.ours, *created]
            connection.execute("call ops.note_hubspot_properties(%s, %s)", (ledger.portal_id, names))
    for sentence in [message] if message else describe(planned):
        log.info("HubSpot %s: %s", status, sentence)
    return {
        "status": status,
        "plan": planned,
        "parts": parts if status == "planned" else [],
        "properties_created": created,
    }


def _survey(
    connection: "Connection", run_id: int, hubspot: HubSpot, ledger: Sample, status: str, strategy: Strategy
) -> definitions.Survey:
    """Our properties in the account, entered for the run. Raises OlistError if they cannot be written to."""
    found = preflight.survey_of(connection, hubspot, ledger.portal_id)
    findings = [*found.findings, *dropdowns.examine(hubspot, found, strategy)]
    preflight.heed(findings, only_warn=status == "dry_run")
    entered = {
        "run_id": run_id,
        "property_prefix": hubspot.property_prefix,
        "left_out": [each.name for each in found.left_out],
    }
    with connection.transaction():
        connection.execute(read_sql("upsert_hubspot/enter_account"), entered)
        if status == "planned":
            # Before they are created: afterwards nobody could tell that their values are gone.
            lost = [each.name for each in found.missing]
            connection.execute("call ops.doubt_ledger(%s, %s, %s)", (run_id, lost, ledger.is_lost))
    return found


def _make_properties(
    connection: "Connection",
    run_id: int,
    hubspot: HubSpot,
    found: definitions.Survey,
    portal_id: int,
    strategy: Strategy,
) -> list[str]:
    """Creates the properties that the account lacks, and completes its dropdowns. Returns those created."""
    others = dropdowns.values_besides(connection, run_id, portal_id, found, strategy)
    names = dropdowns.names_of(strategy)
    choices = {each: [*names[each], *others[each]] for each in names}
    created = definitions.create_properties(hubspot, found.missing, choices)
    dropdowns.offer(hubspot, found, strategy, others)
    return created


def _examine_plan(
    connection: "Connection",
    run_id: int,
    hubspot: HubSpot,
    planned: dict[str, Any],
    mode: str,
    strategy: Strategy,
) -> None:
    """Ends a plan whose people the account would refuse. Raises OlistError for it, unless it is a dry run."""
    findings = preflight.examine_plan(connection, run_id, hubspot, planned, mode, strategy)
    try:
        preflight.heed(findings, only_warn=mode == "dry_run")
    except OlistError as error:
        stopped = {"run_id": run_id, "message": str(error).removesuffix(".")}
        connection.execute(read_sql("upsert_hubspot/stop_sync"), stopped)
        raise


def _open_ledger(connection: "Connection", run_id: int, hubspot: HubSpot | None, mode: str) -> Sample | None:
    """The ledger of the account, with a sample read back; None for that of the account last delivered to."""
    if hubspot is None:
        choose_account(connection, run_id, None)
        return None
    try:
        ledger = open_ledger(connection, run_id, hubspot)
    except (OlistError, HubSpotUnavailableError) as error:
        if mode in SENDING:
            raise
        log.warning("%s The plan is compared with the account that was last delivered to.", error)
        choose_account(connection, run_id, None)
        return None
    if ledger.is_lost and mode in ("upsert", "update"):
        raise OlistError(
            f"HubSpot's account {ledger.portal_id} lacks {ledger.missing} of {ledger.people} contacts that it"
            " had taken (a sample): somebody has emptied it, or deleted most of them. Nothing was sent. If"
            " they are to come back, sync=repair (OLIST_SYNC=repair) sends everybody again."
        )
    if ledger.missing:
        log.warning(
            "HubSpot's account %s lacks %s of %s contacts that it had taken (a sample): sync=repair sends"
            " everybody again.",
            ledger.portal_id,
            ledger.missing,
            ledger.people,
        )
    return ledger


def send(
    connection: "Connection", run_id: int, part: int, mode: str, settings: HubSpotSettings
) -> dict[str, Any]:
    """Sends one part of the plan, from where it stopped. Returns requests and people accepted and rejected.

    Raises HubSpotUnavailableError where HubSpot does not answer for long; what was acknowledged is kept.
    Raises OlistError where the token is of another account than the one that was planned for.
    """
    # While anybody holds this lock, nobody plans: see ops.plan_hubspot.
    connection.execute("select pg_advisory_lock_shared(hashtext('ops.hubspot'))")
    try:
        return _send(connection, run_id, part, mode, settings)
    finally:
        connection.execute("select pg_advisory_unlock_shared(hashtext('ops.hubspot'))")


def _send(
    connection: "Connection", run_id: int, part: int, mode: str, settings: HubSpotSettings
) -> dict[str, Any]:
    planned_for = account_of(connection, run_id)
    here = {"run_id": run_id, "part": part}
    (prefix,) = one_row(connection.execute(read_sql("upsert_hubspot/property_prefix"), here))
    hubspot = HubSpot(settings, Pace(connection, planned_for), prefix)
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
    with Sender(connection, run_id, part, hubspot, portal_id, creates=mode != "update") as sender:
        return sender.send_all()


def finish(connection: "Connection", run_id: int, settings: HubSpotSettings | None = None) -> dict[str, Any]:
    """How the delivery ended. After one that has taken, the lists in HubSpot are looked after, with settings.

    Raises OlistError if people of the plan are still waiting, if HubSpot refused them for a reason that is
    not theirs, or if more were rejected (now, or before and not tried) than strategy.yaml allows.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("upsert_hubspot/stop_reason"), {"run_id": run_id})
        (stop_reason,) = one_row(cursor)
        cursor.execute(read_sql("upsert_hubspot/finish_sync"), {"run_id": run_id, "stop_reason": stop_reason})
        sync = dict(zip(OUTCOME, one_row(cursor), strict=True))
    if sync["status"] == "failed":
        raise OlistError(f"{sync['waiting']} contacts of the plan were not sent: clear upsert_hubspot.send.")
    if sync["status"] == "stopped":
        raise OlistError(
            f"The delivery was stopped. {sync['message']}. Mend that in HubSpot, then clear"
            " upsert_hubspot.send with its downstream tasks (upsert_hubspot.plan, where a property is to be"
            " made anew)."
        )
    allowed = read_strategy().limits.max_rejected_contacts
    # The share is of everybody. In a quiet month, most of those sent are the few who are always rejected.
    refused = sync["rejected"] + sync["not_tried"]
    people = sync["plan"].get("unchanged", 0) + sync["accepted"] + refused
    if refused > allowed * people:
        others = f", and {sync['not_tried']} it rejected before were not tried" if sync["not_tried"] else ""
        raise OlistError(
            f"HubSpot rejected {sync['rejected']} of {people} contacts{others}, more than the share of"
            f" {allowed:g} that strategy.yaml allows: see ops.hubspot_failures."
        )
    if settings and sync["status"] == "delivered":
        sync |= {"lists": keep_lists(connection, run_id, settings)}
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
    if by_model := planned.get("tier_moves_by_model"):
        sentences.append(f"{by_model:,} of them only because the model is new")
    sentences += [
        f"{new['people']:,} people newly get: {new['next_action']}" for new in planned["new_actions"]
    ]
    if planned["changed_properties"]:
        sentences.append(f"changes by property: {json.dumps(planned['changed_properties'])}")
    return sentences
