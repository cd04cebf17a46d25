"""What befalls contacts in HubSpot between two deliveries: somebody deletes, edits and merges them."""

import json
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from random import Random
from typing import Any

import httpx

from olist.hubspot.properties import ID_PROPERTY, PROPERTIES
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN

HEADERS = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
CONTACTS = "/crm/objects/2026-09/contacts"
NAMES = [each.name for each in PROPERTIES]
# What somebody may write into a property, by its name.
EDITS = {
    "favorite_category": ["toys", "baby", ""],
    "customer_state": ["AC", ""],
    "lifetime_value": ["1", "0.5", ""],
    "order_count": ["77"],
    "last_purchase_date": ["2001-02-03", "986083200000"],
    "loyalty_tier": ["Gold", "Silver", "Platinum"],
    "avg_review_score": ["1.25", ""],
    "next_action_reason": ["Because."],
}


@dataclass
class Account:
    """A sandbox, seen by somebody who works in HubSpot."""

    url: str
    merged: dict[str, str] = field(default_factory=dict)
    """By person: the person whose contact theirs was merged into."""

    def contacts(self) -> dict[str, dict[str, Any]]:
        """Every contact by its record id."""
        lines = httpx.get(f"{self.url}/sandbox/contacts.ndjson", timeout=60).text.splitlines()
        return {each["id"]: each["properties"] for each in map(json.loads, lines)}

    def records(self) -> dict[str, str]:
        """Record ids by person."""
        everybody = self.contacts().items()
        return {each[ID_PROPERTY]: record for record, each in everybody if ID_PROPERTY in each}

    def delete(self, *records: str) -> None:
        self._post("/batch/archive", {"inputs": [{"id": record} for record in records]})

    def edit(self, record: str, **properties: str) -> None:
        self._post("/batch/update", {"inputs": [{"id": record, "properties": properties}]})

    def create(self, **properties: str) -> str:
        answer = self._post("/batch/create", {"inputs": [{"properties": properties}]})
        return answer.json()["results"][0]["id"]

    def merge(self, primary: str, secondary: str) -> str:
        """Merges two records. Returns the id of the one that is left."""
        body = {"primaryObjectId": primary, "objectIdToMerge": secondary}
        return self._post("/merge", body).json()["id"]

    def writes(self) -> int:
        """Requests that may have changed anything, our own ones in here not counted."""
        log = httpx.get(f"{self.url}/sandbox/requests").json()["requests"]
        return sum(
            each["count"]
            for each in log
            if each["method"] != "GET" and not each["path"].endswith(("/batch/read", "/search", "/token"))
        )

    def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        answer = httpx.post(f"{self.url}{CONTACTS}{path}", json=body, headers=HEADERS)
        assert answer.is_success, answer.text
        return answer


def befall(account: Account, chance: Random, people: int) -> None:
    """Lets something befall so many people, of whom none was merged before."""
    records = account.records()
    free = sorted(records.keys() - account.merged.keys() - set(account.merged.values()))
    for person in chance.sample(free, people):
        if person in account.merged or person in account.merged.values():
            continue  # a moment ago
        what = chance.choice(["delete", "edit", "edit", "merge", "lose our id", "merge with a stranger"])
        if what == "delete":
            account.delete(records.pop(person))
        elif what == "edit":
            names = chance.sample(sorted(EDITS), chance.randint(1, 3))
            account.edit(records[person], **{name: chance.choice(EDITS[name]) for name in names})
        elif what == "lose our id":
            account.edit(records[person], **{ID_PROPERTY: ""})
        elif what == "merge":
            other = chance.choice(sorted(records.keys() - {person}))
            if other in account.merged or other in account.merged.values():
                continue
            survivor = account.merge(records[other], records.pop(person))
            account.merged[person], records[other] = other, survivor
        else:
            account.merge(account.create(favorite_category="toys"), records[person])


def differing(ours: dict[str, str], theirs: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The properties that are not the same, with both values: as a person would say it."""
    return {
        name: (value, theirs.get(name) or "")
        for name, value in ours.items()
        if not _is_same(value, theirs.get(name) or "")
    }


def _is_same(ours: str, theirs: str) -> bool:
    try:
        return Decimal(ours) == Decimal(theirs)
    except InvalidOperation:
        return ours == theirs
