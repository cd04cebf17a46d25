"""`make explain`, and the command of the package for an Airflow of one's own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.forgotten import Scene
from support.user import User

pytestmark = pytest.mark.airflow


def test_make_explain(scene: Scene, tmp_path: Path) -> None:
    user = User(tmp_path / "home", scene.data_dir, scene.outputs)
    connections = {
        "AIRFLOW_CONN_OLIST_WAREHOUSE": scene.uri,
        "AIRFLOW_CONN_HUBSPOT_DEFAULT": json.dumps({"conn_type": "hubspot", "host": scene.url}),
    }
    told = user.types("explain", PERSON="", **connections)
    assert told.returncode == 2 and "Nobody is explained without an id" in told.stdout
    told = user.types("explain", PERSON=scene.person, **connections)
    assert told.returncode == 0, told.stdout + told.stderr
    for part in (scene.person, "The numbers", "Orders", "new, taken", "ana.souza@example.com"):
        assert part in told.stdout, part
    told = user.types("explain", PERSON="[bold]nobody", **connections)
    assert told.returncode == 2 and "Nobody is known by this id" in told.stdout
    user.types("stop")
    left = [
        path for path in user.home.rglob("*") if path.is_file() and scene.person.encode() in path.read_bytes()
    ]
    assert left == []
    user.leaves()


def test_the_command_of_the_package(scene: Scene, tmp_path: Path) -> None:
    ours = ("AIRFLOW", "OLIST_", "HUBSPOT_", "DB_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_OLIST_WAREHOUSE": scene.uri,
    }

    def explains(person: str, **more: str) -> subprocess.CompletedProcess:
        command = (sys.executable, "-m", "olist.explain", person)
        return subprocess.run(command, env=environment | more, capture_output=True, text=True, timeout=300)

    told = explains(scene.person)
    assert told.returncode == 0, told.stdout + told.stderr
    assert scene.person in told.stdout and "Month by month" in told.stdout
    told = explains("nobody")
    assert (told.returncode, told.stderr.startswith("Nobody is known by this id")) == (2, True)
    empty = f"{scene.uri.rpartition('/')[0]}/postgres"
    told = explains(scene.person, AIRFLOW_CONN_OLIST_WAREHOUSE=empty)
    assert (told.returncode, "no tables to look into yet" in told.stderr) == (2, True)
    told = explains(scene.person, AIRFLOW_CONN_OLIST_WAREHOUSE="postgresql://nobody:secret@127.0.0.1:9/olist")
    assert told.returncode == 2 and "secret" not in told.stderr and "Traceback" not in told.stderr
