"""The connection type `hubspot`: what Airflow shows of it, what it reads from it, its test."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from olist.exceptions import OlistError
from olist.hubspot.client import DEFAULT_BASE_URL, HubSpotSettings
from olist.hubspot.versions import API_VERSIONS, DEFAULT_API_VERSION
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN

Press = Callable[..., tuple[bool, str]]


@pytest.fixture(scope="module", autouse=True)
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where Airflow makes its files when a test imports it, so that none come into the user's home."""
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(home))
        patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home / 'airflow.db'}")
        patch.delenv("AIRFLOW_CONN_HUBSPOT_DEFAULT", raising=False)
        yield


@pytest.fixture
def press_test(monkeypatch: pytest.MonkeyPatch) -> Press:
    """Tests a connection of these fields as Airflow's API does: through the environment, as a URI."""
    from airflow.models.connection import Connection

    def press(**fields: str) -> tuple[bool, str]:
        connection = Connection(conn_id="tested", conn_type="hubspot", **fields)
        monkeypatch.setenv("AIRFLOW_CONN_TESTED", connection.get_uri())
        return connection.test_connection()

    return press


@pytest.fixture
def echo() -> Iterator[str]:
    """The base URL of a server that refuses everything and repeats the credentials it was given."""

    class Echo(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"message": f"Not for {self.headers['Authorization']}."}).encode()
            self.send_response(403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_airflow_offers_the_type_with_its_form() -> None:
    from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
    from airflow.providers_manager import ProvidersManager

    hook = ProvidersManager().hooks["hubspot"]
    assert hook.hook_class_name == "olist.hubspot.hook.HubSpotHook"
    assert hook.connection_testable
    (form,) = [each for each in HookMetaService.hook_meta_data() if each.connection_type == "hubspot"]
    fields, version = form.standard_fields, form.extra_fields["api_version"]
    assert form.hook_name == "HubSpot"
    assert fields.url_schema.hidden and fields.login.hidden and fields.port.hidden
    assert (fields.password.title, fields.host.title) == ("Access token", "Base URL")
    assert fields.host.placeholder == DEFAULT_BASE_URL
    assert version["value"] == DEFAULT_API_VERSION
    assert version["schema"]["enum"] == list(API_VERSIONS)


def test_the_entry_point_costs_airflow_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules);"
        "import olist.hubspot.provider; olist.hubspot.provider.get_provider_info();"
        "names = {name.split('.')[0] for name in set(sys.modules) - before};"
        "print(names - sys.stdlib_module_names)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "{'olist'}"


