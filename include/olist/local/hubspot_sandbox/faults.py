"""Switches for the failures and the rules that integrations with HubSpot meet: all off unless asked for.

Three kinds. What befalls a *request* is drawn from a seeded generator (or taken from `script`, one entry per
batch write, for an exact order of events). What befalls a *person* follows from a hash of the person's id, so
that the same people are hit on every attempt, in every batch and in every run. What the *account* lays down
(limits of its plan, rules of its admins, scopes of the token) holds for everybody.
"""

import hashlib
import random
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Milliseconds = Annotated[float, Field(ge=0, le=600_000)]
Event = Literal[
    "ok",
    "connection_reset",
    "lost_answer",
    "server_error",
    "too_many_requests",
    "daily_limit",
    "locked",
    "html",
    "empty_results",
    "slow",
    "slow_body",
]
SERVER_ERRORS = (500, 502, 503, 504)


class Faults(BaseModel):
    """Every switch. Shares are between 0 and 1, of requests unless the name says people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    script: list[Event] = Field([], description="what happens to the next batch writes, one entry each")
    latency_ms: Milliseconds = Field(0, description="wait before every request is worked on")
    slow_share: Share = Field(0, description="share that waits `slow_ms` more")
    slow_ms: Milliseconds = 1_000
    slow_body_share: Share = Field(0, description="share whose body drips out over `slow_body_ms`")
    slow_body_ms: Milliseconds = 1_000
    too_many_requests_share: Share = Field(0, description="429 TEN_SECONDLY_ROLLING although under the limit")
    daily_limit_reached: bool = Field(False, description="every request is answered 429 DAILY")
    retry_after: bool = Field(False, description="send Retry-After with 429, which HubSpot does not always")
    retry_after_seconds: int = Field(0, ge=0, description="what it says; 0: until there is room again")
    server_error_share: Share = Field(
        0, description="500, 502, 503 or 504, of which 502 and 504 have HTML bodies"
    )
    locked_share: Share = Field(0, description="423, as under high volume")
    html_share: Share = Field(0, description="an HTML page with status 200, as of a proxy; nothing is done")
    connection_reset_share: Share = Field(0, description="connection aborted before anything is done")
    lost_answer_share: Share = Field(0, description="work done and committed, then the connection aborted")
    empty_results_share: Share = Field(
        0, description="batch writes answered COMPLETE with nothing in it or done"
    )
    empty_statuses: bool = Field(
        False, description="who has unsubscribed is answered COMPLETE with nobody in it"
    )
    rejected_people_share: Share = Field(0, description="people answered with an error in a 207")
    conflict_people_share: Share = Field(
        0, description="people whose presence answers the whole batch with 409"
    )
    missing_scopes: list[str] = Field([], description="scopes that the token was not given: 403")
    is_service_key: bool = Field(False, description="a Service Key, whose scopes HubSpot does not tell")
    missing_apis: list[str] = Field(
        [], description="parts of paths (limits, property-validations, schemas) that are answered 404"
    )
    property_limit: int = Field(1_000, ge=0, description="custom contact properties that the plan allows")
    record_limit: int = Field(15_000_000, ge=0, description="contacts that the plan allows")
    list_limit: int = Field(1_000, ge=0, description="DYNAMIC lists that the plan allows")
    merge_keeps_id: bool = Field(
        False, description="merged contacts keep the primary's record id, as in a beta of HubSpot's"
    )
    required_properties: list[str] = Field(
        [], description="what the form 'Create contact' requires: held to since 2026-09"
    )
    required_where: dict[str, tuple[str, str]] = Field(
        {}, description="property: (other property, value) that makes it required: held to since 2026-09"
    )
    validations: dict[str, dict[str, list[str]]] = Field(
        {}, description="rules of properties: {property: {rule type: arguments}}"
    )
    shuffle_results: bool = Field(
        True, description="results in another order than the inputs: HubSpot promises none"
    )

    def rejects(self, person: str) -> bool:
        """Whether this person's row is refused, alone."""
        return _befalls("rejected", self.seed, person, self.rejected_people_share)

    def conflicts(self, person: str) -> bool:
        """Whether this person makes HubSpot refuse the whole batch."""
        return _befalls("conflict", self.seed, person, self.conflict_people_share)


@dataclass(frozen=True)
class Plan:
    """What is going to happen to one request."""

    event: Event
    delay_seconds: float
    status: int = 500
    drip_seconds: float = 0


class FaultInjector:
    """The faults in force, and the generator that draws from them."""

    def __init__(self, faults: Faults) -> None:
        self.replace(faults)

    def replace(self, faults: Faults) -> None:
        """Put other faults in force, with the generator and the script at their beginning."""
        self.current = faults
        self._random = random.Random(faults.seed)
        # A generator of its own, so that the size of an answer has no say in what befalls the next request.
        self._order = random.Random(faults.seed)
        self._script = list(faults.script)

    def plan(self, is_batch_write: bool) -> Plan:
        """Decide about the request at hand."""
        faults = self.current
        scripted = is_batch_write and bool(self._script)
        event = self._script.pop(0) if scripted else self._draw(is_batch_write)
        slow = event == "slow" or (not scripted and self._happens(faults.slow_share))
        drips = event == "slow_body" or (not scripted and self._happens(faults.slow_body_share))
        return Plan(
            event=event,
            delay_seconds=(faults.latency_ms + (faults.slow_ms if slow else 0)) / 1000,
            status=self._random.choice(SERVER_ERRORS) if event == "server_error" else 500,
            drip_seconds=faults.slow_body_ms / 1000 if drips else 0,
        )

    def ordered(self, results: list[Any]) -> list[Any]:
        """The results of a batch in the order in which they are answered."""
        return self._order.sample(results, len(results)) if self.current.shuffle_results else results

    def _draw(self, is_batch_write: bool) -> Event:
        faults = self.current
        if faults.daily_limit_reached:
            return "daily_limit"
        shares: list[tuple[Event, float]] = [
            ("connection_reset", faults.connection_reset_share),
            ("too_many_requests", faults.too_many_requests_share),
            ("server_error", faults.server_error_share),
            ("locked", faults.locked_share),
            ("html", faults.html_share),
            ("empty_results", faults.empty_results_share if is_batch_write else 0),
            ("lost_answer", faults.lost_answer_share),
        ]
        return next((event for event, share in shares if self._happens(share)), "ok")

    def _happens(self, share: float) -> bool:
        # No draw for a switch that is off, so that turning one on leaves the others' sequence alone.
        return share > 0 and self._random.random() < share


def _befalls(salt: str, seed: int, person: str, share: float) -> bool:
    """Whether this share of people has this person in it; depends on nothing but the arguments."""
    if share == 0:
        return False
    digest = hashlib.sha256(f"{salt}:{seed}:{person}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48 < share
