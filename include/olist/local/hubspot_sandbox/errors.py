"""HubSpot's error bodies, in the shape of the `Error` schema of its OpenAPI description."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from starlette.responses import Response

JSON = "application/json;charset=utf-8"
SCOPES_PAGE = "https://developers.hubspot.com/scopes"


class HubSpotError(Exception):
    """A refusal of the whole request; `fields` go into the body beside HubSpot's usual ones."""

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body = {
            "status": "error",
            "message": message,
            "correlationId": str(uuid4()),
            "category": category,
            **fields,
        }

    def response(self) -> Response:
        """The answer to send."""
        return json_response(self.body, self.status, self.headers)


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Serialise once, compactly: FastAPI's own encoder walks every value and costs more than the storing."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, status, headers, JSON)


def invalid(message: str, **fields: Any) -> HubSpotError:
    """400 for a request that breaks a rule."""
    return HubSpotError(400, "VALIDATION_ERROR", message, **fields)


def unauthorized() -> HubSpotError:
    """401: no token, or not ours."""
    return HubSpotError(
        401,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
        "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
    )


def missing_scopes(one_of: Sequence[str]) -> HubSpotError:
    """403: the token is good, but was given none of these rights."""
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": list(one_of)},
    }
    message = (
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {SCOPES_PAGE}."
    )
    return HubSpotError(403, "MISSING_SCOPES", message, errors=[detail], links={"scopes": SCOPES_PAGE})


def rate_limited(policy: str, retry_after: int | None = None) -> HubSpotError:
    """429; the policy says whether waiting ten seconds helps (`TEN_SECONDLY_ROLLING`) or not (`DAILY`)."""
    return HubSpotError(
        429,
        "RATE_LIMITS",
        f"You have reached your {policy.lower()} limit.",
        headers={} if retry_after is None else {"Retry-After": str(retry_after)},
        errorType="RATE_LIMIT",
        policyName=policy,
        requestId=str(uuid4()),
    )


def partial_error(category: str, message: str, context: dict[str, list[str]]) -> dict[str, Any]:
    """One entry of the `errors` of a 207, in the shape of `StandardError`."""
    return {
        "status": "error",
        "category": category,
        "message": message,
        "context": context,
        "errors": [],
        "links": {},
    }


def objects_not_found(ids: list[str]) -> dict[str, Any]:
    """The 207 entry for ids that no contact has: one entry for all of them, as HubSpot does it."""
    message = (
        "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid."
    )
    return partial_error("OBJECT_NOT_FOUND", message, {"ids": ids})
