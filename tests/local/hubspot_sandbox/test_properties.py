"""Groups and properties: created once, and refused where HubSpot would refuse them."""

import threading
from typing import Any

import pytest
from support.sandbox_api import GROUP, Api, errors_of, property_body


def test_groups_are_created_once(api: Api) -> None:
    body = {"name": "more", "label": "More", "displayOrder": -1}
    path = f"{api.properties}/groups"
    assert api.client.post(path, json=body).status_code == 201
    again = api.client.post(path, json=body)
    assert (again.status_code, again.json()["category"]) == (409, "OBJECT_ALREADY_EXISTS")
    names = {group["name"] for group in api.client.get(path).json()["results"]}
    assert names == {"contactinformation", GROUP, "more"}
    assert api.client.get(f"{path}/more").json()["label"] == "More"
    assert api.client.get(f"{path}/none").status_code == 404


def test_properties_are_created_once(api: Api) -> None:
    body = property_body("one_more")
    created = api.client.post(api.properties, json=body)
    assert created.status_code == 201
    assert created.json()["groupName"] == GROUP
    again = api.client.post(api.properties, json=body)
    assert (again.status_code, again.json()["category"]) == (409, "OBJECT_ALREADY_EXISTS")
    listed = {entry["name"]: entry for entry in api.client.get(api.properties).json()["results"]}
    assert {"one_more", "hs_object_id", "email", "olist_customer_id"} <= set(listed)
    assert listed["olist_customer_id"]["hasUniqueValue"] is True
    assert api.client.get(f"{api.properties}/one_more").json()["type"] == "string"
    assert api.client.get(f"{api.properties}/none").status_code == 404


def test_a_batch_of_properties_reports_those_that_exist(api: Api) -> None:
    inputs = [property_body("brand_new"), property_body("next_action")]
    answer = api.client.post(f"{api.properties}/batch/create", json={"inputs": inputs})
    assert answer.status_code == 207
    assert [entry["name"] for entry in answer.json()["results"]] == ["brand_new"]
    assert [error["context"] for error in answer.json()["errors"]] == [{"name": ["next_action"]}]


def test_concurrent_creation_makes_one_property(api: Api) -> None:
    statuses: list[int] = []

    def create() -> None:
        statuses.append(api.client.post(api.properties, json=property_body("raced")).status_code)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 7


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Capital"},
        {"name": "1st"},
        {"type": "text"},
        {"type": "number", "fieldType": "text"},
        {"groupName": "nowhere"},
        {"type": "enumeration", "fieldType": "select", "options": []},
        {"type": "date", "fieldType": "date", "hasUniqueValue": True},
        {"label": None},
    ],
)
def test_properties_that_hubspot_would_not_create(api: Api, wrong: dict[str, Any]) -> None:
    refused = api.client.post(api.properties, json=property_body("fine") | wrong)
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "wrong",
    [
        [("Gold", "Gold"), ("Gold", "Golden")],
        [("Gold", "Gold"), ("Gold2", "Gold")],
        [("Gold ", "Gold")],
        [("", "None")],
        [("Gold; paid", "Gold")],
        [("G" * 1_500, "G" * 1_501)],
        [(str(number), str(number)) for number in range(5_001)],
    ],
)
def test_options_that_hubspot_would_not_take(api: Api, wrong: list[tuple[str, str]]) -> None:
    options = [
        {"value": value, "label": label, "hidden": False, "displayOrder": -1} for value, label in wrong
    ]
    refused = api.client.patch(f"{api.properties}/loyalty_tier", json={"options": options})
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")


def test_a_text_becomes_a_dropdown_and_keeps_its_values(api: Api) -> None:
    api.upsert({"a": {"next_action": "Call"}, "b": {"next_action": "By hand"}})
    path = f"{api.properties}/next_action"
    body: dict[str, Any] = {"type": "enumeration", "fieldType": "select"}
    assert api.client.patch(path, json=body).status_code == 400
    body["options"] = [{"value": "Call", "label": "Call them", "hidden": True, "displayOrder": 0}]
    changed = api.client.patch(path, json=body)
    assert (
        changed.status_code == 200
        and changed.json()["options"][0] | body["options"][0] == (changed.json()["options"][0])
    )
    assert api.client.get(path).json()["type"] == "enumeration"
    # What is no option stays, and cannot be written any more; the empty value clears.
    assert api.read("b", "next_action").json()["properties"]["next_action"] == "By hand"
    assert errors_of(api.upsert({"c": {"next_action": "By hand"}})) == {"next_action": "INVALID_OPTION"}
    assert errors_of(api.upsert({"c": {"next_action": "call"}})) == {"next_action": "INVALID_OPTION"}
    message = api.upsert({"c": {"next_action": "call"}}).json()["message"]
    assert "call was not one of the allowed options: [Call]" in message
    assert api.upsert({"a": {"next_action": ""}, "c": {"next_action": "Call"}}).status_code == 200


def test_options_can_change_but_uniqueness_cannot(api: Api) -> None:
    path = f"{api.properties}/loyalty_tier"
    options = property_body("loyalty_tier")["options"]
    options.append({"label": "Bronze", "value": "Bronze", "hidden": False, "displayOrder": 4})
    changed = api.client.patch(path, json={"options": options, "hasUniqueValue": True})
    assert changed.status_code == 200
    assert changed.json()["hasUniqueValue"] is False
    assert api.upsert({"a": {"loyalty_tier": "Bronze"}}).status_code == 200
    assert api.client.patch(f"{api.properties}/hs_object_id", json={"label": "x"}).status_code == 400