@pytest.mark.parametrize(
    ("variable", "base_url", "api_version"),
    [
        ("hubspot://:a%2Fb@", DEFAULT_BASE_URL, "2026-09"),
        ("hubspot://:a%2Fb@?api_version=v3", DEFAULT_BASE_URL, "v3"),
        ("hubspot://:a%2Fb@proxy.example", "https://proxy.example", "2026-09"),
        ("hubspot://:a%2Fb@proxy.example:8443/?api_version=v3", "https://proxy.example:8443", "v3"),
        ("hubspot://:a%2Fb@127.0.0.1:8080/http", "http://127.0.0.1:8080", "2026-09"),
        ("hubspot://http://:a%2Fb@127.0.0.1:8080", "http://127.0.0.1:8080", "2026-09"),
        ({}, DEFAULT_BASE_URL, "2026-09"),
        ({"host": None, "extra": {"api_version": "v3"}}, DEFAULT_BASE_URL, "v3"),
        ({"host": None, "extra": {"api_version": "2026-03"}}, DEFAULT_BASE_URL, "2026-03"),
        ({"host": "", "extra": '{"api_version": "v3"}'}, DEFAULT_BASE_URL, "v3"),
        ({"host": "http://127.0.0.1:8080"}, "http://127.0.0.1:8080", "2026-09"),
        ({"host": "https://proxy.example/hubspot/"}, "https://proxy.example/hubspot", "2026-09"),
        ({"host": "http://127.0.0.1", "port": 8080}, "http://127.0.0.1:8080", "2026-09"),
        ({"host": "http://127.0.0.1:8080", "port": 9090}, "http://127.0.0.1:8080", "2026-09"),
        ({"host": "http://[::1]", "port": 8080}, "http://[::1]:8080", "2026-09"),
        ({"host": " proxy.example "}, "https://proxy.example", "2026-09"),
        ({"host": "proxy.example:8443"}, "https://proxy.example:8443", "2026-09"),
        ({"host": "proxy.example", "port": "8443"}, "https://proxy.example:8443", "2026-09"),
        ({"host": "127.0.0.1", "port": 8080, "schema": "http"}, "http://127.0.0.1:8080", "2026-09"),
    ],
)
def test_settings(
    monkeypatch: pytest.MonkeyPatch, variable: str | dict, base_url: str, api_version: str
) -> None:
    from olist.orchestration.tasks import hubspot_settings

    if isinstance(variable, dict):
        variable = json.dumps({"conn_type": "hubspot", "password": " a/b\n"} | variable)
    monkeypatch.setenv("AIRFLOW_CONN_HUBSPOT_DEFAULT", variable)
    assert hubspot_settings() == HubSpotSettings("a/b", base_url, api_version)


@pytest.mark.parametrize("variable", [None, "hubspot://", '{"conn_type": "hubspot", "password": " "}'])
def test_without_a_token_there_are_no_settings(monkeypatch: pytest.MonkeyPatch, variable: str | None) -> None:
    from olist.hubspot.hook import HubSpotHook

    if variable is not None:
        monkeypatch.setenv("AIRFLOW_CONN_HUBSPOT_DEFAULT", variable)
    assert HubSpotHook().settings() is None
    with pytest.raises(OlistError, match="There is no HubSpot access token"):
        HubSpotHook().get_conn()


@pytest.mark.parametrize("version", API_VERSIONS)
def test_a_good_token(press_test: Press, sandbox: str, version: str) -> None:
    passed, sentence = press_test(
        host=sandbox, password=DEFAULT_TOKEN, extra=json.dumps({"api_version": version})
    )
    assert (passed, sentence) == (True, f"HubSpot at {sandbox} accepts the access token.")


@pytest.mark.parametrize(
    ("token", "part"),
    [
        ("some-secret", "refused the access token (401)"),
        ("some-secret\nsecond", "has a character in it that no token has"),
        ("some-sécret", "has a character in it that no token has"),
        ("some-secret some-other", "has a character in it that no token has"),
        ("", "There is no HubSpot access token"),
    ],
)
def test_a_wrong_token(press_test: Press, sandbox: str, token: str, part: str) -> None:
    passed, sentence = press_test(host=sandbox, password=token)
    assert not passed
    assert part in sentence and sentence.endswith(".") and "\n" not in sentence
    assert "some-s" not in sentence


def test_a_token_that_the_other_side_repeats_is_not_shown(press_test: Press, echo: str) -> None:
    passed, sentence = press_test(host=echo, password="some-secret")
    assert not passed
    assert sentence.endswith("(403): Not for Bearer ***.")


@pytest.mark.parametrize(
    ("host", "part"),
    [
        ("http://127.0.0.1:1", "HubSpot at http://127.0.0.1:1 cannot be reached"),
        ("https://:8443", "https://:8443, is not a base URL: it names no host"),
        ("http://127.0.0.1:port", "http://127.0.0.1:port, is not a base URL: Port could not be cast"),
    ],
)
def test_a_wrong_host(press_test: Press, host: str, part: str) -> None:
    passed, sentence = press_test(host=host, password="some-secret")
    assert not passed
    assert part in sentence and sentence.endswith(".")
    assert "some-secret" not in sentence
