"""Contacts: upserted, updated, read, one by one and in batches."""

import json

import pytest
from support.sandbox_api import VERSIONS, Api, Descriptions, batch, errors_of, gold, people


def test_upsert_creates_then_updates(api: Api) -> None:
    first = api.upsert(gold("a", "b"))
    assert first.status_code == 200
    assert first.json()["status"] == "COMPLETE"
    assert {entry["new"] for entry in first.json()["results"]} == {True}
    second = api.upsert({"b": {"next_action": "10% Off"}, "c": {"loyalty_tier": "Silver"}})
    by_person = {entry["properties"]["olist_customer_id"]: entry for entry in second.json()["results"]}
    assert {person: entry["new"] for person, entry in by_person.items()} == {"b": False, "c": True}
    assert by_person["b"]["id"].isdigit()
    assert by_person["b"]["properties"]["hs_object_id"] == by_person["b"]["id"]
    assert {"createdate", "lastmodifieddate"} <= set(by_person["b"]["properties"])
    assert by_person["b"]["updatedAt"] >= by_person["b"]["createdAt"]
    stored = api.read("b", "loyalty_tier", "next_action").json()["properties"]
    assert (stored["loyalty_tier"], stored["next_action"]) == ("Gold", "10% Off")


def test_both_versions_are_one_account(api: Api) -> None:
    other = next(paths for paths in VERSIONS.values() if paths[0] != api.contacts)
    api.upsert(gold("a"))
    found = api.client.get(f"{other[0]}/a", params={"idProperty": "olist_customer_id"})
    assert found.status_code == 200


def test_results_come_in_no_particular_order(api: Api) -> None:
    ids = people(100)
    answer = api.upsert(gold(*ids)).json()["results"]
    answered = [entry["properties"]["olist_customer_id"] for entry in answer]
    assert sorted(answered) == sorted(ids)
    assert answered != ids
    api.faults(shuffle_results=False)
    answer = api.upsert(gold(*ids)).json()["results"]
    assert [entry["properties"]["olist_customer_id"] for entry in answer] == ids


def test_a_batch_holds_at_most_a_hundred(api: Api) -> None:
    assert api.upsert(gold(*people(100))).status_code == 200
    for verb in ("upsert", "update", "read"):
        too_many = api.client.post(f"{api.contacts}/batch/{verb}", json=batch(gold(*people(101)), None))
        assert (too_many.status_code, too_many.json()["category"]) == (400, "VALIDATION_ERROR")
    assert api.upsert({}).status_code == 400


def test_an_unknown_property_refuses_the_batch_and_is_named(api: Api) -> None:
    refused = api.upsert(gold("a") | {"b": {"shoe_size": "44"}})
    assert errors_of(refused) == {"shoe_size": "PROPERTY_DOESNT_EXIST"}
    embedded = json.loads(refused.json()["message"].split(": ", 1)[1])
    assert [(entry["error"], entry["name"]) for entry in embedded] == [("PROPERTY_DOESNT_EXIST", "shoe_size")]
    assert api.read("a").status_code == 404, "nothing of a refused batch is stored"


def test_a_repeated_id_refuses_the_batch(api: Api) -> None:
    body = batch(gold("a", "b"))
    body["inputs"].append(body["inputs"][0])
    refused = api.client.post(f"{api.contacts}/batch/upsert", json=body)
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")
    assert refused.json()["context"] == {"ids": ["a"]}


@pytest.mark.parametrize("id_property", ["loyalty_tier", "email", "nowhere", None])
def test_upsert_needs_a_unique_id_property(api: Api, id_property: str | None) -> None:
    refused = api.upsert(gold("a"), id_property=id_property)
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")


