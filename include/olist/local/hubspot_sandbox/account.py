"""The account's details: what a client asks for to find out whether its token is good."""

from fastapi import APIRouter, Request, Response

from olist.local.hubspot_sandbox.errors import json_response
from olist.local.hubspot_sandbox.state import SandboxState

DETAILS = {
    "accountType": "DEVELOPER_TEST",
    "timeZone": "Etc/UTC",
    "companyCurrency": "BRL",
    "additionalCurrencies": [],
    "utcOffset": "+00:00",
    "utcOffsetMilliseconds": 0,
    "dataHostingLocation": "na1",
}

router = APIRouter()


@router.get("/details")
def details(request: Request, sandbox: SandboxState) -> Response:
    """The account's number, its type, time zone and currency, and where a browser finds its pages."""
    ui_domain = sandbox.settings.ui_domain or request.url.netloc
    return json_response({"portalId": sandbox.portal_id, "uiDomain": ui_domain} | DETAILS)
