"""Values that no two contacts may have: of HubSpot's own properties, the e-mail address.

A merged contact has the other's e-mail address as an additional one, by which it is found as well, and which
is nobody else's.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any, Protocol

from olist.local.hubspot_sandbox.errors import HubSpotError

EMAIL, OTHER_EMAILS = "email", "hs_additional_emails"
OWNER = "SELECT contact_id FROM unique_values WHERE property = ? AND value = ?"
GIVE_UP = "DELETE FROM unique_values WHERE property = ? AND value = ?"
TAKE = "INSERT OR REPLACE INTO unique_values VALUES (?, ?, ?)"


class Holder(Protocol):
    """A contact."""

    id: int
    properties: dict[str, str]


def is_unique(definition: Mapping[str, Any]) -> bool:
    """Whether no two contacts may have the same value."""
    return definition["hasUniqueValue"] or definition["name"] == EMAIL


def unique_value(name: str, value: str) -> str:
    """What two values are compared by: HubSpot takes e-mail addresses for the same whatever their case."""
    return value.lower() if name == EMAIL else value


def claim(
    connection: sqlite3.Connection,
    contact: Holder,
    written: Mapping[str, str],
    definitions: Mapping[str, Mapping[str, Any]],
) -> None:
    """Refuse the batch where another contact has a value; give up the value that this one had before."""
    for name, new in written.items():
        if not is_unique(definitions[name]):
            continue
        value, old = unique_value(name, new), unique_value(name, contact.properties.get(name, ""))
        if value == old:
            continue
        owner = connection.execute(OWNER, (name, value)).fetchone()
        if owner and owner[0] != contact.id:
            raise HubSpotError(409, "CONFLICT", f"Contact already exists. Existing ID: {owner[0]}")
        if owner and name == EMAIL:
            _make_primary(contact, new)
            continue
        connection.execute(GIVE_UP, (name, old))
        if value:
            connection.execute(TAKE, (name, value, contact.id))


def _make_primary(contact: Holder, email: str) -> None:
    """Let an additional address and the first one change places: the contact keeps both."""
    others = [each for each in contact.properties.get(OTHER_EMAILS, "").split(";") if each]
    kept = [each for each in others if each.lower() != email.lower()]
    if EMAIL in contact.properties:
        kept.insert(0, contact.properties[EMAIL])
    contact.properties = contact.properties | {OTHER_EMAILS: ";".join(kept)}
