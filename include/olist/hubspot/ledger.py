"""The ledger of what HubSpot acknowledged: one for each HubSpot account, of which a sample is read back.

The ledger of an account is the rows of `ops.hubspot_contacts` with its `portal_id`. The account may have lost
what it acknowledged, because somebody emptied it; a plan that trusts the ledger would then send nothing.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from olist.hubspot.client import BATCH_SIZE, HubSpot
from olist.hubspot.definitions import other_id_property
from olist.hubspot.pace import Pace
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# Acknowledged before accounts were told apart.
UNKNOWN_ACCOUNT = 0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sample:
    """People of an account's ledger, and how many of them the account does not have (any more).

    `known_by`: the property of another prefix by which the account still knows them, as it was named before.
    """

    portal_id: int
    people: int
    missing: int
    known_by: str | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the account lacks most of them."""
        return 2 * self.missing > self.people


def open_ledger(connection: "Connection", run_id: int, hubspot: HubSpot) -> Sample:
    """Enters for a run which account it is for, and reads a sample of its ledger back, at the account's pace.

    A ledger from before accounts were told apart becomes that of the first account which has its contacts.
    """
    portal_id = hubspot.portal_id()
    hubspot.pace = Pace(connection, portal_id)
    if _ask(connection, "is_unclaimed", portal_id=portal_id)[0][0]:
        if _agrees(connection, hubspot):
            connection.execute("call ops.adopt_ledger(%s)", (portal_id,))
            log.info("The contacts acknowledged so far are those of HubSpot's account %s.", portal_id)
        else:
            log.warning(
                "HubSpot's account %s has not the contacts acknowledged so far: it begins with a ledger of"
                " its own, and theirs is kept for the account that has them.",
                portal_id,
            )
    choose_account(connection, run_id, portal_id)
    people = [person for person, _ in _sample(connection, portal_id)]
    # Also without a sample, as where a prefix was changed and that plan was cut short: everybody is in doubt.
    where = {"portal_id": portal_id, "property": hubspot.id_property}
    ((is_open,),) = _ask(connection, "may_be_known_by_another", **where)
    known_by = other_id_property(hubspot) if is_open else None
    missing = len(people) - len(hubspot.contact_ids(people, known_by)) if people else 0
    return Sample(portal_id, len(people), missing, known_by)


def carry_over(connection: "Connection", hubspot: HubSpot, ledger: Sample) -> None:
    """Makes an account know everybody of its ledger by the ID property of the prefix that is asked for now.

    Without that, an upsert would make everybody a second time. Done again after a kill, it changes nothing.
    """
    after = ""
    while rows := _ask(connection, "next_known", portal_id=ledger.portal_id, after=after, people=BATCH_SIZE):
        hubspot.name_contacts([person for (person,) in rows], str(ledger.known_by))
        (after,) = rows[-1]
    log.info("HubSpot knows our contacts by %s from here on.", hubspot.id_property)


def choose_account(connection: "Connection", run_id: int, portal_id: int | None) -> None:
    """Enters for a run which account it is for, or compared with; None: the one last delivered to."""
    connection.execute(read_sql("upsert_hubspot/choose_account"), {"run_id": run_id, "portal_id": portal_id})


def account_of(connection: "Connection", run_id: int) -> int:
    """The account that a run was planned for."""
    return _ask(connection, "account", run_id=run_id)[0][0]


def _agrees(connection: "Connection", hubspot: HubSpot) -> bool:
    """Whether an account has most of a sample, under HubSpot's own ids: people alone may be in several."""
    sample = _sample(connection, UNKNOWN_ACCOUNT)
    found = hubspot.contact_ids([person for person, _ in sample])
    same = sum(person in found and contact_id in (None, found[person]) for person, contact_id in sample)
    return 2 * same > len(sample)


def _sample(connection: "Connection", portal_id: int) -> list[tuple[str, str | None]]:
    return _ask(connection, "sample", portal_id=portal_id, people=BATCH_SIZE)


def _ask(connection: "Connection", name: str, **parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(read_sql(f"upsert_hubspot/{name}"), parameters).fetchall()
