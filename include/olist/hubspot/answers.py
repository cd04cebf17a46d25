"""What HubSpot answers, whether asking again may help, and how long to wait before that."""

import json
import random
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from olist.hubspot.properties import ID_PROPERTY, PERSONAL

# Answers after which the same request may well succeed. 423: the account is busy with a lot of writes.
TEMPORARY_STATUSES = frozenset({408, 423, 429, 500, 502, 503, 504})
# The policy of a 429 that does not pass before midnight.
DAILY = "DAILY"
# How HubSpot lists what is wrong with values inside of a message.
LISTED = re.compile(r"were not valid: (\[.*\])", re.DOTALL)
# What looks like an e-mail address. HubSpot's words about a refusal may hold one, and are kept and logged.
ADDRESS = re.compile(r"""[^\s"'<>()\[\]{},;:=]+@[^\s"'<>()\[\]{},;:=]+""")

Payloads = dict[str, dict[str, str]]  # properties by customer_unique_id


class HubSpotUnavailableError(Exception):
    """HubSpot does not answer, or answers with errors of its own: trying again later helps."""


class DailyLimitError(HubSpotUnavailableError):
    """The account's requests of the day are used up: trying again helps tomorrow."""


@dataclass(frozen=True)
class Answer:
    """What HubSpot answered: status, headers by lower-case name, and the JSON body ({} if it is none).

    Status 0 means that no answer came; the request may or may not have been carried out.
    """

    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    is_json: bool = True

    @property
    def is_success(self) -> bool:
        """Whether the request was carried out, wholly or in part, by a server that talks like HubSpot."""
        return 200 <= self.status < 300 and self.is_json

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later. What is no JSON was written by somebody in between."""
        is_not_hubspots = 200 <= self.status < 300 and not self.is_json
        return self.status == 0 or self.status in TEMPORARY_STATUSES or is_not_hubspots

    @property
    def is_daily_limit(self) -> bool:
        """Whether the requests of the day are used up."""
        return self.status == 429 and self.body.get("policyName") == DAILY

    @property
    def sentence(self) -> str:
        """HubSpot's own words."""
        if 200 <= self.status < 300 and not self.is_json:
            kind = self.headers.get("content-type") or "no content type"
            return f"the answer with status {self.status} is {kind}, where JSON should be"
        return _without_addresses(str(self.body.get("message") or f"HTTP status {self.status}"))

    @property
    def correlation_id(self) -> str | None:
        """HubSpot's id of the request, by which its support finds it."""
        named = self.body.get("correlationId") or self.headers.get("x-hubspot-correlation-id")
        return str(named) if named else None

    @property
    def reason(self) -> str:
        """Why a request was refused, shorter than `sentence` where HubSpot lists errors one by one."""
        messages = [_without_addresses(str(each["message"])) for each in self.errors if each.get("message")]
        return "; ".join(dict.fromkeys(messages)) or self.sentence

    @property
    def scopes(self) -> str:
        """The scopes of which a refused token needs one, as the end of a sentence; empty without any."""
        return f" It needs {' or '.join(self.named_scopes)}." if self.named_scopes else ""

    @property
    def named_scopes(self) -> list[str]:
        """The scopes of which a refused token needs one, where HubSpot names them."""
        named = [
            str(scope)
            for each in self.errors
            for scope in each.get("context", {}).get("requiredGranularScopes", [])
        ]
        return list(dict.fromkeys(named))

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The single errors of a request that was refused, or carried out in part."""
        return [each for each in self.body.get("errors") or [] if isinstance(each, dict)]

    @property
    def faults(self) -> frozenset[tuple[str, str]]:
        """What is wrong with which property, as (code, property), where HubSpot says so."""
        named = {
            (str(each.get("code") or each.get("category") or ""), str(name))
            for each in self.errors
            for name in (each.get("context") or {}).get("propertyName", [])
        }
        if not named and (listed := LISTED.search(self.sentence)):
            with suppress(ValueError, TypeError, AttributeError):
                named = {
                    (str(each.get("error")), str(each.get("name"))) for each in json.loads(listed.group(1))
                }
        return frozenset(named)


def impersonal(answer: Answer, payloads: Payloads) -> Answer:
    """An answer about people in which HubSpot's words have none of their e-mails and names."""
    words = [name for name in ("message", "errors") if name in answer.body]
    if not words:
        return answer
    values = {payload[name] for payload in payloads.values() for name in PERSONAL if payload.get(name)}
    # The longest first: a name may be part of another one.
    listed = "|".join(re.escape(each) for each in sorted(values, key=len, reverse=True))
    of_people = re.compile(rf"(?<!\w)({listed})(?!\w)", re.IGNORECASE) if values else None

    def without(part: Any, is_words: bool = False) -> Any:
        if isinstance(part, dict):
            return {name: without(each, name == "message") for name, each in part.items()}
        if isinstance(part, list):
            return [without(each) for each in part]
        if not is_words or not isinstance(part, str):
            return part
        return _without_addresses(of_people.sub("(personal)", part) if of_people else part)

    return replace(answer, body=answer.body | {name: without(answer.body[name], True) for name in words})


def _without_addresses(words: str) -> str:
    return ADDRESS.sub("(an e-mail)", words)


def backoff_seconds(attempt: int, status: int = 0) -> float:
    """How long to wait after a failed attempt (from 0): exponential with full jitter, at most half a minute.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. HubSpot asks for at least two
    seconds after 423.
    """
    wait = random.uniform(0.5, 1.0) * min(0.5 * 2**attempt, 30.0)
    return max(wait, 2.0) if status == 423 else wait


def judge(
    payloads: Payloads, answer: Answer, id_property: str = ID_PROPERTY
) -> tuple[dict[str, str | None], dict[str, tuple[str, str]]]:
    """Who was accepted (with the contact's id) and who was rejected (with category and message).

    Whoever the answer does not name is in neither. `id_property` is the name that HubSpot knows it by.
    """
    rejected: dict[str, tuple[str, str]] = {}
    for error in answer.body.get("errors", []):
        for names in error.get("context", {}).values():
            for person in payloads.keys() & set(names):
                rejected[person] = (error.get("category", "UNKNOWN"), error.get("message", ""))
    accepted: dict[str, str | None] = {}
    for result in answer.body.get("results", []):
        # A contact that was merged bears another id than the one it was written by.
        person = result.get("objectWriteTraceId")
        if person not in payloads:
            person = result.get("properties", {}).get(id_property)
        if person in payloads and person not in rejected:
            accepted[person] = result.get("id")
    return accepted, rejected
