"""The contact properties of an account: which of ours it has, which have room, whose they are.

A property is ours if it is in our group, or if we have noted it as ours (ops.hubspot_properties): a person
may move it to another group. Any other one of our names belongs to somebody else, and is not touched.

An earlier version made texts of what is a dropdown now: they become dropdowns (olist.hubspot.options).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from olist.exceptions import OlistError
from olist.hubspot.account import room_for_properties
from olist.hubspot.client import HubSpot, in_archive
from olist.hubspot.findings import Finding
from olist.hubspot.options import new_options, offer
from olist.hubspot.properties import CAMPAIGN_GROUP, GROUP, ID_PROPERTY, PROPERTIES, Property

# With fewer there is nobody to tell apart, or nothing to tell.
FEWEST = 2


@dataclass(frozen=True)
class Survey:
    """Our properties in an account: those it has (HubSpot's names), those to create, those without room.

    `choices`: the definitions of those it has that are dropdowns, or are to become ones, by their names here.
    """

    ours: frozenset[str]
    missing: tuple[Property, ...]
    left_out: tuple[Property, ...]
    findings: tuple[Finding, ...]
    choices: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        """The names here of the texts that are to become dropdowns."""
        return [name for name, each in self.choices.items() if each["type"] != "enumeration"]


def survey(hubspot: HubSpot, noted: Collection[str] = (), has_groups: bool = False) -> Survey:
    """Looks at an account's properties and their limit. `noted`: names in HubSpot that are known as ours.

    `has_groups`: people are held out, so that the account needs the property for the campaign group. Without
    them it stays where it was made, to be emptied, and is nobody's business where it was not.
    """
    existing = {each["name"]: each for each in hubspot.properties()}
    ours, missing, findings, choices = set(), [], [], {}
    for each in (*PROPERTIES, CAMPAIGN_GROUP):
        name = hubspot.names[each.name]
        is_needed = has_groups or each is not CAMPAIGN_GROUP
        if name not in existing:
            missing += [each] if is_needed else []
            continue
        is_ours = existing[name]["groupName"] == GROUP["name"] or name in noted
        wrong = _other_type(each.definition(hubspot.property_prefix), existing[name])
        if wrong or not is_ours:
            findings += [wrong or _foreign(existing[name])] if is_needed else []
            continue
        ours.add(name)
        if each.kind == "choice":
            choices[each.name] = existing[name]
    if not missing:
        return Survey(frozenset(ours), (), (), tuple(findings), choices)
    room, not_told = room_for_properties(hubspot)
    kept = missing if room is None else missing[:room]
    findings += _archived(hubspot, kept) if kept else []
    left_out = missing[len(kept) :]
    if left_out:
        findings.append(_no_room(hubspot, len(kept), left_out, has=len(ours)))
    return Survey(frozenset(ours), tuple(kept), tuple(left_out), (*findings, *not_told), choices)


def other_id_property(hubspot: HubSpot) -> str | None:
    """The property of another prefix by which an account tells our people apart, if it has one."""
    return next(
        (
            each["name"]
            for each in hubspot.properties()
            if each["name"].endswith(ID_PROPERTY)
            and each["name"] != hubspot.id_property
            and each["groupName"] == GROUP["name"]
        ),
        None,
    )


def create_properties(
    hubspot: HubSpot, missing: Collection[Property], choices: Mapping[str, Sequence[str]]
) -> list[str]:
    """Creates the property group and these properties. Returns their names in HubSpot.

    `choices`: the options of each dropdown, by its name here. Raises OlistError if HubSpot says that one is
    there already and it is not, or is another one.
    """
    path = hubspot.settings.path("properties")
    definitions = [
        each.definition(hubspot.property_prefix, new_options(choices.get(each.name, ()))) for each in missing
    ]
    created = set()
    if missing:
        hubspot.call("POST", f"{path}/groups", GROUP, also_accepted=(409,))
        body = {"inputs": definitions}
        answer = hubspot.call("POST", f"{path}/batch/create", body, also_accepted=(409,))
        created = {each.get("name") for each in answer.body.get("results", [])}
    # One that somebody has made meanwhile, or that HubSpot does not show, may be in the way of all.
    for each, definition in zip(missing, definitions, strict=True):
        if definition["name"] in created:
            continue
        answer = hubspot.call("POST", path, definition, also_accepted=(409,))
        if answer.status == 409:
            existing = hubspot.property(definition["name"])
            if existing is None:
                raise OlistError(
                    f"HubSpot does not show the contact property {definition['name']}, and does not create it"
                    f" either: {answer.sentence}"
                )
            if (wrong := _other_type(definition, existing)) or existing["groupName"] != GROUP["name"]:
                raise OlistError(f"HubSpot cannot be delivered to. {(wrong or _foreign(existing)).sentence}")
            if each.kind == "choice":
                offer(hubspot, definition["name"], choices[each.name])
    return [hubspot.names[each.name] for each in missing]


def _other_type(wanted: dict[str, Any], existing: dict[str, Any]) -> Finding | None:
    may_become_choice = wanted["type"] == "enumeration" and existing["type"] == "string"
    if existing["type"] != wanted["type"] and not may_become_choice:
        return Finding(
            f"HubSpot has a contact property {wanted['name']} of type {existing['type']}, and it must be of"
            f" type {wanted['type']}: rename or delete it in HubSpot's settings, or let"
            " hubspot.property_prefix in strategy.yaml name all of ours anew."
        )
    if wanted.get("hasUniqueValue") and not existing.get("hasUniqueValue"):
        return Finding(
            f"HubSpot's contact property {wanted['name']} does not require unique values, which cannot be"
            " changed later: delete it in HubSpot's settings, and the next run creates it."
        )
    return None


def _foreign(existing: dict[str, Any]) -> Finding:
    return Finding(
        f"HubSpot's contact property {existing['name']} is in the group {existing['groupName']}, so it"
        " belongs to somebody else and is not written to: rename it in HubSpot, or let"
        " hubspot.property_prefix in strategy.yaml name all of ours anew (if it is ours, move it to the group"
        f" {GROUP['label']})."
    )


def _archived(hubspot: HubSpot, missing: list[Property]) -> list[Finding]:
    archived = {each["name"] for each in hubspot.properties(archived=True)}
    names = [hubspot.names[each.name] for each in missing]
    return [Finding(str(in_archive(name))) for name in names if name in archived]


def _no_room(hubspot: HubSpot, room: int, left_out: list[Property], has: int) -> Finding:
    names = ", ".join(hubspot.names[each.name] for each in left_out)
    lacks_id = ID_PROPERTY in [each.name for each in left_out]
    if lacks_id or has + room < FEWEST:
        return Finding(
            f"HubSpot's plan has room for {room} more contact properties, and without {names} nothing can"
            " be delivered: delete custom properties that nobody needs in HubSpot's settings, or take a plan"
            " with more."
        )
    return Finding(
        f"HubSpot's plan has room for {room} more contact properties, so these are left out: {names}. Delete"
        " custom properties that nobody needs in HubSpot's settings, or take a plan with more, and the next"
        " run sends them.",
        "warning",
    )
