"""Deleting a contact for good (gdpr-delete), which leaves nothing of it but that its e-mail was blocked.

HubSpot's help, "Perform a permanent delete in HubSpot", says of the blocklist: such an address cannot be
added again in HubSpot's pages or by an import, but can by a form and by the API. So contacts that the API
writes are not held against it here. HubSpot takes up to 30 days for all it has; the contact itself is gone
at once. Nothing says what an id that no contact has is answered with: as reading it is, with 404.
"""

import hashlib
import sqlite3

from fastapi import APIRouter, Response
from pydantic import BaseModel

from olist.local.hubspot_sandbox.contacts import Text
from olist.local.hubspot_sandbox.errors import HubSpotError, invalid
from olist.local.hubspot_sandbox.state import SandboxState
from olist.local.hubspot_sandbox.store import Contact
from olist.local.hubspot_sandbox.unique_values import EMAIL, OTHER_EMAILS, is_unique

router = APIRouter()


class GdprDeleteInput(BaseModel):
    """The body of `gdpr-delete`."""

    objectId: Text
    idProperty: str | None = None


@router.post("")
def gdpr_delete(body: GdprDeleteInput, sandbox: SandboxState) -> Response:
    """Forget a contact, named by record id or by its e-mail; an e-mail that nobody has is blocked."""
    if body.idProperty not in (None, "hs_object_id", EMAIL):
        raise invalid(f"idProperty '{body.idProperty}' is not supported.", context={"propertyName": [EMAIL]})
    store = sandbox.store
    with store.transaction() as connection:
        # Otherwise the file keeps what was deleted until something else needs the place.
        connection.execute("PRAGMA secure_delete = ON")
        contact = store.find(body.idProperty, [body.objectId]).get(body.objectId)
        if contact is not None:
            unique = [name for name, each in store.properties.items() if is_unique(each)]
            _forget(connection, contact, unique)
        elif body.idProperty == EMAIL:
            _block(connection, [body.objectId])
    if contact is None and body.idProperty != EMAIL:
        raise HubSpotError(404, "OBJECT_NOT_FOUND", f"Object not found. objectId: {body.objectId}")
    store.tidy_up()
    return Response(status_code=204)


def _forget(connection: sqlite3.Connection, contact: Contact, unique: list[str]) -> None:
    """What the contact was called by leads to the record of deliveries, where it is not needed any more."""
    names = {contact.properties.get(name, "") for name in unique} | {str(contact.id)}
    connection.executemany("DELETE FROM deliveries WHERE contact = ?", [(name,) for name in names if name])
    emails = [*contact.properties.get(OTHER_EMAILS, "").split(";"), contact.properties.get(EMAIL, "")]
    _block(connection, [email for email in emails if email])
    connection.execute("DELETE FROM contacts WHERE id = ?", (contact.id,))
    connection.execute("DELETE FROM unique_values WHERE contact_id = ?", (contact.id,))
    connection.executemany(
        "DELETE FROM subscriptions WHERE email = ?", [(email.lower(),) for email in emails]
    )
    connection.execute("UPDATE former_ids SET contact_id = NULL WHERE contact_id = ?", (contact.id,))
    # HubSpot never gives an id again.
    connection.execute("INSERT INTO former_ids VALUES (?, NULL)", (contact.id,))


def _block(connection: sqlite3.Connection, emails: list[str]) -> None:
    """Keep addresses as HubSpot does, so that nobody can read them."""
    hashes = [(hashlib.sha256(email.lower().encode()).hexdigest(),) for email in emails]
    connection.executemany("INSERT OR IGNORE INTO blocked_emails VALUES (?)", hashes)
