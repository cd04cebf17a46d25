"""The search for contacts."""

from typing import Any

import pytest
from support.sandbox_api import Api, people


def search(api: Api, *groups: list[dict[str, Any]], limit: int = 10, after: int = 0) -> dict[str, Any]:
    body = {
        "filterGroups": [{"filters": group} for group in groups],
        "properties": ["olist_customer_id"],
        "sorts": [],
        "limit": limit,
        "after": str(after),
    }
    answer = api.client.post(f"{api.contacts}/search", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(api: Api, *groups: list[dict[str, Any]]) -> set[str]:
    return {each["properties"]["olist_customer_id"] for each in search(api, *groups)["results"]}


def by(name: str, operator: str, value: str = "", values: list[str] | None = None) -> list[dict[str, Any]]:
    return [{"propertyName": name, "operator": operator, "value": value, "values": values or []}]


def test_operators_and_groups(api: Api) -> None:
    api.upsert(
        {
            "a": {"next_action": "Call", "loyalty_tier": "Gold"},
            "b": {"next_action": "Mail", "loyalty_tier": "Silver"},
            "c": {"loyalty_tier": "Gold"},
        }
    )
    assert found(api) == {"a", "b", "c"}
    assert found(api, by("next_action", "HAS_PROPERTY")) == {"a", "b"}
    assert found(api, by("next_action", "NOT_HAS_PROPERTY")) == {"c"}
    assert found(api, by("next_action", "EQ", "call")) == {"a"}
    assert found(api, by("next_action", "NEQ", "Call")) == {"b"}
    assert found(api, by("loyalty_tier", "IN", values=["Gold"])) == {"a", "c"}
    # Of a text, the values have to be given in lower case.
    assert found(api, by("next_action", "NOT_IN", values=["call"])) == {"b"}
    assert found(api, by("next_action", "NOT_IN", values=["Call"])) == {"a", "b"}
    both = [*by("next_action", "HAS_PROPERTY"), *by("loyalty_tier", "IN", values=["Gold"])]
    assert found(api, both) == {"a"}
    assert found(api, both, by("next_action", "NOT_HAS_PROPERTY")) == {"a", "c"}


def test_pages(api: Api) -> None:
    api.upsert({person: {"next_action": "Call"} for person in people(7)})
    first = search(api, limit=5)
    assert (first["total"], len(first["results"]), first["paging"]["next"]["after"]) == (7, 5, "5")
    second = search(api, limit=5, after=5)
    assert len(second["results"]) == 2 and "paging" not in second


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 201},
        {"limit": 200, "after": "9900"},
        {"filterGroups": [{"filters": by("nothing", "HAS_PROPERTY")}]},
        {"filterGroups": [{"filters": by("next_action", "BETWEEN")}]},
    ],
)
def test_searches_that_are_refused(api: Api, wrong: dict[str, Any]) -> None:
    refused = api.client.post(f"{api.contacts}/search", json=wrong)
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")
