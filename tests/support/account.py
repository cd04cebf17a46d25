"""A HubSpot account as the people who work in it see it: they make, change, merge and delete contacts."""

import json
import time
from typing import Any

import httpx

from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN

CONTACTS = "/crm/objects/2026-09/contacts"


class Account:
    """The account of a sandbox."""

    def __init__(self, url: str, token: str = DEFAULT_TOKEN) -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {token}"}
        self.client = httpx.Client(base_url=url, headers=headers, timeout=30)

    def make(self, **properties: str) -> str:
        """A new contact. Returns its record id."""
        body = {"inputs": [{"properties": properties, "associations": []}]}
        made = self._post("/batch/create", body)
        return made["results"][0]["id"]

    def make_many(self, emails: list[str]) -> None:
        for start in range(0, len(emails), 100):
            inputs = [
                {"properties": {"email": each}, "associations": []} for each in emails[start : start + 100]
            ]
            while self.client.post(f"{CONTACTS}/batch/create", json={"inputs": inputs}).status_code == 429:
                time.sleep(1)

    def change(self, record: str, **properties: str) -> None:
        self._post("/batch/update", {"inputs": [{"id": record, "properties": properties}]})

    def merge(self, primary: str, other: str) -> str:
        """Returns the record id of the contact that is left."""
        return self._post("/merge", {"primaryObjectId": primary, "objectIdToMerge": other})["id"]

    def delete(self, record: str) -> None:
        assert self.client.post(f"{CONTACTS}/batch/archive", json={"inputs": [{"id": record}]}).is_success

    def unsubscribe(self, email: str) -> None:
        assert self.client.put(f"/sandbox/unsubscribed/{email}").is_success

    def subscribe(self, email: str) -> None:
        assert self.client.delete(f"/sandbox/unsubscribed/{email}").is_success

    def faults(self, **faults: Any) -> None:
        assert self.client.put("/sandbox/faults", json=faults).is_success

    def contacts(self) -> list[dict[str, str]]:
        """The properties of all contacts, in the order of their record ids."""
        lines = self.client.get("/sandbox/contacts.ndjson").text.splitlines()
        return [json.loads(line)["properties"] for line in lines]

    def of(self, person: str) -> dict[str, str]:
        """The one contact that bears a customer's id."""
        (found,) = [each for each in self.contacts() if each.get("olist_customer_id") == person]
        return found

    def record_of(self, person: str) -> str:
        return self.of(person)["hs_object_id"]

    def requests(self, ending: str = "", status: str = "") -> int:
        """How many requests there were to paths with an ending."""
        listed = self.client.get("/sandbox/requests").json()["requests"]
        return sum(
            each["count"]
            for each in listed
            if each["path"].endswith(ending) and each["status"].startswith(status)
        )

    def _post(self, rest: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.post(f"{CONTACTS}{rest}", json=body)
        assert answer.is_success, answer.text
        return answer.json()
