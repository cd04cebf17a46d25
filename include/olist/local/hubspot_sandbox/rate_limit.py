"""HubSpot's two limits: a rolling window of ten seconds, and a count that begins anew at midnight."""

import time
from collections import deque
from collections.abc import Callable

TEN_SECONDLY = "TEN_SECONDLY_ROLLING"
DAILY = "DAILY"
WINDOW_SECONDS = 10
DAY_SECONDS = 86_400


class RateLimiter:
    """Counts requests; used from the event loop alone, so it needs no lock."""

    def __init__(
        self, ten_second_limit: int, daily_limit: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.ten_second_limit = ten_second_limit
        self.daily_limit = daily_limit
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Forget everything counted so far."""
        self._recent: deque[float] = deque()
        self._day = self._today()
        self._used_today = 0

    def admit(self) -> str | None:
        """Count one request; or the name of the policy that refuses it, in which case it does not count."""
        self._forget_old()
        if self._used_today >= self.daily_limit:
            return DAILY
        if len(self._recent) >= self.ten_second_limit:
            return TEN_SECONDLY
        self._recent.append(self._clock())
        self._used_today += 1
        return None

    def retry_after(self, policy: str) -> int:
        """Whole seconds, at least one, until a request can be admitted again."""
        now = self._clock()
        if policy == DAILY:
            return max(1, int(DAY_SECONDS - now % DAY_SECONDS))
        return max(1, int(self._recent[0] + WINDOW_SECONDS - now) + 1) if self._recent else 1

    def headers(self, exhausted: str | None = None) -> list[tuple[bytes, bytes]]:
        """The headers that tell a client where it stands; `exhausted` names a limit to report as used up."""
        self._forget_old()
        left_now = self.ten_second_limit - len(self._recent)
        left_today = self.daily_limit - self._used_today
        values = {
            "Max": self.ten_second_limit,
            "Remaining": 0 if exhausted == TEN_SECONDLY else max(0, left_now),
            "Interval-Milliseconds": WINDOW_SECONDS * 1000,
            "Daily": self.daily_limit,
            "Daily-Remaining": 0 if exhausted == DAILY else max(0, left_today),
        }
        return [
            (f"X-HubSpot-RateLimit-{name}".encode(), str(value).encode()) for name, value in values.items()
        ]

    def _forget_old(self) -> None:
        oldest = self._clock() - WINDOW_SECONDS
        while self._recent and self._recent[0] <= oldest:
            self._recent.popleft()
        if self._today() != self._day:
            self._day, self._used_today = self._today(), 0

    def _today(self) -> int:
        return int(self._clock() // DAY_SECONDS)
