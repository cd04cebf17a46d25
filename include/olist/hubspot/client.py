"""HubSpot's HTTP API, through the generic request of its own client, in every version of its paths.

The client's named methods know version 3 alone. Its `api_request` (version 12.0.0) takes any path, but no
time-out; it opens a connection for every request and follows redirects.
"""

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from olist.exceptions import OlistError
from olist.hubspot.answers import Answer, DailyLimitError, HubSpotUnavailableError, backoff_seconds
from olist.hubspot.properties import ID_PROPERTY, names_in_hubspot
from olist.hubspot.proxies import proxy_for
from olist.hubspot.versions import DEFAULT_API_VERSION, path_of

if TYPE_CHECKING:
    from olist.hubspot.pace import Pace

DEFAULT_BASE_URL = "https://api.hubapi.com"
BATCH_SIZE = 100
CONNECT_SECONDS, READ_SECONDS = 10, 60
MAX_ATTEMPTS = 8


@dataclass(frozen=True)
class HubSpotSettings:
    """Where HubSpot is and how to get in."""

    token: str = field(repr=False)
    base_url: str = DEFAULT_BASE_URL
    api_version: str = DEFAULT_API_VERSION

    def path(self, api: str, rest: str = "") -> str:
        """The path of an API (see olist.hubspot.versions) in this version."""
        return path_of(api, self.api_version) + rest


