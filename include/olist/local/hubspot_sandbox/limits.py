"""The limits of the account's plan: how many custom properties and records it may have, and has."""

from typing import Any

from fastapi import APIRouter, Response

from olist.local.hubspot_sandbox.errors import invalid, json_response
from olist.local.hubspot_sandbox.state import Sandbox, SandboxState

CONTACT = {"objectTypeId": "0-1", "singularLabel": "Contact", "pluralLabel": "Contacts"}

router = APIRouter()


@router.get("/custom-properties")
def custom_properties(sandbox: SandboxState) -> Response:
    """Custom contact properties: how many there may be and are."""
    limit, usage = sandbox.faults.current.property_limit, sandbox.store.custom_properties()
    body = {
        "byObjectType": [CONTACT | _used(limit, usage)],
        "overallLimit": limit,
        "overallUsage": usage,
        "overallPercentage": _percentage(limit, usage),
    }
    return json_response(body)


@router.get("/records")
def records(sandbox: SandboxState) -> Response:
    """Contacts: how many there may be and are."""
    used = _used(sandbox.faults.current.record_limit, sandbox.store.contacts())
    none = {"byObjectType": [], "overallLimit": 0, "overallUsage": 0, "overallPercentage": 0}
    return json_response({"hubspotDefinedObjectTypes": [CONTACT | used], "customObjectTypes": none})


def check_room_for_properties(count: int, sandbox: Sandbox) -> None:
    """Refuse more custom properties than the plan allows."""
    limit = sandbox.faults.current.property_limit
    if sandbox.store.custom_properties() + count > limit:
        raise invalid(
            f"You have reached the limit of {limit} custom properties for contacts.",
            subCategory="PROPERTY_LIMIT_REACHED",
        )


def check_room_for_contacts(count: int, sandbox: Sandbox) -> None:
    """Refuse a batch that would make more contacts than the plan allows."""
    limit = sandbox.faults.current.record_limit
    if count and sandbox.store.contacts() + count > limit:
        raise invalid(
            f"You have reached the limit of {limit} contact records.", subCategory="RECORD_LIMIT_REACHED"
        )


def _used(limit: int, usage: int) -> dict[str, Any]:
    return {"limit": limit, "usage": usage, "percentage": _percentage(limit, usage)}


def _percentage(limit: int, usage: int) -> float:
    return round(100 * usage / limit, 2) if limit else 100.0
