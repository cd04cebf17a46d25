"""Through what people are told: mails to OLIST_ALERT_EMAIL, by the connection `smtp_default`."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from olist.orchestration.messages import Message, one_line

if TYPE_CHECKING:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

log = logging.getLogger(__name__)


def is_anybody_told() -> bool:
    """Whether there is a channel at all."""
    return bool(addresses())


def addresses() -> list[str]:
    """Who is told by mail: the addresses of OLIST_ALERT_EMAIL, with commas between."""
    return [each.strip() for each in os.environ.get("OLIST_ALERT_EMAIL", "").split(",") if each.strip()]


def send(message: Message, context: dict[str, Any]) -> None:
    """Tells everybody. A channel that fails is one sentence in the log."""
    if to := addresses():
        with _a_failure_is_a_sentence(to):
            _mail(message, to).notify(context)


async def send_from_triggerer(message: Message, context: dict[str, Any]) -> None:
    """As `send`, without holding up what else Airflow's triggerer waits for."""
    if to := addresses():
        with _a_failure_is_a_sentence(to):
            await _mail(message, to).async_notify(context)


def _mail(message: Message, to: list[str]) -> "SmtpNotifier":
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    return SmtpNotifier(
        to=to, subject=message.subject, html_content=message.html, smtp_conn_id="smtp_default"
    )


@contextmanager
def _a_failure_is_a_sentence(to: list[str]) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        log.error("The alert could not be sent to %s: %s.", ", ".join(to), one_line(error))
