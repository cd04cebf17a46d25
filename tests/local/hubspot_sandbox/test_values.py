"""Values of properties: which are taken, and how they are kept."""

from typing import Any

import pytest
from support.sandbox_api import Api, connected, errors_of


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("lifetime_value", "12,5", "INVALID_NUMBER"),
        ("lifetime_value", "nan", "INVALID_NUMBER"),
        ("lifetime_value", "Infinity", "INVALID_NUMBER"),
        ("lifetime_value", " 1", "LEADING_TRAILING_WHITESPACE"),
        ("last_purchase_date", "2018-02-30", "INVALID_DATE"),
        ("last_purchase_date", "20180201", "INVALID_DATE"),
        ("last_purchase_date", "2018-02-01T00:00:00Z", "INVALID_DATE"),
        ("last_purchase_date", "1517443201000", "INVALID_DATE"),
        ("seen_at", "yesterday", "INVALID_DATE"),
        ("loyalty_tier", "gold", "INVALID_OPTION"),
        ("loyalty_tier", "Gold;Silver", "INVALID_OPTION"),
        ("tags", "a;z", "INVALID_OPTION"),
        ("is_active", "yes", "INVALID_BOOLEAN"),
        ("next_action", "x" * 65_537, "INVALID_LENGTH"),
        ("hs_object_id", "1", "READ_ONLY_VALUE"),
    ],
)
def test_values_of_the_wrong_type(api: Api, name: str, value: str, code: str) -> None:
    assert errors_of(api.upsert({"a": {name: value}})) == {name: code}


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("lifetime_value", "123.40", "123.40"),
        ("lifetime_value", "-1e3", "-1e3"),
        ("lifetime_value", 12, "12"),
        ("last_purchase_date", "2018-02-01", "2018-02-01"),
        ("last_purchase_date", "1517443200000", "2018-02-01"),
        ("seen_at", "2018-02-01T10:00:00Z", "2018-02-01T10:00:00Z"),
        ("tags", "a;c", "a;c"),
        ("is_active", True, "true"),
        ("next_action", " Olá, João! ✓ ", " Olá, João! ✓ "),
    ],
)
def test_values_are_kept_as_text(api: Api, name: str, value: Any, stored: str) -> None:
    assert api.upsert({"a": {name: value}}).status_code == 200
    assert api.read("a", name).json()["properties"][name] == stored


def test_an_empty_string_clears(api: Api, url: str) -> None:
    api.upsert({"a": {"loyalty_tier": "Gold", "next_action": "Call"}})
    assert api.upsert({"a": {"loyalty_tier": ""}}).json()["results"][0]["properties"]["loyalty_tier"] == ""
    with connected(url) as unchecked:  # HubSpot answers null here, although its own description has no null
        query = {"idProperty": "olist_customer_id", "properties": "loyalty_tier,next_action"}
        stored = unchecked.get(f"{api.contacts}/a", params=query).json()["properties"]
    assert (stored["loyalty_tier"], stored["next_action"]) == (None, "Call")
