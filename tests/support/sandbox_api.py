"""The HubSpot sandbox over real HTTP, its answers held against HubSpot's OpenAPI description."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import jsonschema

from support.places import SHARED

OPENAPI = SHARED / "hubspot-openapi"
TOKEN = "a-token-for-tests"
VERSIONS = {
    "v3": ("/crm/v3/objects/contacts", "/crm/v3/properties/contacts", "/account-info/v3/details"),
    **{
        version: (
            f"/crm/objects/{version}/contacts",
            f"/crm/properties/{version}/contacts",
            f"/account-info/{version}/details",
        )
        for version in ("2026-03", "2026-09")
    },
}
GROUP = "olist_intelligence"
PROPERTIES = [
    ("olist_customer_id", "string", "text"),
    ("loyalty_tier", "enumeration", "select"),
    ("next_action", "string", "text"),
    ("lifetime_value", "number", "number"),
    ("last_purchase_date", "date", "date"),
    ("tags", "enumeration", "checkbox"),
    ("is_active", "bool", "booleancheckbox"),
    ("seen_at", "datetime", "date"),
]
TIERS = ("Platinum", "Gold", "Silver")


@dataclass
class Api:
    """One of the API versions of a running sandbox."""

    client: httpx.Client
    contacts: str
    properties: str
    account: str

    def upsert(self, people: dict[str, dict[str, str]], **more: Any) -> httpx.Response:
        return self.write("upsert", people, **more)

    def update(self, people: dict[str, dict[str, str]], **more: Any) -> httpx.Response:
        return self.write("update", people, **more)

    def write(self, verb: str, people: dict[str, dict[str, str]], **more: Any) -> httpx.Response:
        return self.client.post(f"{self.contacts}/batch/{verb}", json=batch(people, **more))

    def read(self, person: str, *names: str) -> httpx.Response:
        query = {"idProperty": "olist_customer_id", "properties": ",".join(names)}
        return self.client.get(f"{self.contacts}/{person}", params=query)

    def faults(self, **faults: Any) -> None:
        assert self.client.put("/sandbox/faults", json=faults).status_code == 200

    def deliveries(self, **query: Any) -> dict[str, Any]:
        return self.client.get("/sandbox/deliveries", params=query).json()

    def requests(self) -> dict[str, Any]:
        return self.client.get("/sandbox/requests").json()

    def set_up(self) -> None:
        """The group and the properties that the tests write."""
        assert self.client.post(
            f"{self.properties}/groups", json={"name": GROUP, "label": "Olist"}
        ).is_success
        inputs = [property_body(*row) for row in PROPERTIES]
        created = self.client.post(f"{self.properties}/batch/create", json={"inputs": inputs})
        assert created.is_success, created.text


def property_body(name: str, kind: str = "string", field: str = "text", **more: Any) -> dict[str, Any]:
    options = {"tags": ("a", "b", "c"), "loyalty_tier": TIERS}.get(name, ())
    return {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "type": kind,
        "fieldType": field,
        "groupName": GROUP,
        "hasUniqueValue": name == "olist_customer_id",
        "options": [
            {"label": value, "value": value, "hidden": False, "displayOrder": 0} for value in options
        ],
    } | more


def batch(
    people: dict[str, dict[str, str]], id_property: str | None = "olist_customer_id", **more: Any
) -> dict[str, Any]:
    named = {"idProperty": id_property} if id_property else {}
    inputs = [{"id": key, "properties": values, **named, **more} for key, values in people.items()]
    return {"inputs": inputs}


def gold(*ids: str) -> dict[str, dict[str, str]]:
    return {person: {"loyalty_tier": "Gold"} for person in ids}


def people(count: int) -> list[str]:
    return [f"person-{number}" for number in range(count)]


def errors_of(response: httpx.Response) -> dict[str, str]:
    """Property name to code, of a 400."""
    assert response.status_code == 400, response.text
    body = response.json()
    assert body["category"] == "VALIDATION_ERROR"
    return {error["context"]["propertyName"][0]: error["code"] for error in body["errors"]}


class Descriptions:
    """HubSpot's OpenAPI files, able to check an answer."""

    def __init__(self) -> None:
        self.documents = [json.loads(path.read_text()) for path in sorted(OPENAPI.glob("*.json"))]
        self.checked = 0

    def check(self, response: httpx.Response) -> None:
        response.read()
        is_json = response.headers.get("content-type", "").startswith("application/json")
        for document in self.documents if is_json else ():
            operation = self._operation(document, response.request)
            if operation:
                self._validate(document, operation, response)
                self.checked += 1

    @staticmethod
    def _operation(document: dict[str, Any], request: httpx.Request) -> dict[str, Any] | None:
        # Literal paths before those with parameters: `/groups` is not a property's name.
        for path in sorted(document["paths"], key=lambda path: path.count("{")):
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
            if re.fullmatch(pattern, request.url.path):
                return document["paths"][path].get(request.method.lower())
        return None

    @staticmethod
    def _validate(document: dict[str, Any], operation: dict[str, Any], response: httpx.Response) -> None:
        responses = operation["responses"]
        described = responses.get(str(response.status_code), responses["default"])
        if response.status_code == 207 and "207" not in responses:
            # Since 2026-09 only one success is described; partial ones have the same body, with errors in it.
            described = responses.get("200") or responses["201"]
        if "content" not in described:
            described = document["components"]["responses"]["Error"]
        (content,) = described["content"].values()
        schema = {**content["schema"], "components": document["components"]}
        jsonschema.Draft4Validator(schema).validate(response.json())


@contextmanager
def connected(url: str, descriptions: Descriptions | None = None) -> Iterator[httpx.Client]:
    hooks = {"response": [descriptions.check]} if descriptions else {}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=url, headers=headers, event_hooks=hooks, timeout=10, verify=False) as client:
        yield client
