"""A host that is not HubSpot: it sends us elsewhere, or answers with something else than JSON."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from olist.exceptions import OlistError
from olist.hubspot import client
from olist.hubspot.answers import Answer, HubSpotUnavailableError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.definitions import create_properties, survey
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings
from olist.stages.upsert_hubspot.dropdowns import names_of
from olist.strategy.reading import read_strategy

TOKEN = "some-secret"
HTML = "<html><body>Please log in</body></html>"


class Host(ThreadingHTTPServer):
    """Answers everything alike, and keeps what it was asked."""

    def __init__(self, status: int, headers: dict[str, str], body: str) -> None:
        self.asked: list[tuple[str, str | None]] = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.server.asked.append((self.path, self.headers["Authorization"]))
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST = answer

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def running(host: Host) -> Iterator[Host]:
    with host:
        thread = threading.Thread(target=host.serve_forever, args=(0.05,))
        thread.start()
        yield host
        host.shutdown()
        thread.join()


@pytest.fixture
def run_host() -> Iterator[Callable[..., Host]]:
    with ExitStack() as stack:
        yield lambda status, headers, body="": stack.enter_context(running(Host(status, headers, body)))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "backoff_seconds", lambda *_: 0.0)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_it_says_where_it_is_sent_on_to_and_does_not_go(run_host: Callable[..., Host], status: int) -> None:
    elsewhere = run_host(200, {"Content-Type": "application/json"}, '{"portalId": 1}')
    host = run_host(status, {"Location": f"{elsewhere.url}/login"})
    hubspot = HubSpot(HubSpotSettings(TOKEN, host.url))
    sentence = f"{host.url} sends us on to {elsewhere.url}/login, where the access token is not sent"
    for ask in (hubspot.check_token, hubspot.portal_id, lambda: hubspot.write_contacts({"a": {}})):
        with pytest.raises(OlistError) as raised:
            ask()
        assert str(raised.value).startswith(sentence) and TOKEN not in str(raised.value)
    assert len(host.asked) == 3 and elsewhere.asked == []


@pytest.mark.parametrize(
    ("kind", "body", "part"),
    [
        (
            "text/html; charset=utf-8",
            HTML,
            "the answer with status 200 is text/html; charset=utf-8, where JSON should",
        ),
        ("application/json", "", "the answer with status 200 is application/json, where JSON should"),
        ("application/json", "[]", "where JSON should be"),
        ("application/json", '{"ok": true}', "does not answer like HubSpot"),
    ],
)
def test_what_is_not_hubspots_json_is_said(
    run_host: Callable[..., Host], kind: str, body: str, part: str
) -> None:
    host = run_host(200, {"Content-Type": kind}, body)
    hubspot = HubSpot(HubSpotSettings(TOKEN, host.url))
    with pytest.raises(OlistError, match="does not answer like HubSpot") as raised:
        hubspot.check_token()
    assert part in str(raised.value)
    for ask in (hubspot.portal_id, hubspot.properties):
        with pytest.raises((OlistError, HubSpotUnavailableError)) as raised:
            ask()
        assert part in str(raised.value), ask


def test_a_409_is_not_believed_where_the_property_is_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """HubSpot hides properties that the token may not see, as sensitive ones: looked for, and not found."""
    with running_sandbox(SandboxSettings()) as url:
        hubspot = HubSpot(HubSpotSettings(DEFAULT_TOKEN, url))
        ask = hubspot._request

        def hides(method: str, path: str, body: dict | None = None) -> Answer:
            if path.endswith("/batch/create"):
                return Answer(409, {}, {"message": "A property already exists."})
            if method == "POST" and (body or {}).get("name") == "loyalty_tier":
                return Answer(409, {}, {"message": "A property named 'loyalty_tier' already exists."})
            return ask(method, path, body)

        monkeypatch.setattr(hubspot, "_request", hides)
        with pytest.raises(OlistError, match="does not show the contact property loyalty_tier, and does not"):
            create_properties(hubspot, survey(hubspot).missing, names_of(read_strategy()))


def test_html_for_a_batch_is_no_success(run_host: Callable[..., Host]) -> None:
    host = run_host(200, {"Content-Type": "text/html"}, HTML)
    answer = HubSpot(HubSpotSettings(TOKEN, host.url)).write_contacts({"a": {}})
    assert answer.is_temporary and not answer.is_success
    assert answer.sentence == "the answer with status 200 is text/html, where JSON should be"
