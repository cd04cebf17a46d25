"""A real API server of Airflow with our plugin, its login on, and a home of its own."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from support.places import PROJECT

PASSWORDS = {"admin": "an-admin's-password", "reader": "a-reader's-password"}
# Airflow's tables, and the DAG in them; what only a process of Airflow can say of the plugin; the server.
PROGRAM = """
import json, os, sys
import airflow.plugins_manager
before = set(sys.modules)
sys.path.append(sys.argv[1])
import customer_segments
facts = {"imported": sorted(set(sys.modules) - before)}

from airflow.utils.db import initdb
initdb()
from airflow.cli.cli_parser import get_parser
arguments = get_parser().parse_args(["dags", "reserialize"])
arguments.func(arguments)

from olist.segments_page.app import segments_app
facts["routes"] = [[type(route).__name__, route.path] for route in segments_app().routes]
with open(sys.argv[2], "w") as file:
    json.dump(facts, file)
os.execv(sys.executable, [sys.executable, "-m", "airflow", "api-server"])
"""


class AirflowServer:
    """`airflow api-server` on a free port of this machine."""

    def __init__(self, home: Path, outputs: Path, **more: object) -> None:
        """`more` are settings beside those of every such server."""
        home.mkdir()
        (home / "passwords.json").write_text(json.dumps(PASSWORDS))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://localhost:{port}"
        self.secret = secrets.token_hex(64)
        settings = {
            "AIRFLOW_HOME": home,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
            "AIRFLOW__CORE__DAGS_FOLDER": PROJECT / "dags",
            "AIRFLOW__CORE__PLUGINS_FOLDER": PROJECT / "plugins",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,reader:viewer",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": home / "passwords.json",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": port,
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": 1,
            "AIRFLOW__API_AUTH__JWT_SECRET": self.secret,
            "OLIST_OUTPUT_DIR": outputs,
            "PYTHONPATH": PROJECT / "include",
            **more,
        }
        plain = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        self.environment = plain | {name: str(value) for name, value in settings.items()}
        self.log, self.facts = home / "server.log", home / "facts.json"
        self.scheduler_log = home / "scheduler.log"
        self.tokens: dict[str, str] = {}
        self.others: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Begins to start; `wait` until it has."""
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, PROJECT / "plugins", self.facts],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> dict[str, Any]:
        """Waits for the first answer. Returns what PROGRAM found out."""
        deadline = time.monotonic() + 120
        while not self._is_up():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)
        return json.loads(self.facts.read_text())

    def start_scheduler(self) -> None:
        """Begins to carry out runs; `wait` first, since the server makes Airflow's tables."""
        for command in ("scheduler", "dag-processor"):
            with self.log.with_name(f"{command}.log").open("a") as log:
                other = subprocess.Popen(
                    [sys.executable, "-m", "airflow", command],
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self.others.append(other)

    def waits_for_pause(self, dag_run: str, task: str, try_number: int) -> None:
        """Waits until the scheduler has heard that a task has paused: Airflow 3.3.2 fails one that goes on
        before ("state mismatch"), which no person is quick enough to see. A scheduler that was killed
        meanwhile never hears of it, and fails nothing."""
        key = f"task_id='{task}', run_id='{dag_run}', try_number={try_number},"
        heard = re.compile(f"Received executor event .*{re.escape(key)}")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not heard.search(self.scheduler_log.read_text()):
            time.sleep(0.2)

    def stop(self) -> None:
        # Nothing of it is kept, so there is nothing to wait for.
        for process in (self.process, *self.others):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.others.clear()

    def token(self, user: str) -> str:
        if user not in self.tokens:
            login = {"username": user, "password": PASSWORDS[user]}
            answer = httpx.post(f"{self.url}/auth/token", json=login, timeout=30)
            self.tokens[user] = answer.raise_for_status().json()["access_token"]
        return self.tokens[user]

    def asks(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A request to Airflow's own API, as its admin."""
        headers = {"Authorization": f"Bearer {self.token('admin')}"}
        return httpx.request(method, f"{self.url}/api/v2/{path}", json=body, headers=headers, timeout=30)

    def get(self, path: str, **more: Any) -> httpx.Response:
        """A request to the plugin, as nobody unless cookies or headers say otherwise."""
        return httpx.get(f"{self.url}/customer-segments/{path}", timeout=60, **more)

    def _is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v2/monitor/health", timeout=5).is_success
        except httpx.TransportError:
            return False
