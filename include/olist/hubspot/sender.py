"""Sends one part of a delivery: several requests at a time, at the shared pace, until all have an answer.

What the field has learnt about HubSpot decides the rules. An answer counts for the contacts it names and for
no others. One bad contact can make HubSpot refuse a whole batch, which is then split. Where anybody would be
refused (olist.hubspot.refusals), the delivery stops. Requests that fail without an answer are sent again,
which is safe because contacts are upserted by a unique property.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from olist.hubspot.answers import (
    Answer,
    HubSpotUnavailableError,
    Payloads,
    backoff_seconds,
    impersonal,
    judge,
)
from olist.hubspot.claims import Claims
from olist.hubspot.client import BATCH_SIZE, MAX_ATTEMPTS, HubSpot
from olist.hubspot.pace import Pace
from olist.hubspot.refusals import Reason, Suspects, is_anothers, reason_of, rule_in
from olist.hubspot.side_by_side import REQUESTS_AT_ONCE
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

# HubSpot asks that fewer than 5 % of an app's requests fail.
MAX_FAILING_SHARE = 0.04
# So many requests of a part may fail because of people who were refused in an earlier delivery, whatever the
# share: a quiet month has few other requests, and nobody shall stay untried for ever.
MIN_REFUSED_AGAIN = 3
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
# How often contacts that an answer leaves out are sent again before they count as rejected.
MAX_TIMES_LEFT_OUT = 3
SECONDS_BETWEEN_NOTES = 10

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Batch:
    """Payloads by customer_unique_id, and what became of them so far."""

    payloads: Payloads
    attempts: int = 0
    times_left_out: int = 0
    not_before: float = 0.0


class Sender:
    """One part of one delivery. Only its HTTP requests run in other threads; the connection stays in one."""

    def __init__(
        self,
        connection: "Connection",
        run_id: int,
        part: int,
        hubspot: HubSpot,
        portal_id: int,
        creates: bool,
    ) -> None:
        self.connection = connection
        self.hubspot = hubspot
        self.creates = creates
        self.where = {"run_id": run_id, "part": part, "portal_id": portal_id}
        self.pace = Pace(connection, portal_id)
        self.claims = Claims(connection, hubspot, self.where)
        self.pool = ThreadPoolExecutor(REQUESTS_AT_ONCE)
        self.waiting: deque[Batch] = deque()
        self.sent: dict[Future[Answer], Batch] = {}
        self.counts = {"requests": 0, "failing_requests": 0, "accepted": 0, "rejected": 0}
        self.is_stopped = False
        # Whether HubSpot has accepted somebody since it last refused a request. Until then one request at a
        # time is enough to find out.
        self.is_welcome = False
        self.suspects = Suspects()
        # Of people who were refused in an earlier delivery: whether it is their turn, how many are sent at
        # once, how many requests with them were refused again, and who was taken last.
        self.is_again, self.after_new = False, ""
        self.size_again, self.refused_again = 1, 0
        self.after_again = (LONG_AGO, "")

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the threads. What HubSpot accepted meanwhile is kept, also where the task has failed."""
        self.pool.shutdown(cancel_futures=True)
        for future, batch in self.sent.items():
            if not future.cancelled() and not future.exception() and future.result().is_success:
                self._keep(batch, impersonal(future.result(), batch.payloads))

    def send_all(self) -> dict[str, Any]:
        """Sends until nobody of the part waits, or the delivery is stopped. Returns the counts."""
        self._set_aside(self.claims.make())
        self._send(self._take_new)
        if not self.is_stopped:
            self._refuse(self.suspects.clear())
        self.is_again, self.is_welcome = True, False
        self._send(self._take_refused)
        if not self.is_stopped:
            self._run("leave_failed")
        return self.counts

    def _send(self, take: Callable[[], Payloads]) -> None:
        noted = time.monotonic()
        while not self.is_stopped or self.sent:
            if self._first_due() is None and self._may_take() and (payloads := take()):
                self.waiting.append(Batch(payloads))
            if not self.waiting and not self.sent:
                return
            self._dispatch_one()
            self._collect()
            if time.monotonic() - noted > SECONDS_BETWEEN_NOTES:
                noted = time.monotonic()
                log.info("Part %s: %s", self.where["part"], self.counts)

    def _may_take(self) -> bool:
        if self.is_stopped or not self.is_again:
            return not self.is_stopped and len(self.waiting) < REQUESTS_AT_ONCE
        may_fail = self.refused_again < MIN_REFUSED_AGAIN or self._may_fail_again()
        return may_fail and not self.waiting and not self._is_full

    def _take_new(self) -> Payloads:
        payloads: Payloads = dict(
            self._run("next_people", after=self.after_new, people=BATCH_SIZE).fetchall()
        )
        self.after_new = max(payloads, default=self.after_new)
        return payloads

    def _take_refused(self) -> Payloads:
        """One person at first; more at once while HubSpot accepts them, since it may have been mended."""
        tried_at, after = self.after_again
        rows = self._run(
            "next_refused", after_attempt_at=tried_at, after=after, people=self.size_again
        ).fetchall()
        self.after_again = max(((at, person) for person, _, at in rows), default=self.after_again)
        return {person: payload for person, payload, _ in rows}

    def _first_due(self) -> Batch | None:
        now = time.monotonic()
        return next((batch for batch in self.waiting if batch.not_before <= now), None)

    @property
    def _is_full(self) -> bool:
        return len(self.sent) >= (REQUESTS_AT_ONCE if self.is_welcome else 1)

    def _may_fail_again(self) -> bool:
        return self.counts["failing_requests"] + 1 <= MAX_FAILING_SHARE * (self.counts["requests"] + 1)

    def _dispatch_one(self) -> None:
        """Sends the first batch that is due, if there is one and a thread for it."""
        batch = self._first_due()
        if self.is_stopped or batch is None or self._is_full:
            return
        (stop_reason,) = one_row(self._run("stop_reason"))
        if stop_reason:
            self._stop(stop_reason)
            return
        self.pace.wait()
        self.waiting.remove(batch)
        batch.attempts += 1
        self._run("mark_in_flight", people=list(batch.payloads))
        self.counts["requests"] += 1
        self.sent[self.pool.submit(self.hubspot.write_contacts, batch.payloads, self.creates)] = batch

    def _collect(self) -> None:
        """Handles the answers that have come; waits for one where nothing else can be done meanwhile."""
        is_idle = self.is_stopped or self._is_full or self._first_due() is None
        if self.sent:
            done, _ = wait(self.sent, timeout=0.02 if is_idle else 0, return_when=FIRST_COMPLETED)
            for future in done:
                batch = self.sent.pop(future)
                self._handle(batch, future.result())
        elif is_idle:
            time.sleep(0.02)

    def _handle(self, batch: Batch, answer: Answer) -> None:
        self.pace.heed(answer)
        answer = impersonal(answer, batch.payloads)
        if answer.status == 429:
            self._too_many(batch, answer)
        elif answer.is_temporary:
            self._again(batch, answer)
        elif answer.status >= 400:
            self.counts["failing_requests"] += 1
            self._split(batch, answer)
        else:
            self._keep(batch, answer)

    def _too_many(self, batch: Batch, answer: Answer) -> None:
        batch.attempts -= 1
        self._run("mark_landed", people=list(batch.payloads))
        self.waiting.append(batch)
        if answer.is_daily_limit:
            self._run("pause_sync")
            self._stop("paused")

    def _again(self, batch: Batch, answer: Answer) -> None:
        if batch.attempts >= MAX_ATTEMPTS:
            raise HubSpotUnavailableError(
                f"HubSpot at {self.hubspot.settings.base_url} failed {MAX_ATTEMPTS} times for one batch:"
                f" {answer.sentence}"
            )
        batch.not_before = time.monotonic() + backoff_seconds(batch.attempts - 1, answer.status)
        self.waiting.append(batch)

    def _split(self, batch: Batch, answer: Answer) -> None:
        """After a whole batch was refused: halves, or single contacts where few requests may still fail.

        Single contacts cost more requests, of which only the bad ones fail.
        """
        people = list(batch.payloads)
        self._run("mark_landed", people=people)
        self.refused_again += self.is_again
        if self.is_stopped:
            return
        if rule := rule_in(answer):
            self._stop_for_everybody(rule)
            return
        if is_anothers(answer) and (settled := self.claims.settle(batch.payloads)):
            self._set_aside(settled.set_aside)
            if settled.payloads:
                self.waiting.appendleft(Batch(settled.payloads))
            return
        self.is_welcome, self.size_again = False, 1
        if len(people) == 1:
            self._refused_alone(people[0], answer)
            return
        size = (len(people) + 1) // 2 if self._may_fail_again() else 1
        # Before everybody else, so that a reason that is not theirs is found out early.
        for start in reversed(range(0, len(people), size)):
            part = {each: batch.payloads[each] for each in people[start : start + size]}
            self.waiting.appendleft(Batch(part))

    def _refused_alone(self, person: str, answer: Answer) -> None:
        """Somebody is rejected, unless HubSpot says the same of one after the other."""
        if self.is_again or is_anothers(answer):
            self._refuse({person: reason_of(answer)})
            return
        self._refuse(self.suspects.add(person, answer))
        if self.suspects.are_innocent:
            self._stop_for_everybody(answer.reason.removesuffix("."))

    def _stop_for_everybody(self, reason: str) -> None:
        """Ends the delivery, all its parts; who was refused for the reason is not rejected."""
        self.suspects.clear()
        message = f"HubSpot refuses people for a reason that is not theirs: {reason}"
        log.error("%s", message)
        self._run("stop_sync", message=message)
        self._stop("stopped")

    def _refuse(self, reasons: dict[str, Reason]) -> None:
        if reasons:
            self._record({}, {person: (*reason, True) for person, reason in reasons.items()})

    def _set_aside(self, reasons: dict[str, Reason]) -> None:
        """Of people whose e-mail is somebody else's. The next plan finds them without a refused batch."""
        if reasons:
            self._record({}, {person: (*reason, False) for person, reason in reasons.items()})

    def _keep(self, batch: Batch, answer: Answer) -> None:
        accepted, rejected = judge(batch.payloads, answer, self.hubspot.id_property)
        if rule := rule_in(answer):
            # Whoever it befell is waiting, as everybody else who was not sent.
            self._record(accepted, {}, answer.correlation_id)
            self._run("mark_landed", people=sorted(batch.payloads.keys() - accepted.keys()))
            self._stop_for_everybody(rule)
            return
        if accepted:
            self.is_welcome, self.size_again = True, min(2 * self.size_again, BATCH_SIZE)
            self._refuse(self.suspects.clear())
        left_out = batch.payloads.keys() - accepted.keys() - rejected.keys()
        if left_out and batch.times_left_out + 1 < MAX_TIMES_LEFT_OUT:
            again = {person: batch.payloads[person] for person in sorted(left_out)}
            self.waiting.append(Batch(again, times_left_out=batch.times_left_out + 1))
        else:
            message = "HubSpot answered without naming this contact."
            rejected |= dict.fromkeys(left_out, ("NOT_IN_ANSWER", message))
        named = answer.correlation_id
        self._record(accepted, {person: (*words, named, False) for person, words in rejected.items()}, named)

    def _record(
        self,
        accepted: dict[str, str | None],
        rejected: dict[str, tuple[str, str, str | None, bool]],
        correlation_id: str | None = None,
    ) -> None:
        """Keeps what HubSpot said about people, whom it accepted in the request with this id."""
        self.counts["accepted"] += len(accepted)
        self.counts["rejected"] += len(rejected)
        with self.connection.transaction():
            if accepted:
                self._run(
                    "acknowledge",
                    people=list(accepted),
                    contact_ids=list(accepted.values()),
                    correlation_id=correlation_id,
                )
            if rejected:
                names = ("categories", "messages", "correlation_ids", "alone")
                words = (list(each) for each in zip(*rejected.values(), strict=True))
                self._run("refuse", people=list(rejected), **dict(zip(names, words, strict=True)))

    def _stop(self, reason: str) -> None:
        log.warning("Part %s stops: the delivery is %s", self.where["part"], reason)
        self._run("tell_part")
        self.is_stopped = True

    def _run(self, name: str, **parameters: object) -> "Cursor":
        return self.connection.execute(read_sql(f"upsert_hubspot/{name}"), self.where | parameters)
