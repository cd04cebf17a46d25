"""docker-compose.yaml without Docker: the commands and environments of its services, on this machine.

What Docker would provide is put in its place: folders for volumes and secrets, 127.0.0.1 for the names of
services, free ports for those of the file.
"""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from psycopg.conninfo import conninfo_to_dict

from olist.local import secret_files
from support.places import PROJECT

COMPOSE = PROJECT / "docker-compose.yaml"
OURS = ("AIRFLOW", "OLIST_", "HUBSPOT_", "DB_", "PG")
VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?:(:[-+?])([^}]*))?\})")


def services() -> dict[str, dict[str, Any]]:
    """The services as the file has them, its anchors resolved."""
    return yaml.safe_load(COMPOSE.read_text())["services"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def interpolate(text: str, given: dict[str, str]) -> str:
    """What Compose makes of `${NAME:-default}`, `${NAME:+there}`, `${NAME:?missing}` and `$$`."""

    def value(match: re.Match) -> str:
        name, operator, word = match.groups()
        if name is None:
            return "$"
        if operator == ":+":
            return word if given.get(name) else ""
        if operator == ":?":
            return given[name]
        return given.get(name) or word or ""

    return VARIABLE.sub(value, text)


class Stack:
    """The services of the file on this machine, with a folder for what they keep."""

    def __init__(self, folder: Path, postgres: str, data_dir: Path, **given: str) -> None:
        self.folder, self.given = folder, {"OLIST_DATA_DIR": str(data_dir)} | given
        self.server = conninfo_to_dict(postgres)
        self.ports = {name: free_port() for name in ("8080", "8900", "8974", "6379", "8793", "8794")}
        self.secrets = folder / "secrets"
        for name in (self.secrets, folder / "sandbox", folder / "outputs", folder / "logs"):
            name.mkdir(parents=True, exist_ok=True)
        self.paths = {
            "/run/secrets": self.secrets,
            "/opt/olist": PROJECT,
            "/sandbox/": f"{folder}/sandbox/",
            "/outputs": folder / "outputs",
            "/data": data_dir,
        }
        self.make_secrets()

    def make_secrets(self) -> None:
        """The files of `make secrets`, with this machine's addresses in them."""
        made = secret_files.make(self.secrets)
        addresses = {
            "@postgres:5432": f"@127.0.0.1:{self.server['port']}",
            "@redis:6379": f"@127.0.0.1:{self.ports['6379']}",
        }
        for name in made:
            path = self.secrets / name
            text = path.read_text()
            for there, here in addresses.items():
                text = text.replace(there, here)
            path.write_text(text)
        (self.secrets / "postgres_password").write_text(self.server["password"])
        with (self.secrets / "redis.conf").open("a") as file:
            file.write(f"bind 127.0.0.1\nport {self.ports['6379']}\ndir {self.home('redis')}\n")

    def here(self, text: str, home: Path) -> str:
        """A text of the file with this machine's paths and ports."""
        text = interpolate(text, self.given)
        if text in ("/data", "/outputs"):
            return str(self.paths[text])
        for there in ("/run/secrets", "/opt/olist", "/sandbox/"):
            text = re.sub(rf"(?<![\w.]){re.escape(there)}", str(self.paths[there]), text)
        text = text.replace("redis-cli", f"redis-cli -p {self.ports['6379']}")
        text = text.replace("/opt/airflow", str(home)).replace("http://api-server:", "http://localhost:")
        text = text.replace("http://sandbox:", "http://127.0.0.1:")
        return re.sub(r"\b(8080|8900|8974)\b", lambda found: str(self.ports[found[0]]), text)

    def environment(self, service: str, home: Path) -> dict[str, str]:
        """The environment of a container, in which each has an AIRFLOW_HOME of its own."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        theirs = services()[service].get("environment", {})
        ours = {
            "PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.folder / "logs"),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.ports["8793"]),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.ports["8794"]),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.ports["8974"]),
            "AIRFLOW__API__PORT": str(self.ports["8080"]),
        }
        named = {name: self.here(str(value), home) for name, value in theirs.items()}
        if "PGHOST" in named:
            named |= {"PGHOST": "127.0.0.1", "PGPORT": str(self.server["port"])}
            named |= {"PGUSER": str(self.server["user"])}
        return plain | named | ours

    def home(self, name: str) -> Path:
        home = self.folder / "homes" / name
        home.mkdir(parents=True, exist_ok=True)
        return home

    def run(self, service: str, timeout: float = 120) -> subprocess.CompletedProcess:
        """Runs a job to its end."""
        command = [self.here(word, self.home(service)) for word in services()[service]["command"]]
        return self.types(service, command, timeout)

    def start(self, service: str, name: str | None = None, wrap: tuple[str, ...] = ()) -> subprocess.Popen:
        """Starts a service in a process group of its own; `name` tells apart several of one service."""
        home = self.home(name or service)
        command = [self.here(word, home) for word in services()[service]["command"]]
        with (self.folder / f"{name or service}.log").open("ab") as log:
            return subprocess.Popen(
                [*wrap, *command],
                env=self.environment(service, home),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def check(self, service: str, name: str | None = None) -> bool:
        """Runs a service's health check once."""
        test = services()[service]["healthcheck"]["test"]
        words = [self.here(word, self.home(name or service)) for word in test[1:]]
        command = ["/bin/sh", "-c", words[0]] if test[0] == "CMD-SHELL" else words
        return self.types(service, command).returncode == 0

    def becomes_healthy(self, service: str, process: subprocess.Popen, patience: float = 90) -> bool:
        """Whether the health check succeeds before the process ends or patience does."""
        deadline = time.monotonic() + patience
        while process.poll() is None and time.monotonic() < deadline:
            if self.check(service):
                return True
            time.sleep(0.5)
        return False

    def types(self, service: str, command: list[str], timeout: float = 60) -> subprocess.CompletedProcess:
        """Runs a command in the environment of a service."""
        environment = self.environment(service, self.home(service))
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout)
