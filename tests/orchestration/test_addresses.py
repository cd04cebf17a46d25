"""The addresses of what goes in and out: as Airflow has them, without secrets, the same everywhere."""

import sys
from pathlib import Path

import pytest

from olist.exceptions import OlistError


@pytest.fixture(autouse=True)
def airflow_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    for name in ("OLIST_DATA_DIR", "OLIST_WAREHOUSE_ADDRESS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "postgres://olist_warehouse:5432/olist/staging/orders"),
        ("db.example.com/shop", "postgres://db.example.com:5432/shop/staging/orders"),
        ("db.example.com:6432/shop", "postgres://db.example.com:6432/shop/staging/orders"),
        ("10.0.0.7/shop", "postgres://10.0.0.7:5432/shop/staging/orders"),
        ("[fd00::7]:6432/shop", "postgres://[fd00::7]:6432/shop/staging/orders"),
    ],
)
def test_the_address_of_a_table(monkeypatch: pytest.MonkeyPatch, given: str, expected: str) -> None:
    from olist.orchestration import addresses

    monkeypatch.setenv("OLIST_WAREHOUSE_ADDRESS", given)
    # What the connection holds is no part of it.
    monkeypatch.setenv("AIRFLOW_CONN_OLIST_WAREHOUSE", "postgres://olist:unmistakable@127.0.0.1:40123/olist")
    asset = addresses.table("staging.orders")
    assert asset.uri == asset.name == expected


@pytest.mark.parametrize(
    "given",
    ["olist:unmistakable@db/shop", "postgres://db/shop", "db", "db/", "/shop", "db/shop/staging", "a b/shop"],
)
def test_an_address_that_is_none_is_a_sentence_without_it(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    from olist.orchestration import addresses

    monkeypatch.setenv("OLIST_WAREHOUSE_ADDRESS", given)
    with pytest.raises(OlistError, match="OLIST_WAREHOUSE_ADDRESS must be host/database") as raised:
        addresses.table("staging.orders")
    assert given not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ("/data", "file:///data"),
        ("/data/", "file:///data"),
        ("/a b/ä#?%", "file:///a%20b/%C3%A4%23%3F%25"),
        ("/data/archive.zip", "file:///data/archive.zip"),
        ("~/data", f"{Path.home().as_uri()}/data"),
        ("data", f"{Path.cwd().as_uri()}/data"),
    ],
)
def test_the_addresses_of_the_files(monkeypatch: pytest.MonkeyPatch, given: str, folder: str) -> None:
    from olist.orchestration import addresses

    monkeypatch.setenv("OLIST_DATA_DIR", given)
    uris = [asset.uri for asset in addresses.files()]
    assert len(uris) == 9 and f"{folder}/olist_orders_dataset.csv" in uris


def test_without_a_data_folder_no_file_has_an_address() -> None:
    from olist.orchestration import addresses

    assert addresses.files() == []


def test_hubspots_contacts_are_an_asset_of_the_provider() -> None:
    from airflow.sdk import Asset
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

    from olist.hubspot import assets

    manager = ProvidersManagerTaskRuntime()
    assert manager.asset_uri_handlers["hubspot"] is assets.sanitize_uri
    assert (
        manager.asset_factories["hubspot"](object_type="contacts").uri == "hubspot://api.hubapi.com/contacts"
    )
    assert Asset(uri="HubSpot://pat-na1-unmistakable@API.hubapi.com/contacts/").uri == (
        "hubspot://api.hubapi.com/contacts"
    )
    for none in ("hubspot://api.hubapi.com", "hubspot:///contacts"):
        with pytest.raises(ValueError, match="must contain a host and an object type"):
            Asset(uri=none)


def test_a_lineage_tool_sees_the_host_as_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.providers.common.compat.openlineage import facet
    from airflow.sdk import Asset

    from olist.hubspot import assets

    # OpenLineage's own class, which is only there where OpenLineage is.
    monkeypatch.setattr(facet, "Dataset", dict)
    converted = assets.convert_asset_to_openlineage(Asset(uri="hubspot://api.hubapi.com/contacts"), None)
    assert converted == {"namespace": "hubspot://api.hubapi.com", "name": "contacts"}


def test_reading_the_addresses_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from olist.orchestration import addresses

    monkeypatch.setenv("OLIST_DATA_DIR", "/data")
    addresses.table("a.b")
    opened: list[str] = []

    def watch(event: str, arguments: tuple) -> None:
        if watching and event in ("open", "os.listdir", "os.scandir", "socket.connect"):
            opened.append(f"{event} {arguments[0]}")

    watching = False
    sys.addaudithook(watch)
    watching = True
    addresses.files()
    addresses.table("staging.orders")
    watching = False
    assert opened == []
