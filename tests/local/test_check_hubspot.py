"""`make check-hubspot`: a line for each finding, an exit status, and nothing sent."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from support import pipeline
from support.user import NewUser

from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN

pytestmark = pytest.mark.airflow


def test_make_check_hubspot(copy_of: Callable[..., str], few: Path, sandbox: str, new_user: NewUser) -> None:
    user = new_user(few)
    hubspot = {"conn_type": "hubspot", "password": DEFAULT_TOKEN, "host": sandbox}
    connections = {
        "AIRFLOW_CONN_OLIST_WAREHOUSE": copy_of(pipeline.run, few),
        "AIRFLOW_CONN_HUBSPOT_DEFAULT": json.dumps(hubspot),
    }
    told = user.types("check-hubspot", **connections)
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"HubSpot at {sandbox} can be delivered to." in told.stdout
    assert "note   HubSpot's plan has room for 15,000,000 more contacts." in told.stdout

    faults = {"record_limit": 7, "property_limit": 10, "missing_scopes": ["crm.objects.contacts.write"]}
    assert httpx.put(f"{sandbox}/sandbox/faults", json=faults).status_code == 200
    told = user.types("check-hubspot", **connections)
    assert told.returncode == 1, told.stdout + told.stderr
    assert f"HubSpot at {sandbox} cannot be delivered to." in told.stdout
    lines = [line for line in told.stdout.splitlines() if line.startswith(("stops", "warns"))]
    assert [line.split()[0] for line in lines] == ["stops", "stops", "warns"]
    assert "scope crm.objects.contacts.write" in lines[0]
    assert "room for 7 more contacts, and this delivery would create 561" in lines[1]
    assert "left out: customer_state" in lines[2]
    log = httpx.get(f"{sandbox}/sandbox/requests").json()["requests"]
    assert {each["path"] for each in log if each["method"] != "GET"} == {
        "/oauth/v2/private-apps/get/access-token-info"
    }


def test_a_wrong_token_is_one_sentence(
    copy_of: Callable[..., str], few: Path, sandbox: str, new_user: NewUser
) -> None:
    user = new_user(few)
    hubspot = {"conn_type": "hubspot", "password": "wrong", "host": sandbox}
    told = user.types(
        "check-hubspot",
        AIRFLOW_CONN_OLIST_WAREHOUSE=copy_of(pipeline.run, few),
        AIRFLOW_CONN_HUBSPOT_DEFAULT=json.dumps(hubspot),
    )
    assert told.returncode == 2 and "refused the access token (401)" in told.stdout
