"""The Airflow connection of type `hubspot`: where HubSpot is, how to get in, whether it lets us in."""

from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from olist.exceptions import OlistError
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import DEFAULT_BASE_URL, HubSpot, HubSpotSettings
from olist.hubspot.versions import DEFAULT_API_VERSION

NO_TOKEN = "There is no HubSpot access token: put a Service Key or private app token into the password."


class HubSpotHook(BaseHook):
    """HubSpot as a connection describes it: password = access token, host = base URL, extra `api_version`.

    Without a host it is HubSpot's public API. A host without a scheme takes that of the field schema, or
    https; without a port, that of the field port: so it is with Airflow's own HTTP connections, and in URIs.
    """

    conn_name_attr = "hubspot_conn_id"
    default_conn_name = "hubspot_default"
    conn_type = "hubspot"
    hook_name = "HubSpot"

    def __init__(self, hubspot_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.hubspot_conn_id = hubspot_conn_id

    def settings(self) -> HubSpotSettings | None:
        """What the connection says; None without one, or without a token.

        Raises OlistError if the token or the base URL cannot be one.
        """
        try:
            connection = self.get_connection(self.hubspot_conn_id)
        except AirflowNotFoundException:
            return None
        token = (connection.password or "").strip()
        if not token:
            return None
        # Such a token cannot be in an HTTP header, and the error that says so would show it.
        if not token.isascii() or not token.isprintable() or " " in token:
            raise OlistError("HubSpot's access token has a character in it that no token has: copy it anew.")
        return HubSpotSettings(
            token=token,
            base_url=_base_url(connection),
            api_version=str(connection.extra_dejson.get("api_version") or DEFAULT_API_VERSION),
        )

    def get_conn(self, property_prefix: str = "") -> HubSpot:
        """The account, in which our properties have this prefix. Raises OlistError without a token."""
        settings = self.settings()
        if settings is None:
            raise OlistError(NO_TOKEN)
        return HubSpot(settings, property_prefix=property_prefix)

    def test_connection(self) -> tuple[bool, str]:
        """Whether HubSpot takes the token, and a sentence for the person who pressed the button."""
        try:
            hubspot = self.get_conn()
        except OlistError as error:
            return False, str(error)
        try:
            hubspot.check_token()
        except (OlistError, HubSpotUnavailableError) as error:
            # HubSpot's own words are part of some sentences, and another server may answer with anything.
            return False, str(error).replace(hubspot.settings.token, "***")
        return True, f"HubSpot at {hubspot.settings.base_url} accepts the access token."


def _base_url(connection: Any) -> str:
    url = (connection.host or "").strip() or DEFAULT_BASE_URL
    if "://" not in url:
        url = f"{connection.schema or 'https'}://{url}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        if not host:
            raise ValueError("it names no host")
    except ValueError as error:
        raise OlistError(f"The host of the HubSpot connection, {url}, is not a base URL: {error}.") from error
    if connection.port and port is None:
        parts = parts._replace(netloc=f"{parts.netloc}:{connection.port}")
    return parts.geturl().rstrip("/")
