"""Merging of two contacts, which cannot be undone.

What is left is a new record that answers to the ids of both. The primary's values hold, the other's fill what
is empty there. Where a value is unique and both have one, the other's is lost; only its e-mail address
becomes an additional one.

Sources: HubSpot's help, "Merge records", and its developers' changelog, "Updated merge functionality for
contacts and companies". Neither says how a merge is refused; these answers are those of reading a contact.
"""

import json
import sqlite3

from fastapi import APIRouter, Response
from pydantic import BaseModel

from olist.local.hubspot_sandbox.contacts import Text, shown
from olist.local.hubspot_sandbox.errors import HubSpotError, invalid, json_response
from olist.local.hubspot_sandbox.state import Sandbox, SandboxState
from olist.local.hubspot_sandbox.store import WRITE_CONTACT, Contact, now_text
from olist.local.hubspot_sandbox.unique_values import EMAIL, OTHER_EMAILS

OLD_IDS = "hs_merged_object_ids"

router = APIRouter()


class MergeInput(BaseModel):
    """The body of `merge`."""

    primaryObjectId: Text
    objectIdToMerge: Text


@router.post("")
def merge(body: MergeInput, sandbox: SandboxState) -> Response:
    """Make one contact of two and show all that it has."""
    with sandbox.store.transaction() as connection:
        primary, other = _existing(body, sandbox)
        is_id_kept = sandbox.faults.current.merge_keeps_id
        number = primary.id if is_id_kept else sandbox.store.next_id(connection)
        survivor = Contact(
            number,
            _merged_properties(primary, other, number),
            min(primary.created_at, other.created_at),
            now_text(),
        )
        _replace(connection, (primary, other), survivor)
    return json_response(shown(survivor, list(survivor.all_properties())))


def _existing(body: MergeInput, sandbox: Sandbox) -> tuple[Contact, Contact]:
    """The two contacts to merge, found by former ids too."""
    keys = (body.primaryObjectId, body.objectIdToMerge)
    found = sandbox.store.find(None, keys)
    for key in keys:
        if key not in found:
            raise HubSpotError(404, "OBJECT_NOT_FOUND", f"Object not found. objectId: {key}")
    primary, other = (found[key] for key in keys)
    if primary.id == other.id:
        raise invalid(f"The contact {primary.id} cannot be merged with itself.")
    return primary, other


def _merged_properties(primary: Contact, other: Contact, number: int) -> dict[str, str]:
    """What the record with this number holds after the merge."""
    merged = {**other.properties, **primary.properties}
    old_ids = [str(each.id) for each in (primary, other) if each.id != number]
    merged[OLD_IDS] = ";".join(old_ids + _values(OLD_IDS, primary, other))
    emails = dict.fromkeys(_values(EMAIL, primary, other) + _values(OTHER_EMAILS, primary, other))
    emails.pop(merged.get(EMAIL, ""), None)
    return merged | ({OTHER_EMAILS: ";".join(emails)} if emails else {})


def _values(name: str, *contacts: Contact) -> list[str]:
    return [value for each in contacts for value in each.properties.get(name, "").split(";") if value]


def _replace(connection: sqlite3.Connection, merged: tuple[Contact, Contact], survivor: Contact) -> None:
    """Put the survivor where the two were, and let their ids and the unique values that it has lead to it."""
    for each in merged:
        for table in ("former_ids", "unique_values"):
            connection.execute(
                f"UPDATE {table} SET contact_id = ? WHERE contact_id = ?", (survivor.id, each.id)
            )
        connection.execute("DELETE FROM contacts WHERE id = ?", (each.id,))
    old_ids = [(each.id, survivor.id) for each in merged if each.id != survivor.id]
    connection.executemany("INSERT INTO former_ids VALUES (?, ?)", old_ids)
    row = (survivor.id, json.dumps(survivor.properties), survivor.created_at, survivor.updated_at)
    connection.execute(WRITE_CONTACT, row)
    claims = "SELECT property, value FROM unique_values WHERE contact_id = ?"
    lost = [
        (name, value)
        for name, value in connection.execute(claims, (survivor.id,)).fetchall()
        if name != EMAIL and survivor.properties.get(name) != value
    ]
    connection.executemany("DELETE FROM unique_values WHERE property = ? AND value = ?", lost)
