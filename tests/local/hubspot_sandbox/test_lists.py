"""Lists: who is in them, what they refuse, what becomes of a deleted one."""

import re
from typing import Any

import httpx
import pytest
from support.sandbox_api import VERSIONS, Api, gold


def path(api: Api, rest: str = "") -> str:
    """The path of lists in the version that is under test."""
    version = next(name for name, paths in VERSIONS.items() if paths[0] == api.contacts)
    return ("/crm/v3/lists" if version == "v3" else f"/crm/lists/{version}") + rest


def filters(
    name: str, *values: str, kind: str = "ENUMERATION", operator: str = "IS_ANY_OF"
) -> dict[str, Any]:
    operation = {"operationType": kind, "operator": operator, "includeObjectsWithNoValueSet": False}
    each = {
        "filterType": "PROPERTY",
        "property": name,
        "operation": operation | ({"values": list(values)} if values else {}),
    }
    inner = {"filterBranchType": "AND", "filterBranches": [], "filters": [each]}
    return {"filterBranchType": "OR", "filterBranches": [inner], "filters": []}


def create(api: Api, name: str = "Gold", branch: dict[str, Any] | None = None, **more: str) -> httpx.Response:
    body = {
        "name": name,
        "objectTypeId": "0-1",
        "processingType": "DYNAMIC",
        "filterBranch": branch or filters("loyalty_tier", "Gold"),
    }
    return api.client.post(path(api), json=body | more)


def made(api: Api, *arguments: Any, **more: Any) -> str:
    created = create(api, *arguments, **more)
    assert created.status_code == 200, created.text
    return created.json()["list"]["listId"]


