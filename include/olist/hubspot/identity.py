"""Who is who: which contact of an account has an e-mail, and whose customer id it bears.

HubSpot takes an e-mail for the same whatever its case, and finds a contact by its additional addresses too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from olist.hubspot.answers import Answer
from olist.hubspot.client import HubSpot
from olist.hubspot.side_by_side import Question, ask_all

EMAIL, OTHER_EMAILS, OLD_IDS = "email", "hs_additional_emails", "hs_merged_object_ids"

People = Mapping[str, str]  # something of each person, by customer_unique_id


@dataclass(frozen=True)
class Found:
    """A contact: its record id, whose customer id it bears, its addresses in small letters."""

    contact_id: str
    bears: str | None
    emails: frozenset[str]

    def whose(self, person: str) -> str:
        """Whose it is for somebody who has one of its addresses: `nobody`, `own` or `another`."""
        if not self.bears:
            return "nobody"
        return "own" if self.bears == person else "another"


def by_email(
    hubspot: HubSpot, batches: Iterable[People], known_by: str | None = None
) -> Iterator[dict[str, Found]]:
    """The contacts that have people's e-mails, by person, a dict for each batch of up to 100 e-mails.

    `known_by`: as in HubSpot.contact_ids.
    """
    questions = (_question(hubspot, emails.values(), EMAIL, known_by, about=emails) for emails in batches)
    for question, answer in ask_all(hubspot, questions):
        contacts: dict[str, Found] = {}
        for each in answer.body.get("results", []):
            found = _found(each, known_by or hubspot.id_property)
            contacts |= dict.fromkeys(found.emails, found)
        yield {
            person: contacts[email.lower()]
            for person, email in question.about.items()
            if email.lower() in contacts
        }


def by_record(hubspot: HubSpot, batches: Iterable[People]) -> Iterator[tuple[People, dict[str, Found]]]:
    """The contacts with these record ids (or that they were merged into), by person, with each batch."""
    questions = (_question(hubspot, ids.values(), None, None, about=ids) for ids in batches)
    for question, answer in ask_all(hubspot, questions):
        contacts: dict[str, Found] = {}
        for each in answer.body.get("results", []):
            found = _found(each, hubspot.id_property)
            contacts |= dict.fromkeys([found.contact_id, *_split(each["properties"].get(OLD_IDS))], found)
        ids: People = question.about
        yield ids, {person: contacts[number] for person, number in ids.items() if number in contacts}


def bearers(
    hubspot: HubSpot, batches: Iterable[list[str]], known_by: str | None = None
) -> Iterator[tuple[list[str], list[str]]]:
    """Each batch of up to 100 people, and those of them whose id a contact bears."""
    id_property = known_by or hubspot.id_property
    questions = (
        _question(hubspot, people, id_property, known_by, about=dict.fromkeys(people, ""))
        for people in batches
    )
    for question, answer in ask_all(hubspot, questions):
        found = {each["properties"].get(id_property) for each in answer.body.get("results", [])}
        yield list(question.about), [person for person in question.about if person in found]


def stamp(hubspot: HubSpot, contacts: People) -> Answer:
    """Writes the customer id into up to 100 contacts, given by person as record ids; nothing else."""
    return hubspot.call("POST", *_stamping(hubspot, contacts), also_accepted=(400, 404, 409))


def stamp_all(hubspot: HubSpot, batches: Iterable[People]) -> Iterator[tuple[People, Answer]]:
    """The same for many batches."""
    questions = (Question(*_stamping(hubspot, contacts), about=contacts) for contacts in batches)
    for question, answer in ask_all(hubspot, questions, also_accepted=(400, 404, 409)):
        yield question.about, answer


def _stamping(hubspot: HubSpot, contacts: People) -> tuple[str, dict[str, Any]]:
    inputs = [
        {"id": number, "properties": {hubspot.id_property: person}} for person, number in contacts.items()
    ]
    return hubspot.settings.path("contacts", "/batch/update"), {"inputs": inputs}


def _question(
    hubspot: HubSpot, keys: Iterable[str], id_property: str | None, known_by: str | None, about: People
) -> Question:
    body: dict[str, Any] = {
        "inputs": [{"id": key} for key in dict.fromkeys(keys)],
        "properties": [EMAIL, OTHER_EMAILS, OLD_IDS, known_by or hubspot.id_property],
        "propertiesWithHistory": [],
    }
    if id_property:
        body["idProperty"] = id_property
    return Question(hubspot.settings.path("contacts", "/batch/read"), body, about)


def _found(contact: Mapping[str, Any], id_property: str) -> Found:
    properties = contact["properties"]
    emails = [properties.get(EMAIL) or "", *_split(properties.get(OTHER_EMAILS))]
    return Found(
        str(contact["id"]),
        properties.get(id_property) or None,
        frozenset(email.strip().lower() for email in emails if email.strip()),
    )


def _split(values: str | None) -> list[str]:
    return [each for each in (values or "").split(";") if each]
