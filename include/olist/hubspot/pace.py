"""The pace of requests to HubSpot, kept in the warehouse so that all tasks on all machines share it.

Requests leave evenly spaced at a little less than the rate HubSpot permits, which keeps every rolling window
under the limit whatever the number of tasks. The limit itself is read from HubSpot's headers.
"""

import time
from typing import TYPE_CHECKING

from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

    from olist.hubspot.answers import Answer

PREFIX = "x-hubspot-ratelimit-"
# Where HubSpot sends neither Retry-After nor the interval: the interval it documents.
DEFAULT_PAUSE_SECONDS = 10.0


class Pace:
    """The shared pace of one HubSpot account."""

    def __init__(self, connection: "Connection", portal_id: int) -> None:
        self.connection = connection
        self.account = str(portal_id)

    def wait(self) -> None:
        """Sleeps until the next request may leave."""
        if (seconds := self.reserve()) > 0:
            time.sleep(seconds)

    def reserve(self) -> float:
        """Takes the next moment at which a request may leave. Returns the seconds until then."""
        (seconds,) = one_row(self._run("take_slot"))
        return seconds

    def heed(self, answer: "Answer") -> None:
        """Takes from an answer what it says about the pace; after a 429 everybody pauses.

        Not for the daily limit: its Retry-After is tomorrow, and would hold up every later run until then.
        """
        if answer.headers:
            self.learn(answer.headers)
        if answer.status == 429 and not answer.is_daily_limit:
            self.pause(answer.headers)

    def learn(self, headers: dict[str, str]) -> None:
        """Takes over the limit that an answer's headers tell."""
        requests = _number(headers, f"{PREFIX}max")
        milliseconds = _number(headers, f"{PREFIX}interval-milliseconds")
        self._run(
            "learn_rate",
            requests=int(requests) if requests else None,
            interval_seconds=milliseconds / 1000 if milliseconds else None,
        )

    def pause(self, headers: dict[str, str]) -> None:
        """Stops everybody for as long as a 429 asks for, and slows everybody down."""
        interval = _number(headers, f"{PREFIX}interval-milliseconds")
        seconds = _number(headers, "retry-after") or (interval and interval / 1000) or DEFAULT_PAUSE_SECONDS
        self._run("pause_rate", seconds=seconds)

    def _run(self, name: str, **parameters: object) -> "Cursor":
        return self.connection.execute(
            read_sql(f"upsert_hubspot/{name}"), {"account": self.account, **parameters}
        )


def _number(headers: dict[str, str], name: str) -> float | None:
    """A positive number of a header; None where it is missing or something else."""
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return None
    return value if value > 0 else None
