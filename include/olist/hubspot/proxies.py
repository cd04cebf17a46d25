"""The proxy on the way to HubSpot, as the usual environment variables name it."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from olist.exceptions import OlistError

LOOPBACK = ("localhost", "::1")


@dataclass(frozen=True)
class Proxy:
    """Where a proxy is, without its password, and the headers that log in to it."""

    url: str
    headers: dict[str, str] = field(repr=False)


def proxy_for(url: str) -> Proxy | None:
    """The proxy to ask for `url`; None where it is reached directly.

    HTTPS_PROXY or HTTP_PROXY, else ALL_PROXY, in capitals or small letters, unless NO_PROXY has the host.
    Loopback never goes through a proxy. Raises OlistError for one that speaks no HTTP.
    """
    from urllib3.util import make_headers

    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOOPBACK or host.startswith("127.") or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all")
    if not named:
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    address = proxy.netloc.rpartition("@")[2]
    if proxy.scheme not in ("http", "https") or not proxy.hostname:
        raise OlistError(
            f"The proxy {proxy.scheme}://{address} of the environment is no HTTP proxy: set"
            f" {parts.scheme.upper()}_PROXY to one (http://host:port), or NO_PROXY to {host}."
        )
    headers: dict[str, str] = {}
    if proxy.username:
        login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        headers = make_headers(proxy_basic_auth=login)
    return Proxy(f"{proxy.scheme}://{address}", headers)
