"""The sandbox's own endpoints, for tests and for the curious: HubSpot has none. They need no token."""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from olist.local.hubspot_sandbox import subscriptions
from olist.local.hubspot_sandbox.errors import json_response
from olist.local.hubspot_sandbox.faults import Faults
from olist.local.hubspot_sandbox.state import Sandbox, SandboxState

STREAMED_AT_ONCE = 2_000

router = APIRouter()


@router.get("/faults")
def faults(sandbox: SandboxState) -> Response:
    """The faults in force."""
    return json_response(sandbox.faults.current.model_dump())


@router.put("/faults")
async def replace_faults(body: Faults, sandbox: SandboxState) -> Response:
    """Put exactly these faults in force: what the body leaves out goes back to its default."""
    sandbox.faults.replace(body)
    return json_response(body.model_dump())


@router.get("/requests")
async def requests(sandbox: SandboxState) -> Response:
    """How often each path was called since the start or the last reset, and what came of it."""
    return json_response(sandbox.log.summary())


@router.get("/deliveries")
def deliveries(sandbox: SandboxState, contact: str | None = None, limit: int = 1_000) -> Response:
    """Every payload accepted for every contact, those sent again without need first."""
    totals = sandbox.store.query(
        "SELECT count(DISTINCT contact), count(*), coalesce(sum(count), 0), coalesce(sum(acknowledged), 0), "
        "coalesce(sum(repeated), 0) FROM deliveries WHERE ?1 IS NULL OR contact = ?1",
        (contact,),
    )[0]
    rows = sandbox.store.query(
        "SELECT contact, payload_hash, count, acknowledged, repeated FROM deliveries "
        "WHERE ?1 IS NULL OR contact = ?1 ORDER BY repeated DESC, count DESC, contact, payload_hash LIMIT ?2",
        (contact, limit),
    )
    names = ("contacts", "payloads", "accepted", "acknowledged", "repeated")
    columns = ("contact", "payload_hash", "count", "acknowledged", "repeated")
    body: dict[str, Any] = dict(zip(names, totals, strict=True))
    return json_response(body | {"deliveries": [dict(zip(columns, row, strict=True)) for row in rows]})


@router.get("/contacts.ndjson")
def contacts(sandbox: SandboxState) -> StreamingResponse:
    """All contacts, one JSON object a line, in the order of their ids."""
    return StreamingResponse(_lines(sandbox), media_type="application/x-ndjson")


@router.delete("/archived/{name}")
def purge(name: str, sandbox: SandboxState) -> Response:
    """Delete an archived property for good, as a person can in HubSpot's settings: its name is free again."""
    sandbox.store.purge_property(name)
    return Response(status_code=204)


@router.delete("/lists/{number}")
def purge_list(number: str, sandbox: SandboxState) -> Response:
    """Delete a list for good, as HubSpot does 90 days after a person has deleted it."""
    sandbox.store.purge_list(number)
    return Response(status_code=204)


@router.put("/unsubscribed/{email}")
def unsubscribe(email: str, sandbox: SandboxState) -> Response:
    """Unsubscribe an address from all e-mails, as its owner does by the link in an e-mail."""
    subscriptions.keep(sandbox, email, subscriptions.UNSUBSCRIBED)
    return Response(status_code=204)


@router.delete("/unsubscribed/{email}")
def subscribe(email: str, sandbox: SandboxState) -> Response:
    """Subscribe an address again."""
    subscriptions.keep(sandbox, email, subscriptions.SUBSCRIBED)
    return Response(status_code=204)


@router.delete("")
async def reset(sandbox: SandboxState) -> Response:
    """Empty the account, zero the counts, and go back to the faults of the start."""
    sandbox.reset()
    return Response(status_code=204)


def _lines(sandbox: Sandbox) -> Iterator[str]:
    after = 0
    while page := sandbox.store.page(after, STREAMED_AT_ONCE):
        after = page[-1].id
        rows = ({"id": str(contact.id), "properties": contact.all_properties()} for contact in page)
        yield "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
