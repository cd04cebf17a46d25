"""Somebody who types the project's commands."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg

from olist.local import postgres

# What a developer's .env may name for real, and no test may reach. Set, though empty, it wins over .env.
REAL = dict.fromkeys(
    (
        "AIRFLOW_CONN_HUBSPOT_DEFAULT",
        "AIRFLOW_CONN_OLIST_WAREHOUSE",
        "DB_HOST",
        "HUBSPOT_ACCESS_TOKEN",
        "OLIST_ALERT_EMAIL",
        "OLIST_ALERT_URLS",
        "OLIST_STRATEGY",
    ),
    "",
)


class User:
    """Somebody with a clone of the project, a home of their own, and a data folder."""

    def __init__(self, home: Path, data_dir: Path, outputs: Path) -> None:
        self.home, self.outputs = home, outputs
        self.settings = {"OLIST_HOME": home, "OLIST_DATA_DIR": data_dir, "OLIST_OUTPUT_DIR": outputs}

    def types(self, *command: str, **settings: str) -> subprocess.CompletedProcess:
        done = self.begins(*command, **settings)
        output, errors = done.communicate(timeout=300)
        return subprocess.CompletedProcess(command, done.returncode, output, errors)

    def begins(self, *command: str, **settings: str) -> subprocess.Popen:
        """A command under way, in a session of its own as in a terminal of its own."""
        ours = ("AIRFLOW", "OLIST_", "HUBSPOT_", "DB_")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return subprocess.Popen(
            [sys.executable, "-m", "olist.local", *command],
            env=plain
            | REAL
            | {"COLUMNS": "200"}
            | {name: str(value) for name, value in (self.settings | settings).items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def asks(self, query: str, database: str = "olist") -> list[tuple]:
        """What a database of the embedded PostgreSQL answers: that of the warehouse, or Airflow's."""
        with psycopg.connect(postgres.status(self.home / "data"), dbname=database) as connection:
            return connection.execute(query).fetchall()

    def leaves(self) -> None:
        """Stops the servers, and removes a PostgreSQL that is not in the home."""
        self.types("stop")
        for place in self.home.glob("*/postgres-place"):
            subprocess.run(["rm", "-rf", place.read_text()], check=True)


# Of a data folder; the servers that this user starts end with the test.
NewUser = Callable[[Path], User]
