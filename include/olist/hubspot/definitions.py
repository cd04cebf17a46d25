"""The contact properties of an account: which of ours it has, and making those that it lacks."""

from typing import Any

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpot
from olist.hubspot.properties import GROUP, PROPERTIES, Property


def missing_properties(hubspot: HubSpot) -> list[Property]:
    """The properties that the account lacks. Raises OlistError if one exists with another type."""
    existing = {each["name"]: each for each in hubspot.properties()}
    for wanted in PROPERTIES:
        _refuse_other_type(wanted.definition(), existing.get(wanted.name))
    return [each for each in PROPERTIES if each.name not in existing]


def create_properties(hubspot: HubSpot, missing: list[Property]) -> list[str]:
    """Creates the property group and these properties. Returns their names.

    Raises OlistError if HubSpot says that one is there already and it is not: archived, for example.
    """
    path = hubspot.settings.path("properties")
    if missing:
        hubspot.call("POST", f"{path}/groups", GROUP, also_accepted=(409,))
    for each in missing:
        answer = hubspot.call("POST", path, each.definition(), also_accepted=(409,))
        if answer.status == 409:
            existing = hubspot.property(each.name)
            if existing is None:
                raise OlistError(
                    f"HubSpot does not show the contact property {each.name}, and does not create it"
                    f" either: {answer.sentence}"
                )
            _refuse_other_type(each.definition(), existing)
    return [each.name for each in missing]


def _refuse_other_type(wanted: dict[str, Any], existing: dict[str, Any] | None) -> None:
    if existing is None:
        return
    if existing["type"] != wanted["type"]:
        raise OlistError(
            f"HubSpot has a contact property {wanted['name']} of type {existing['type']}, and it must be"
            f" of type {wanted['type']}: rename or delete it in HubSpot's settings."
        )
    if wanted.get("hasUniqueValue") and not existing.get("hasUniqueValue"):
        raise OlistError(
            f"HubSpot's contact property {wanted['name']} does not require unique values, which cannot be"
            " changed later: delete it in HubSpot's settings, and the next run creates it."
        )
