"""E-mails that other contacts have, while a part is sent: some of these contacts become a person's.

A contact that bears no customer's id is claimed by writing ours into it. After that the person is upserted by
it as everybody else. So a task that is killed in between leaves nothing that the next one would not find.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from olist.hubspot import identity
from olist.hubspot.answers import Answer, Payloads
from olist.hubspot.client import BATCH_SIZE, HubSpot
from olist.hubspot.matches import look_up_again, pages
from olist.hubspot.refusals import Reason
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

EMAIL = "email"
CATEGORY = "EMAIL_TAKEN"
HAS_CHANGED: Reason = (
    CATEGORY,
    "The contact with this e-mail has changed in HubSpot since the plan: the next run looks again.",
    None,
)


@dataclass(frozen=True)
class Settled:
    """A refused batch, looked into: what to send in its place, and who is set aside."""

    payloads: Payloads
    set_aside: dict[str, Reason]


class Claims:
    """The claims of one part of a delivery. `where`: its run_id, part and portal_id."""

    def __init__(self, connection: "Connection", hubspot: HubSpot, where: dict[str, int]) -> None:
        self.connection = connection
        self.hubspot = hubspot
        self.where = where

    def make(self) -> dict[str, Reason]:
        """Claims the contacts that the plan has found. Returns those who did not get theirs.

        They are read once more, since a plan may wait for days: only who still bears no id, and still has the
        e-mail, is claimed.
        """
        lost: dict[str, Reason] = {}
        for people, answer in identity.stamp_all(self.hubspot, list(self._unclaimed(lost))):
            lost |= self._lost(people, answer)
        return lost

    def settle(self, payloads: Payloads) -> Settled | None:
        """After a batch was refused because of an e-mail. None where it is not of these people."""
        emails = {person: payload[EMAIL] for person, payload in payloads.items() if payload.get(EMAIL)}
        if not emails:
            return None
        found = look_up_again(self.connection, self.where["run_id"], self.hubspot, emails)
        if not found:
            return None
        claims = {person: each.contact_id for person, each in found.items() if each.is_claim}
        set_aside = self._lost(claims, identity.stamp(self.hubspot, claims)) if claims else {}
        rest = dict(payloads)
        for person, each in found.items():
            if each.is_set_aside:
                set_aside[person] = CATEGORY, each.message, None
            elif not each.is_claim:
                self._run("leave_email", person=person, message=each.message)
                rest[person] = {name: value for name, value in rest[person].items() if name != EMAIL}
        return Settled({each: rest[each] for each in rest if each not in set_aside}, set_aside)

    def _unclaimed(self, lost: dict[str, Reason]) -> Iterator[dict[str, str]]:
        """The contacts to be claimed, read anew; who is not among them any more is added to `lost`."""
        emails: dict[str, str] = {}

        def planned() -> Iterator[dict[str, str]]:
            for rows in pages(lambda after: self._run("next_claims", after=after, people=BATCH_SIZE)):
                emails.update({person: email for person, _, email in rows})
                yield {person: contact_id for person, contact_id, _ in rows}

        for ids, found in identity.by_record(self.hubspot, planned()):
            claims = {}
            for person in ids:
                contact, email = found.get(person), emails.pop(person)
                if contact is None or email not in contact.emails or contact.whose(person) == "another":
                    lost[person] = HAS_CHANGED
                elif not contact.bears:
                    claims[person] = contact.contact_id
            if claims:
                yield claims

    def _lost(self, claims: identity.People, answer: Answer) -> dict[str, Reason]:
        """Who did not get the contact that was to be claimed, after one batch."""
        if not answer.is_success:
            # Somebody's id is another contact's by now, and nobody of the batch was claimed.
            if len(claims) == 1:
                return dict.fromkeys(claims, HAS_CHANGED)
            lost: dict[str, Reason] = {}
            people = list(claims)
            for half in (people[: len(people) // 2], people[len(people) // 2 :]):
                part = {person: claims[person] for person in half}
                lost |= self._lost(part, identity.stamp(self.hubspot, part))
            return lost
        claimed = {str(each.get("id")) for each in answer.body.get("results", [])}
        return {person: HAS_CHANGED for person, number in claims.items() if number not in claimed}

    def _run(self, name: str, **parameters: object) -> "Cursor":
        return self.connection.execute(read_sql(f"upsert_hubspot/{name}"), self.where | parameters)
