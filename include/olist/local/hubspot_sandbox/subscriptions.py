"""Who has unsubscribed from all e-mails: kept by address, whichever contact has it, as HubSpot does.

The description does not say how an address is told that never was unsubscribed; here it is in the answer,
without a status.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from olist.local.hubspot_sandbox.errors import invalid, json_response
from olist.local.hubspot_sandbox.state import SandboxState
from olist.local.hubspot_sandbox.store import now_text

MAX_BATCH = 100
SUBSCRIBED, UNSUBSCRIBED = "SUBSCRIBED", "UNSUBSCRIBED"

router = APIRouter()


class Addresses(BaseModel):
    """The body that asks about addresses."""

    inputs: list[str]


@router.post("/batch/unsubscribe-all/read")
def read(body: Addresses, sandbox: SandboxState, channel: Annotated[str, Query()]) -> Response:
    """What is known of up to 100 addresses, one result each."""
    if channel != "EMAIL":
        raise invalid(f"Invalid channel: {channel}.")
    if not 1 <= len(body.inputs) <= MAX_BATCH:
        raise invalid(
            f"A batch holds between 1 and {MAX_BATCH} inputs, and this one holds {len(body.inputs)}."
        )
    marks = ", ".join("?" * len(body.inputs))
    known = {
        email: (status, since)
        for email, status, since in sandbox.store.query(
            f"SELECT email, status, since FROM subscriptions WHERE email IN ({marks})",
            [email.lower() for email in body.inputs],
        )
    }
    now = now_text()
    results = [
        {"subscriberIdString": email, "wideStatuses": _statuses(email, known.get(email.lower()))}
        for email in dict.fromkeys(body.inputs)
        if not sandbox.faults.current.empty_statuses
    ]
    return json_response(
        {
            "status": "COMPLETE",
            "results": sandbox.faults.ordered(results),
            "startedAt": now,
            "completedAt": now,
        }
    )


def keep(sandbox: SandboxState, email: str, status: str) -> None:
    """Note that the owner of an address has unsubscribed from everything, or has subscribed again."""
    with sandbox.store.transaction() as connection:
        row = (email.lower(), status, now_text())
        connection.execute("INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)", row)


def _statuses(email: str, known: tuple[str, str] | None) -> list[dict[str, Any]]:
    if known is None:
        return []
    status, since = known
    return [
        {
            "channel": "EMAIL",
            "status": status,
            "subscriberIdString": email,
            "timestamp": since,
            "wideStatusType": "PORTAL_WIDE",
        }
    ]
