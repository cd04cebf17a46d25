"""HubSpot's records as assets of Airflow: `hubspot://<host>/<object type>`, as in hubspot://api.hubapi.com/contacts.

Airflow finds these functions through `provider`, and calls the first for every asset with such an address.
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from airflow.sdk import Asset

HOST = "api.hubapi.com"


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """The address as Airflow keeps it. Raises ValueError where it has no host or no object type."""
    if not uri.hostname or not uri.path.strip("/"):
        raise ValueError("URI format hubspot:// must contain a host and an object type, like contacts")
    return uri._replace(netloc=uri.hostname)


def create_asset(*, object_type: str, host: str = HOST, extra: dict[str, Any] | None = None) -> "Asset":
    """The asset of an object type, like `contacts`."""
    from airflow.sdk import Asset

    return Asset(uri=f"hubspot://{host}/{object_type}", extra=extra)


def convert_asset_to_openlineage(asset: "Asset", lineage_context: Any) -> Any:
    """The asset as OpenLineage names it: the host is the namespace."""
    from airflow.providers.common.compat.openlineage.facet import Dataset

    uri = urlsplit(asset.uri)
    return Dataset(namespace=f"hubspot://{uri.netloc}", name=uri.path.strip("/"))
