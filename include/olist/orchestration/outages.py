"""Outages in one sentence: the warehouse is away, its disk or ours is full, somebody was in the way.

For the person on call, who has the task's log and nothing else.
"""

import errno
from typing import TYPE_CHECKING

from olist.exceptions import AGAIN, OlistError, OutageError
from olist.hubspot.answers import HubSpotUnavailableError

if TYPE_CHECKING:
    import psycopg

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# As PostgreSQL quotes the operating system, which not always comes with the code of a full disk.
FULL_WORDS = ("No space left on device", "Disk quota exceeded", "File too large")
IN_THE_WAY = ("40001", "40P01", "55006", "55P03")
READ_ONLY = "25006"
# Limits on how long a session may be idle or a transaction last (25P0x are no OperationalError of psycopg).
TOO_LONG = ("25P03", "25P04", "57P05")


def sentence_about(error: BaseException, during: str) -> str | None:
    """What happened during a stage and what to do; None for an error that is no outage."""
    import psycopg

    if isinstance(error, HubSpotUnavailableError | OutageError):
        return str(error)
    if isinstance(error, psycopg.Error):
        return _about_warehouse(_first_in_chain(error), during)
    if isinstance(error, OSError) and error.errno in FULL:
        place = f" of {error.filename}" if error.filename else ""
        return f"The disk{place} is full ({error.strerror}) during {during}: make room there; {AGAIN}."
    return None


def final_sentence_about(error: BaseException, during: str) -> str | None:
    """What happened during a stage where no other try ends otherwise; None for every other error."""
    import psycopg

    if isinstance(error, OlistError):
        return str(error)
    # What our own SQL says of data, which reads the same for everybody.
    if isinstance(error, psycopg.errors.DataException):
        return first_line(error)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        said = first_line(error)
        return (
            f"The warehouse does not let {during} do its work ({said}): give the pipeline's role that right."
        )
    return None


def first_line(error: BaseException) -> str:
    """An error without PostgreSQL's hints and positions."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _about_warehouse(error: "psycopg.Error", during: str) -> str | None:
    import psycopg

    said, code = first_line(error), error.sqlstate or ""
    if code == "53100" or any(words in said for words in FULL_WORDS):
        return f"The warehouse's disk is full ({said}), so {during} was undone: make room there; {AGAIN}."
    if code == READ_ONLY:
        return (
            f"The warehouse is read-only at the moment, as after a failover ({said}), so {during} was undone:"
            f" see that the connection olist_warehouse leads to the primary; {AGAIN}."
        )
    if code in TOO_LONG:
        return f"The warehouse ended the connection during {during} ({said}): {AGAIN}."
    if not isinstance(error, psycopg.OperationalError):
        return None
    if code in IN_THE_WAY:
        return f"Another session was in the way of {during} ({said}): {AGAIN}."
    if said.startswith(("connection failed", "connection timeout", "failed to resolve")):
        return (
            f"The warehouse cannot be reached for {during} ({said}): see that PostgreSQL runs and that the"
            f" connection olist_warehouse is right; {AGAIN}."
        )
    if not code or code.startswith(("08", "57P")):
        return f"The warehouse ended the connection during {during} ({said}): {AGAIN}."
    return f"The warehouse could not go on with {during} ({said}): {AGAIN}."


def _first_in_chain(error: "psycopg.Error") -> "psycopg.Error":
    """The error that began it. Tidying up over a lost connection fails as well, and would hide it."""
    import psycopg

    while isinstance(before := error.__context__, psycopg.Error):
        if not isinstance(before, psycopg.OperationalError) and before.sqlstate not in TOO_LONG:
            break
        error = before
    return error
