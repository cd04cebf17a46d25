"""libpq's environment variables (PG...): which of them a connection of ours gets. None reaches any other.

A connection that names its server still takes from them what it does not name: another address, a service
file, TLS that our own server does not speak. No parameter of a URI undoes all of them.
"""

import json
import os
from urllib.parse import parse_qsl, urlencode, urlsplit

# How a server of the user's own is trusted, and its password where the connection has none, is as the shell
# has it for psql: DB_* cannot say it. Where the server is, who asks and what the session is like is said by
# DB_* (or the connection) and olist.warehouse.session alone. An Airflow that this project does not start
# keeps the variables it was given.
TRUST = ("PGPASS", "PGSSL", "PGGSS", "PGKRB", "PGCHANNELBINDING", "PGREQUIREAUTH", "PGREQUIREPEER")


def forget() -> None:
    """Takes the variables out of this process and those it starts."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def with_trust(connection: str) -> str:
    """An Airflow connection, as URI or JSON, that says itself what TRUST says; its own parameters win."""
    trust = _trust()
    if not trust:
        return connection
    if connection.lstrip().startswith("{"):
        described = json.loads(connection)
        extra = described.get("extra") or {}
        own = json.loads(extra) if isinstance(extra, str) else extra
        return json.dumps(described | {"extra": trust | own})
    uri = urlsplit(connection)
    return uri._replace(query=urlencode(trust | dict(parse_qsl(uri.query)))).geturl()


def _trust() -> dict[str, str]:
    """The variables of TRUST that are set, by the names of libpq's parameters."""
    from psycopg import pq

    found = {}
    for option in pq.Conninfo.get_defaults():
        variable = (option.envvar or b"").decode()
        if variable.startswith(TRUST) and variable in os.environ:
            found[option.keyword.decode()] = os.environ[variable]
    return found
