"""Many requests, several at a time: one after the other, they would not keep up with the shared pace."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from olist.hubspot.answers import Answer, backoff_seconds
from olist.hubspot.client import MAX_ATTEMPTS, HubSpot

# Enough for 19 requests a second (HubSpot's higher limit) at 400 ms each.
REQUESTS_AT_ONCE = 8

# By how much a request may miss the moment that was reserved for it.
TOO_LATE_SECONDS = 0.1


@dataclass(eq=False)
class Question:
    """A POST, and what it is about (`about`), for whoever gets the answer."""

    path: str
    body: dict[str, Any]
    about: Any = None
    attempts: int = field(default=0, init=False)
    not_before: float = field(default=0.0, init=False)


def ask_all(
    hubspot: HubSpot, questions: Iterable[Question], also_accepted: tuple[int, ...] = ()
) -> Iterator[tuple[Question, Answer]]:
    """The answers that last, in the order in which they come. Questions are taken as there is room for them.

    Only the requests run in other threads. Raises what HubSpot.call raises.
    """
    waiting: deque[Question] = deque()
    asked: dict[Future[Answer], Question] = {}
    coming = iter(questions)
    # The moment that is reserved for the next request. Answers are looked at until then.
    leaves_at: float | None = None
    pool = ThreadPoolExecutor(REQUESTS_AT_ONCE)
    try:
        while True:
            has_room = leaves_at is None and len(waiting) + len(asked) < REQUESTS_AT_ONCE
            if has_room and (one := next(coming, None)):
                waiting.append(one)
            if not waiting and not asked:
                return
            now = time.monotonic()
            due = next((each for each in waiting if each.not_before <= now), None)
            if due and leaves_at is None:
                leaves_at = now + (hubspot.pace.reserve() if hubspot.pace else 0)
            if leaves_at is not None and time.monotonic() - leaves_at > TOO_LATE_SECONDS:
                # Others have the moments after it: sent now, it would be one too many.
                leaves_at = None
                continue
            if due and leaves_at is not None and leaves_at <= time.monotonic():
                waiting.remove(due)
                asked[pool.submit(hubspot.request, "POST", due.path, due.body)] = due
                leaves_at = None
                continue
            patience = min(max((leaves_at or now + 0.02) - time.monotonic(), 0), 0.02)
            if not asked:
                time.sleep(patience)
                continue
            done, _ = wait(asked, timeout=patience, return_when=FIRST_COMPLETED)
            for future in done:
                question, answer = asked.pop(future), future.result()
                if hubspot.pace:
                    hubspot.pace.heed(answer)
                if hubspot.lasts("POST", question.path, answer, also_accepted):
                    yield question, answer
                    continue
                question.attempts += 1
                if question.attempts >= MAX_ATTEMPTS:
                    raise hubspot.unavailable(answer)
                question.not_before = time.monotonic() + backoff_seconds(question.attempts - 1, answer.status)
                waiting.append(question)
    finally:
        pool.shutdown(cancel_futures=True)