def members(api: Api, number: str, limit: int = 100) -> list[str]:
    """Customers in a list, page by page."""
    found, after = [], "0"
    while after:
        query = {"limit": limit, "after": after}
        page = api.client.get(path(api, f"/{number}/memberships"), params=query).json()
        found += [each["recordId"] for each in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")
    assert len(found) == page["total"]
    read = [api.client.get(f"{api.contacts}/{each}?properties=olist_customer_id").json() for each in found]
    return sorted(each["properties"]["olist_customer_id"] for each in read)


def test_membership_follows_the_contacts(api: Api) -> None:
    number = made(api)
    assert members(api, number) == []
    api.upsert({**gold("a", "b", "c"), "d": {"loyalty_tier": "Silver"}, "e": {"next_action": "x"}})
    assert members(api, number, limit=2) == ["a", "b", "c"]
    api.upsert({"a": {"loyalty_tier": ""}, "d": {"loyalty_tier": "Gold"}})
    assert members(api, number) == ["b", "c", "d"]
    shown = api.client.get(path(api, f"/{number}")).json()["list"]
    assert (shown["size"], shown["processingType"]) == (3, "DYNAMIC") and "filterBranch" not in shown


@pytest.mark.parametrize(
    ("branch", "wanted"),
    [
        (filters("loyalty_tier", "Gold", "Silver"), ["a", "b"]),
        (filters("loyalty_tier", "Gold", operator="IS_NONE_OF"), ["b"]),
        (filters("next_action", "Nudge", kind="MULTISTRING", operator="IS_EQUAL_TO"), ["a"]),
        (filters("next_action", "nudge", kind="MULTISTRING", operator="IS_NOT_EQUAL_TO"), ["c"]),
        (filters("next_action", kind="ALL_PROPERTY", operator="IS_UNKNOWN"), ["b"]),
        (filters("loyalty_tier", kind="ALL_PROPERTY", operator="IS_KNOWN"), ["a", "b"]),
    ],
)
def test_filters(api: Api, branch: dict[str, Any], wanted: list[str]) -> None:
    api.upsert(
        {
            "a": {"loyalty_tier": "Gold", "next_action": "nudge"},
            "b": {"loyalty_tier": "Silver"},
            "c": {"next_action": 'it\'s "x"'},
        }
    )
    assert members(api, made(api, "List", branch)) == wanted


def test_branches_are_alternatives_and_their_filters_hold_all(api: Api) -> None:
    api.upsert({"a": {"loyalty_tier": "Gold", "next_action": "x"}, **gold("b"), "c": {"next_action": "y"}})
    branch = filters("loyalty_tier", "Gold")
    (inner,) = branch["filterBranches"]
    equal = {"kind": "MULTISTRING", "operator": "IS_EQUAL_TO"}
    inner["filters"] += filters("next_action", "x", **equal)["filterBranches"][0]["filters"]
    branch["filterBranches"] += filters("next_action", "y", **equal)["filterBranches"]
    assert members(api, made(api, "List", branch)) == ["a", "c"]


@pytest.mark.parametrize(
    ("branch", "why"),
    [
        (filters("nowhere", "x"), "does not exist"),
        (filters("next_action", "x"), "ENUMERATION is no operation"),
        (
            filters("loyalty_tier", "x", kind="MULTISTRING", operator="IS_EQUAL_TO"),
            "MULTISTRING is no operation",
        ),
        (filters("loyalty_tier"), "needs values"),
        (filters("loyalty_tier", "x", operator="CONTAINS_ALL"), "no operation ENUMERATION CONTAINS_ALL"),
        ({"filterBranchType": "AND", "filters": [], "filterBranches": []}, "must be a branch OR"),
        ({"filterBranchType": "OR", "filterBranches": []}, "must be a branch OR"),
    ],
)
def test_wrong_filters_are_refused(api: Api, branch: dict[str, Any], why: str) -> None:
    refused = create(api, "List", branch)
    assert refused.status_code == 400 and re.search(why, refused.json()["message"])
    number = made(api)
    changed = api.client.put(path(api, f"/{number}/update-list-filters"), json={"filterBranch": branch})
    assert changed.status_code == 400


def test_a_name_is_one_lists_whatever_its_case(api: Api) -> None:
    first, second = made(api, "Gold"), made(api, "Silver")
    refused = create(api, "gold")
    assert refused.status_code == 400 and refused.json()["subCategory"] == "ILS.DUPLICATE_LIST_NAMES"
    renamed = api.client.put(path(api, f"/{second}/update-list-name"), params={"listName": "Gold"})
    assert renamed.status_code == 400
    # A capital of its own is no other list.
    renamed = api.client.put(path(api, f"/{first}/update-list-name"), params={"listName": "GOLD"})
    assert renamed.json()["updatedList"]["name"] == "GOLD"
    assert renamed.json()["updatedList"]["listVersion"] == 2


def test_lists_are_found_by_id_name_and_words(api: Api) -> None:
    numbers = [made(api, f"Olist: {number}") for number in range(3)] + [made(api, "Theirs")]
    query = {"listIds": [*numbers[1:3], "999"], "includeFilters": True}
    several = api.client.get(path(api), params=query).json()["lists"]
    assert [each["listId"] for each in several] == numbers[1:3]
    assert several[0]["filterBranch"]["filterBranches"][0]["filters"][0]["property"] == "loyalty_tier"
    assert api.client.get(path(api)).json() == {"lists": []}
    body = {
        "query": "olist",
        "listIds": [],
        "processingTypes": ["DYNAMIC"],
        "additionalProperties": [],
        "offset": 0,
        "count": 2,
    }
    first = api.client.post(path(api, "/search"), json=body).json()
    assert (first["total"], first["hasMore"], first["offset"]) == (3, True, 2)
    rest = api.client.post(path(api, "/search"), json=body | {"offset": 2}).json()
    assert [each["listId"] for each in first["lists"] + rest["lists"]] == numbers[:3] and not rest["hasMore"]
    assert rest["lists"][0]["additionalProperties"]["hs_list_size"] == "0"
    named = api.client.get(path(api, "/object-type-id/0-1/name/olist: 1")).json()
    assert named["list"]["listId"] == numbers[1]
    assert api.client.get(path(api, "/object-type-id/0-1/name/Nobody")).status_code == 404
    assert api.client.get(path(api, "/999")).status_code == 404


def test_a_deleted_list_can_be_read_and_restored(api: Api) -> None:
    api.upsert(gold("a"))
    number = made(api)
    assert api.client.delete(path(api, f"/{number}")).status_code == 204
    assert api.client.get(path(api, f"/{number}")).json()["list"]["deletedAt"]
    assert api.client.get(path(api, f"/{number}/memberships")).status_code == 404
    assert api.client.put(path(api, f"/{number}/update-list-name?listName=x")).status_code == 404
    assert api.client.post(path(api, "/search"), json={}).json()["total"] == 0
    # Its name is free, and then taken.
    other = made(api)
    assert api.client.put(path(api, f"/{number}/restore")).status_code == 400
    assert api.client.delete(path(api, f"/{other}")).status_code == 204
    assert api.client.put(path(api, f"/{number}/restore")).status_code == 204
    assert members(api, number) == ["a"]
    assert api.client.delete(f"/sandbox/lists/{number}").status_code == 204
    assert api.client.put(path(api, f"/{number}/restore")).status_code == 404


def test_active_lists_are_limited(api: Api) -> None:
    number = made(api, "First")
    api.faults(list_limit=1)
    refused = create(api, "Second")
    assert refused.status_code == 400 and "limit of 1 active lists" in refused.json()["message"]
    assert create(api, "By hand", processingType="MANUAL").status_code == 200
    assert api.client.delete(path(api, f"/{number}")).status_code == 204
    assert create(api, "Second").status_code == 200


def test_lists_have_scopes_of_their_own(api: Api) -> None:
    api.faults(missing_scopes=["crm.lists.write"])
    refused = create(api)
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["context"] == {"requiredGranularScopes": ["crm.lists.write"]}
    assert api.client.post(path(api, "/search"), json={}).status_code == 200
    api.faults(missing_scopes=["crm.lists.read"])
    assert api.client.post(path(api, "/search"), json={}).status_code == 403
    assert api.client.get(path(api)).status_code == 403


def test_the_page_shows_lists_and_who_is_in_them(api: Api) -> None:
    api.upsert({**gold("a", "b"), "c": {"loyalty_tier": "Silver"}})
    assert "Segments" not in api.client.get("/").text
    made(api, "<b>Gold")
    account = api.client.get(api.account).json()
    assert account["uiDomain"] == api.client.base_url.netloc.decode()
    page = api.client.get("/").text
    (place,) = re.findall(r'href="(/contacts/[^"]+)">&lt;b&gt;Gold</a></td><td>2</td>', page)
    shown = api.client.get(place).text
    assert "<td>a</td>" in shown and "<td>c</td>" not in shown and "&lt;b&gt;Gold" in shown
    assert f"/contacts/{account['portalId']}/objectLists/" in place
    assert api.client.get(place.replace(str(account["portalId"]), "1")).status_code == 404
