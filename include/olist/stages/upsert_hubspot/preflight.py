"""Looks at a HubSpot account before anything is written to it: what would stop a delivery, and the way out.

`start_run` asks before anything is computed, `make check-hubspot` at any time, and the plan asks again what
depends on its people. Nothing is written to the account.
"""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from olist.exceptions import OlistError
from olist.hubspot import account, lists, subscriptions
from olist.hubspot.account import ValidationRule
from olist.hubspot.client import HubSpot
from olist.hubspot.definitions import Survey, survey
from olist.hubspot.findings import Finding
from olist.hubspot.pace import Pace
from olist.hubspot.properties import ID_PROPERTY, PROPERTIES
from olist.hubspot.versions import holds_to_create_form
from olist.stages.upsert_hubspot import dropdowns
from olist.stages.upsert_hubspot.modes import CREATING
from olist.strategy.rules import Strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# Without the one nothing can be found out; the other is needed only where properties or options are made.
TO_READ, TO_CREATE = "crm.schemas.contacts.read", "crm.schemas.contacts.write"

log = logging.getLogger(__name__)


def examine(connection: "Connection", hubspot: HubSpot, strategy: Strategy, mode: str) -> list[Finding]:
    """Everything that can be known of an account before there is a plan. Asks HubSpot ten times at most.

    Raises HubSpotUnavailableError if no answer comes, OlistError for a token that HubSpot does not take.
    """
    portal_id = hubspot.portal_id()
    hubspot.pace = Pace(connection, portal_id)
    granted, findings = account.scopes(hubspot)
    if granted is None:
        findings += account.may_not_read_contacts(hubspot)
    elif TO_READ not in granted:
        return [*findings, *account.lacking(granted)]
    try:
        found = survey_of(connection, hubspot, portal_id, has_groups=strategy.holdout.share > 0)
    except OlistError as error:
        # A Service Key may not read properties, which is found out only now.
        return [*findings, Finding(str(error))]
    findings += [*found.findings, *dropdowns.examine(hubspot, found, strategy), *unknown_kept(strategy)]
    if granted is not None:
        is_made = not found.missing and dropdowns.are_complete(found, strategy)
        findings += account.lacking(granted, but=TO_CREATE if is_made else None)
    if strategy.hubspot.lists is not False:
        findings += lists.scopes(hubspot, granted)
    if one_row(connection.execute(read_sql("upsert_hubspot/has_contacts_file")))[0]:
        findings += subscriptions.scopes(hubspot, granted)
    rules, not_told = account.validation_rules(hubspot)
    findings += [*not_told, *_broken_names(connection, hubspot, strategy, rules)]
    if mode in CREATING:
        findings += _about_new_contacts(hubspot)
    return findings


def _about_new_contacts(hubspot: HubSpot) -> list[Finding]:
    room, findings = account.room_for_contacts(hubspot)
    if room is not None:
        sentence = f"HubSpot's plan has room for {room:,} more contacts."
        findings.append(Finding(sentence, "note" if room else "warning"))
    if holds_to_create_form(hubspot.settings.api_version):
        required, not_told = account.required_properties(hubspot)
        ours = set(hubspot.names.values())
        findings += not_told
        findings += [
            Finding(
                f"HubSpot names {name} as required of a new contact, and no contact of ours has it: if the"
                " form 'Create contact' requires it, make it optional there, or set the API version of the"
                " connection to 2026-03, which does not hold to the form.",
                "warning",
            )
            for name in required
            if name not in ours
        ]
    return findings


def survey_of(connection: "Connection", hubspot: HubSpot, portal_id: int, has_groups: bool) -> Survey:
    """Our properties in an account, of which some are noted as ours. `has_groups`: people are held out."""
    (noted,) = one_row(
        connection.execute(read_sql("upsert_hubspot/noted_properties"), {"portal_id": portal_id})
    )
    return survey(hubspot, noted, has_groups)


def unknown_kept(strategy: Strategy) -> list[Finding]:
    """Names in hubspot.keep_edited that no contact property of ours has."""
    may_be_kept = [each.name for each in PROPERTIES if each.name != ID_PROPERTY]
    return [
        Finding(
            f"hubspot.keep_edited in strategy.yaml names '{name}', and that can be one of"
            f" {', '.join(may_be_kept)} alone."
        )
        for name in strategy.hubspot.keep_edited
        if name not in may_be_kept
    ]


