"""The plan of a delivery: who has to be told what."""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpotSettings
from olist.report.people import about_people
from olist.stages import gates
from olist.stages.upsert_hubspot import preflight, restoring, verifying, who_is_who
from olist.stages.upsert_hubspot.account import (
    Account,
    finish_erasures,
    look_at_properties,
    make_ready,
    open_account,
)
from olist.stages.upsert_hubspot.modes import NEEDING_HUBSPOT, SENDING
from olist.strategy.reading import read_strategy
from olist.strategy.rules import Strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# Parallel tasks of one delivery.
PARTS = 4
# How a delivery stands that has a plan, or is about to have one.
PLANNED = ("planned", "waiting", "dry_run")
# By the setting of strategy.yaml that keeps people away.
WHY_KEPT_AWAY = {"when": "by who they are", "at_most": "yet"}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Approval:
    """A person's yes to a plan, which is known by its fingerprint."""

    fingerprint: str
    by: str | None
    at: datetime


def plan(
    connection: "Connection",
    run_id: int,
    mode: str,
    settings: HubSpotSettings | None,
    approval: Approval | None = None,
) -> dict[str, Any]:
    """What the run would send, and the parts to send it in (none where nothing is sent).

    Creates the properties, and the options of dropdowns, that HubSpot lacks. Without settings (no token) the
    run is a dry run, compared with the ledger of the account that was last delivered to. A plan of the modes
    `approve` and `restore` waits, with nothing written to HubSpot, unless it is that of `approval`.

    Raises OlistError before anything is planned where a gate stops the delivery, or the account has lost what
    it had acknowledged (but for the mode `repair`), and before anything is written where a gate of the plan
    stops it or the account would refuse it (olist.stages.upsert_hubspot.preflight).
    """
    if settings is None and mode in NEEDING_HUBSPOT:
        log.warning("No HubSpot access token is configured: this is a dry run, and nothing is sent.")
        mode = "dry_run"
    strategy = read_strategy()
    account = open_account(connection, run_id, mode, settings, strategy)
    status = _enter(connection, run_id, account, mode, strategy, is_approved=approval is not None)
    found = None
    if status in PLANNED:
        if account:
            found = look_at_properties(connection, run_id, account, status, strategy)
        who_is_who.find_people(connection, run_id, account, found, is_dry=status == "dry_run")
    status, planned, message, parts = _compare(connection, run_id)
    if planned:
        _examine_plan(connection, run_id, account, planned, mode, strategy)
    if approval and status == "waiting":
        status = _approve(connection, run_id, approval)
    created: list[str] = []
    if account and found and status == "planned":
        created = make_ready(connection, run_id, account, found, strategy)
    for sentence in [message] if message else describe(planned):
        log.info("HubSpot %s: %s", status, sentence)
    return {
        "status": status,
        "plan": planned,
        "parts": parts if status in ("planned", "waiting") else [],
        "properties_created": created,
    }


def _enter(
    connection: "Connection",
    run_id: int,
    account: Account | None,
    mode: str,
    strategy: Strategy,
    is_approved: bool,
) -> str:
    """What comes before a plan: erasures, reading back, gates. Returns how the delivery stands then."""
    if account and mode in SENDING:
        finish_erasures(connection, account)
    # What was approved was read back before: found out anew, it might be another plan.
    verified = None if is_approved else verifying.read_back(connection, run_id, account, mode, strategy)
    if mode == "restore":
        restoring.check_log(connection, run_id)
    if mode not in ("skip", "verify"):
        gates.stop_at(connection, run_id, "upsert_hubspot", only_warn=mode == "dry_run")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.enter_sync(%s, %s)", (run_id, mode))
        (status,) = one_row(cursor)
    if verified and mode == "verify":
        told = {"run_id": run_id, "message": verified.sentence}
        connection.execute(read_sql("upsert_hubspot/enter_verified"), told)
    return status


def _compare(connection: "Connection", run_id: int) -> tuple[str, dict[str, Any], str | None, list[int]]:
    """Plans by the snapshot, the ledger and what was found out. Returns status, plan, message and parts."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.plan_hubspot(%s, %s)", (run_id, PARTS))
        cursor.execute(read_sql("upsert_hubspot/planned"), {"run_id": run_id})
        planned, message, status, parts = one_row(cursor)
        if status in ("planned", "waiting"):
            cursor.execute("call personal.name_taken(%s)", (run_id,))
    return status, planned, message, parts


def _approve(connection: "Connection", run_id: int, approval: Approval) -> str:
    """Enters a yes. Returns how the delivery stands now: it still waits if this is another plan."""
    said = {"run_id": run_id, "is_approved": True, "why_not": None} | asdict(approval)
    found = connection.execute(read_sql("upsert_hubspot/decide"), said).fetchone()
    return found[0] if found else "waiting"


def _examine_plan(
    connection: "Connection",
    run_id: int,
    account: Account | None,
    planned: dict[str, Any],
    mode: str,
    strategy: Strategy,
) -> None:
    """Ends a plan that goes beyond a gate, or whose people the account would refuse.

    Raises OlistError for it, unless it is a dry run.
    """
    is_dry_run = mode == "dry_run"
    try:
        gates.stop_at(connection, run_id, "send", only_warn=is_dry_run)
        if account:
            findings = preflight.examine_plan(connection, run_id, account.hubspot, planned, mode, strategy)
            preflight.heed(findings, only_warn=is_dry_run)
    except OlistError as error:
        held = {"run_id": run_id, "message": str(error).removesuffix(".")}
        connection.execute(read_sql("upsert_hubspot/hold_back"), held)
        raise


def describe(planned: dict[str, Any]) -> list[str]:
    """A plan as sentences for a marketer."""
    if not planned:
        return ["nothing is sent"]
    sentences = [
        *about_people(planned),
        f"{planned['create']:,} contacts would be created, and may become billable",
        f"{planned['update']:,} contacts would change, {planned['clear']:,} would be cleared"
        f" and {planned['unchanged']:,} stay as they are",
    ]
    kept_away = planned.get("kept_away", {})
    sentences += [
        f"{kept_away[setting]:,} people do not become contacts {why} (deliver.{setting} of strategy.yaml)"
        for setting, why in WHY_KEPT_AWAY.items()
        if setting in kept_away
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
    sentences += [
        f"{people:,} people are newly held out: HubSpot gets no next action for them"
        for group, people in planned.get("new_groups", {}).items()
        if group == "control"
    ]
    if planned["changed_properties"]:
        changes = ", ".join(f"{name} {people:,}" for name, people in planned["changed_properties"].items())
        sentences.append(f"changes by property: {changes}")
    return sentences
