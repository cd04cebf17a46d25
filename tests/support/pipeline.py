"""The stages of a run in their order, as the DAG calls them, without Airflow."""

import itertools
import json
from datetime import UTC, date, datetime
from pathlib import Path

import httpx

# With these imported, training and drawing need no process of their own (olist.model.own_process), which
# would take the tests seconds each time. tests/model/test_own_process.py has those processes.
import matplotlib.figure
import sklearn.cluster
from psycopg import Connection

from olist.files.sources import OPTIONAL_TABLES, TABLES
from olist.hubspot.client import HubSpotSettings
from olist.hubspot.properties import PROPERTIES
from olist.local.bench.core import CORE
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages import load, upsert_hubspot
from olist.stages.start_run import RunRequest, start_run
from olist.stages.upsert_hubspot import approving
from olist.warehouse import read_sql

__all__ = ["matplotlib", "sklearn"]
_numbers = itertools.count()


def begin(
    connection: Connection, data_dir: Path, as_of: date | None = None, retrain: str = "always", **more: object
) -> int:
    """Starts a run, with a model of its own unless told otherwise. Returns its number."""
    request = RunRequest(
        f"test-{next(_numbers)}", "manual", str(data_dir), as_of=as_of, retrain=retrain, **more
    )
    return start_run(connection, request)


def load_all(connection: Connection, run_id: int) -> dict[str, dict]:
    """Loads the nine tables, and the one that may be there. Returns what each load of the nine counted."""
    for table in OPTIONAL_TABLES:
        load.load(connection, run_id, table)
    return {table: load.load(connection, run_id, table) for table in TABLES}


def run(connection: Connection, data_dir: Path, as_of: date | None = None, **more: object) -> int:
    """A run from its start to the published snapshot. Returns its number."""
    run_id = begin(connection, data_dir, as_of, **more)
    load_all(connection, run_id)
    for stage in CORE:
        stage(connection, run_id)
    return run_id


def last_run(connection: Connection) -> int:
    """The number of the run that was started last."""
    return connection.execute("select max(run_id) from ops.pipeline_runs").fetchone()[0]


def finish(connection: Connection, run_id: int) -> None:
    """Ends a published run without writing its files."""
    connection.execute(read_sql("write_outputs/finish_run"), {"run_id": run_id})


def deliver(connection: Connection, run_id: int, url: str | None, mode: str = "upsert", **more: str) -> dict:
    """Delivers a published run to the sandbox at `url`. Returns how it ended."""
    settings = HubSpotSettings(DEFAULT_TOKEN, url, **more) if url else None
    planned = upsert_hubspot.plan(connection, run_id, mode, settings)
    if planned["status"] == "waiting":
        planned = approve(connection, run_id, mode, settings)
    for part in planned["parts"]:
        upsert_hubspot.send(connection, run_id, part, mode, settings)
    return upsert_hubspot.finish(connection, run_id, settings)


def send(connection: Connection, run_id: int, part: int, url: str, mode: str = "upsert") -> dict:
    """Sends one part of a run that is planned."""
    return upsert_hubspot.send(connection, run_id, part, mode, HubSpotSettings(DEFAULT_TOKEN, url))


def approve(connection: Connection, run_id: int, mode: str, settings: HubSpotSettings) -> dict:
    """Says yes to the plan that waits. Returns what is to be sent."""
    (fingerprint,) = connection.execute(
        "select fingerprint from ops.hubspot_syncs where run_id = %s", (run_id,)
    ).fetchone()
    return approving.approve(connection, run_id, settings, mode, fingerprint, "Ana", datetime.now(UTC))


def snapshot(connection: Connection, as_of: datetime | None = None) -> list[tuple]:
    """The latest snapshot, or that of a moment, without model_id, sorted by customer."""
    cursor = connection.execute(
        "select * from analytics.customer_snapshots"
        " where as_of = coalesce(%s, (select max(as_of) from analytics.customer_snapshots))"
        " order by customer_unique_id",
        (as_of,),
    )
    names = [column.name for column in cursor.description]
    keep = [position for position, name in enumerate(names) if name != "model_id"]
    return [tuple(row[position] for position in keep) for row in cursor]


def contacts(url: str) -> dict[str, dict[str, str]]:
    """What a sandbox holds: our properties by customer."""
    lines = httpx.get(f"{url}/sandbox/contacts.ndjson", timeout=60).text.splitlines()
    return contacts_of({each["id"]: each["properties"] for each in map(json.loads, lines)})


def contacts_of(records: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Our properties by customer, of contacts by their record ids; those without our id are nobody's."""
    people = [each for each in records.values() if each.get("olist_customer_id")]
    names = [each.name for each in PROPERTIES]
    return {each["olist_customer_id"]: {name: each.get(name) or "" for name in names} for each in people}


def ledger(connection: Connection) -> dict[str, dict[str, str]]:
    """What HubSpot has acknowledged, as the warehouse has it."""
    return dict(connection.execute("select customer_unique_id, payload from ops.hubspot_contacts").fetchall())


def told(connection: Connection) -> dict[str, dict[str, str]]:
    """What HubSpot holds by the delivery log: its accepted changes, one after the other, from nothing on."""
    held: dict[str, dict[str, str]] = {}
    rows = connection.execute(
        "select customer_unique_id, changes from ops.hubspot_deliveries"
        " where outcome = 'accepted' order by delivered_at"
    )
    for person, changes in rows:
        known = held.setdefault(person, {})
        for name, (old, new) in changes.items():
            assert known.get(name) == old, f"{name} of {person} was {known.get(name)}, and the log says {old}"
            known[name] = new
    return held


def payloads(connection: Connection, run_id: int) -> dict[str, dict[str, str]]:
    """What HubSpot should hold after a run: our properties by customer."""
    connection.execute("call ops.follow_movement(%s)", (run_id,))
    return dict(
        connection.execute(
            "select customer_unique_id, ops.hubspot_payload(snapshot, movement)"
            " from ops.snapshot_drafts as snapshot"
            " inner join ops.customer_movement(%(run)s) using (customer_unique_id) where run_id = %(run)s",
            {"run": run_id},
        ).fetchall()
    )
