"""The account's details: what a client asks for to find out whether its token is good."""

from fastapi import APIRouter, Response

from olist.local.hubspot_sandbox.errors import json_response
from olist.local.hubspot_sandbox.state import SandboxState

DETAILS = {
    "accountType": "DEVELOPER_TEST",
    "timeZone": "Etc/UTC",
    "companyCurrency": "BRL",
    "additionalCurrencies": [],
    "utcOffset": "+00:00",
    "utcOffsetMilliseconds": 0,
    "uiDomain": "app.hubspot.com",
    "dataHostingLocation": "na1",
}

router = APIRouter()


@router.get("/details")
def details(sandbox: SandboxState) -> Response:
    """The account's number, its type, time zone and currency."""
    return json_response({"portalId": sandbox.portal_id} | DETAILS)
