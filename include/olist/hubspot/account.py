"""What an account says of itself: its limits, the rules of its admins, what the token may do.

HubSpot need not tell: a plan may lack an API, a version may end. Then the answer is None, and a finding says
what could not be looked at.
"""

from dataclasses import dataclass
from typing import Any

from olist.hubspot.client import HubSpot
from olist.hubspot.findings import Finding
from olist.hubspot.versions import CONTACT_TYPE, TOKEN_PATH

# What the token is for, by scope: the one place to add one.
SCOPES = {
    "crm.objects.contacts.read": "is to read contacts",
    "crm.objects.contacts.write": "is to write contacts",
    "crm.schemas.contacts.read": "is to read the contact properties",
    "crm.schemas.contacts.write": "is to create contact properties",
}


@dataclass(frozen=True)
class ValidationRule:
    """A rule that an admin has laid down for the values of a property (its name in HubSpot)."""

    name: str
    rule: str
    argument: str


def room_for_properties(hubspot: HubSpot) -> tuple[int | None, list[Finding]]:
    """How many custom contact properties may still be made."""
    body = _told(hubspot, hubspot.settings.path("limits", "/custom-properties"))
    if body is None:
        return None, [_not_told("how many contact properties may still be made")]
    rooms = [_room(each) for each in body.get("byObjectType", []) if each.get("objectTypeId") == CONTACT_TYPE]
    if "overallLimit" in body and "overallUsage" in body:
        rooms.append(body["overallLimit"] - body["overallUsage"])
    return max(min(rooms), 0) if rooms else None, []


def room_for_contacts(hubspot: HubSpot) -> tuple[int | None, list[Finding]]:
    """How many contacts may still be made."""
    body = _told(hubspot, hubspot.settings.path("limits", "/records"))
    if body is None:
        return None, [_not_told("how many contacts may still be made")]
    rooms = [
        _room(each)
        for each in body.get("hubspotDefinedObjectTypes", [])
        if each.get("objectTypeId") == CONTACT_TYPE
    ]
    return max(rooms[0], 0) if rooms else None, []


def validation_rules(hubspot: HubSpot) -> tuple[list[ValidationRule], list[Finding]]:
    """The rules for values of our properties."""
    body = _told(hubspot, hubspot.settings.path("validations"))
    if body is None:
        return [], [_not_told("which rules there are for values of properties")]
    ours = set(hubspot.names.values())
    return [
        ValidationRule(each["propertyName"], rule["ruleType"], (rule.get("ruleArguments") or [""])[0])
        for each in body.get("results", [])
        if each["propertyName"] in ours
        for rule in each["propertyValidationRules"]
    ], []


def required_properties(hubspot: HubSpot) -> tuple[list[str], list[Finding]]:
    """What a new contact must have, by the definition of the object type."""
    body = _told(hubspot, hubspot.settings.path("schema"))
    if body is None:
        return [], [_not_told("which fields a new contact must have")]
    return [str(name) for name in body.get("requiredProperties") or []], []


def scopes(hubspot: HubSpot) -> tuple[set[str] | None, list[Finding]]:
    """What the token may do; None for a Service Key, of which HubSpot does not tell it."""
    answer = hubspot.ask("POST", TOKEN_PATH, {"tokenKey": hubspot.settings.token})
    given = answer.body.get("scopes")
    if not answer.is_success or not isinstance(given, list):
        return None, [_not_told("what the token may write, as it does of no Service Key")]
    return {str(scope) for scope in given}, []


def may_not_read_contacts(hubspot: HubSpot) -> list[Finding]:
    """Whether the token reads contacts, found out by reading one."""
    answer = hubspot.ask("GET", hubspot.settings.path("contacts", "?limit=1"))
    return [_lacks("crm.objects.contacts.read")] if answer.status == 403 else []


def lacking(granted: set[str], but: str | None = None) -> list[Finding]:
    """The scopes that a token lacks, but for one that is not needed."""
    return [_lacks(scope) for scope in SCOPES if scope not in granted and scope != but]


def _lacks(scope: str) -> Finding:
    return Finding(
        f"HubSpot's access token lacks the scope {scope}, which {SCOPES[scope]}: add it to the Service Key or"
        " the private app in HubSpot's settings."
    )


def _told(hubspot: HubSpot, path: str) -> dict[str, Any] | None:
    answer = hubspot.ask("GET", path)
    return answer.body if answer.is_success else None


def _room(each: dict[str, Any]) -> int:
    return int(each["limit"]) - int(each["usage"])


def _not_told(what: str) -> Finding:
    return Finding(f"HubSpot does not tell {what}: it turns out with the first request.", "note")
