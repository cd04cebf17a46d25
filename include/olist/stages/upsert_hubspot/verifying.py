"""Reads the contacts of a ledger back, and notes what HubSpot holds otherwise than it acknowledged.

Nothing is written to HubSpot. What differs is in `ops.hubspot_differences`, how it went in
`ops.hubspot_verifications`. A try that was killed is gone on with by the next one.
"""

import json
import logging
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.hubspot.client import BATCH_SIZE, HubSpot
from olist.hubspot.properties import ID_PROPERTY, KINDS, PROPERTIES
from olist.hubspot.reader import Contact, Reader
from olist.stages.upsert_hubspot import preflight
from olist.stages.upsert_hubspot.account import Account
from olist.stages.upsert_hubspot.modes import READING_BACK, SENDING
from olist.strategy.rules import Strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# People who are read at once, and kept in memory: a few seconds of requests.
AT_ONCE = 40 * BATCH_SIZE
SECONDS_BETWEEN_NOTES = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verification:
    """How many contacts were looked at, how many of them differ and how, and which properties were edited."""

    looked_at: int
    missing: int
    edited: int
    merged: int
    properties: dict[str, int]

    @property
    def sentence(self) -> str:
        """The same in words."""
        by_property = ", ".join(f"{name} {people:,}" for name, people in sorted(self.properties.items()))
        which = f" ({by_property})" if by_property else ""
        return (
            f"{self.looked_at:,} contacts were read back: {self.missing:,} missing,"
            f" {self.edited:,} edited{which}, {self.merged:,} merged"
        )


def read_back(
    connection: "Connection", run_id: int, account: Account | None, mode: str, strategy: Strategy
) -> Verification | None:
    """Compares the account's contacts with the ledger, as far as the mode or strategy.yaml ask for it."""
    share = strategy.hubspot.verify_share
    if account is None or not (mode in READING_BACK or (share and mode in SENDING)):
        return None
    hubspot, ledger = account.hubspot, account.ledger
    if (
        mode != "verify"
        and not one_row(connection.execute(read_sql("upsert_hubspot/is_sent"), {"run_id": run_id}))[0]
    ):
        return None
    if ledger.known_by:
        if mode == "verify":
            raise OlistError(
                "HubSpot knows our contacts by properties of another prefix (hubspot.property_prefix): they"
                " can be verified after the next delivery, which sends everybody."
            )
        log.info(
            "HubSpot knows our contacts by another prefix, and everybody is sent anew: none is read back."
        )
        return None
    found = preflight.survey_of(connection, hubspot, ledger.portal_id, has_groups=strategy.holdout.share > 0)
    everybody = mode == "repair" or not share
    return verify(
        connection,
        run_id,
        hubspot,
        mode,
        Decimal(1) if everybody else Decimal(str(share)),
        [each.name for each in found.left_out],
        knows_our_id=ID_PROPERTY not in [each.name for each in found.missing],
    )


def verify(
    connection: "Connection",
    run_id: int,
    hubspot: HubSpot,
    mode: str,
    share: Decimal,
    left_out: list[str],
    knows_our_id: bool = True,
) -> Verification:
    """Compares people of the ledger with what HubSpot has, a share of them (1: everybody).

    Properties that are `left_out` are not compared. `knows_our_id`: whether the account has the property that
    tells contacts apart. Raises HubSpotUnavailableError where HubSpot does not answer for long.
    """
    with connection.cursor() as cursor:
        cursor.execute("call ops.begin_verification(%s, %s, %s)", (run_id, mode, share))
        after, everybody = one_row(cursor)
    where = {"run_id": run_id, "with_doubts": mode == "repair"}
    values = where | {
        "left_out": left_out,
        "id_property": ID_PROPERTY,
        "kinds": json.dumps({each.name: kind_of(each.kind) for each in PROPERTIES}),
    }
    seen, noted = 0, time.monotonic()
    next_people = where | {"share": share, "people": AT_ONCE}
    with Reader(hubspot) as reader:
        while rows := connection.execute(
            read_sql("upsert_hubspot/next_to_verify"), next_people | {"after": after}
        ).fetchall():
            found = _found(reader, {person: record for person, record, _ in rows}, knows_our_id)
            after = rows[-1][0]
            _compare(connection, values | {"asked_at": rows[0][2]}, [row[0] for row in rows], found)
            seen += len(rows)
            if time.monotonic() - noted > SECONDS_BETWEEN_NOTES:
                noted = time.monotonic()
                log.info("Looked at %s of %s contacts", f"{seen:,}", f"{everybody:,}")
    connection.execute("call ops.finish_verification(%s)", (run_id,))
    row = one_row(connection.execute(read_sql("upsert_hubspot/verification"), {"run_id": run_id}))
    verified = Verification(*row)
    log.info("%s.", verified.sentence)
    return verified


def kind_of(kind: str) -> str:
    """How the values of a property of this kind are compared."""
    type_, _ = KINDS[kind]
    return "email" if kind == "email" else type_


def _found(reader: Reader, records: dict[str, str | None], knows_our_id: bool) -> dict[str, Contact]:
    """The contacts of people: those that bear our id, or else those that their record became."""
    found = reader.by_our_id(list(records)) if knows_our_id else {}
    gone = {person: record for person, record in records.items() if person not in found and record}
    if gone:
        became = reader.by_record_id(sorted(set(gone.values())))
        found |= {person: became[record] for person, record in gone.items() if record in became}
    return found


def _compare(
    connection: "Connection", values: dict[str, Any], people: list[str], found: dict[str, Contact]
) -> None:
    with connection.transaction():
        for start in range(0, len(people), BATCH_SIZE):
            batch = people[start : start + BATCH_SIZE]
            contacts = [
                {"customer_unique_id": each, "record_id": found[each].record_id, "held": found[each].values}
                for each in batch
                if each in found
            ]
            given = {"people": batch, "reached": batch[-1], "found": json.dumps(contacts)}
            connection.execute(read_sql("upsert_hubspot/compare_contacts"), values | given)
