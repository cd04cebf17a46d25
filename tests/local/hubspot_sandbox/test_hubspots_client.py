"""HubSpot's own client gets along with the sandbox."""

import pytest
from hubspot import HubSpot
from hubspot.crm.contacts import ApiException, BatchInputSimplePublicObjectBatchInputUpsert
from hubspot.crm.properties import PropertyCreate
from support.sandbox_api import GROUP, TOKEN, VERSIONS, Api, batch, gold


def test_hubspots_own_client_works(api: Api, url: str) -> None:
    client = HubSpot(access_token=TOKEN, host=url)
    created = client.crm.properties.core_api.create(
        "contacts",
        PropertyCreate(name="extra", label="Extra", type="string", field_type="text", group_name=GROUP),
    )
    assert created.name == "extra"
    batch_api = client.crm.contacts.batch_api
    body = BatchInputSimplePublicObjectBatchInputUpsert(inputs=batch(gold("a", "b"))["inputs"])
    result, status, headers = batch_api.upsert_with_http_info(body)
    assert status == 200
    assert {entry.properties["olist_customer_id"] for entry in result.results} == {"a", "b"}
    assert headers["X-HubSpot-RateLimit-Max"] == "100000"
    assert [contact.id for contact in client.crm.contacts.get_all()] == ["100000000001", "100000000002"]

    partly = batch_api.update(batch(gold("a", "x")))
    assert partly.num_errors == 1
    assert partly.errors[0].context == {"ids": ["x"]}

    dated = {"method": "POST", "base_url": url, "path": f"{VERSIONS['2026-09'][0]}/batch/upsert"}
    answer = client.api_request(dated | {"body": batch(gold("a"))})
    assert answer.json()["results"][0]["new"] is False

    with pytest.raises(ApiException) as refused:
        batch_api.upsert(batch({"a": {"nowhere": "1"}}))
    assert refused.value.status == 400
