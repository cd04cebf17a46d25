"""The proxy on the way to HubSpot: real ones, and the variables that name them."""

from pathlib import Path

import pytest
from psycopg import Connection
from support import pipeline
from support.proxy import make_certificate, running_proxy

from olist.exceptions import OlistError
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.proxies import proxy_for
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN

VARIABLES = [f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL", "NO")]
# Reachable through a proxy alone.
OUTSIDE = "hubspot.invalid"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, "https://api.hubapi.com", None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://api.hubapi.com", "http://proxy:3128"),
        ({"https_proxy": "http://proxy:3128"}, "https://api.hubapi.com", "http://proxy:3128"),
        ({"HTTPS_PROXY": "proxy:3128"}, "https://api.hubapi.com", "http://proxy:3128"),
        ({"HTTPS_PROXY": "https://proxy"}, "https://api.hubapi.com", "https://proxy"),
        ({"ALL_PROXY": "http://proxy:3128"}, "https://api.hubapi.com", "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, "https://api.hubapi.com", None),
        ({"HTTP_PROXY": "http://proxy:3128"}, "http://stand-in:8080", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": ".hubapi.com"}, "https://api.hubapi.com", None),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "a,api.hubapi.com"}, "https://api.hubapi.com", None),
        ({"HTTPS_PROXY": "http://proxy", "no_proxy": "*"}, "https://api.hubapi.com", None),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "hubapi"}, "https://api.hubapi.com", "http://proxy"),
        ({"HTTP_PROXY": "http://proxy:3128"}, "http://127.0.0.1:8080", None),
        ({"HTTP_PROXY": "http://proxy:3128"}, "http://127.0.1.1:8080", None),
        ({"HTTP_PROXY": "http://proxy:3128"}, "http://localhost:8080", None),
        ({"ALL_PROXY": "http://proxy:3128"}, "http://[::1]:8080", None),
        ({"HTTPS_PROXY": ""}, "https://api.hubapi.com", None),
    ],
)
def test_which_proxy_is_asked(
    variables: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(url)
    assert (found and found.url) == proxy


def test_a_proxy_that_speaks_no_http_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://me:secret@proxy:1080")
    with pytest.raises(
        OlistError, match=r"^The proxy socks5://proxy:1080 of the environment is no HTTP proxy"
    ):
        HubSpot(HubSpotSettings("token"))


def test_a_delivery_goes_through_the_proxy(
    connection: Connection, demo: Path, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = pipeline.run(connection, demo)
    with running_proxy(sandbox, login="me:se cret") as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("://", "://me:se%20cret@"))
        sync = pipeline.deliver(connection, run_id, f"http://{OUTSIDE}")
        monkeypatch.delenv("HTTP_PROXY")
    assert sync["status"] == "delivered" and sync["accepted"] > 500
    assert len(pipeline.contacts(sandbox)) == sync["accepted"]
    assert all(f" http://{OUTSIDE}/" in each for each in proxy.asked)


def test_tls_goes_through_the_proxy_and_trusts_the_authority_that_is_named(
    sandbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path, OUTSIDE)
    settings = HubSpotSettings(DEFAULT_TOKEN, f"https://{OUTSIDE}")
    with running_proxy(sandbox, certificate=certificate) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(HubSpotUnavailableError, match=r"SSLError|CERTIFICATE_VERIFY_FAILED"):
            HubSpot(settings).check_token()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        HubSpot(settings).check_token()
    assert proxy.asked[0] == f"CONNECT {OUTSIDE}:443"
    assert proxy.asked[-1].startswith("GET /account-info/")


def test_a_proxy_that_refuses_or_is_away_is_named_without_its_password(
    sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = HubSpotSettings(DEFAULT_TOKEN, f"https://{OUTSIDE}")
    with running_proxy(sandbox, login="me:right") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://me:wrong@"))
        with pytest.raises(HubSpotUnavailableError) as refused:
            HubSpot(settings).check_token()
    with pytest.raises(HubSpotUnavailableError) as away:
        HubSpot(settings).check_token()
    assert f"there was no answer by the proxy {proxy.url} (Tunnel connection failed: 407" in str(
        refused.value
    )
    assert f"by the proxy {proxy.url} (" in str(away.value) and "refused" in str(away.value)
    assert "wrong" not in str(refused.value) + str(away.value)
