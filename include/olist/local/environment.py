"""The environment in which Airflow runs on one machine: connections, folders, settings.

What the user has set wins; what is missing is started here. Demo data and real data have a home each, so that
invented customers never mix with real ones, neither in the warehouse nor in HubSpot's stand-in.
"""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from dotenv import load_dotenv

from olist.exceptions import OlistError
from olist.local import libpq, postgres, sandbox_process
from olist.local.airflow_records import open_records
from olist.local.locks import alone
from olist.strategy.reading import read_strategy
from olist.warehouse.sql import fingerprint

PROJECT = Path(__file__).resolve().parents[3]
STATE = Path(os.environ.get("OLIST_HOME") or PROJECT / ".olist").resolve()
DEMO_ORDERS = 20_000
BENCH_ORDERS = 30_000
LOOPBACK = ("localhost", "127.0.0.1", "::1")
AIRFLOW_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
WAREHOUSE = "AIRFLOW_CONN_OLIST_WAREHOUSE"
DATABASE_VARIABLES = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASS")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Environment:
    """Where a local run keeps its state, and what it talks to."""

    home: Path
    data_dir: Path
    warehouse: str
    hubspot: str


def prepare(say: Say = print) -> Environment:
    """Starts what is not configured and sets os.environ for Airflow, before anything imports it.

    `say` is called with a line for everything that takes a while.
    """
    load_dotenv(PROJECT / ".env")
    reach_this_machine_directly()
    if strategy := os.environ.get("OLIST_STRATEGY"):
        os.environ["OLIST_STRATEGY"] = str(Path(strategy).expanduser().resolve())
    given = os.environ.get("OLIST_DATA_DIR")
    home = STATE / ("data" if given else "demo")
    home.mkdir(parents=True, exist_ok=True)
    with alone(home, say):
        data_dir = Path(given).expanduser().resolve() if given else _demo_data(home, say)
        os.environ["OLIST_DATA_DIR"] = str(data_dir)
        warehouse = _warehouse(home, say)
        libpq.forget()
        hubspot = _hubspot(home, say, knows=data_dir if not given and has_demo_contacts() else None)
        _airflow_records(home, say)
        _airflow_settings(home)
    return Environment(home, data_dir, warehouse, hubspot)


def reach_this_machine_directly() -> None:
    """Airflow's processes talk to each other over HTTP, and would ask a proxy for this machine."""
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if given.strip() != "*":
        given = ",".join(filter(None, (given, *LOOPBACK)))
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = given


def homes() -> list[Path]:
    """Every home that has been used."""
    return [home for home in (STATE / "demo", STATE / "data") if home.is_dir()]


def has_demo_contacts() -> bool:
    """Whether the demo data is to have people to write to (OLIST_DEMO_CONTACTS)."""
    return os.environ.get("OLIST_DEMO_CONTACTS", "").lower() in ("1", "true")


def _demo_data(home: Path, say: Say) -> Path:
    """Folders of their own with people to write to and without, and for each effect: they stay as made."""
    contacts, lift, holdout = has_demo_contacts(), _demo_effect(), read_strategy().holdout
    about = f", of whom {lift:g} more buy again if they are not held out" if lift else ""
    # Another effect, or others who are held out, make other files.
    planted = fingerprint(f"{lift:g}", f"{holdout.share:g}", holdout.salt)[:8] if lift else ""
    folder = home / "-".join(filter(None, ("olist-demo", "contacts" if contacts else "", planted)))
    if not folder.is_dir():
        # numpy, which a run does not need otherwise.
        from olist.local import demo_data, demo_effect

        effect = demo_effect.Effect(lift, holdout.share, holdout.salt) if lift else None
        say(f"Making demo data: {DEMO_ORDERS:,} orders of invented customers{about}")
        demo_data.generate(folder, DEMO_ORDERS, contacts=contacts, effect=effect)
    return folder


def _demo_effect() -> float:
    """OLIST_DEMO_EFFECT; 0 where nothing is to be planted. Raises OlistError for what is no such share."""
    given = os.environ.get("OLIST_DEMO_EFFECT")
    if not given:
        return 0
    try:
        lift = float(given)
    except ValueError:
        lift = -1
    if not 0 <= lift <= 0.3:
        raise OlistError(
            f"OLIST_DEMO_EFFECT must be a number from 0 to 0.3 (0.05: five points), not {given}."
        )
    if lift and not read_strategy().holdout.share:
        raise OlistError(
            "OLIST_DEMO_EFFECT plants what next actions bring, and nobody is held out to see it by: set"
            " holdout.share in strategy.yaml, to 0.2, say."
        )
    return lift