def room_for_new(connection: "Connection", hubspot: HubSpot) -> list[Finding]:
    """Whether the account has room for the people of the newest snapshot whom it does not have."""
    here = {"portal_id": hubspot.portal_id()}
    (new,) = one_row(connection.execute(read_sql("upsert_hubspot/new_to_account"), here))
    room, _ = account.room_for_contacts(hubspot)
    return [_too_many(new, room)] if room is not None and new > room else []


def examine_plan(
    connection: "Connection",
    run_id: int,
    hubspot: HubSpot,
    planned: dict[str, int],
    mode: str,
    strategy: Strategy,
) -> list[Finding]:
    """What of an account is in the way of these people: its limit of contacts, rules that they break."""
    findings = []
    if mode in CREATING and planned["create"]:
        room, _ = account.room_for_contacts(hubspot)
        if room is not None and planned["create"] > room:
            findings.append(_too_many(planned["create"], room))
    people = planned["create"] + planned["update"] + planned["clear"]
    if not people:
        return findings
    allowed = strategy.limits.max_rejected_contacts * (people + planned["unchanged"])
    rules, _ = account.validation_rules(hubspot)
    for each in rules:
        broken, example = _broken_values(connection, run_id, hubspot, each)
        if broken:
            sentence = (
                f"HubSpot's rule {_shown(each)} for {each.name} is broken by {broken:,} of the {people:,}"
                f" people of the plan, as by '{example}': change the rule in HubSpot's settings, or the names"
                " in strategy.yaml."
            )
            findings.append(Finding(sentence, "stop" if broken > allowed else "warning"))
    return findings


def heed(findings: Iterable[Finding], only_warn: bool = False) -> None:
    """Writes findings to the log. Raises OlistError with those that make a delivery impossible."""
    stops = [each.sentence for each in findings if each.weight == "stop"]
    for each in findings:
        if each.weight == "warning" or (each.weight == "stop" and only_warn):
            log.warning("%s", each.sentence)
        elif each.weight == "note":
            log.info("%s", each.sentence)
    if stops and not only_warn:
        raise OlistError(f"HubSpot cannot be delivered to. {' '.join(stops)}")


def _too_many(new: int, room: int) -> Finding:
    return Finding(
        f"HubSpot's plan has room for {room:,} more contacts, and this delivery would create {new:,}: delete"
        " contacts that nobody needs in HubSpot, take a plan with more, or deliver with sync=update, which"
        " creates nobody."
    )


def _broken_names(
    connection: "Connection", hubspot: HubSpot, strategy: Strategy, rules: list[ValidationRule]
) -> list[Finding]:
    """Rules that names of strategy.yaml break; rules that are looked at by nobody."""
    names = {hubspot.names[name]: values for name, values in dropdowns.names_of(strategy).items()}
    findings = []
    for each in rules:
        # Of values that are not known yet, one that every rule for texts and numbers can be tried on.
        broken = _breaking(connection, each, names.get(each.name, ["1"]))
        if broken is None:
            findings.append(
                Finding(
                    f"HubSpot's rule {_shown(each)} for {each.name} is not looked at beforehand: who breaks"
                    " it is found out when they are sent.",
                    "note",
                )
            )
        elif broken and each.name in names:
            findings.append(
                Finding(
                    f"HubSpot's rule {_shown(each)} for {each.name} is broken by {', '.join(broken)}: change"
                    " the rule in HubSpot's settings, or the names in strategy.yaml.",
                    "stop" if len(broken) == len(names[each.name]) else "warning",
                )
            )
    return findings


def _breaking(connection: "Connection", rule: ValidationRule, names: list[str]) -> list[str] | None:
    from psycopg.errors import DataError

    try:
        (broken,) = one_row(
            connection.execute(
                read_sql("upsert_hubspot/broken_names"),
                {"rule": rule.rule, "argument": rule.argument, "names": names},
            )
        )
    except DataError:
        # An argument that PostgreSQL reads otherwise than HubSpot.
        return None
    return broken


def _broken_values(
    connection: "Connection", run_id: int, hubspot: HubSpot, rule: ValidationRule
) -> tuple[int, str | None]:
    from psycopg.errors import DataError

    own_names = {name: own for own, name in hubspot.names.items()}
    try:
        return one_row(
            connection.execute(
                read_sql("upsert_hubspot/broken_values"),
                {
                    "run_id": run_id,
                    "property": own_names[rule.name],
                    "rule": rule.rule,
                    "argument": rule.argument,
                },
            )
        )
    except DataError:
        return 0, None


def _shown(rule: ValidationRule) -> str:
    return f"{rule.rule} {rule.argument}".strip()
