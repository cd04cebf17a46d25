"""What an account lays down: limits of its plan, rules of its admins, scopes, unique e-mail addresses."""

import httpx
import pytest
from support.sandbox_api import GROUP, TOKEN, VERSIONS, Api, gold, property_body


def path(api: Api, kind: str, rest: str = "") -> str:
    """The path of another API in the version that is under test."""
    version = next(name for name, paths in VERSIONS.items() if paths[0] == api.contacts)
    numbered = {"limits": "limits", "validations": "property-validations/0-1", "schema": "schemas/contacts"}
    dated = {
        "limits": "/crm/limits/{}",
        "validations": "/crm/property-validations/{}/0-1",
        "schema": "/crm-object-schemas/{}/schemas/contacts",
    }
    return (f"/crm/v3/{numbered[kind]}" if version == "v3" else dated[kind].format(version)) + rest


def is_newest(api: Api) -> bool:
    return "/2026-09/" in api.contacts


def create(api: Api, *people: dict[str, str]) -> httpx.Response:
    inputs = [{"properties": person, "associations": []} for person in people]
    return api.client.post(f"{api.contacts}/batch/create", json={"inputs": inputs})


def test_custom_properties_are_counted_and_limited(api: Api) -> None:
    limits = api.client.get(path(api, "limits", "/custom-properties")).json()
    (contacts,) = limits["byObjectType"]
    assert (contacts["objectTypeId"], contacts["limit"], contacts["usage"]) == ("0-1", 1_000, 8)
    assert limits["overallUsage"] == 8
    api.faults(property_limit=9)
    assert api.client.post(api.properties, json=property_body("ninth")).status_code == 201
    refused = api.client.post(api.properties, json=property_body("tenth"))
    assert refused.status_code == 400 and "limit of 9 custom properties" in refused.json()["message"]
    # One that is there is no new one.
    assert api.client.post(api.properties, json=property_body("ninth")).status_code == 409
    both = {"inputs": [property_body("ninth"), property_body("tenth")]}
    assert api.client.post(f"{api.properties}/batch/create", json=both).status_code == 400


def test_contacts_are_counted_and_limited(api: Api) -> None:
    assert api.upsert(gold("a", "b")).status_code == 200
    (contacts,) = api.client.get(path(api, "limits", "/records")).json()["hubspotDefinedObjectTypes"]
    assert (contacts["objectTypeId"], contacts["usage"]) == ("0-1", 2)
    api.faults(record_limit=3)
    refused = api.upsert(gold("a", "c", "d"))
    assert refused.status_code == 400 and "limit of 3 contact records" in refused.json()["message"]
    assert api.upsert(gold("a", "c")).status_code == 200
    # Whoever is there can be written to, however full the account is.
    api.faults(record_limit=1)
    assert api.upsert(gold("a", "b", "c")).status_code == 200


def test_validations_hold_for_every_value_but_an_empty_one(api: Api) -> None:
    rule = path(api, "validations", "/next_action/rule-type/MAX_LENGTH")
    assert api.client.put(rule, json={"ruleArguments": ["5"]}).status_code == 204
    (shown,) = api.client.get(path(api, "validations")).json()["results"]
    assert shown["propertyName"] == "next_action"
    assert shown["propertyValidationRules"][0]["ruleArguments"] == ["5"]
    assert len(api.client.get(path(api, "validations", "/next_action")).json()["results"]) == 1
    for verb in (api.upsert, api.update):
        assert verb({"a": {"next_action": "hello"}}).status_code in (200, 207)
        assert verb({"a": {"next_action": ""}}).status_code in (200, 207)
        refused = verb({"a": {"next_action": "hello"}, "b": {"next_action": "too long"}})
        assert refused.status_code == 400
        (error,) = refused.json()["errors"]
        assert error["context"] == {"propertyName": ["next_action"]} and error["code"] == "INVALID_MAX_LENGTH"


@pytest.mark.parametrize(
    ("rule", "argument", "right", "wrong"),
    [
        ("MIN_LENGTH", "3", "abc", "ab"),
        ("MAX_LENGTH", "3", "abc", "abcd"),
        ("MIN_NUMBER", "10", "10", "9.99"),
        ("MAX_NUMBER", "10", "10", "10.01"),
        ("DECIMAL", "1", "1.5", "1.55"),
        ("REGEX", "[A-Z]{2}", "SP", "SPX"),
        ("ALPHANUMERIC", "NUMERIC_ONLY", "12", "1a"),
        ("ALPHANUMERIC", "ALPHABETIC_ONLY", "ab", "a1"),
        ("SPECIAL_CHARACTERS", "", "a b", "a&b"),
        ("WHITESPACE", "", "ab", "a b"),
    ],
)
def test_rules(api: Api, rule: str, argument: str, right: str, wrong: str) -> None:
    api.faults(validations={"next_action": {rule: [argument]}})
    assert api.upsert({"a": {"next_action": right}}).status_code == 200
    assert api.upsert({"a": {"next_action": wrong}}).status_code == 400


