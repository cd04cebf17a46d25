"""The account's details: what a client asks for to find out whether its token is good."""

from fastapi import APIRouter, Response

from olist.local.hubspot_sandbox.errors import json_response

DETAILS = {
    "portalId": 1_000_000,
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
def details() -> Response:
    """Account type, time zone, currency."""
    return json_response(DETAILS)
