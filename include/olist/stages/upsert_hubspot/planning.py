"""The plan of a delivery: who has to be told what, and the account made ready for it."""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.hubspot import definitions
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import BATCH_SIZE, HubSpot, HubSpotSettings
from olist.hubspot.erasure import delete_erased
from olist.hubspot.ledger import Sample, carry_over, choose_account, open_ledger
from olist.hubspot.properties import CAMPAIGN_GROUP, ID_PROPERTY
from olist.report.people import about_people
from olist.stages import gates
from olist.stages.upsert_hubspot import dropdowns, preflight, restoring, verifying, who_is_who
from olist.stages.upsert_hubspot.modes import NEEDING_HUBSPOT, READING_BACK, SENDING
from olist.strategy.reading import read_strategy
from olist.strategy.rules import Strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# Parallel tasks of one delivery.
PARTS = 4
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
    run is a dry run, compared with the ledger of the account that was last delivered to. A plan of the mode
    `approve` waits, with nothing written to HubSpot, unless it is the one of `approval`. Raises OlistError
    before anything is planned where a gate stops the delivery, or the account has lost what it had
    acknowledged (but for the mode `repair`), and before anything is written where a gate of the plan stops it
    or the account would refuse it (olist.stages.upsert_hubspot.preflight).
    """
    if settings is None and mode in NEEDING_HUBSPOT:
        log.warning("No HubSpot access token is configured: this is a dry run, and nothing is sent.")
        mode = "dry_run"
    strategy = read_strategy()
    prefix = strategy.hubspot.property_prefix
    hubspot = HubSpot(settings, property_prefix=prefix) if settings and mode != "skip" else None
    ledger = _open_ledger(connection, run_id, hubspot, mode)
    if hubspot and ledger and mode in SENDING:
        _delete_erased(connection, hubspot, ledger.portal_id)
    # What was approved was read back before: found out anew, it might be another plan.
    verified = None if approval else _read_back(connection, run_id, hubspot, ledger, mode, strategy)
    if mode == "restore":
        restoring.check_log(connection, run_id)
    if mode not in ("skip", "verify"):
        gates.stop_at(connection, run_id, "upsert_hubspot", only_warn=mode == "dry_run")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.enter_sync(%s, %s)", (run_id, mode))
        (status,) = one_row(cursor)
    if hubspot and ledger and status in ("planned", "waiting", "dry_run"):
        found = _survey(connection, run_id, hubspot, ledger, status, strategy)
    else:
        hubspot = found = None
    if verified and mode == "verify":
        told = {"run_id": run_id, "message": verified.sentence}
        connection.execute(read_sql("upsert_hubspot/enter_verified"), told)
    if status in ("planned", "waiting", "dry_run"):
        who_is_who.find_people(connection, run_id, hubspot, ledger, found, is_dry=status == "dry_run")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.plan_hubspot(%s, %s)", (run_id, PARTS))
        cursor.execute(read_sql("upsert_hubspot/planned"), {"run_id": run_id})
        planned, message, status, parts = one_row(cursor)
        if status in ("planned", "waiting"):
            cursor.execute("call personal.name_taken(%s)", (run_id,))
    if planned:
        _examine_plan(connection, run_id, hubspot, planned, mode, strategy)
    created: list[str] = []
    if hubspot and found and ledger:
        if approval and status == "waiting":
            status = _approve(connection, run_id, approval)
        if status == "planned":
            created = _make_ready(connection, run_id, hubspot, found, ledger, strategy)
    for sentence in [message] if message else describe(planned):
        log.info("HubSpot %s: %s", status, sentence)
    return {
        "status": status,
        "plan": planned,
        "parts": parts if status in ("planned", "waiting") else [],
        "properties_created": created,
    }


def _delete_erased(connection: "Connection", hubspot: HubSpot, portal_id: int) -> None:
    """Goes on with erasures that HubSpot could not be told of. A delivery does not wait for them."""
    try:
        outcomes = delete_erased(connection, hubspot, portal_id)
    except OlistError as error:
        log.warning("People who were erased are still in HubSpot: %s The next delivery tries again.", error)
        return
    if outcomes:
        log.info("HubSpot: %s people who were erased here have been taken up there as well.", len(outcomes))


def _survey(
    connection: "Connection", run_id: int, hubspot: HubSpot, ledger: Sample, status: str, strategy: Strategy
) -> definitions.Survey:
    """Our properties in the account, entered for the run. Raises OlistError if they cannot be written to."""
    has_groups, were_groups = one_row(
        connection.execute(
            read_sql("upsert_hubspot/campaign_groups"), {"run_id": run_id, "portal_id": ledger.portal_id}
        )
    )
    found = preflight.survey_of(connection, hubspot, ledger.portal_id, has_groups)
    findings = [
        *found.findings,
        *dropdowns.examine(hubspot, found, strategy),
        *preflight.unknown_kept(strategy),
    ]
    preflight.heed(findings, only_warn=status == "dry_run")
    left_out = [each.name for each in found.left_out]
    if were_groups and not has_groups and hubspot.names[CAMPAIGN_GROUP.name] not in found.ours:
        # A person has taken the property away, and with it what was to be emptied.
        left_out.append(CAMPAIGN_GROUP.name)
    entered = {"run_id": run_id, "property_prefix": hubspot.property_prefix, "left_out": left_out}
    with connection.transaction():
        connection.execute(read_sql("upsert_hubspot/enter_account"), entered)
        if status != "dry_run":
            # Before they are created: afterwards nobody could tell that their values are gone.
            lost = [each.name for each in found.missing]
            connection.execute("call ops.doubt_ledger(%s, %s)", (run_id, lost))
    return found


def _read_back(
    connection: "Connection",
    run_id: int,
    hubspot: HubSpot | None,
    ledger: Sample | None,
    mode: str,
    strategy: Strategy,
) -> verifying.Verification | None:
    """Compares the account's contacts with the ledger, as far as the mode or strategy.yaml ask for it."""
    share = strategy.hubspot.verify_share
    if not (hubspot and ledger) or not (mode in READING_BACK or (share and mode in SENDING)):
        return None
    if (
        mode != "verify"
        and not one_row(connection.execute(read_sql("upsert_hubspot/is_sent"), {"run_id": run_id}))[0]
    ):
        return None
    if ledger.known_by:
        if mode == "verify":
            raise OlistError(
                "HubSpot knows our contacts by properties of another prefix (hubspot.property_prefix): they"
                " can be verified after the next delivery, which sends everybody."
            )
        log.info(
            "HubSpot knows our contacts by another prefix, and everybody is sent anew: none is read back."
        )
        return None
    found = preflight.survey_of(connection, hubspot, ledger.portal_id, has_groups=strategy.holdout.share > 0)
    everybody = mode == "repair" or not share
    return verifying.verify(
        connection,
        run_id,
        hubspot,
        mode,
        Decimal(1) if everybody else Decimal(str(share)),
        [each.name for each in found.left_out],
        knows_our_id=ID_PROPERTY not in [each.name for each in found.missing],
    )