def test_the_create_form_holds_for_new_contacts_since_2026_09(api: Api) -> None:
    assert api.upsert(gold("a")).status_code == 200
    api.faults(required_properties=["email"])
    assert api.client.get(path(api, "schema")).json()["requiredProperties"] == ["email"]
    refused = api.upsert(gold("b"))
    if is_newest(api):
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["context"] == {"propertyName": ["email"]}
        assert api.upsert({"b": {"email": "b@example.com"}}).status_code == 200
    else:
        assert refused.status_code == 200
    assert api.upsert(gold("a")).status_code == 200
    assert api.update(gold("a")).status_code == 200


def test_a_value_can_make_another_property_required_since_2026_09(api: Api) -> None:
    api.faults(required_where={"phone": ("loyalty_tier", "Gold")})
    assert api.upsert(gold("a")).status_code == (400 if is_newest(api) else 200)
    assert api.upsert({"a": {"loyalty_tier": "Gold", "phone": "1"}}).status_code == 200
    assert api.upsert({"a": {"loyalty_tier": "Silver"}}).status_code == 200


def test_an_email_is_one_contacts_whatever_its_case(api: Api) -> None:
    theirs = create(api, {"email": "Ana@Example.com", "firstname": "Ana"})
    assert theirs.status_code == 201
    number = theirs.json()["results"][0]["id"]
    refused = api.upsert({"a": {"email": "ana@example.COM"}, **gold("b")})
    assert refused.status_code == 409
    assert refused.json()["message"] == f"Contact already exists. Existing ID: {number}"
    assert api.read("b").status_code == 404
    found = api.client.get(f"{api.contacts}/ANA@example.com", params={"idProperty": "email"})
    assert found.json()["id"] == number
    assert (
        api.write("upsert", {"ana@example.com": {"firstname": "x"}}, id_property="email").status_code == 400
    )


def test_what_others_create_is_no_delivery_of_ours(api: Api) -> None:
    assert create(api, {"firstname": "Ana"}, {"firstname": "Rui"}).status_code == 201
    assert api.deliveries()["accepted"] == 0


def test_scopes_are_told_of_a_private_app_alone(api: Api) -> None:
    info = "/oauth/v2/private-apps/get/access-token-info"
    api.faults(missing_scopes=["crm.schemas.contacts.write"])
    told = api.client.post(info, json={"tokenKey": TOKEN}).json()
    assert "crm.objects.contacts.write" in told["scopes"]
    assert "crm.schemas.contacts.write" not in told["scopes"]
    assert told["hubId"] == api.client.get(api.account).json()["portalId"]
    api.faults(is_service_key=True)
    assert api.client.post(info, json={"tokenKey": TOKEN}).status_code == 404


def test_limits_and_validations_need_one_of_several_scopes(api: Api) -> None:
    paths = [path(api, "limits", "/records"), path(api, "validations")]
    api.faults(missing_scopes=["crm.objects.contacts.read", "crm.schemas.contacts.read"])
    assert [api.client.get(each).status_code for each in paths] == [200, 200]
    api.faults(
        missing_scopes=[
            "crm.objects.contacts.read",
            "crm.objects.contacts.write",
            "crm.schemas.contacts.read",
        ]
    )
    assert [api.client.get(each).status_code for each in paths] == [403, 403]


def test_an_api_can_be_missing(api: Api) -> None:
    api.faults(missing_apis=["limits", "property-validations", "schemas"])
    for kind, rest in (("limits", "/records"), ("validations", ""), ("schema", "")):
        assert api.client.get(path(api, kind, rest)).status_code == 404
    assert api.client.get(api.properties).status_code == 200


def test_the_group_is_whose_property_it_is(api: Api) -> None:
    assert api.client.get(f"{api.properties}/next_action").json()["groupName"] == GROUP
    moved = api.client.patch(f"{api.properties}/next_action", json={"groupName": "contactinformation"})
    assert moved.json()["groupName"] == "contactinformation"