def _warehouse(home: Path, say: Say) -> str:
    if given := os.environ.get(WAREHOUSE):
        os.environ[WAREHOUSE] = libpq.with_trust(given)
        return "the PostgreSQL of AIRFLOW_CONN_OLIST_WAREHOUSE"
    if os.environ.get("DB_HOST"):
        missing = [name for name in DATABASE_VARIABLES if not os.environ.get(name) and name != "DB_PORT"]
        if missing:
            raise OlistError(f"DB_HOST is set but {', '.join(missing)} is not (see .env.example).")
        host, name, user, password = (
            quote(os.environ[key], safe="") for key in ("DB_HOST", "DB_NAME", "DB_USER", "DB_PASS")
        )
        port = os.environ.get("DB_PORT") or "5432"
        os.environ[WAREHOUSE] = libpq.with_trust(f"postgres://{user}:{password}@{host}:{port}/{name}")
        return f"PostgreSQL on {os.environ['DB_HOST']}"
    os.environ[WAREHOUSE] = _embedded_postgres(home, say)
    return "the embedded PostgreSQL"


def _embedded_postgres(home: Path, say: Say) -> str:
    if (uri := postgres.status(home)) is not None:
        return uri
    say("Starting the embedded PostgreSQL")
    return postgres.start(home)


def _hubspot(home: Path, say: Say, knows: Path | None) -> str:
    """`knows` is a folder of demo data, some of whose people are in the sandbox before any run."""
    if os.environ.get("AIRFLOW_CONN_HUBSPOT_DEFAULT"):
        return "the HubSpot of AIRFLOW_CONN_HUBSPOT_DEFAULT"
    if token := os.environ.get("HUBSPOT_ACCESS_TOKEN"):
        os.environ["AIRFLOW_CONN_HUBSPOT_DEFAULT"] = _hubspot_connection(token)
        return "HubSpot"
    if sandbox_process.status(home) is None:
        say("Starting the local HubSpot sandbox")
    url, token = sandbox_process.start(home)
    os.environ["AIRFLOW_CONN_HUBSPOT_DEFAULT"] = _hubspot_connection(token, url)
    if knows:
        _fill_sandbox(home, knows, url, token, say)
    return f"the local HubSpot sandbox, {url}"


def _fill_sandbox(home: Path, folder: Path, url: str, token: str, say: Say) -> None:
    """Once, so that nobody who was deleted there comes back."""
    done = home / "sandbox-knows-demo-contacts"
    if not done.exists():
        from olist.local import demo_contacts

        made = demo_contacts.put_into_sandbox(folder, url, token)
        say(f"Put {made:,} people whom HubSpot knows already into the sandbox")
        done.touch()


def _hubspot_connection(token: str, url: str | None = None) -> str:
    return json.dumps({"conn_type": "hubspot", "password": token, "host": url})


def _airflow_records(home: Path, say: Say) -> None:
    """Airflow's own database is embedded, even where the warehouse is not."""
    if any(os.environ.get(f"{AIRFLOW_DATABASE}{how}") for how in ("", "_CMD", "_SECRET")):
        return
    password = _secret(home / "airflow-password")
    os.environ[AIRFLOW_DATABASE], is_new = open_records(_embedded_postgres(home, say), password)
    if is_new and (old := home / "airflow" / "airflow.db").exists():
        say(f"Airflow's records begin anew, in PostgreSQL. Runs and connections of before are in {old}.")


def _airflow_settings(home: Path) -> None:
    airflow_home = home / "airflow"
    settings = {
        "AIRFLOW_HOME": airflow_home,
        "AIRFLOW__CORE__DAGS_FOLDER": PROJECT / "dags",
        "AIRFLOW__CORE__PLUGINS_FOLDER": PROJECT / "plugins",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(home / "airflow-secret"),
        # One user on one machine, and the server listens on loopback only.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    }
    if not os.access(Path.home(), os.W_OK):
        # Where matplotlib keeps the fonts it has found, which takes it a while.
        settings["MPLCONFIGDIR"] = home / "matplotlib"
    airflow_home.mkdir(exist_ok=True)
    for name, value in settings.items():
        os.environ.setdefault(name, str(value))
    if port := os.environ.get("AIRFLOW_PORT"):
        os.environ["AIRFLOW__API__PORT"] = port
        os.environ["AIRFLOW__API__BASE_URL"] = f"http://localhost:{port}"


def _secret(path: Path) -> str:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(64))
    return path.read_text()
