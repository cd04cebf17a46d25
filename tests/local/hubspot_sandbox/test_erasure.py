"""Contacts deleted for good (gdpr-delete): what is left of them, what is refused, who may be made anew."""

from pathlib import Path

import httpx
import pytest
from support.sandbox_api import Api, gold

EMAIL = "ana@example.com"


def gdpr_delete(api: Api, object_id: str, **more: str) -> httpx.Response:
    return api.client.post(f"{api.contacts}/gdpr-delete", json={"objectId": object_id, **more})


def made(api: Api, properties: dict[str, str]) -> str:
    body = {"inputs": [{"properties": properties, "associations": []}]}
    (created,) = api.client.post(f"{api.contacts}/batch/create", json=body).json()["results"]
    return created["id"]


@pytest.mark.parametrize("by_email", [False, True])
def test_a_contact_is_forgotten(api: Api, by_email: bool) -> None:
    api.upsert(gold("unforgettable", "b"))
    (written,) = api.update({"unforgettable": {"email": EMAIL}}).json()["results"]
    number = written["id"]
    answer = gdpr_delete(api, EMAIL, idProperty="email") if by_email else gdpr_delete(api, number)
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.client.get(f"{api.contacts}/{number}").status_code == 404
    assert api.read("unforgettable").status_code == 404
    assert api.read("b").status_code == 200
    assert gdpr_delete(api, number).status_code == 404


def test_the_same_person_may_be_made_anew_by_the_api(api: Api) -> None:
    """As HubSpot's help says; its pages and imports would refuse the address."""
    number = made(api, {"email": EMAIL})
    assert gdpr_delete(api, number).status_code == 204
    assert made(api, {"email": EMAIL}) != number
    assert gdpr_delete(api, "nobody@example.com", idProperty="email").status_code == 204


def test_other_properties_lead_to_nobody(api: Api) -> None:
    api.upsert(gold("a"))
    assert gdpr_delete(api, "a", idProperty="olist_customer_id").status_code == 400
    assert api.client.post(f"{api.contacts}/gdpr-delete", json={}).status_code == 400


def test_it_takes_the_right_to_write_contacts(api: Api) -> None:
    api.faults(missing_scopes=["crm.objects.contacts.write"])
    assert gdpr_delete(api, "1").status_code == 403


def test_no_byte_is_left_in_the_file(limited, tmp_path: Path) -> None:
    with limited(database=str(tmp_path / "hubspot.db")) as api:
        api.set_up()
        api.upsert(gold("unforgettable"))
        api.upsert({"unforgettable": {"loyalty_tier": "Silver", "next_action": "unmistakable"}})
        number = api.read("unforgettable").json()["id"]
        assert gdpr_delete(api, number).status_code == 204
        content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert content and b"unforgettable" not in content and b"unmistakable" not in content