def _name_records(connection: "Connection", run_id: int, hubspot: HubSpot) -> None:
    """Gives our id back to the contacts of a plan that have lost it, so that nobody is made a second time."""
    rows = connection.execute(
        read_sql("upsert_hubspot/records_to_name"), {"run_id": run_id, "id_property": ID_PROPERTY}
    ).fetchall()
    for start in range(0, len(rows), BATCH_SIZE):
        hubspot.name_records(dict(rows[start : start + BATCH_SIZE]))


def _make_ready(
    connection: "Connection",
    run_id: int,
    hubspot: HubSpot,
    found: definitions.Survey,
    ledger: Sample,
    strategy: Strategy,
) -> list[str]:
    """Lets an account take the plan: with its properties, its dropdowns, and everybody under today's prefix.

    Returns the properties that were created.
    """
    others = dropdowns.values_besides(connection, run_id, ledger.portal_id, found, strategy)
    names = dropdowns.names_of(strategy)
    choices = {each: [*names[each], *others[each]] for each in names}
    created = definitions.create_properties(hubspot, found.missing, choices)
    dropdowns.offer(hubspot, found, strategy, others)
    if ledger.known_by:
        carry_over(connection, hubspot, ledger)
    _name_records(connection, run_id, hubspot)
    ours = [*found.ours, *created]
    connection.execute("call ops.note_hubspot_properties(%s, %s)", (ledger.portal_id, ours))
    return created


def _approve(connection: "Connection", run_id: int, approval: Approval) -> str:
    """Enters a yes. Returns how the delivery stands now: it still waits if this is another plan."""
    said = {"run_id": run_id, "is_approved": True, "why_not": None} | asdict(approval)
    found = connection.execute(read_sql("upsert_hubspot/decide"), said).fetchone()
    return found[0] if found else "waiting"


def _examine_plan(
    connection: "Connection",
    run_id: int,
    hubspot: HubSpot | None,
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
        if hubspot:
            findings = preflight.examine_plan(connection, run_id, hubspot, planned, mode, strategy)
            preflight.heed(findings, only_warn=is_dry_run)
    except OlistError as error:
        held = {"run_id": run_id, "message": str(error).removesuffix(".")}
        connection.execute(read_sql("upsert_hubspot/hold_back"), held)
        raise


def _open_ledger(connection: "Connection", run_id: int, hubspot: HubSpot | None, mode: str) -> Sample | None:
    """The ledger of the account, with a sample read back; None for that of the account last delivered to."""
    if hubspot is None:
        choose_account(connection, run_id, None)
        return None
    try:
        ledger = open_ledger(connection, run_id, hubspot)
    except (OlistError, HubSpotUnavailableError) as error:
        if mode in NEEDING_HUBSPOT:
            raise
        log.warning("%s The plan is compared with the account that was last delivered to.", error)
        choose_account(connection, run_id, None)
        return None
    if ledger.is_lost and mode in ("upsert", "update", "restore"):
        raise OlistError(
            f"HubSpot's account {ledger.portal_id} lacks {ledger.missing} of {ledger.people} contacts that it"
            " had taken (a sample): somebody has emptied it, or deleted most of them. Nothing was sent. If"
            " they are to come back, sync=repair (OLIST_SYNC=repair) sends them again."
        )
    if ledger.missing:
        log.warning(
            "HubSpot's account %s lacks %s of %s contacts that it had taken (a sample): sync=verify names"
            " them, sync=repair sends them again.",
            ledger.portal_id,
            ledger.missing,
            ledger.people,
        )
    return ledger


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
