"""Through what people are told: mails to OLIST_ALERT_EMAIL, and any chat or pager named in OLIST_ALERT_URLS.

Mails go by Airflow's connection `smtp_default`, the URLs through Apprise. A URL holds the secret of its
channel, so no sentence shows more of it than its scheme and its place in the setting.
"""

import asyncio
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from olist.orchestration.messages import Message, one_line

if TYPE_CHECKING:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

# A comma within a URL is a part of it, as between the targets of one channel.
BETWEEN_URLS = re.compile(r",*\s[\s,]*|,+(?=\w+://)")
SECONDS_FOR_A_CHANNEL = 20
# What is logged while a URL is used, which may hold it or a part of it.
_unsaid: ContextVar[list[str] | None] = ContextVar("unsaid", default=None)

log = logging.getLogger(__name__)


def is_anybody_told() -> bool:
    """Whether there is a channel at all."""
    return bool(addresses() or urls())


def addresses() -> list[str]:
    """Who is told by mail: the addresses of OLIST_ALERT_EMAIL, with commas between."""
    return [each.strip() for each in os.environ.get("OLIST_ALERT_EMAIL", "").split(",") if each.strip()]


def urls() -> list[str]:
    """Who is told through Apprise: the URLs of OLIST_ALERT_URLS, with spaces or commas between."""
    return [url for url in BETWEEN_URLS.split(os.environ.get("OLIST_ALERT_URLS", "").strip(" ,")) if url]


def send(message: Message, context: dict[str, Any]) -> None:
    """Tells everybody. A channel that fails is one sentence in the log, and hinders no other."""
    _send_to_urls(message)
    if to := addresses():
        with _a_failure_is_a_sentence(", ".join(to)):
            _mail(message, to).notify(context)


async def send_from_triggerer(message: Message, context: dict[str, Any]) -> None:
    """As `send`, without holding up what else Airflow's triggerer waits for."""
    await asyncio.to_thread(_send_to_urls, message)
    if to := addresses():
        with _a_failure_is_a_sentence(", ".join(to)):
            await _mail(message, to).async_notify(context)


def _mail(message: Message, to: list[str]) -> "SmtpNotifier":
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    return SmtpNotifier(
        to=to, subject=message.subject, html_content=message.html, smtp_conn_id="smtp_default"
    )


def _send_to_urls(message: Message) -> None:
    for place, url in enumerate(urls(), start=1):
        with _kept_out_of_logs() as unsaid:
            fault = _fault_of_sending(url, place, message, unsaid)
        if fault:
            log.error("%s", fault)


def _fault_of_sending(url: str, place: int, message: Message, unsaid: list[str]) -> str | None:
    """Sends to one channel. Returns why that failed, as a sentence; None where it did not."""
    where = f"URL {place} of OLIST_ALERT_URLS"
    try:
        # It takes a second to import, and only trouble needs it.
        from apprise import Apprise, AppriseResultStatus, NotifyFormat

        channel = Apprise()
        if not channel.add(url):
            return f"{where} is none that Apprise can use: nobody was told through it."
        where += f" ({url.partition('://')[0].lower()})"
        sent = channel.notify(
            title=message.subject,
            body=message.text,
            notify_type=message.kind,
            body_format=NotifyFormat.TEXT,
            timeout=SECONDS_FOR_A_CHANNEL,
        )
        if sent:
            return None
        answer = re.search(r"error=(\d{3})\b", " ".join(unsaid))
        why = f"it answered {answer[1]}" if answer else "it could not be reached, or refused"
        if sent.status is AppriseResultStatus.TIMEOUT:
            why = f"it has not answered within {SECONDS_FOR_A_CHANNEL} seconds"
    # Whatever it is may name the URL.
    except Exception as error:
        why = type(error).__name__
    return f"The alert could not be sent through {where}: {why}."


@contextmanager
def _kept_out_of_logs() -> Iterator[list[str]]:
    """Whoever logs what within is kept out of every log, whatever its level, and is in the list instead."""
    for handler in filter(None, (*logging.root.handlers, logging.lastResort)):
        handler.addFilter(_is_said)
    unsaid: list[str] = []
    before = _unsaid.set(unsaid)
    try:
        yield unsaid
    finally:
        _unsaid.reset(before)


def _is_said(record: logging.LogRecord) -> bool:
    # Of this thread and those it has started: others go on logging.
    if (unsaid := _unsaid.get()) is None:
        return True
    unsaid.append(record.getMessage())
    return False


@contextmanager
def _a_failure_is_a_sentence(who: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        log.error("The alert could not be sent to %s: %s.", who, one_line(error))
