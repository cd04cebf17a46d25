"""Merged contacts: what is left of two, under which ids and values it is found, and what is refused."""

from typing import Any

import httpx
import pytest
from support.sandbox_api import Api, Descriptions, connected, gold

UNKNOWN = "123"


def made(api: Api, *people: dict[str, str]) -> list[str]:
    """Record ids of new contacts, in order."""
    ids = []
    for person in people:
        body = {"inputs": [{"properties": person, "associations": []}]}
        (created,) = api.client.post(f"{api.contacts}/batch/create", json=body).json()["results"]
        ids.append(created["id"])
    return ids


def upserted(api: Api, people: dict[str, dict[str, str]]) -> dict[str, dict[str, Any]]:
    """What an upsert answers, by customer: HubSpot answers in no order."""
    results = api.upsert(people).json()["results"]
    return {each["properties"]["olist_customer_id"]: each for each in results}


def merge(api: Api, primary: str, other: str) -> httpx.Response:
    body = {"primaryObjectId": primary, "objectIdToMerge": other}
    return api.client.post(f"{api.contacts}/merge", json=body)


def merged(api: Api, primary: str, other: str) -> dict[str, Any]:
    answer = merge(api, primary, other)
    assert answer.status_code == 200, answer.text
    return answer.json()


def two(api: Api) -> tuple[str, str]:
    """Record ids of the customers a and b, of whom a has no next action."""
    b_has = {"loyalty_tier": "Silver", "next_action": "Nudge"}
    written = upserted(api, {**gold("a"), "b": b_has})
    return written["a"]["id"], written["b"]["id"]


def test_the_primarys_values_hold_and_the_others_fill_what_is_empty(api: Api) -> None:
    (oldest,) = made(api, {"city": "Recife", "next_action": "Call"})
    created = api.client.get(f"{api.contacts}/{oldest}").json()["createdAt"]
    a, b = two(api)
    survivor = merged(api, a, b)
    assert int(survivor["id"]) > max(int(a), int(b))
    wanted = {"olist_customer_id": "a", "loyalty_tier": "Gold", "next_action": "Nudge"}
    assert survivor["properties"].items() >= (wanted | {"hs_merged_object_ids": f"{a};{b}"}).items()
    last = merged(api, survivor["id"], oldest)
    assert last["properties"].items() >= (wanted | {"city": "Recife"}).items()
    assert last["properties"]["hs_merged_object_ids"].split(";") == [survivor["id"], oldest, a, b]
    assert last["createdAt"] == created
    assert len(api.client.get(api.contacts).json()["results"]) == 1


def test_former_ids_lead_to_the_contact_that_is_left(api: Api) -> None:
    a, b = two(api)
    first = merged(api, a, b)["id"]
    (c,) = made(api, {"firstname": "Ana"})
    last = merged(api, c, first)["id"]
    for old in (a, b, first, c, last):
        assert api.client.get(f"{api.contacts}/{old}").json()["id"] == last
    read = api.client.post(f"{api.contacts}/batch/read", json={"inputs": [{"id": a}, {"id": c}]})
    assert read.status_code == 200 and [each["id"] for each in read.json()["results"]] == [last]
    # By two of its ids in one batch, it is one contact all the same.
    updated = api.update({a: {"city": "Natal"}, b: {"state": "RN"}}, id_property=None)
    assert [each["id"] for each in updated.json()["results"]] == [last, last]
    shown = api.client.get(f"{api.contacts}/{last}?properties=city,state").json()["properties"]
    assert (shown["city"], shown["state"]) == ("Natal", "RN")
    # Who is gone is gone under every id, whoever comes next.
    by_two = {"inputs": [{"id": b}, {"id": c}]}
    gone = api.client.post(f"{api.contacts}/batch/archive", json=by_two)
    assert gone.status_code == 204
    assert api.client.get(f"{api.contacts}/{last}").status_code == 404
    assert int(made(api, {"firstname": "Rui"})[0]) > int(last)
    assert api.client.get(f"{api.contacts}/{a}").status_code == 404


def test_an_upsert_finds_the_primary_and_makes_the_other_anew(api: Api) -> None:
    a, b = two(api)
    survivor = merged(api, a, b)["id"]
    assert api.read("b").status_code == 404
    again = upserted(api, gold("a", "b"))
    assert (again["a"]["id"], again["a"]["new"]) == (survivor, False)
    assert again["b"]["new"] and again["b"]["id"] not in (a, b, survivor)


def test_a_unique_value_that_the_primary_has_none_of_stays(api: Api) -> None:
    ours = upserted(api, gold("a"))["a"]["id"]
    (theirs,) = made(api, {"email": "ana@example.com"})
    survivor = merged(api, theirs, ours)["id"]
    again = upserted(api, gold("a"))["a"]
    assert (again["id"], again["new"]) == (survivor, False)


