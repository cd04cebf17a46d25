"""The e-mails of customer_contacts.csv: each one checked once, and what was found put beside it."""

import logging
from typing import TYPE_CHECKING

from olist.files import emails
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Cursor

CHUNK = 5_000

log = logging.getLogger(__name__)


def check_emails(cursor: "Cursor") -> None:
    """Fills personal.checked_emails for the file that has landed, a chunk of addresses at a time."""
    cursor.execute("truncate personal.checked_emails")
    with cursor.connection.cursor("written_emails") as written:
        written.execute(read_sql("load/written_emails"), {"max_bytes": emails.MAX_BYTES})
        while chunk := written.fetchmany(CHUNK):
            with cursor.copy(
                "copy personal.checked_emails (written, email, email_problem) from stdin"
            ) as sink:
                for (address,) in chunk:
                    sink.write_row((address, *emails.check(address)))
    cursor.execute("analyze personal.checked_emails")


def count_emails(cursor: "Cursor", file_id: int, file_name: str) -> dict[str, int]:
    """How many e-mails a loaded file has and how many of them cannot be used, which the log says too."""
    cursor.execute(read_sql("load/email_counts"), {"file_id": file_id})
    found, unusable, reason = one_row(cursor)
    if unusable:
        log.warning(
            "%s: %s of %s e-mails cannot be used, most often because %s. Whose these are is in"
            " personal.unusable_emails; those people stay without an e-mail.",
            file_name,
            f"{unusable:,}",
            f"{found:,}",
            reason,
        )
    return {"emails": found, "emails_unusable": unusable}
