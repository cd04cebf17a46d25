"""Contacts, properties, lists and the record of deliveries, in one SQLite file.

One connection, one lock, and one transaction for each batch: a batch is stored whole or not at all.
"""

import hashlib
import json
import random
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from olist.local.hubspot_sandbox.definitions import default_groups, default_properties
from olist.local.hubspot_sandbox.unique_values import claim, unique_value

# As long as those of real accounts are today; HubSpot keeps them in 32 bits.
PORTAL_IDS = (10_000_000, 99_999_999)
# Beyond 32 bits, as the ids of real accounts are: whoever keeps them in an `integer` column finds out here.
FIRST_CONTACT_ID = 100_000_000_001
TABLES = """
CREATE TABLE IF NOT EXISTS account (portal_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS contacts (
    id INTEGER PRIMARY KEY, properties TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS unique_values (
    property TEXT, value TEXT, contact_id INTEGER NOT NULL, PRIMARY KEY (property, value)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS former_ids (old_id INTEGER PRIMARY KEY, contact_id INTEGER);
CREATE VIEW IF NOT EXISTS record_ids AS
    SELECT id AS record_id, id AS contact_id FROM contacts
    UNION ALL SELECT old_id, contact_id FROM former_ids;
CREATE TABLE IF NOT EXISTS definitions (
    kind TEXT, name TEXT, definition TEXT NOT NULL, PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blocked_emails (email_hash TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lists (id INTEGER PRIMARY KEY AUTOINCREMENT, definition TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS subscriptions (
    email TEXT PRIMARY KEY, status TEXT NOT NULL, since TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    contact TEXT, payload_hash TEXT, count INTEGER NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0,
    repeated INTEGER NOT NULL DEFAULT 0, acknowledged_at INTEGER, PRIMARY KEY (contact, payload_hash)
) WITHOUT ROWID;
"""
WRITE_CONTACT = """
INSERT INTO contacts VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET properties = excluded.properties, updated_at = excluded.updated_at
"""
COUNT_DELIVERY = """
INSERT INTO deliveries (contact, payload_hash, count) VALUES (?, ?, 1)
ON CONFLICT DO UPDATE SET count = count + 1, repeated = repeated + coalesce(acknowledged_at = (
    SELECT max(other.acknowledged_at) FROM deliveries AS other WHERE other.contact = excluded.contact
), 0)
"""
ACKNOWLEDGE = """
UPDATE deliveries SET acknowledged = acknowledged + 1, acknowledged_at = ?
WHERE contact = ? AND payload_hash = ?
"""
TABLE_NAMES = (
    "contacts",
    "unique_values",
    "former_ids",
    "blocked_emails",
    "definitions",
    "lists",
    "subscriptions",
    "deliveries",
)
Delivery = tuple[str, str]  # the contact as the client named it, the hash of the payload


@dataclass
class Contact:
    """One contact; `new` is whether the batch at hand made it."""

    id: int
    properties: dict[str, str]
    created_at: str
    updated_at: str
    new: bool = False

    def all_properties(self) -> dict[str, str]:
        """The stored properties and those that HubSpot keeps itself."""
        kept = {
            "createdate": self.created_at,
            "hs_object_id": str(self.id),
            "lastmodifieddate": self.updated_at,
        }
        return kept | self.properties


@dataclass(frozen=True)
class Change:
    """Properties to write to the contact that the client calls `key`."""

    key: str
    properties: Mapping[str, str]
    trace_id: str | None = None

    @cached_property
    def delivery(self) -> Delivery:
        """What the record of deliveries keeps of it."""
        payload = repr(sorted(self.properties.items()))
        return self.key, hashlib.sha256(payload.encode()).hexdigest()[:32]