class HubSpot:
    """A HubSpot account. Every method may raise OlistError with what its owner has to change.

    `pace` holds for every request except those of `write_contacts` and `request`, which may run in other
    threads and whose pace is their caller's.
    """

    def __init__(
        self, settings: HubSpotSettings, pace: "Pace | None" = None, property_prefix: str = ""
    ) -> None:
        from hubspot.crm.contacts import ApiClient, Configuration
        from urllib3.util.retry import Retry

        self.settings = settings
        self.pace = pace
        self.property_prefix = property_prefix
        # Outside of this class our properties have their own names, here those that HubSpot knows them by.
        self.names = names_in_hubspot(property_prefix)
        self.id_property = self.names[ID_PROPERTY]
        configuration = Configuration()
        configuration.retries = Retry(0, redirect=False)
        self._proxy = proxy_for(settings.base_url)
        if self._proxy:
            configuration.proxy, configuration.proxy_headers = self._proxy.url, self._proxy.headers
        # One connection pool, which threads may share.
        self._client = ApiClient(configuration)

    def check_token(self) -> None:
        """Asks once for the account's details, which any valid token may read.

        Raises HubSpotUnavailableError if no answer comes, OlistError for a wrong token or another server.
        """
        answer = self.request("GET", self.settings.path("account", "/details"))
        if answer.is_temporary and answer.is_json:
            raise self.unavailable(answer)
        if answer.status == 403:
            raise self._lacks_permission(answer)
        self._number_of(answer)

    def portal_id(self) -> int:
        """The number of the account that the token is for."""
        return int(self.details()["portalId"])

    def details(self) -> dict[str, Any]:
        """The account that the token is for: its number (portalId), where its pages are (uiDomain), ..."""
        answer = self.call("GET", self.settings.path("account", "/details"))
        self._number_of(answer)
        return answer.body

    def properties(self, archived: bool = False) -> list[dict[str, Any]]:
        """The definitions of all contact properties in use, or of those in the archive."""
        return self._results("GET", self.settings.path("properties", "?archived=true" if archived else ""))

    def property(self, name: str) -> dict[str, Any] | None:
        """A property's definition, None without one. Raises OlistError for one that was archived."""
        path = self.settings.path("properties", f"/{name}")
        for is_archived in (False, True):
            query = "?archived=true" if is_archived else ""
            answer = self.call("GET", f"{path}{query}", also_accepted=(404,))
            if answer.status != 404 and not is_archived:
                return answer.body
            if answer.status != 404:
                raise in_archive(name)
        return None

    def contact_ids(self, people: list[str], known_by: str | None = None) -> dict[str, str]:
        """HubSpot's ids of up to 100 contacts by customer_unique_id, without those it does not have.

        `known_by` is the property (its name in HubSpot) that tells them apart, unless it is that of today.
        Raises OlistError if the property that tells them apart was archived.
        """
        id_property = known_by or self.id_property
        path = self.settings.path("contacts", "/batch/read")
        body = {
            "inputs": [{"id": person} for person in people],
            "idProperty": id_property,
            "properties": [id_property],
            "propertiesWithHistory": [],
        }
        answer = self.call("POST", path, body, also_accepted=(400, 404))
        if not answer.is_success:
            # An account that never had the property, or has lost it, has nobody in it.
            if self.property(id_property) is None:
                return {}
            raise self._refused("POST", path, answer)
        found = {each["properties"].get(id_property): each["id"] for each in answer.body.get("results", [])}
        return {person: found[person] for person in people if person in found}

    def read_contacts(self, keys: list[str], id_property: str | None, names: list[str]) -> Answer:
        """Up to 100 contacts with these properties (names in HubSpot), by a unique property or by record id.

        One request, tried once, at its caller's pace.
        """
        return self._checked(self._request(*self._reading(keys, id_property, names)))

    def read_lastingly(self, keys: list[str], id_property: str | None, names: list[str]) -> Answer:
        """The same, repeated until there is an answer that lasts, at the pace of this account."""
        return self.call(*self._reading(keys, id_property, names))

    def _reading(
        self, keys: list[str], id_property: str | None, names: list[str]
    ) -> tuple[str, str, dict[str, Any]]:
        body: dict[str, Any] = {
            "inputs": [{"id": key} for key in keys],
            "properties": names,
            "propertiesWithHistory": [],
        }
        named = {"idProperty": id_property} if id_property else {}
        return "POST", self.settings.path("contacts", "/batch/read"), body | named

    def name_records(self, records: dict[str, str]) -> None:
        """Lets up to 100 records (their ids in HubSpot by customer_unique_id) be known by our id from now on.

        Records that are gone are passed over, and so are those whose person has another contact by now.
        """
        path = self.settings.path("contacts", "/batch/update")
        inputs = [
            {"id": record, "properties": {self.id_property: person}} for person, record in records.items()
        ]
        answer = self.call("POST", path, {"inputs": inputs}, also_accepted=(404, 409))
        if answer.status == 409 and len(inputs) > 1:
            for each in inputs:
                self.call("POST", path, {"inputs": [each]}, also_accepted=(404, 409))

    def contact_named(self, contact_id: str) -> tuple[str, str] | None:
        """The id that a contact has today, as after a merge, and the customer_unique_id it bears ("": none).

        None where HubSpot has no such contact.
        """
        path = self.settings.path("contacts", f"/{quote(contact_id, safe='')}?properties={self.id_property}")
        answer = self.call("GET", path, also_accepted=(404,))
        if answer.status == 404:
            return None
        return str(answer.body["id"]), answer.body["properties"].get(self.id_property) or ""

    def delete_for_good(self, contact_id: str) -> None:
        """Deletes a contact with all that HubSpot keeps of it (gdpr-delete): there is no way back."""
        path = self.settings.path("contacts", "/gdpr-delete")
        self.call("POST", path, {"objectId": contact_id}, also_accepted=(404,))

    def name_contacts(self, people: list[str], known_by: str) -> None:
        """Lets up to 100 contacts, known by a property of another prefix, be known by that of today as well.

        Contacts that are gone are passed over.
        """
        inputs = [
            {"idProperty": known_by, "id": person, "properties": {self.id_property: person}}
            for person in people
        ]
        path = self.settings.path("contacts", "/batch/update")
        self.call("POST", path, {"inputs": inputs}, also_accepted=(404,))

    def write_contacts(self, payloads: dict[str, dict[str, str]], create: bool = True) -> Answer:
        """Upserts (or only updates) up to 100 contacts, given as properties by customer_unique_id.

        One request, tried once: what the answer means for each contact, also where HubSpot refuses it, is for
        the caller to judge.
        """
        inputs = [
            {
                "idProperty": self.id_property,
                "id": person,
                "objectWriteTraceId": person,
                "properties": {self.names.get(name, name): value for name, value in properties.items()},
            }
            for person, properties in payloads.items()
        ]
        path = self.settings.path("contacts", "/batch/upsert" if create else "/batch/update")
        return self.request("POST", path, {"inputs": inputs})

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """A request about something that HubSpot need not tell: whatever lasts is an answer."""
        return self.call(method, path, body, also_accepted=(400, 403, 404, 405))

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, also_accepted: tuple[int, ...] = ()
    ) -> Answer:
        """A request that is repeated until it has an answer that lasts.

        Raises OlistError where HubSpot refuses it with another status than those `also_accepted`.
        """
        for attempt in range(MAX_ATTEMPTS):
            if self.pace:
                self.pace.wait()
            answer = self.request(method, path, body)
            if self.pace:
                self.pace.heed(answer)
            if self.lasts(method, path, answer, also_accepted):
                return answer
            time.sleep(backoff_seconds(attempt, answer.status))
        raise self.unavailable(answer)

    def lasts(self, method: str, path: str, answer: Answer, also_accepted: tuple[int, ...] = ()) -> bool:
        """Whether asking again would change nothing about an answer.

        Raises OlistError where HubSpot refuses with another status than those `also_accepted`.
        """
        if answer.is_success or answer.status in also_accepted:
            return True
        if answer.status == 403:
            raise self._lacks_permission(answer)
        if not answer.is_temporary:
            raise self._refused(method, path, answer)
        if answer.is_daily_limit:
            raise DailyLimitError(f"HubSpot at {self.settings.base_url} cannot be used: {answer.sentence}")
        return False

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """One request, tried once and without the pace, which is its caller's. Threads may share it."""
        return self._checked(self._request(method, path, body))

    def unavailable(self, answer: Answer) -> HubSpotUnavailableError:
        """What is to be said where no answer that lasts has come."""
        how = "cannot be reached" if answer.status == 0 else "cannot be used"
        return HubSpotUnavailableError(f"HubSpot at {self.settings.base_url} {how}: {answer.sentence}.")

    @staticmethod
    def _lacks_permission(answer: Answer) -> OlistError:
        return OlistError(
            f"HubSpot's access token lacks a permission (403): {answer.sentence}{answer.scopes}"
        )

    @staticmethod
    def _refused(method: str, path: str, answer: Answer) -> OlistError:
        return OlistError(f"HubSpot answered {method} {path} with {answer.status}: {answer.sentence}")

    def _results(self, method: str, path: str) -> list[dict[str, Any]]:
        answer = self.call(method, path)
        if "results" not in answer.body:
            raise self._not_hubspot(answer)
        return answer.body["results"]

    def _number_of(self, answer: Answer) -> int:
        if not isinstance(answer.body.get("portalId"), int):
            raise self._not_hubspot(answer)
        return answer.body["portalId"]

    def _not_hubspot(self, answer: Answer) -> OlistError:
        return OlistError(f"{self.settings.base_url} does not answer like HubSpot: {answer.sentence}.")

    def _checked(self, answer: Answer) -> Answer:
        if 300 <= answer.status < 400:
            # Whoever is there would be sent the token.
            raise OlistError(
                f"{self.settings.base_url} sends us on to {answer.headers.get('location', 'nowhere')}, where"
                " the access token is not sent: if that is right, make it the host of the connection"
                " hubspot_default."
            )
        if answer.status == 401:
            raise OlistError(
                "HubSpot refused the access token (401): set HUBSPOT_ACCESS_TOKEN or the password of the"
                " connection hubspot_default to a valid Service Key or private app token."
            )
        return answer

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        from hubspot.crm.contacts import ApiException
        from urllib3.exceptions import HTTPError, ProxyError

        headers = {"Authorization": f"Bearer {self.settings.token}", "Accept": "application/json"}
        try:
            response = self._client.request(
                method,
                self.settings.base_url.rstrip("/") + path,
                headers=headers,
                body=body,
                _request_timeout=(CONNECT_SECONDS, READ_SECONDS),
            )
            status, raw, answer_headers = response.status, response.data, response.urllib3_response.headers
        except ApiException as error:
            status, raw, answer_headers = error.status, error.body, error.headers
        except HTTPError as error:
            reason = getattr(error, "reason", None) or error
            what = str(reason.original_error) if isinstance(reason, ProxyError) else type(reason).__name__
            by = f" by the proxy {self._proxy.url}" if self._proxy else ""
            return Answer(0, {}, {"message": f"there was no answer{by} ({what})"})
        names = {name.lower(): value for name, value in (answer_headers or {}).items()}
        content = _json(raw)
        # What says that there is nothing to say (204) is not somebody else's page.
        return Answer(
            status, names, content or {}, is_json=content is not None or (status == 204 and not raw)
        )


def in_archive(name: str) -> OlistError:
    """What is to be done about a property that was deleted."""
    return OlistError(
        f"HubSpot's contact property {name} was deleted and is in its archive, so it can neither be used nor"
        " created anew: restore it in HubSpot's settings, or delete it there for good."
    )


def _json(raw: bytes | str | None) -> dict[str, Any] | None:
    try:
        body = json.loads(raw or "")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
