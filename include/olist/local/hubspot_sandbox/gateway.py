"""What stands before the API: the token, the limits, the faults, and the record of what was answered.

Plain ASGI, because it must be able to give no answer at all: a connection is reset on its transport, which
`connection.py` hands over in the request's scope.
"""

import asyncio
import hmac
import re
from dataclasses import dataclass
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from olist.local.hubspot_sandbox.connection import hung_up, reset
from olist.local.hubspot_sandbox.errors import HubSpotError, missing_scopes, rate_limited, unauthorized
from olist.local.hubspot_sandbox.faults import Plan
from olist.local.hubspot_sandbox.rate_limit import DAILY, TEN_SECONDLY
from olist.local.hubspot_sandbox.scopes import needed
from olist.local.hubspot_sandbox.state import Sandbox

PREFIXES = ("/crm/", "/crm-object-schemas/", "/account-info/", "/communication-preferences/", "/oauth/")
BATCH_WRITE = re.compile(r"/contacts/batch/(upsert|update)$")
ONE_CONTACT = re.compile(r"(/crm/(?:v3/objects|objects/[^/]+)/contacts)/(?!(?:merge|search)$)[^/]+$")
CORRELATION = b"x-hubspot-correlation-id"
DRIPS = 10
ACCEPTED = "olist.accepted"  # in the scope: the deliveries that the answer is going to acknowledge
EMPTY_RESULTS = "olist.empty_results"  # in the scope: answer COMPLETE and do nothing


@dataclass
class Answer:
    """A finished response, held back until it is decided whether the client gets it."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Gateway:
    """The middleware; leaves everything that is not HubSpot's API alone."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self.app = app
        self.sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIXES):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal:
            await self._deliver(refusal.response(), scope, receive, send)
            return
        # Read before any delay: a client that loses patience has sent its batch, and HubSpot will work on it.
        body = await _request_body(receive)
        if body is None:
            return
        plan = self.sandbox.faults.plan(bool(BATCH_WRITE.search(scope["path"])))
        await asyncio.sleep(plan.delay_seconds)
        await self._carry_out(plan, scope, body, receive, send)

    async def _carry_out(self, plan: Plan, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        if plan.event == "connection_reset":
            self._count(scope, "connection_reset")
            await reset(scope, receive)
            return
        failure = self._failure(plan)
        if failure:
            await self._deliver(failure, scope, receive, send, DAILY if plan.event == "daily_limit" else None)
            return
        scope[EMPTY_RESULTS] = plan.event == "empty_results"
        answer = await _answer_of(self.app, scope, _replay(body, receive))
        if plan.event == "lost_answer":
            self._count(scope, "lost_answer")
            await reset(scope, receive)
            return
        await self._send(answer, plan.drip_seconds, scope, send)

    def _refusal(self, scope: Scope) -> HubSpotError | None:
        sandbox = self.sandbox
        authorization = Headers(scope=scope).get("authorization", "")
        if not hmac.compare_digest(authorization.encode(), f"Bearer {sandbox.settings.token}".encode()):
            return unauthorized()
        policy = sandbox.limiter.admit()
        if policy:
            return self._rate_limited(policy)
        faults = sandbox.faults.current
        if any(f"/{api}" in scope["path"] for api in faults.missing_apis):
            return HubSpotError(404, "OBJECT_NOT_FOUND", "The requested resource could not be found.")
        one_of = needed(scope["method"], scope["path"])
        if all(each in faults.missing_scopes for each in one_of):
            return missing_scopes(one_of)
        return None

    def _failure(self, plan: Plan) -> Response | None:
        if plan.event == "daily_limit":
            return self._rate_limited(DAILY).response()
        if plan.event == "too_many_requests":
            return self._rate_limited(TEN_SECONDLY).response()
        if plan.event == "locked":
            return HubSpotError(
                423, "LOCKED", "The resource is locked; wait two seconds and try again."
            ).response()
        if plan.event == "server_error":
            return _server_error(plan.status)
        if plan.event == "html":
            return HTMLResponse("<html><head><title>Log in</title></head><body>Please log in</body></html>")
        return None

    def _rate_limited(self, policy: str) -> HubSpotError:
        self.sandbox.log.rate_limited[policy] += 1
        faults = self.sandbox.faults.current
        seconds = faults.retry_after_seconds or self.sandbox.limiter.retry_after(policy)
        wait = seconds if faults.retry_after else None
        return rate_limited(policy, wait)

    async def _deliver(
        self, response: Response, scope: Scope, receive: Receive, send: Send, exhausted: str | None = None
    ) -> None:
        await self._send(await _answer_of(response, scope, receive), 0, scope, send, exhausted)

    async def _send(
        self, answer: Answer, drip_seconds: float, scope: Scope, send: Send, exhausted: str | None = None
    ) -> None:
        headers = answer.headers + self.sandbox.limiter.headers(exhausted)
        headers.append((CORRELATION, str(uuid4()).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        size = max(1, -(-len(answer.body) // DRIPS)) if drip_seconds else max(1, len(answer.body))
        position = 0
        while len(answer.body) - position > size:
            await send(_body(answer.body[position : position + size], more=True))
            await asyncio.sleep(drip_seconds / DRIPS)
            position += size
        # Before the last piece: a client that has read it must find it on record, one that is gone must not.
        gone = hung_up(scope)
        self._count(scope, "client_gone" if gone else str(answer.status))
        if not gone and scope.get(ACCEPTED):
            self.sandbox.store.acknowledge(scope[ACCEPTED])
        await send(_body(answer.body[position:], more=False))

    def _count(self, scope: Scope, outcome: str) -> None:
        path = ONE_CONTACT.sub(r"\1/{contactId}", scope["path"])
        self.sandbox.log.requests[scope["method"], path, outcome] += 1


async def _request_body(receive: Receive) -> bytes | None:
    """The whole body; None if the client left before it was sent."""
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
    return None


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand out the body that was read already, then whatever else comes."""
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay


async def _answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    answer = Answer(500, [], b"")

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, collect)
    return answer


def _body(part: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": part, "more_body": more}


def _server_error(status: int) -> Response:
    if status in (502, 504):
        # What a proxy before HubSpot says; a client that takes every body for JSON stumbles here.
        return HTMLResponse(
            f"<html><head><title>{status}</title></head><body>Bad gateway</body></html>", status
        )
    return HubSpotError(status, "INTERNAL_ERROR", "There was a problem with the request.").response()