def test_the_others_email_is_an_additional_one_and_nobody_elses(api: Api) -> None:
    one, other = made(api, {"email": "ana@example.com"}, {"email": "Ana@example.org"})
    survivor = merged(api, one, other)
    assert survivor["properties"]["email"] == "ana@example.com"
    assert survivor["properties"]["hs_additional_emails"] == "Ana@example.org"
    found = api.client.get(f"{api.contacts}/ana@example.org", params={"idProperty": "email"})
    assert found.json()["id"] == survivor["id"]
    refused = api.upsert({"b": {"email": "ana@example.org"}})
    assert refused.status_code == 409
    assert refused.json()["message"] == f"Contact already exists. Existing ID: {survivor['id']}"
    mine = {survivor["id"]: {"email": "ana@example.org"}}
    assert api.update(mine, id_property=None).status_code == 200


def test_lists_follow(api: Api) -> None:
    a, b = two(api)
    each = {
        "filterType": "PROPERTY",
        "property": "loyalty_tier",
        "operation": {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": ["Silver"]},
    }
    inner = {"filterBranchType": "AND", "filterBranches": [], "filters": [each]}
    branch = {"filterBranchType": "OR", "filterBranches": [inner], "filters": []}
    body = {"name": "Silver", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": branch}
    number = api.client.post("/crm/lists/2026-09", json=body).json()["list"]["listId"]

    def members() -> list[str]:
        page = api.client.get(f"/crm/lists/2026-09/{number}/memberships").json()
        return [member["recordId"] for member in page["results"]]

    assert members() == [b]
    survivor = merged(api, a, b)["id"]
    assert members() == []
    api.upsert({"a": {"loyalty_tier": "Silver"}})
    assert members() == [survivor]


def test_the_primarys_id_is_kept_where_the_account_takes_part_in_that_beta(api: Api) -> None:
    a, b = two(api)
    api.faults(merge_keeps_id=True)
    survivor = merged(api, a, b)
    assert (survivor["id"], survivor["properties"]["hs_merged_object_ids"]) == (a, b)
    assert api.client.get(f"{api.contacts}/{b}").json()["id"] == a
    assert int(made(api, {"firstname": "Rui"})[0]) > int(b)


@pytest.mark.parametrize("place", [0, 1])
def test_an_unknown_contact_is_not_merged(api: Api, place: int) -> None:
    a, _ = two(api)
    refused = merge(api, *((UNKNOWN, a) if place == 0 else (a, UNKNOWN)))
    assert refused.status_code == 404
    body = refused.json()
    assert (body["category"], body["message"]) == (
        "OBJECT_NOT_FOUND",
        f"Object not found. objectId: {UNKNOWN}",
    )
    assert api.read("a").json()["id"] == a


def test_a_contact_is_not_merged_with_itself(api: Api) -> None:
    a, b = two(api)
    refused = merge(api, a, a)
    assert refused.status_code == 400 and refused.json()["category"] == "VALIDATION_ERROR"
    survivor = merged(api, a, b)["id"]
    assert merge(api, b, survivor).status_code == merge(api, a, b).status_code == 400
    assert api.client.get(f"{api.contacts}/{a}").json()["id"] == survivor


@pytest.mark.parametrize("body", [{}, {"primaryObjectId": "1"}, {"objectIdToMerge": "1"}])
def test_both_ids_are_needed(api: Api, body: dict[str, str]) -> None:
    refused = api.client.post(f"{api.contacts}/merge", json=body)
    assert refused.status_code == 400 and refused.json()["category"] == "VALIDATION_ERROR"


def test_merging_is_writing(api: Api) -> None:
    a, b = two(api)
    api.faults(missing_scopes=["crm.objects.contacts.read"])
    survivor = merged(api, a, b)["id"]
    api.faults(missing_scopes=["crm.objects.contacts.write"])
    refused = merge(api, survivor, b)
    assert refused.status_code == 403
    needed = {"requiredGranularScopes": ["crm.objects.contacts.write"]}
    assert refused.json()["errors"][0]["context"] == needed


def test_the_answer_is_as_hubspot_describes_it(api: Api, url: str, descriptions: Descriptions | None) -> None:
    if descriptions is None:
        pytest.skip("HubSpot's descriptions are not here")
    a, b = two(api)
    with connected(url, descriptions) as client:
        before = descriptions.checked
        body = {"primaryObjectId": a, "objectIdToMerge": b}
        for status in (200, 400):
            assert client.post(f"{api.contacts}/merge", json=body).status_code == status
        assert descriptions.checked == before + 2
    counted = {(each["path"], each["status"]) for each in api.requests()["requests"]}
    assert counted >= {(f"{api.contacts}/merge", "200"), (f"{api.contacts}/merge", "400")}
