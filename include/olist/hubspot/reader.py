"""Reads contacts back: several requests at a time, at the shared pace."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from olist.hubspot.answers import Answer
from olist.hubspot.client import BATCH_SIZE, HubSpot

# Enough for 19 requests a second (HubSpot's higher limit) at 400 ms each.
REQUESTS_AT_ONCE = 8
# The records that a contact was merged from.
MERGED_FROM = "hs_merged_object_ids"


@dataclass(frozen=True)
class Contact:
    """A contact as HubSpot has it: its record id, and values by our own names for our properties."""

    record_id: str
    values: dict[str, str | None]
    former_ids: tuple[str, ...]


class Reader:
    """Reads contacts of an account. Only its HTTP requests run in other threads."""

    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self._own_names = {name: own for own, name in hubspot.names.items()}
        self._pool = ThreadPoolExecutor(REQUESTS_AT_ONCE)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def by_our_id(self, people: list[str]) -> dict[str, Contact]:
        """The contacts that bear these ids of ours, by customer_unique_id."""
        id_property = self.hubspot.id_property
        found = self._read(people, id_property)
        named = {each["properties"].get(id_property): self._contact(each) for each in found}
        return {person: named[person] for person in people if person in named}

    def by_record_id(self, ids: list[str]) -> dict[str, Contact]:
        """The contacts with these record ids. One that was merged answers to its former ids, too."""
        found: dict[str, Contact] = {}
        for each in map(self._contact, self._read(ids, None)):
            found |= dict.fromkeys((*each.former_ids, each.record_id), each)
        return {each: found[each] for each in ids if each in found}

    def _read(self, keys: list[str], id_property: str | None) -> list[dict[str, Any]]:
        """The results for any number of keys.

        Raises OlistError for what HubSpot refuses, HubSpotUnavailableError where it does not answer for long.
        """
        names = [*self._own_names, MERGED_FROM]
        batches = [keys[start : start + BATCH_SIZE] for start in range(0, len(keys), BATCH_SIZE)]
        sent = []
        for batch in batches:
            if self.hubspot.pace:
                self.hubspot.pace.wait()
            sent.append(self._pool.submit(self.hubspot.read_contacts, batch, id_property, names))
        results: list[dict[str, Any]] = []
        for batch, future in zip(batches, sent, strict=True):
            results += self._lasting(future.result(), batch, id_property, names).body.get("results", [])
        return results

    def _lasting(self, answer: Answer, batch: list[str], id_property: str | None, names: list[str]) -> Answer:
        if self.hubspot.pace:
            self.hubspot.pace.heed(answer)
        if answer.is_success and "results" in answer.body:
            return answer
        return self.hubspot.read_lastingly(batch, id_property, names)

    def _contact(self, result: dict[str, Any]) -> Contact:
        properties = result["properties"]
        values = {own: properties.get(name) for name, own in self._own_names.items()}
        former = str(properties.get(MERGED_FROM) or "")
        return Contact(str(result["id"]), values, tuple(filter(None, former.split(";"))))