def test_the_id_must_agree_with_the_property(api: Api) -> None:
    assert api.upsert({"a": {"olist_customer_id": "a"}}).status_code == 200
    assert api.upsert({"a": {"olist_customer_id": "b"}}).status_code == 400


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"inputs": [{"id": "a"}]}', b'{"inputs": [{"id": null}]}'])
def test_malformed_bodies_are_400(api: Api, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    refused = api.client.post(f"{api.contacts}/batch/upsert", content=body, headers=headers)
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")


def test_update_never_creates_and_names_whom_it_misses(api: Api) -> None:
    api.upsert(gold("a", "b"))
    answer = api.update({"a": {"next_action": "Call"}, "x": {"next_action": "Call"}, "y": {}})
    assert answer.status_code == 207
    body = answer.json()
    assert [entry["properties"]["olist_customer_id"] for entry in body["results"]] == ["a"]
    (error,) = body["errors"]
    assert error["category"] == "OBJECT_NOT_FOUND"
    assert sorted(error["context"]["ids"]) == ["x", "y"]
    assert body["numErrors"] == 1
    assert api.read("a", "next_action").json()["properties"]["next_action"] == "Call"
    assert api.read("x").status_code == 404


def test_update_by_record_id(api: Api) -> None:
    record = api.upsert(gold("a")).json()["results"][0]["id"]
    answer = api.update({record: {"next_action": "Call"}}, id_property=None)
    assert answer.status_code == 200
    assert api.client.get(f"{api.contacts}/{record}?properties=next_action").json()["id"] == record
    assert api.update({"999": {}}, id_property=None).json()["errors"][0]["context"] == {"ids": ["999"]}


def test_a_value_that_another_contact_has_is_409_for_the_batch(api: Api) -> None:
    first, second = sorted(entry["id"] for entry in api.upsert(gold("a", "b")).json()["results"])
    changes = {first: {"loyalty_tier": "Silver"}, second: {"olist_customer_id": "a"}}
    refused = api.update(changes, id_property=None)
    assert (refused.status_code, refused.json()["category"]) == (409, "CONFLICT")
    assert api.read("a", "loyalty_tier").json()["properties"]["loyalty_tier"] == "Gold", "rolled back"


def test_a_unique_value_that_was_given_up_is_free(api: Api) -> None:
    record = api.upsert(gold("a")).json()["results"][0]["id"]
    assert api.update({record: {"olist_customer_id": "z"}}, id_property=None).status_code == 200
    assert api.read("a").status_code == 404
    assert api.read("z").json()["id"] == record
    assert api.upsert(gold("a")).json()["results"][0]["new"] is True


def test_read_in_batches(api: Api) -> None:
    api.upsert(gold("a", "b"))
    body = {
        "idProperty": "olist_customer_id",
        "properties": ["loyalty_tier"],
        "propertiesWithHistory": [],
        "inputs": [{"id": "a"}, {"id": "b"}],
    }
    path = f"{api.contacts}/batch/read"
    found = api.client.post(path, json=body)
    assert found.status_code == 200
    assert {entry["properties"]["loyalty_tier"] for entry in found.json()["results"]} == {"Gold"}
    body["inputs"].append({"id": "x"})
    partly = api.client.post(path, json=body)
    assert partly.status_code == 207
    assert len(partly.json()["results"]) == 2
    assert partly.json()["errors"][0]["context"] == {"ids": ["x"]}


def test_the_list_is_paged(api: Api) -> None:
    api.upsert(gold(*people(25)))
    seen, query = [], {"limit": 10, "properties": "olist_customer_id"}
    while True:
        page = api.client.get(api.contacts, params=query).json()
        seen += [entry["properties"]["olist_customer_id"] for entry in page["results"]]
        if "paging" not in page:
            break
        query["after"] = page["paging"]["next"]["after"]
    assert sorted(seen) == sorted(people(25))
    assert len(api.client.get(api.contacts).json()["results"]) == 10
    assert api.client.get(api.contacts, params={"limit": 101}).status_code == 400


def test_the_answers_were_checked(api: Api, descriptions: Descriptions | None) -> None:
    if descriptions is None:
        pytest.skip("HubSpot's OpenAPI files are not here")
    before = descriptions.checked
    api.upsert(gold("a"))
    assert descriptions.checked == before + 1
