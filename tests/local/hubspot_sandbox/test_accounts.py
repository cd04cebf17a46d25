"""The sandbox as one account among others: its number, its contacts, and properties that are taken away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings

HEADERS = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
PROPERTIES = "/crm/v3/properties/contacts"
CONTACTS = "/crm/v3/objects/contacts"


@pytest.fixture
def api() -> Iterator[httpx.Client]:
    with running_sandbox(SandboxSettings()) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
        yield api


def number_of(**settings: Any) -> int:
    with running_sandbox(SandboxSettings(**settings)) as url:
        return httpx.get(f"{url}/account-info/v3/details", headers=HEADERS).json()["portalId"]


def make_property(api: httpx.Client, name: str, unique: bool = False) -> int:
    body = {"name": name, "label": name, "type": "string", "fieldType": "text"}
    body |= {"groupName": "contactinformation", "hasUniqueValue": unique}
    return api.post(PROPERTIES, json=body).status_code


def upsert(api: httpx.Client, *people: str, **properties: str) -> httpx.Response:
    inputs = [
        {"idProperty": "our_id", "id": each, "properties": {"our_id": each} | properties} for each in people
    ]
    return api.post(f"{CONTACTS}/batch/upsert", json={"inputs": inputs})


def test_each_database_is_an_account(tmp_path: Path) -> None:
    path = str(tmp_path / "one.db")
    first = number_of(database=path)
    assert number_of(database=path) == first
    assert 0 < first < 2**31
    assert first not in (number_of(), number_of(database=str(tmp_path / "two.db")))
    assert number_of(portal_id=77) == 77


def test_an_emptied_account_is_the_same_account(api: httpx.Client) -> None:
    before = api.get("/account-info/v3/details").json()["portalId"]
    assert api.delete("/sandbox").status_code == 204
    assert api.get("/account-info/v3/details").json()["portalId"] == before


def test_contacts_are_archived_by_their_ids(api: httpx.Client) -> None:
    assert make_property(api, "our_id", unique=True) == 201
    made = {each["properties"]["our_id"]: each["id"] for each in upsert(api, "a", "b").json()["results"]}
    body = {"inputs": [{"id": made["a"]}, {"id": "4711"}]}
    assert api.post(f"{CONTACTS}/batch/archive", json=body).status_code == 204
    read = {"idProperty": "our_id", "inputs": [{"id": "a"}, {"id": "b"}]}
    answer = api.post(f"{CONTACTS}/batch/read", json=read)
    assert answer.status_code == 207
    assert [each["id"] for each in answer.json()["results"]] == [made["b"]]
    # Its unique value is free again.
    assert upsert(api, "a").json()["results"][0]["new"]


def test_an_archived_property_keeps_its_name_and_loses_its_values(api: httpx.Client) -> None:
    assert make_property(api, "our_id", unique=True) == make_property(api, "tier") == 201
    upsert(api, "a", tier="Gold")
    assert api.delete(f"{PROPERTIES}/tier").status_code == 204
    names = {each["name"] for each in api.get(PROPERTIES).json()["results"]}
    archived = api.get(PROPERTIES, params={"archived": True}).json()["results"]
    assert "tier" not in names and [(each["name"], each["archived"]) for each in archived] == [("tier", True)]
    assert api.get(f"{PROPERTIES}/tier").status_code == 404
    assert api.get(f"{PROPERTIES}/tier", params={"archived": True}).json()["archivedAt"]
    refused = upsert(api, "a", tier="Gold")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    assert make_property(api, "tier") == 409
    assert api.delete("/sandbox/archived/tier").status_code == 204
    assert make_property(api, "tier") == 201
    contact = api.get(f"{CONTACTS}/a", params={"idProperty": "our_id", "properties": "tier"}).json()
    assert contact["properties"]["tier"] is None


def test_hubspots_own_properties_cannot_be_archived(api: httpx.Client) -> None:
    assert api.delete(f"{PROPERTIES}/email").status_code == 400
    assert api.delete(f"{PROPERTIES}/nothing").status_code == 404


def test_archived_stays_archived(tmp_path: Path) -> None:
    settings = SandboxSettings(database=str(tmp_path / "account.db"))
    for expected in (201, 409):
        with running_sandbox(settings) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
            assert make_property(api, "tier") == expected
            api.delete(f"{PROPERTIES}/tier")


def test_a_page_of_html_does_nothing(api: httpx.Client) -> None:
    make_property(api, "our_id", unique=True)
    api.put("/sandbox/faults", json={"script": ["html"]})
    answer = upsert(api, "a")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert api.get(CONTACTS).json()["results"] == []
