"""What HubSpot answers, whether asking again may help, and how long to wait before that."""

import random
from dataclasses import dataclass
from typing import Any

# Answers after which the same request may well succeed. 423: the account is busy with a lot of writes.
TEMPORARY_STATUSES = frozenset({408, 423, 429, 500, 502, 503, 504})


class HubSpotUnavailableError(Exception):
    """HubSpot does not answer, or answers with errors of its own: trying again later helps."""


@dataclass(frozen=True)
class Answer:
    """What HubSpot answered: status, headers by lower-case name, and the JSON body ({} if it is none).

    Status 0 means that no answer came; the request may or may not have been carried out.
    """

    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status == 0 or self.status in TEMPORARY_STATUSES

    @property
    def sentence(self) -> str:
        """HubSpot's own words."""
        return str(self.body.get("message") or f"HTTP status {self.status}")


def backoff_seconds(attempt: int, status: int = 0) -> float:
    """How long to wait after a failed attempt (from 0): exponential with full jitter, at most half a minute.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. HubSpot asks for at least two
    seconds after 423.
    """
    wait = random.uniform(0.5, 1.0) * min(0.5 * 2**attempt, 30.0)
    return max(wait, 2.0) if status == 423 else wait
