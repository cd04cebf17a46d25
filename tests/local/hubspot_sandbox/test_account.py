"""Who is let in: tokens, scopes, paths that there are not."""

import pytest
from support.sandbox_api import TOKEN, Api, gold


def test_account_details_tell_that_the_token_is_good(api: Api) -> None:
    details = api.client.get(api.account)
    assert details.status_code == 200
    assert set(details.json()) >= {"portalId", "accountType", "timeZone", "utcOffset", "uiDomain"}


@pytest.mark.parametrize("header", ["", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \u00e9"])
def test_a_wrong_or_missing_token_is_401(api: Api, header: str) -> None:
    for path in (api.account, api.contacts, api.properties):
        refused = api.client.get(path, headers={"Authorization": header.encode("latin-1")})
        assert refused.status_code == 401
        assert refused.json()["category"] == "INVALID_AUTHENTICATION"
        assert refused.json()["status"] == "error"


def test_a_missing_scope_is_403_and_named(api: Api) -> None:
    api.faults(missing_scopes=["crm.objects.contacts.write"])
    refused = api.upsert(gold("a"))
    assert refused.status_code == 403
    assert refused.json()["category"] == "MISSING_SCOPES"
    (error,) = refused.json()["errors"]
    assert error["context"] == {"requiredGranularScopes": ["crm.objects.contacts.write"]}
    assert api.client.get(api.contacts).status_code == 200
    assert api.client.get(api.properties).status_code == 200


def test_unknown_paths_and_methods_answer_in_hubspots_shape(api: Api) -> None:
    unknown = api.client.get("/crm/v3/objects/deals")
    assert (unknown.status_code, unknown.json()["status"]) == (404, "error")
    assert api.client.delete(api.contacts).status_code == 405
