"""Deletes erased people from HubSpot: those of `ops.pending_erasures`, who are in it until that is done."""

from typing import TYPE_CHECKING

from olist.hubspot.client import HubSpot
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection

DELETED, NOT_THERE, LEFT = "deleted", "not there", "left to a person"


def delete_erased(
    connection: "Connection", hubspot: HubSpot, portal_id: int, erasure: int | None = None
) -> list[str]:
    """Deletes who is pending for an account, or one erasure's person. Returns what came of each.

    A contact that has been merged with that of another customer is left, for a person to look at. Whoever
    HubSpot may still be making a contact of, by a request without an answer, stays pending for now.
    """
    where = {"portal_id": portal_id, "erasure": erasure}
    connection.execute(read_sql("erase/claim_account"), where)
    outcomes = []
    for erasure_id, person, contact_id in connection.execute(read_sql("erase/pending"), where).fetchall():
        outcome = _delete(hubspot, person, contact_id)
        told = {"erasure": erasure_id, "portal_id": portal_id, "outcome": outcome}
        with connection.transaction():
            connection.execute(read_sql("erase/told"), told)
            connection.execute("call ops.finish_erasure(%s)", (erasure_id,))
        outcomes.append(outcome)
    return outcomes


def _delete(hubspot: HubSpot, person: str, contact_id: str | None) -> str:
    """Looks for the contact by its id in the ledger and by ours, since it may have been made anew."""
    known = hubspot.contact_named(contact_id) if contact_id else None
    is_anothers = known is not None and known[1] not in ("", person)
    theirs = {known[0]} if known and not is_anothers else set()
    theirs.update(hubspot.contact_ids([person]).values())
    for each in sorted(theirs):
        hubspot.delete_for_good(each)
    if theirs:
        return DELETED
    return LEFT if is_anothers else NOT_THERE
