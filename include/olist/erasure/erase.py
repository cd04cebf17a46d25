"""Erases a person. Killed at any point and done again, it ends the same.

The warehouse comes first, in one transaction: from then on nobody sends the person any more. The files of
past runs and HubSpot follow. What HubSpot could not be told, the next delivery tells it.
"""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from olist.erasure.output_files import take_out_of_files
from olist.exceptions import OlistError
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.erasure import DELETED, LEFT, delete_erased
from olist.hubspot.pace import Pace
from olist.stages.start_run import install
from olist.strategy.reading import read_strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

Say = Callable[[str], None]
# So long others have to queue behind us before they have a turn again.
TURN_SECONDS, PAUSE_SECONDS = 10, 2


@dataclass(frozen=True)
class Erased:
    """What the warehouse had of a person: rows by table; whether an earlier erasure had been there before."""

    erasure: int
    rows: dict[str, int]
    was_erased: bool


def erase_with_connections(person: str, say: Say) -> int:
    """Erases a person where Airflow's connections lead to. Returns 0 if nothing is left to do, else 1."""
    from olist.orchestration import tasks

    with closing(tasks.connect()) as connection:
        is_finished = erase(connection, person, tasks.output_folder(), tasks.hubspot_settings(), say)
    return 0 if is_finished else 1


def erase(
    connection: "Connection", person: str, folder: Path, settings: HubSpotSettings | None, say: Say
) -> bool:
    """Erases a person (customer_unique_id) and says what was done. Returns whether nothing is left to do.

    `folder` is that of the outputs; settings are None where there is no access token. Waits for a delivery or
    a stage that is under way. Raises OlistError without a person, and where files may not be written to.
    """
    if not person:
        raise OlistError("Nobody is erased without a name: make erase PERSON=<customer_unique_id>.")
    install(connection, read_strategy())
    erased = erase_from_warehouse(connection, person, say)
    say(_about_warehouse(erased))
    files = take_out_of_files(connection, folder)
    connection.execute(read_sql("erase/files_done"), {"erasure": erased.erasure, "rows": sum(files.values())})
    say(f"Files in {folder}: {sum(files.values())} rows were taken out of {len(files)} files.")
    _vacuum(connection, erased)
    try:
        _erase_from_hubspot(connection, erased.erasure, person, settings, say)
    except (OlistError, HubSpotUnavailableError) as error:
        say(f"HubSpot could not be told: {error}")
    connection.execute("call ops.finish_erasure(%s)", (erased.erasure,))
    return _is_finished(connection, erased.erasure, say)


def erase_from_warehouse(connection: "Connection", person: str, say: Say) -> Erased:
    """Removes a person from the warehouse, in one transaction, once nobody sends or computes."""
    import psycopg

    has_waited = False
    while True:
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{TURN_SECONDS}s'")
                return Erased(*one_row(connection.execute("call ops.erase_person(%s)", (person,))))
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if not has_waited:
                say("A delivery or another task of a run is under way: waiting until it has ended.")
            has_waited = True
            time.sleep(PAUSE_SECONDS)


def _about_warehouse(erased: Erased) -> str:
    rows = sum(erased.rows.values())
    if rows:
        return f"Warehouse: {rows} rows of the person were removed from {len(erased.rows)} tables."
    if erased.was_erased:
        return "Warehouse: the person was erased before, and nothing has come back."
    return (
        "Warehouse: nobody has this id, so nothing was removed. It is remembered as erased: no file brings it"
        " in. See that it is a customer_unique_id and typed right."
    )


def _vacuum(connection: "Connection", erased: Erased) -> None:
    """Frees the place of what was removed, which is on PostgreSQL's disk until then."""
    for table in sorted(erased.rows):
        connection.execute(f"vacuum (skip_locked) {table}")


def _erase_from_hubspot(
    connection: "Connection", erasure: int, person: str, settings: HubSpotSettings | None, say: Say
) -> None:
    if settings is None:
        say("HubSpot: no access token is configured, so no account was asked.")
        return
    hubspot = HubSpot(settings, property_prefix=read_strategy().hubspot.property_prefix)
    portal_id = hubspot.portal_id()
    hubspot.pace = Pace(connection, portal_id)
    where = {"erasure": erasure, "portal_id": portal_id}
    connection.execute(read_sql("erase/ask_account"), where | {"person": person})
    (seconds,) = one_row(connection.execute(read_sql("erase/wait_seconds"), where))
    if seconds > 0:
        say(f"HubSpot may still be at work on an earlier request with the person: waiting {seconds} seconds.")
        time.sleep(seconds + 1)
    for outcome in delete_erased(connection, hubspot, portal_id, erasure):
        what = {
            DELETED: "has deleted the contact for good",
            LEFT: "has merged the contact with that of another customer, which was left: take out there by"
            " hand what is the person's",
        }.get(outcome, "has no contact of the person")
        say(f"HubSpot: the account {portal_id} {what}.")


def _is_finished(connection: "Connection", erasure: int, say: Say) -> bool:
    pending, is_finished = one_row(connection.execute(read_sql("erase/state"), {"erasure": erasure}))
    for portal_id in pending:
        say(
            f"HubSpot: the account {portal_id} has still to delete the contact. The next delivery to it does,"
            " or this command again with its access token."
        )
    return is_finished
