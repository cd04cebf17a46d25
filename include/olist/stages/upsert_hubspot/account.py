"""The HubSpot account of a delivery: its ledger and properties before the plan, made ready for it after."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from olist.exceptions import OlistError
from olist.hubspot import definitions
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import BATCH_SIZE, HubSpot, HubSpotSettings
from olist.hubspot.erasure import delete_erased
from olist.hubspot.ledger import Sample, carry_over, choose_account, open_ledger
from olist.hubspot.properties import CAMPAIGN_GROUP, ID_PROPERTY
from olist.stages.upsert_hubspot import dropdowns, preflight
from olist.stages.upsert_hubspot.modes import NEEDING_HUBSPOT
from olist.strategy.rules import Strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# Only sync=repair goes on with an account that has lost its contacts.
NEEDING_CONTACTS = ("upsert", "update", "approve", "restore")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """An account that HubSpot lets us into, and its ledger, of which a sample was read back."""

    hubspot: HubSpot
    ledger: Sample


def open_account(
    connection: "Connection", run_id: int, mode: str, settings: HubSpotSettings | None, strategy: Strategy
) -> Account | None:
    """Enters the account that a run is for. None: it is compared with the one last delivered to.

    Raises OlistError where the account has lost what it had acknowledged, and what HubSpot.call raises for a
    mode that needs HubSpot.
    """
    if settings is None or mode == "skip":
        choose_account(connection, run_id, None)
        return None
    hubspot = HubSpot(settings, property_prefix=strategy.hubspot.property_prefix)
    try:
        ledger = open_ledger(connection, run_id, hubspot)
    except (OlistError, HubSpotUnavailableError) as error:
        if mode in NEEDING_HUBSPOT:
            raise
        log.warning("%s The plan is compared with the account that was last delivered to.", error)
        choose_account(connection, run_id, None)
        return None
    if ledger.is_lost and mode in NEEDING_CONTACTS:
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
    return Account(hubspot, ledger)


def finish_erasures(connection: "Connection", account: Account) -> None:
    """Goes on with erasures that HubSpot could not be told of. A delivery does not wait for them."""
    try:
        outcomes = delete_erased(connection, account.hubspot, account.ledger.portal_id)
    except OlistError as error:
        log.warning("People who were erased are still in HubSpot: %s The next delivery tries again.", error)
        return
    if outcomes:
        log.info("HubSpot: %s people who were erased here have been taken up there as well.", len(outcomes))


def look_at_properties(
    connection: "Connection", run_id: int, account: Account, status: str, strategy: Strategy
) -> definitions.Survey:
    """Our properties in the account, entered for the run. Raises OlistError if they cannot be written to."""
    hubspot, ledger = account.hubspot, account.ledger
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


def make_ready(
    connection: "Connection",
    run_id: int,
    account: Account,
    found: definitions.Survey,
    strategy: Strategy,
) -> list[str]:
    """Lets an account take the plan: with its properties, its dropdowns, and everybody under today's prefix.

    Returns the properties that were created.
    """
    hubspot, ledger = account.hubspot, account.ledger
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


def _name_records(connection: "Connection", run_id: int, hubspot: HubSpot) -> None:
    """Gives our id back to the contacts of a plan that have lost it, so that nobody is made a second time."""
    rows = connection.execute(
        read_sql("upsert_hubspot/records_to_name"), {"run_id": run_id, "id_property": ID_PROPERTY}
    ).fetchall()
    for start in range(0, len(rows), BATCH_SIZE):
        hubspot.name_records(dict(rows[start : start + BATCH_SIZE]))
