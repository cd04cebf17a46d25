"""What the parts of one sandbox share, and how a request gets hold of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from olist.local.hubspot_sandbox.faults import FaultInjector
from olist.local.hubspot_sandbox.rate_limit import RateLimiter
from olist.local.hubspot_sandbox.settings import SandboxSettings
from olist.local.hubspot_sandbox.store import Store


@dataclass
class RequestLog:
    """How often each path was called and what came of it; a status or the name of what cut the answer off."""

    requests: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    rate_limited: Counter[str] = field(default_factory=Counter)

    def summary(self) -> dict[str, Any]:
        """The counts, ready to be sent."""
        by_status: Counter[str] = Counter()
        for (_, _, status), count in self.requests.items():
            by_status[status] += count
        return {
            "total": self.requests.total(),
            "by_status": dict(sorted(by_status.items())),
            "rate_limited": dict(self.rate_limited),
            "requests": [
                {"method": method, "path": path, "status": status, "count": count}
                for (method, path, status), count in sorted(self.requests.items())
            ],
        }


@dataclass
class Sandbox:
    """One sandbox: what it was told, what it remembers, how it misbehaves."""

    settings: SandboxSettings
    store: Store
    portal_id: int
    faults: FaultInjector
    limiter: RateLimiter
    log: RequestLog = field(default_factory=RequestLog)

    @classmethod
    def open(cls, settings: SandboxSettings) -> "Sandbox":
        """Open the database and start counting."""
        store = Store(settings.database)
        return cls(
            settings=settings,
            store=store,
            portal_id=settings.portal_id or store.portal_id(),
            faults=FaultInjector(settings.faults),
            limiter=RateLimiter(settings.ten_second_limit, settings.daily_limit),
        )

    def reset(self) -> None:
        """Back to the state of an empty account with the faults of the settings."""
        self.store.reset()
        self.faults.replace(self.settings.faults)
        self.limiter.reset()
        self.log = RequestLog()


async def _sandbox_of(request: Request) -> Sandbox:
    return request.app.state.sandbox


SandboxState = Annotated[Sandbox, Depends(_sandbox_of)]
