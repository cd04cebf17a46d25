"""`make erase`, and the command of the package for an Airflow of one's own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.forgotten import Scene
from support.user import User

from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN

pytestmark = pytest.mark.airflow


def hubspot_of(scene: Scene) -> str:
    return json.dumps({"conn_type": "hubspot", "password": DEFAULT_TOKEN, "host": scene.url})


def test_make_erase(scene: Scene, tmp_path: Path) -> None:
    user = User(tmp_path / "home", scene.data_dir, scene.outputs)
    connections = {
        "AIRFLOW_CONN_OLIST_WAREHOUSE": scene.uri,
        "AIRFLOW_CONN_HUBSPOT_DEFAULT": hubspot_of(scene),
    }
    told = user.types("erase", PERSON="", **connections)
    assert told.returncode == 2 and "make erase PERSON=<customer_unique_id>" in told.stdout
    told = user.types("erase", PERSON=scene.person, **connections)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "HubSpot: the account 12345678 has deleted the contact for good." in told.stdout
    assert scene.traces() == {}
    user.types("stop")
    left = [
        path for path in user.home.rglob("*") if path.is_file() and scene.person.encode() in path.read_bytes()
    ]
    assert left == []
    user.leaves()


def test_the_command_finds_the_connections_in_airflows_database(scene: Scene, tmp_path: Path) -> None:
    ours = ("AIRFLOW", "OLIST_", "HUBSPOT_", "DB_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "OLIST_OUTPUT_DIR": str(scene.outputs),
    }

    def runs(*command: str) -> subprocess.CompletedProcess:
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    airflow = str(Path(sys.executable).with_name("airflow"))
    for command in (
        ("db", "migrate"),
        ("connections", "add", "olist_warehouse", "--conn-uri", scene.uri),
        ("connections", "add", "hubspot_default", "--conn-json", hubspot_of(scene)),
    ):
        done = runs(airflow, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    told = runs(sys.executable, "-m", "olist.erasure", scene.person)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "HubSpot: the account 12345678 has deleted the contact for good." in told.stdout
    assert scene.traces() == {}
