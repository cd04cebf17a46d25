"""Limits: of ten seconds and of a day."""

from collections.abc import Callable
from typing import Any

from olist.local.hubspot_sandbox.rate_limit import DAILY, TEN_SECONDLY, RateLimiter


def test_the_rolling_window() -> None:
    now = [1_000_000.0]
    limiter = RateLimiter(3, 100, clock=lambda: now[0])
    assert [limiter.admit() for _ in range(3)] == [None] * 3
    now[0] += 4
    assert limiter.admit() == TEN_SECONDLY
    assert limiter.retry_after(TEN_SECONDLY) == 7
    now[0] += 5.9
    assert limiter.admit() == TEN_SECONDLY
    now[0] += 0.2
    assert [limiter.admit() for _ in range(4)] == [None] * 3 + [TEN_SECONDLY]


def test_the_day_ends_at_midnight() -> None:
    now = [86_400.0 * 100 - 60]
    limiter = RateLimiter(100, 2, clock=lambda: now[0])
    assert [limiter.admit() for _ in range(3)] == [None, None, DAILY]
    assert limiter.retry_after(DAILY) == 60
    now[0] += 60
    assert limiter.admit() is None


def test_more_than_the_ten_second_limit_is_429(limited: Callable[..., Any]) -> None:
    with limited(ten_second_limit=3) as api:
        answers = [api.client.get(api.contacts) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
        remaining = [answer.headers["X-HubSpot-RateLimit-Remaining"] for answer in answers]
        assert remaining == ["2", "1", "0", "0", "0"]
        assert answers[0].headers["X-HubSpot-RateLimit-Max"] == "3"
        assert answers[0].headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
        body = answers[-1].json()
        assert (body["policyName"], body["errorType"]) == ("TEN_SECONDLY_ROLLING", "RATE_LIMIT")
        assert body["message"] == "You have reached your ten_secondly_rolling limit."
        assert "Retry-After" not in answers[-1].headers
        api.faults(retry_after=True)
        assert 1 <= int(api.client.get(api.contacts).headers["Retry-After"]) <= 11
        assert api.requests()["rate_limited"] == {"TEN_SECONDLY_ROLLING": 3}


def test_more_than_the_daily_limit_is_429_of_another_kind(limited: Callable[..., Any]) -> None:
    with limited(daily_limit=2) as api:
        answers = [api.client.get(api.contacts) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[1].headers["X-HubSpot-RateLimit-Daily"] == "2"
        assert answers[1].headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
        assert answers[2].json()["policyName"] == "DAILY"
        assert api.requests()["rate_limited"] == {"DAILY": 1}
