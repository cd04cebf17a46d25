"""docker-compose.yaml is valid, keeps its secrets in files, and its commands run."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo
from support.compose_stack import COMPOSE, Stack, interpolate, services
from support.places import PROJECT

from olist.local import databases, secret_files
from olist.strategy.reading import STRATEGY_FILE, strategy_file

DOCUMENT = yaml.safe_load(COMPOSE.read_text())
SERVICES = services()
JOBS = {"airflow-init"}
SENSITIVE = re.compile("PASS|SECRET|TOKEN|KEY|CONN|BROKER|RESULT")
# Names of settings that hold no secret, though they sound so.
HARMLESS = re.compile(r"AIRFLOW__SECRETS__BACKEND(_KWARGS)?|\w+_PASSWORDS_FILE")


def test_the_file_is_valid_by_the_compose_specification() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_is_watched_or_ends() -> None:
    for name, service in SERVICES.items():
        if name in JOBS:
            assert service["restart"] == "no", name
        else:
            assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name
            assert service["restart"] == "unless-stopped", name
        for other, wait in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if other in JOBS else "service_healthy"
            assert wait["condition"] == expected, (name, other)


def test_profiles_hold_what_not_everybody_needs() -> None:
    profiles = {name: service.get("profiles") for name, service in SERVICES.items()}
    assert {name: found for name, found in profiles.items() if found} == {
        "sandbox": ["sandbox"],
        "redis": ["celery"],
        "worker": ["celery"],
    }
    assert "container_name" not in SERVICES["worker"], "there may be several"
    assert "ports" not in SERVICES["worker"]


def test_one_service_builds_the_image_before_any_other_starts() -> None:
    ours = {name for name, service in SERVICES.items() if service["image"].startswith("olist-")}
    assert [name for name in ours if "build" in SERVICES[name]] == ["airflow-init"]
    assert len({SERVICES[name]["image"] for name in ours}) == 1
    for name in ours - {"airflow-init", "sandbox"}:
        assert "airflow-init" in SERVICES[name]["depends_on"], name
        assert SERVICES[name]["pull_policy"] == "never", "no registry has it"


def test_a_profile_changes_no_service_outside_of_it() -> None:
    """Compose would recreate the service, and with it all that wait for it: running tasks would end."""
    for name, service in SERVICES.items():
        for other in service.get("depends_on", {}):
            assert set(SERVICES[other].get("profiles", [])) <= set(service.get("profiles", [])), (name, other)
        assert "COMPOSE_PROFILES" not in json.dumps(service), name


def test_logs_do_not_grow_without_limit() -> None:
    for name, service in SERVICES.items():
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name


def test_what_others_wait_for_is_looked_at_often() -> None:
    waited_for = {
        other
        for service in SERVICES.values()
        for other, wait in service.get("depends_on", {}).items()
        if wait["condition"] == "service_healthy"
    }
    assert {name: SERVICES[name]["healthcheck"]["interval"] for name in waited_for} == {
        "postgres": "5s",
        "redis": "5s",
    }


def test_nothing_runs_as_root() -> None:
    for name, service in SERVICES.items():
        assert re.fullmatch(r"postgres|redis|[1-9][0-9]*:0", service["user"]), name
        assert service["cap_drop"] == ["ALL"] and "privileged" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    dockerfile = (PROJECT / "Dockerfile").read_text()
    assert SERVICES["scheduler"]["user"].split(":")[0] in re.search(r"useradd --uid (\d+)", dockerfile)[1]
    lines = [line.split()[0] for line in dockerfile.splitlines() if re.match("[A-Z]+ ", line)]
    assert lines[-1] == "USER" and lines.count("USER") == 1, "root makes all that is in the image"
    handed_over = re.findall(r"(?:--owner airflow|--chown|chown)([^\n]*)", dockerfile)
    assert handed_over == [" --group 0 /opt/airflow /opt/airflow/logs /outputs /sandbox"]


def test_no_container_can_change_its_own_files() -> None:
    dockerfile = (PROJECT / "Dockerfile").read_text()
    # Its user's group is root's, and a clone may be open to its group, or closed to others.
    assert "chmod -R u=rwX,go=rX ." in dockerfile[dockerfile.rindex("\nCOPY . .") :]
    for name, service in SERVICES.items():
        assert service["read_only"], name
        assert "/tmp" in service["tmpfs"], name


def test_images_are_pinned() -> None:
    images = {service["image"] for service in SERVICES.values()}
    bases = re.findall(r"^FROM (\S+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    for image in (*images, *bases):
        assert re.search(r":[0-9]+\.[0-9]+(\.[0-9]+)?(-|\$|$)", image), image


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)


def test_no_secret_is_in_an_environment_or_a_command() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if SENSITIVE.search(variable) and not HARMLESS.fullmatch(variable):
                assert variable.endswith(("_CMD", "_FILE")), (name, variable)
                assert re.fullmatch(r"(cat )?/run/secrets/[\w.]+", value), (name, variable)
            assert not re.search(r"//[^/]*:[^/]*@|\$\{\w*(PASS|TOKEN|SECRET)", str(value)), (name, variable)


def test_each_service_has_the_secrets_that_it_names_and_no_password_besides() -> None:
    for name, service in SERVICES.items():
        used = set(re.findall(r"/run/secrets/([\w.]+\w)", json.dumps(service)))
        given = set(service.get("secrets", []))
        if name == "airflow-init":  # it reads its passwords from the folder
            used |= {"postgres_password", *databases.DATABASES.values()}
            used &= given
        assert used == given, name


def test_data_and_rules_are_mounted_for_reading_and_what_is_kept_is_in_named_volumes() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            if isinstance(volume, dict):
                assert volume["target"] in ("/data", "/strategy") and volume["read_only"], name
                # A folder that is mistyped is not made, by root, and a name without ./ is a folder too.
                assert volume["type"] == "bind" and volume["bind"] == {"create_host_path": False}, name
            else:
                assert volume.rsplit(":/", 1)[0] in DOCUMENT["volumes"], (name, volume)
    for name in ("scheduler", "worker"):
        targets = {volume["target"] for volume in SERVICES[name]["volumes"] if isinstance(volume, dict)}
        assert "outputs:/outputs" in SERVICES[name]["volumes"] and targets == {"/data", "/strategy"}


def test_a_folder_with_rules_of_your_own_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    value = SERVICES["scheduler"]["environment"]["OLIST_STRATEGY"]
    assert interpolate(value, {}) == ""
    assert interpolate(value, {"OLIST_STRATEGY": "~/rules"}) == "/strategy/strategy.yaml"
    # The same setting for `make run`, which takes the file as well.
    shutil.copy(STRATEGY_FILE, tmp_path)
    for given in (tmp_path, tmp_path / "strategy.yaml"):
        monkeypatch.setenv("OLIST_STRATEGY", str(given))
        assert strategy_file() == tmp_path / "strategy.yaml"


def test_the_image_has_only_what_it_needs() -> None:
    lines = [
        line for line in (PROJECT / ".dockerignore").read_text().splitlines() if line[:1] not in ("", "#")
    ]
    assert lines[0] == "*", "everything else stays outside: .env.production, .secrets, data"
    assert {line.strip("!/") for line in lines if line.startswith("!")} == {
        *("dags", "include", "plugins"),
        *("LICENSE", "README.md", "pyproject.toml", "requirements.txt", "requirements-celery.txt"),
    }
    assert {"**/__pycache__/", "**/*.egg-info/"} == set(lines[1:]) - {
        line for line in lines if line[0] == "!"
    }


def test_make_secrets_makes_every_file_closed_to_others_and_replaces_none(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    command = [sys.executable, "-I", "-S", PROJECT / "include/olist/local/secret_files.py", folder]
    subprocess.run(command, check=True, umask=0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # The container's user reads them: there each is mounted alone, without the folder.
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    named = {Path(secret["file"]) for secret in DOCUMENT["secrets"].values()}
    assert {path.name for path in named} == {path.name for path in folder.iterdir()}
    assert {str(path.parent) for path in named} == {".secrets"}
    first = {path.name: path.read_text() for path in folder.iterdir()}
    (folder / "jwt_secret").unlink()
    # As some editors leave a file that they have saved.
    (folder / "connections.json").chmod(0o600)
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    second = {path.name: path.read_text() for path in folder.iterdir()}
    assert {name for name in first if first[name] != second[name]} == {"jwt_secret"}
    assert said.split()[-1] == "jwt_secret"
    assert stat.S_IMODE((folder / "connections.json").stat().st_mode) == 0o644
    assert len({*first.values(), second["jwt_secret"]}) == len(first) + 1
    assert subprocess.run(["git", "check-ignore", "-q", ".secrets/jwt_secret"], cwd=PROJECT).returncode == 0


def connections_of(folder: Path) -> dict:
    return json.loads((folder / "connections.json").read_text())


def test_only_a_token_makes_a_hubspot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)
    secret_files.make(tmp_path / "without")
    assert set(connections_of(tmp_path / "without")) == {"olist_warehouse"}
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-na1-token")
    secret_files.make(tmp_path / "with")
    hubspot = connections_of(tmp_path / "with")["hubspot_default"]
    assert hubspot == {"conn_type": "hubspot", "password": "pat-na1-token"}


def test_make_secrets_takes_the_sandbox_out_of_older_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)
    secret_files.make(tmp_path)
    theirs = connections_of(tmp_path) | {"smtp_default": "smtp://mail.example.com"}
    of_before = {"conn_type": "hubspot", "password": "sandbox-1", "host": "http://sandbox:8900"}
    (tmp_path / "connections.json").write_text(json.dumps(theirs | {"hubspot_default": of_before}))
    monkeypatch.setattr(sys, "argv", ["secret_files", str(tmp_path)])
    secret_files.main()
    assert connections_of(tmp_path) == theirs
    assert stat.S_IMODE((tmp_path / "connections.json").stat().st_mode) == 0o644
    for hubspot in ({"conn_type": "hubspot", "password": "pat-na1"}, "hubspot://:pat-na1@api.hubapi.com"):
        (tmp_path / "connections.json").write_text(json.dumps(theirs | {"hubspot_default": hubspot}))
        secret_files.main()
        assert connections_of(tmp_path)["hubspot_default"] == hubspot, "a HubSpot of theirs stays"


@pytest.fixture(scope="module")
def stack(server: str, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    folder = tmp_path_factory.mktemp("stack")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)
        return Stack(folder, server, folder / "data")


@contextmanager
def running(stack: Stack, service: str) -> Iterator[subprocess.Popen]:
    process = stack.start(service)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def test_the_databases_are_made_once_and_by_a_role_that_is_no_superuser(server: str, tmp_path: Path) -> None:
    secret_files.make(tmp_path / "secrets")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("create role maker login createdb createrole nosuperuser password 'only-here'")
    uri = make_conninfo(server, user="maker", password="only-here", dbname="postgres")
    with psycopg.connect(uri, autocommit=True) as connection:
        assert databases.ensure(connection, tmp_path / "secrets") == ["airflow", "warehouse"]
        assert databases.ensure(connection, tmp_path / "secrets") == []
    passwords = {
        name: (tmp_path / "secrets" / file).read_text() for name, file in databases.DATABASES.items()
    }
    for name, password in passwords.items():
        theirs = make_conninfo(server, user=name, dbname=name, password=password)
        with psycopg.connect(theirs) as connection:
            connection.execute("create schema mine; create temporary table t ()")
        other = ({*passwords} - {name}).pop()
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(make_conninfo(theirs, dbname=other))
    with psycopg.connect(server, autocommit=True) as admin:
        asked = "select has_database_privilege('olist_bi', %s, 'connect')"
        assert [admin.execute(asked, (name,)).fetchone() for name in ("warehouse", "airflow")] == [
            (True,),
            (False,),
        ]
        admin.execute("drop database airflow")
        admin.execute("drop database warehouse")
        admin.execute("drop role airflow, warehouse, maker")


@pytest.mark.airflow
def test_airflow_reads_its_secrets_from_files(stack: Stack) -> None:
    files = {
        "database.sql_alchemy_conn": "airflow_database",
        "core.fernet_key": "fernet_key",
        "api.secret_key": "api_secret_key",
        "api_auth.jwt_secret": "jwt_secret",
        "celery.broker_url": "celery_broker",
        "celery.result_backend": "celery_results",
    }
    ask = "import json, sys; from airflow.configuration import conf; import airflow.settings as s;"
    ask += "s.initialize(); print(json.dumps([conf.get(*each.split('.')) for each in sys.argv[1:]]))"
    done = stack.types("worker", ["python", "-c", ask, *files])
    values = dict(zip(files, json.loads(done.stdout.splitlines()[-1]), strict=True))
    assert values == {option: (stack.secrets / file).read_text() for option, file in files.items()}


@pytest.fixture(scope="module")
def made_ready(stack: Stack) -> Stack:
    """The stack after its init job, which has run twice, as with a second `up`."""
    for _ in range(2):
        done = stack.run("airflow-init")
        assert done.returncode == 0, done.stdout + done.stderr
    return stack


@pytest.mark.airflow
def test_the_services_start_from_nothing_and_are_healthy(made_ready: Stack) -> None:
    stack = made_ready
    with (
        running(stack, "api-server") as api_server,
        running(stack, "scheduler") as scheduler,
        running(stack, "dag-processor") as dag_processor,
        running(stack, "triggerer") as triggerer,
    ):
        assert stack.becomes_healthy("api-server", api_server)
        assert stack.becomes_healthy("scheduler", scheduler)
        assert stack.becomes_healthy("dag-processor", dag_processor)
        assert stack.becomes_healthy("triggerer", triggerer)
        url = f"http://127.0.0.1:{stack.ports['8080']}"
        assert httpx.get(f"{url}/api/v2/dags").status_code == 401
        assert httpx.post(f"{url}/auth/token", json={"username": "admin", "password": "admin"}).is_error
        users = json.loads((stack.secrets / "airflow_users.json").read_text())
        user = {"username": "admin", "password": users["admin"]}
        token = httpx.post(f"{url}/auth/token", json=user).json()["access_token"]
        client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})
        assert client.get("/api/v2/pools/hubspot").json()["slots"] == 4
    assert not stack.check("scheduler")


@pytest.mark.airflow
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="Redis is not installed")
def test_redis_and_a_worker_start_and_are_healthy(made_ready: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = made_ready
    monkeypatch.setitem(stack.given, "OLIST_EXECUTOR", "CeleryExecutor")
    with running(stack, "redis") as redis:
        assert stack.becomes_healthy("redis", redis)
        without = stack.types("redis", ["redis-cli", "-p", str(stack.ports["6379"]), "ping"])
        assert "NOAUTH" in without.stdout
        with running(stack, "worker") as worker:
            assert stack.becomes_healthy("worker", worker)


@pytest.mark.airflow
def test_the_sandbox_is_hubspot_while_it_runs(made_ready: Stack) -> None:
    """And it lets only its own token in."""
    stack = made_ready
    # The last of the init job's commands, which takes none of the others.
    command = SERVICES["airflow-init"]["command"][-1].rsplit("&& ", 1)[1]

    def find_hubspot() -> subprocess.CompletedProcess:
        # Here the sandbox has an address even where it does not run.
        words = ["sh", "-c", f"{stack.here(command, stack.home('airflow-init'))} --patience 5"]
        return stack.types("airflow-init", words)

    def connection() -> dict | None:
        done = stack.types(
            "scheduler", ["airflow", "connections", "get", "hubspot_default", "--output", "json"]
        )
        return json.loads(done.stdout)[0] if done.returncode == 0 else None

    said = find_hubspot().stdout.splitlines()[-1]
    assert said == "There is no HubSpot: every run is a dry run, which plans and reports, and sends nothing."
    assert connection() is None
    with running(stack, "sandbox") as process:
        assert stack.becomes_healthy("sandbox", process)
        assert find_hubspot().stdout.splitlines()[-1] == "HubSpot is the sandbox."
        hubspot = connection()
        assert hubspot is not None
        url = f"{hubspot['host']}/crm/v3/properties/contacts"
        answers = [
            httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code
            for token in (hubspot["password"], "sandbox-token")
        ]
        assert answers == [200, 401]
        two = {"hubspot_default": {"conn_type": "hubspot", "password": "pat-na1-real"}}
        (stack.secrets / "connections.json").write_text(json.dumps(two | connections_of(stack.secrets)))
        done = find_hubspot()
        assert done.returncode == 1
        assert (
            "The sandbox runs, and connections.json has a hubspot_default of another HubSpot" in done.stderr
        )
        assert "pat-na1-real" not in done.stdout + done.stderr
    assert not stack.check("sandbox")
    said = find_hubspot().stdout.splitlines()[-1]
    assert said == "HubSpot is the hubspot_default of connections.json."
    of_before = {"hubspot_default": {"conn_type": "hubspot", "password": "x", "host": hubspot["host"]}}
    for content, sentence in (
        (json.dumps(of_before), "has the sandbox as hubspot_default, and the sandbox does not run"),
        ('{"olist_warehouse": "postgres://u:hunter2"\n}}', "connections.json is not valid: line 2: "),
    ):
        (stack.secrets / "connections.json").write_text(content)
        done = find_hubspot()
        assert done.returncode == 1
        assert sentence in done.stderr.splitlines()[-1] and "hunter2" not in done.stderr
