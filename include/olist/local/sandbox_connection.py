"""`python -m olist.local.sandbox_connection`: makes the sandbox of docker-compose.yaml Airflow's HubSpot.

Where the sandbox runs (profile `sandbox`), it becomes the connection `hubspot_default` of Airflow's database.
Once it is gone, so is the connection. Without any HubSpot every run is a dry run.
"""

import argparse
import json
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.exceptions import AirflowException, AirflowFileParseException
from airflow.models import Connection
from airflow.secrets.local_filesystem import load_connections_dict
from airflow.utils.session import create_session
from sqlalchemy import select

from olist.exceptions import OlistError
from olist.hubspot.hook import HubSpotHook
from olist.local.sandbox_process import DIRECTLY

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NAME = HubSpotHook.default_conn_name
PATIENCE = 30


def settle(session: "Session", given: Connection | None, sandbox: str, token: str, runs: bool) -> str:
    """Enters the sandbox's connection, or takes it away. Returns what HubSpot is now, as a sentence.

    `given` is the connection of connections.json, where Airflow looks before its database; `sandbox` is the
    sandbox's base URL. Raises OlistError for two HubSpots at once, and for the sandbox in connections.json
    while it does not run.
    """
    stored = session.scalar(select(Connection).where(Connection.conn_id == NAME))
    if stored and stored.host == sandbox:
        session.delete(stored)
        session.flush()
        stored = None
    theirs = next((each for each in (given, stored) if each and each.password), None)
    where = "connections.json" if theirs is given else "Airflow's database"
    if theirs and runs and theirs.host != sandbox:
        raise OlistError(
            f"The sandbox runs, and {where} has a {NAME} of another HubSpot: take one of them away, so that"
            " it is clear who gets the contacts."
        )
    if theirs and not runs and theirs.host == sandbox:
        raise OlistError(
            f"{where} has the sandbox as {NAME}, and the sandbox does not run: start it (--profile sandbox),"
            " or take it out of the file (make secrets does)."
        )
    if runs:
        session.add(Connection(conn_id=NAME, conn_type="hubspot", host=sandbox, password=token))
        return "HubSpot is the sandbox."
    if theirs:
        return f"HubSpot is the {NAME} of {where}."
    return "There is no HubSpot: every run is a dry run, which plans and reports, and sends nothing."


def answers(sandbox: str, patience: float = PATIENCE) -> bool:
    """Whether the sandbox runs. Waits seconds for one that is starting: it has a name, and no answer."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            with DIRECTLY.open(f"{sandbox}/sandbox/requests", timeout=5) as answer:
                # Anything may answer under that name where it is looked up outside of Docker.
                return "requests" in json.load(answer)
        except (OSError, ValueError) as error:
            if isinstance(getattr(error, "reason", None), socket.gaierror):
                return False
            time.sleep(0.5)
    return False


def _connections(path: Path) -> dict[str, Connection]:
    try:
        return load_connections_dict(str(path))
    except OSError as error:
        raise OlistError(
            f"{path.name} cannot be read: {error.strerror} (make secrets mends its rights)."
        ) from error
    except AirflowFileParseException as error:
        # Its own text shows the lines around, and so the passwords in them.
        where = "; ".join(f"line {each.line_no}: {each.message}" for each in error.parse_errors)
        raise OlistError(f"{path.name} is not valid: {where.rstrip('.')}.") from None
    except AirflowException as error:
        raise OlistError(f"{path.name} is not valid: {str(error).rstrip('.')}.") from error


def main() -> int:
    """Reads the command line, says what HubSpot is. Returns 1 where that is not clear."""
    parser = argparse.ArgumentParser(prog="olist.local.sandbox_connection", description=__doc__)
    parser.add_argument("--sandbox", required=True, help="the sandbox's base URL")
    parser.add_argument("--token", type=Path, required=True, help="file with its token")
    parser.add_argument("--connections", type=Path, required=True, help="connections.json")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds that it may take to start")
    named = parser.parse_args()
    try:
        given = _connections(named.connections).get(NAME)
        with create_session() as session:
            runs = answers(named.sandbox, named.patience)
            print(settle(session, given, named.sandbox, named.token.read_text(), runs))
    except OlistError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
