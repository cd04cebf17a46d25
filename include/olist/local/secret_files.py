"""`python -m olist.local.secret_files <folder>`: the passwords and keys that docker-compose.yaml mounts.

Needs nothing but Python itself, because whoever runs the pipeline on Docker has no virtual environment.
"""

import base64
import json
import os
import secrets
import stat
import sys
from collections.abc import Callable
from pathlib import Path

SANDBOX = "http://sandbox:8900"
MODE = 0o644
FILES: dict[str, Callable[[Path], str]] = {
    "postgres_password": lambda _: _random(),
    "airflow_password": lambda _: _random(),
    "warehouse_password": lambda _: _random(),
    "redis_password": lambda _: _random(),
    "sandbox_token": lambda _: f"sandbox-{_random()}",
    "jwt_secret": lambda _: secrets.token_hex(64),
    "api_secret_key": lambda _: _random(),
    "fernet_key": lambda _: base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "airflow_users.json": lambda _: json.dumps({"admin": _random()}),
    "airflow_database": lambda folder: f"postgresql+psycopg2://{_airflow_role(folder)}",
    "celery_results": lambda folder: f"db+postgresql+psycopg2://{_airflow_role(folder)}",
    "celery_broker": lambda folder: f"redis://:{_read(folder, 'redis_password')}@redis:6379/0",
    "redis.conf": lambda folder: f"requirepass {_read(folder, 'redis_password')}\nappendonly yes\n",
    "connections.json": lambda folder: json.dumps(_connections(folder), indent=2),
}


def make(folder: Path) -> list[str]:
    """Makes the files that are missing and returns their names. Mends the rights of the others.

    The folder is closed to everybody else, so each file in it may be readable: in a container it is mounted
    alone, and the container's user is not its owner.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = [name for name in FILES if not (folder / name).exists()]
    for name in made:
        _write(folder / name, FILES[name](folder))
    for path in map(folder.joinpath, FILES):
        if stat.S_IMODE(path.stat().st_mode) != MODE:
            path.chmod(MODE)
    return made


def forget_sandbox(folder: Path) -> bool:
    """Takes the sandbox out of a connections.json of version 0.1.0, which had it where there was no token.

    Now Airflow knows it while it runs: see olist.local.sandbox_connection. Returns whether it was there.
    """
    try:
        connections = json.loads(_read(folder, "connections.json"))
        is_sandbox = connections["hubspot_default"]["host"] == SANDBOX
    except (ValueError, LookupError, TypeError):
        return False
    if not is_sandbox:
        return False
    del connections["hubspot_default"]
    _write(folder / "connections.json", json.dumps(connections, indent=2))
    return True


def _write(path: Path, content: str) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(content)
    draft.chmod(MODE)
    draft.replace(path)


def _random() -> str:
    return secrets.token_hex(24)


def _read(folder: Path, name: str) -> str:
    return (folder / name).read_text()


def _airflow_role(folder: Path) -> str:
    return f"airflow:{_read(folder, 'airflow_password')}@postgres:5432/airflow"


def _connections(folder: Path) -> dict[str, object]:
    warehouse = f"postgres://warehouse:{_read(folder, 'warehouse_password')}@postgres:5432/warehouse"
    connections: dict[str, object] = {"olist_warehouse": warehouse}
    if token := os.environ.get("HUBSPOT_ACCESS_TOKEN"):
        connections["hubspot_default"] = {"conn_type": "hubspot", "password": token}
    return connections


def main() -> None:
    """Makes the files and says which."""
    folder = Path(sys.argv[1])
    made = make(folder)
    print(f"Made in {folder}: {', '.join(made)}" if made else f"Everything is in {folder} already")
    if forget_sandbox(folder):
        print(f"Taken out of {folder}/connections.json: the sandbox, which Airflow knows now where it runs")


if __name__ == "__main__":
    main()
