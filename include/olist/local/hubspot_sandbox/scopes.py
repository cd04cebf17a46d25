"""What a token may do: the scopes that each path needs, and what HubSpot tells of a token."""

import re

from fastapi import APIRouter, Response
from pydantic import BaseModel

from olist.local.hubspot_sandbox.errors import HubSpotError, json_response
from olist.local.hubspot_sandbox.state import SandboxState

CONTACTS = ("crm.objects.contacts.read", "crm.objects.contacts.write")
DEFINITIONS = ("crm.schemas.contacts.read", "crm.schemas.contacts.write")
LISTS = ("crm.lists.read", "crm.lists.write")
SUBSCRIPTIONS = ("communication_preferences.statuses.batch.read",)
SCOPES = ("oauth", *CONTACTS, *DEFINITIONS, *LISTS, *SUBSCRIPTIONS)
# By path: (to read, to write), each a tuple of scopes of which one is enough. The first that fits counts.
NEEDED = (
    (re.compile(r"^/(account-info|oauth)/"), (("oauth",), ("oauth",))),
    (re.compile(r"^/communication-preferences/"), (SUBSCRIPTIONS, SUBSCRIPTIONS)),
    (re.compile(r"^/crm/(v3/limits|limits)/"), (CONTACTS, CONTACTS)),
    (re.compile(r"/property-validations/"), ((*CONTACTS, DEFINITIONS[0]), (DEFINITIONS[1],))),
    (re.compile(r"^/crm/(v3/)?lists\b"), ((LISTS[0],), (LISTS[1],))),
    (re.compile(r"^/crm/(v3/)?objects/"), ((CONTACTS[0],), (CONTACTS[1],))),
    (re.compile(r""), ((DEFINITIONS[0],), (DEFINITIONS[1],))),
)

router = APIRouter()


class TokenKey(BaseModel):
    """The body that asks about a token."""

    tokenKey: str


def needed(method: str, path: str) -> tuple[str, ...]:
    """The scopes of which a request needs one."""
    is_reading = method == "GET" or path.endswith(("/batch/read", "/search"))
    to_read, to_write = next(scopes for pattern, scopes in NEEDED if pattern.search(path))
    return to_read if is_reading else to_write


@router.post("/private-apps/get/access-token-info")
def token_info(body: TokenKey, sandbox: SandboxState) -> Response:
    """Account and scopes of the token of a private app; HubSpot tells nothing of a Service Key."""
    faults = sandbox.faults.current
    if faults.is_service_key or body.tokenKey != sandbox.settings.token:
        raise HubSpotError(404, "OBJECT_NOT_FOUND", "There is no private app with this token.")
    scopes = [scope for scope in SCOPES if scope not in faults.missing_scopes]
    return json_response({"userId": 1, "hubId": sandbox.portal_id, "appId": 1, "scopes": scopes})