def now_text() -> str:
    """The time as HubSpot writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """Everything the sandbox remembers. Safe to use from several threads."""

    def __init__(self, database: str) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        # Nothing is lost when the process dies; only a crash of the machine could lose the last batches.
        self._connection.executescript(
            "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 10000; "
            "PRAGMA synchronous = off; PRAGMA cache_size = -65536;"
        )
        self._connection.executescript(TABLES)
        self.properties: dict[str, dict[str, Any]] = {}
        self.archived_properties: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self._load_definitions()

    def close(self) -> None:
        """Close the file; what was committed is in it."""
        with self._lock:
            self._connection.close()

    def portal_id(self) -> int:
        """The number of the account that this database is: drawn once."""
        with self.transaction() as connection:
            kept = connection.execute("SELECT portal_id FROM account").fetchone()
            if kept is None:
                kept = (random.SystemRandom().randint(*PORTAL_IDS),)
                connection.execute("INSERT INTO account VALUES (?)", kept)
            return kept[0]

    def reset(self) -> None:
        """Forget everything but which account it is."""
        with self.transaction() as connection:
            for table in TABLE_NAMES:
                connection.execute(f"DELETE FROM {table}")
        self._load_definitions()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The lock and one transaction, rolled back when the block raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def tidy_up(self) -> None:
        """Leave nothing in the file, nor in the log beside it, that was deleted."""
        with self._lock:
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one reading statement."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def has_property(self, name: str) -> bool:
        """Whether the name of a property is taken, by one that was archived too."""
        return name in self.properties or name in self.archived_properties

    def custom_properties(self) -> int:
        """How many properties in use are not HubSpot's own."""
        return sum(not each["hubspotDefined"] for each in self.properties.values())

    def contacts(self) -> int:
        """How many contacts there are."""
        return int(self.query("SELECT count(*) FROM contacts")[0][0])

    def create_definition(self, kind: str, definition: dict[str, Any]) -> bool:
        """Keep a new `property` or `group`; False, and nothing kept, where one of that name exists."""
        with self._lock:
            taken = self.archived_properties if kind == "property" else {}
            if definition["name"] in self._of_kind(kind) or definition["name"] in taken:
                return False
            self.keep_definition(kind, definition)
            return True

    def keep_definition(self, kind: str, definition: dict[str, Any]) -> None:
        """Keep a `property` or `group`, in place of one of that name."""
        with self.transaction() as connection:
            row = (kind, definition["name"], json.dumps(definition))
            connection.execute("INSERT OR REPLACE INTO definitions VALUES (?, ?, ?)", row)
            self._of_kind(kind)[definition["name"]] = definition

    def archive_property(self, name: str) -> None:
        """Take a property out of use, with its values; its name stays taken."""
        with self.transaction() as connection:
            definition = self.properties.pop(name) | {"archived": True, "archivedAt": now_text()}
            connection.execute("DELETE FROM definitions WHERE kind = 'property' AND name = ?", (name,))
            row = ("archived", name, json.dumps(definition))
            connection.execute("INSERT OR REPLACE INTO definitions VALUES (?, ?, ?)", row)
            connection.execute("DELETE FROM unique_values WHERE property = ?", (name,))
            connection.execute(
                "UPDATE contacts SET properties = json_remove(properties, ?)", (f'$."{name}"',)
            )
            self.archived_properties[name] = definition

    def purge_property(self, name: str) -> None:
        """Forget an archived property."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM definitions WHERE kind = 'archived' AND name = ?", (name,))
            self.archived_properties.pop(name, None)

    def archive(self, ids: Sequence[str]) -> None:
        """Take contacts away; ids that no contact has are passed over."""
        found = {(contact.id,) for contact in self.find(None, ids).values()}
        with self.transaction() as connection:
            connection.executemany("DELETE FROM contacts WHERE id = ?", found)
            connection.executemany("DELETE FROM unique_values WHERE contact_id = ?", found)
            connection.executemany("UPDATE former_ids SET contact_id = NULL WHERE contact_id = ?", found)
            # HubSpot never gives an id again.
            connection.executemany("INSERT INTO former_ids VALUES (?, NULL)", found)

    def create(self, changes: Sequence[Change]) -> list[Contact]:
        """Make a contact of each change; nobody's delivery is counted."""
        with self.transaction() as connection:
            now, first = now_text(), self.next_id(connection)
            made = [Contact(first + place, {}, now, now, new=True) for place in range(len(changes))]
            return self._write(connection, list(zip(made, changes, strict=True)), now)

    def upsert(self, id_property: str, changes: Sequence[Change]) -> list[Contact]:
        """Write each change to the contact with that value of `id_property`; make those that are missing."""
        with self.transaction() as connection:
            now = now_text()
            found = self._by_value(id_property, [change.key for change in changes])
            next_id = self.next_id(connection)
            targets = []
            for change in changes:
                contact = found.get(change.key)
                if contact is None:
                    contact = Contact(next_id, {}, now, now, new=True)
                    next_id += 1
                targets.append((contact, change))
            return self._write(connection, targets, now)

    def update(self, id_property: str | None, changes: Sequence[Change]) -> tuple[list[Contact], list[str]]:
        """Write each change to the contact it names; the contacts, and the keys that no contact has."""
        with self.transaction() as connection:
            found = self.find(id_property, [change.key for change in changes])
            targets = [(found[change.key], change) for change in changes if change.key in found]
            missing = [change.key for change in changes if change.key not in found]
            return self._write(connection, targets, now_text()), missing

    def find(self, id_property: str | None, keys: Sequence[str]) -> dict[str, Contact]:
        """The contacts with these values of a unique property or, without one, these record ids.

        A contact that was merged answers to its former ids too. It is one object, whatever keys find it.
        """
        if id_property and id_property != "hs_object_id":
            found = self._by_value(id_property, [unique_value(id_property, key) for key in keys])
            by_key = {key: found.get(unique_value(id_property, key)) for key in keys}
            return {key: contact for key, contact in by_key.items() if contact}
        ids = [key for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
        marks = ", ".join("?" * len(ids))
        sql = (
            "SELECT record_id, id, properties, created_at, updated_at FROM record_ids "
            f"JOIN contacts ON id = contact_id WHERE record_id IN ({marks})"
        )
        one_each: dict[int, Contact] = {}
        rows = self._keyed(self.query(sql, [int(key) for key in ids]))
        found = {key: one_each.setdefault(contact.id, contact) for key, contact in rows}
        return {key: found[str(int(key))] for key in ids if str(int(key)) in found}

    def page(self, after: int, limit: int, where: tuple[str, Sequence[str]] = ("1", ())) -> list[Contact]:
        """Up to `limit` contacts with a larger id than `after`, in order of id, who meet a condition."""
        condition, values = where
        sql = (
            "SELECT id, id, properties, created_at, updated_at FROM contacts "
            f"WHERE id > ? AND ({condition}) ORDER BY id LIMIT ?"
        )
        return [contact for _, contact in self._keyed(self.query(sql, (after, *values, limit)))]

    def lists(self, ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """The definitions of all lists, or of those with these ids, in the order of the ids."""
        rows = self.query("SELECT id, definition FROM lists ORDER BY id")
        return [
            json.loads(definition) | {"listId": str(number)}
            for number, definition in rows
            if ids is None or str(number) in ids
        ]

    def create_list(self, definition: dict[str, Any]) -> dict[str, Any]:
        """Keep a new list; its definition with the id it has got."""
        with self.transaction() as connection:
            made = connection.execute("INSERT INTO lists (definition) VALUES (?)", (json.dumps(definition),))
            return definition | {"listId": str(made.lastrowid)}

    def keep_list(self, definition: dict[str, Any]) -> None:
        """Keep a list's definition in place of the one it had."""
        with self.transaction() as connection:
            row = (json.dumps(definition), int(definition["listId"]))
            connection.execute("UPDATE lists SET definition = ? WHERE id = ?", row)

    def purge_list(self, number: str) -> None:
        """Forget a list."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM lists WHERE id = ?", (number,))

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """Note that the client was told that these were accepted."""
        now = time.time_ns()
        with self.transaction() as connection:
            connection.executemany(ACKNOWLEDGE, [(now, *delivery) for delivery in deliveries])

    @staticmethod
    def next_id(connection: sqlite3.Connection) -> int:
        """The record id of the next new contact."""
        largest = connection.execute(
            "SELECT coalesce((SELECT max(id) FROM contacts), 0), "
            "coalesce((SELECT max(old_id) FROM former_ids), 0)"
        ).fetchone()
        return max(FIRST_CONTACT_ID, *(int(each) + 1 for each in largest))

    def _write(
        self, connection: sqlite3.Connection, targets: list[tuple[Contact, Change]], now: str
    ) -> list[Contact]:
        rows = []
        for contact, change in targets:
            claim(connection, contact, change.properties, self.properties)
            merged = {**contact.properties, **change.properties}
            contact.properties = {name: value for name, value in merged.items() if value != ""}
            contact.updated_at = now
            rows.append((contact.id, json.dumps(contact.properties), contact.created_at, now))
        connection.executemany(WRITE_CONTACT, rows)
        connection.executemany(
            COUNT_DELIVERY,
            [change.delivery for _, change in targets if change.key],
        )
        return [contact for contact, _ in targets]

    def _by_value(self, id_property: str, keys: Sequence[str]) -> dict[str, Contact]:
        marks = ", ".join("?" * len(keys))
        sql = (
            "SELECT value, id, properties, created_at, updated_at FROM unique_values "
            f"JOIN contacts ON id = contact_id WHERE property = ? AND value IN ({marks})"
        )
        return dict(self._keyed(self.query(sql, [id_property, *keys])))

    @staticmethod
    def _keyed(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, Contact]]:
        for key, contact_id, properties, created_at, updated_at in rows:
            yield str(key), Contact(contact_id, json.loads(properties), created_at, updated_at)

    def _of_kind(self, kind: str) -> dict[str, dict[str, Any]]:
        kinds = {
            "property": self.properties,
            "archived": self.archived_properties,
            "group": self.groups,
        }
        return kinds[kind]

    def _load_definitions(self) -> None:
        # Read from memory afterwards: every batch looks up every property it writes.
        self.properties, self.groups = default_properties(now_text()), default_groups()
        self.archived_properties = {}
        for kind, name, definition in self.query("SELECT kind, name, definition FROM definitions"):
            self._of_kind(kind)[name] = json.loads(definition)
