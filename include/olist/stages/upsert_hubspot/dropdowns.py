"""Keeps the options of HubSpot's dropdowns in step with strategy.yaml, before values are sent.

They are the names of the file in its order. Names of before stay: people who were told them still have them.
"""

from typing import TYPE_CHECKING

from olist.hubspot import options
from olist.hubspot.client import HubSpot
from olist.hubspot.definitions import Survey
from olist.hubspot.findings import Finding
from olist.hubspot.properties import CHOICES
from olist.strategy.rules import Strategy
from olist.strategy.sql import numbered_actions
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection

Values = dict[str, list[str]]  # by the property's name here


def names_of(strategy: Strategy) -> Values:
    """What each dropdown shall offer, in the order of strategy.yaml: of the actions the rules come first."""
    return {
        "loyalty_tier": list(strategy.tiers),
        "rfm_segment": [each.name for each in strategy.segments],
        "next_action": list(dict.fromkeys(each.next_action for each in numbered_actions(strategy))),
    }


def examine(hubspot: HubSpot, found: Survey, strategy: Strategy) -> list[Finding]:
    """Names that cannot be options, and what a delivery will do to the dropdowns of an account."""
    findings = []
    for property_, names in names_of(strategy).items():
        existing = found.choices.get(property_, {}).get("options") or []
        findings += options.unfit_names(hubspot.names[property_], names, existing)
    findings += [
        Finding(f"HubSpot's text {hubspot.names[each]} becomes a dropdown with the next delivery.", "note")
        for each in found.texts
    ]
    return findings


def are_complete(found: Survey, strategy: Strategy) -> bool:
    """Whether nothing is to be done to the dropdowns that an account has."""
    names = names_of(strategy)
    return all(options.is_complete(each, names[property_]) for property_, each in found.choices.items())


def values_besides(
    connection: "Connection", run_id: int, portal_id: int, found: Survey, strategy: Strategy
) -> Values:
    """What each dropdown must offer besides the names of strategy.yaml.

    A plan may be older than the file, and a text that becomes a dropdown holds what it was told. What cannot
    be an option is left out: it stays where it is until the name of today takes its place.
    """
    names = names_of(strategy)
    others: Values = {each: [] for each in CHOICES}
    rows = connection.execute(
        read_sql("upsert_hubspot/choice_values"),
        {"run_id": run_id, "portal_id": portal_id, "choices": list(CHOICES), "texts": found.texts},
    )
    for property_, value in rows:
        if value not in names[property_] and not options.unfit(value):
            others[property_].append(value)
    return others


def offer(hubspot: HubSpot, found: Survey, strategy: Strategy, others: Values) -> None:
    """Completes the options of the dropdowns that an account has, and makes dropdowns of its texts.

    Looks at them anew: since they were surveyed, somebody may have changed them. Raises OlistError where
    HubSpot does not take the options.
    """
    if not found.choices:
        return
    names = names_of(strategy)
    existing = {each["name"]: each for each in hubspot.properties()}
    for property_ in found.choices:
        name, wanted, more = hubspot.names[property_], names[property_], others[property_]
        now = existing.get(name, found.choices[property_])
        if name in existing and options.is_complete(now, wanted, more):
            continue
        if now["type"] != "enumeration":
            written = options.other_values(hubspot, name, [*wanted, *more])
            more = [*more, *sorted(value for value in written if not options.unfit(value))]
        options.offer(hubspot, name, wanted, more)
