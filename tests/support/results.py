"""What a run leaves behind for people and for the next run, to be compared with what another one left."""

import csv
from pathlib import Path
from typing import Any

import psycopg

from olist.files.sources import TABLES
from support import pipeline
from support.task_processes import Scene

# Numbers that the warehouse counts up; after a rollback it goes on with the next one.
COUNTED = {"model_id"}
QUERIES = {
    "order values": "select * from analytics.order_values order by order_id",
    "files": "select table_name, rows_read, rows_accepted, rows_rejected from ops.source_files order by 1",
    "models": "select fingerprint from ops.cluster_models order by 1",
    "in doubt": "select customer_unique_id from ops.hubspot_in_flight",
    "told": "select outcome, count(*) from ops.hubspot_deliveries group by 1 order by 1",
    "failures": "select customer_unique_id from ops.hubspot_failures",
    "runs": "select as_of, status, message from ops.pipeline_runs order by as_of",
    "working tables": "select count(*) from pg_class where relname ~ '_drafts_[0-9]+$' and relkind = 'r'",
    "staged files": "select count(*) from pg_class where relname ~ '_file_[0-9]+$' and relkind = 'r'",
}


def everything(scene: Scene) -> dict[str, Any]:
    """Tables, HubSpot's contacts and files, by what they are."""
    with psycopg.connect(scene.warehouse, autocommit=True) as connection:
        found = {name: connection.execute(query).fetchall() for name, query in QUERIES.items()}
        for table in TABLES:
            staged = connection.execute(f"select staged::text from staging.{table} as staged order by 1")
            found[f"staging {table}"] = staged.fetchall()
        dates = connection.execute("select as_of from ops.snapshot_dates order by 1").fetchall()
        for (as_of,) in dates:
            found[f"snapshot {as_of}"] = pipeline.snapshot(connection, as_of)
        found["ledger"], found["log"] = pipeline.ledger(connection), pipeline.told(connection)
    return found | {"contacts": pipeline.contacts(scene.hubspot)} | files(scene.outputs)


def files(outputs: Path) -> dict[str, Any]:
    """Every file there is, hidden ones too; of a report, whether it is whole, for it tells the time."""
    found = {}
    for path in sorted(each for each in outputs.rglob("*") if each.is_file()):
        name = str(path.relative_to(outputs))
        found[name] = read_csv(path) if path.suffix == ".csv" else path.read_text().strip()[-7:]
    return found


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return [{key: row[key] for key in row.keys() - COUNTED} for row in csv.DictReader(file)]


def assert_equal(found: dict[str, Any], wanted: dict[str, Any], without: tuple[str, ...] = ()) -> None:
    """Compares part by part, so that a failure names the part."""
    assert wanted["contacts"] and wanted["ledger"]

    def kept(result: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in result.items() if not name.endswith(without or ("\0",))}

    found, wanted = kept(found), kept(wanted)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert found[name] == value, f"{name} differs"
