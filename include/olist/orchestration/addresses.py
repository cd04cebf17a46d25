"""What the DAG reads and writes, as assets with addresses, for Airflow and for lineage tools.

Airflow reads the DAG file every few seconds, so an address is made of settings alone: no connection is looked
up and no file is looked for. It stays the same when a password, a port or the format of a file changes.
"""

import os
import re
from pathlib import Path

from airflow.sdk import Asset, AssetAlias

from olist.exceptions import OlistError
from olist.files.sources import SOURCES

# Whoever has not said where the warehouse is has told Airflow under this name.
DEFAULT_WAREHOUSE = "olist_warehouse/olist"
# Other DAGs are scheduled on it by its name.
SNAPSHOTS = Asset("olist_customer_snapshots")
# Each part of the mapped task `load` fills one table, and says which one through the alias. Had the task all
# nine as outlets, every part would announce all nine.
LOADED = AssetAlias("olist_loaded_tables")
# Of whichever account: only HubSpot can tell which one a token is of.
CONTACTS = Asset(uri="hubspot://api.hubapi.com/contacts")
HOST_AND_DATABASE = re.compile(r"(\[[0-9a-fA-F:]+\]|[\w.-]+)(:\d+)?/([\w.~%-]+)")


def files() -> list[Asset]:
    """The nine files of OLIST_DATA_DIR, by the names Kaggle gives them; none where it is not set."""
    if not (given := os.environ.get("OLIST_DATA_DIR")):
        return []
    folder = Path(os.path.abspath(Path(given).expanduser()))
    return [Asset(uri=(folder / f"{source.file_stem}.csv").as_uri()) for source in SOURCES]


def table(name: str) -> Asset:
    """A table of the warehouse, by its schema and name, at OLIST_WAREHOUSE_ADDRESS.

    Raises OlistError where the setting is no address.
    """
    address = os.environ.get("OLIST_WAREHOUSE_ADDRESS") or DEFAULT_WAREHOUSE
    # What is wrong may be a password in it, so it is not shown.
    if not (found := HOST_AND_DATABASE.fullmatch(address)):
        raise OlistError(
            "OLIST_WAREHOUSE_ADDRESS must be host/database or host:port/database, without user or password."
        )
    # With its port, as Airflow writes it: the name of the asset is the address, too, and both must be alike
    # for every DAG.
    host, port, database = found.groups(default=":5432")
    return Asset(uri=f"postgres://{host}{port}/{database}/{name.replace('.', '/')}")
