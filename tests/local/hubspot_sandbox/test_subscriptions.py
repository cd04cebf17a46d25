"""Who has unsubscribed from all e-mails, by address."""

from typing import Any

import httpx
import pytest
from support.sandbox_api import VERSIONS, Api, people

SCOPE = "communication_preferences.statuses.batch.read"


def ask(api: Api, *emails: str, channel: str = "EMAIL") -> httpx.Response:
    version = next(name for name, paths in VERSIONS.items() if paths[0] == api.contacts)
    # Version 3 of this API has no batches.
    prefix = f"/communication-preferences/{'v4' if version == 'v3' else version}"
    path = f"{prefix}/statuses/batch/unsubscribe-all/read"
    return api.client.post(path, params={"channel": channel}, json={"inputs": emails})


def statuses(answer: httpx.Response) -> dict[str, list[Any]]:
    assert answer.status_code == 200, answer.text
    return {
        each["subscriberIdString"]: [status["status"] for status in each["wideStatuses"]]
        for each in answer.json()["results"]
    }


def test_an_address_is_unsubscribed_and_subscribed_again_whatever_its_case(api: Api) -> None:
    assert api.client.put("/sandbox/unsubscribed/Ana@example.com").status_code == 204
    known = statuses(ask(api, "ana@Example.com", "rui@example.com"))
    assert known == {"ana@Example.com": ["UNSUBSCRIBED"], "rui@example.com": []}
    assert api.client.delete("/sandbox/unsubscribed/ana@example.com").status_code == 204
    assert statuses(ask(api, "ana@example.com")) == {"ana@example.com": ["SUBSCRIBED"]}
    assert api.client.delete("/sandbox").status_code == 204
    assert statuses(ask(api, "ana@example.com")) == {"ana@example.com": []}


def test_a_batch_holds_up_to_100_addresses_of_the_channel_email(api: Api) -> None:
    assert len(statuses(ask(api, *people(100)))) == 100
    assert ask(api, *people(101)).status_code == ask(api).status_code == 400
    assert ask(api, "ana@example.com", channel="SMS").status_code == 400


def test_it_needs_a_scope_of_its_own(api: Api) -> None:
    everything_else = ["crm.objects.contacts.read", "crm.objects.contacts.write"]
    api.faults(missing_scopes=everything_else)
    assert ask(api, "ana@example.com").status_code == 200
    api.faults(missing_scopes=[SCOPE])
    refused = ask(api, "ana@example.com")
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["context"] == {"requiredGranularScopes": [SCOPE]}


@pytest.mark.parametrize("keeps_id", [False, True])
def test_an_additional_address_becomes_the_first_one_and_none_is_lost(api: Api, keeps_id: bool) -> None:
    api.faults(merge_keeps_id=keeps_id)
    body = {"inputs": [{"properties": {"email": f"{name}@example.com"}} for name in ("ana", "rui")]}
    made = api.client.post(f"{api.contacts}/batch/create", json=body).json()["results"]
    ids = {each["properties"]["email"]: each["id"] for each in made}
    merge = {"primaryObjectId": ids["ana@example.com"], "objectIdToMerge": ids["rui@example.com"]}
    survivor = api.client.post(f"{api.contacts}/merge", json=merge).json()["id"]
    assert api.update({survivor: {"email": "Rui@example.com"}}, id_property=None).status_code == 200
    read = {
        "inputs": [{"id": "ana@example.com"}, {"id": "rui@example.com"}],
        "idProperty": "email",
        "properties": ["email", "hs_additional_emails"],
    }
    (found,) = api.client.post(f"{api.contacts}/batch/read", json=read).json()["results"]
    assert found["id"] == survivor
    assert (found["properties"]["email"], found["properties"]["hs_additional_emails"]) == (
        "Rui@example.com",
        "ana@example.com",
    )
    refused = api.upsert({"a": {"email": "ana@example.com"}})
    assert refused.status_code == 409 and refused.json()["message"].endswith(survivor)
