"""A warehouse with two delivered months and a run that failed, as the tasks would have left them."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg

from olist.local.hubspot_sandbox.faults import Faults
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import SandboxSettings
from olist.stages.write_outputs import write_outputs
from olist.warehouse import read_sql
from support.pipeline import CORE, begin, deliver, finish, load_all

HOSTILE = '<script>document.title = "taken"</script><img src=x onerror="document.title = \'taken\'">'


def make_two_months(connection: psycopg.Connection, data_dir: Path, outputs: Path) -> list[int]:
    """Returns the numbers of the three runs."""
    faults = Faults(rejected_people_share=0.02, seed=3)
    with running_sandbox(SandboxSettings(ten_second_limit=100_000, faults=faults)) as url:
        first = _month(connection, data_dir, outputs, url, date(2018, 5, 1))
        second = _month(connection, data_dir, outputs, url, None)
    failed = begin(connection, data_dir)
    load_all(connection, failed)
    connection.execute(
        read_sql("start_run/record_failure"), {"run_id": failed, "message": f"validate: {HOSTILE}"}
    )
    connection.execute(
        "update ops.hubspot_failures set message = message || %s where customer_unique_id ="
        " (select min(customer_unique_id) from ops.hubspot_failures)",
        (HOSTILE,),
    )
    connection.execute(
        "insert into ops.gate_results (run_id, stage, gate, subject, measured, allowed, accepted, detail)"
        " values (%s, 'validate', 'rows_lost', 'orders', 0.4, 0.1, false, %s)",
        (failed, f"40.0% of the rows of orders are missing {HOSTILE}"),
    )
    return [first, second, failed]


def _month(
    connection: psycopg.Connection, data_dir: Path, outputs: Path, url: str, as_of: date | None
) -> int:
    run_id = begin(connection, data_dir, as_of)
    load_all(connection, run_id)
    for stage in CORE:
        name = stage.__module__.rpartition(".")[2]
        part = stage.__name__ if name == "build_features" else ""
        _record(connection, run_id, name, part, stage(connection, run_id))
    _record(connection, run_id, "upsert_hubspot", "finish", deliver(connection, run_id, url))
    _record(connection, run_id, "write_outputs", "", write_outputs(connection, run_id, outputs))
    finish(connection, run_id)
    return run_id


def _record(connection: psycopg.Connection, run_id: int, stage: str, part: str, metrics: Any) -> None:
    connection.execute(
        read_sql("start_run/record_stage"),
        {
            "run_id": run_id,
            "stage": stage,
            "part": part,
            "started_at": datetime.now(UTC),
            "metrics": json.dumps(metrics, default=str),
        },
    )
