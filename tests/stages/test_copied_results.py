"""A run of the same files from the same moment copies what a run before it came to; any other is computed."""

import shutil
from datetime import date
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.local.bench.core import CORE

DRAFTS = ["order_values", "customer_rfm", "customer_segments", "customer_tiers", "snapshot"]
RESULTS = {f"{draft}_drafts" for draft in DRAFTS} | {"validation_results"}


def copied(connection: Connection, run_id: int) -> set[str]:
    """Which results the run copied."""
    query = "select result, copied_from_run_id from ops.result_inputs where run_id = %s"
    made = connection.execute(query, (run_id,)).fetchall()
    assert {result for result, _ in made} == RESULTS
    return {result for result, from_run_id in made if from_run_id is not None}


def results_of(connection: Connection, run_id: int) -> dict[str, list[tuple]]:
    """Every result of a run, with the number of the run taken out."""
    return {
        table: connection.execute(
            f"select to_jsonb(result) - 'run_id' from ops.{table} as result where run_id = %s order by 1",
            (run_id,),
        ).fetchall()
        for table in (*RESULTS, "score_ties")
    }


def forget(connection: Connection) -> None:
    """So that the next run computes everything."""
    connection.execute("delete from ops.result_inputs")


def test_the_same_files_are_computed_once(connection: Connection, demo: Path) -> None:
    first = pipeline.run(connection, demo)
    assert copied(connection, first) == set()
    second = pipeline.run(connection, demo)
    assert copied(connection, second) == RESULTS
    forget(connection)
    third = pipeline.run(connection, demo)
    assert copied(connection, third) == set()
    assert results_of(connection, second) == results_of(connection, third)


def test_another_month_shares_the_order_values_alone(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo, date(2018, 6, 1))
    second = pipeline.run(connection, demo, date(2018, 7, 1))
    assert copied(connection, second) == {"order_values_drafts"}


def test_an_order_more_is_another_file(connection: Connection, data_dir: Path, tmp_path: Path) -> None:
    pipeline.run(connection, data_dir)
    other = tmp_path / "other"
    shutil.copytree(data_dir, other)
    path = other / "olist_orders_dataset.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), "utf-8")
    assert copied(connection, pipeline.run(connection, other)) == set()


@pytest.mark.parametrize(
    ("change", "still_copied"),
    [
        ("update ops.installed set name = 'routines of other rules' where name like 'routines %'", set()),
        ("update ops.pipeline_runs set excluded_statuses = '{canceled}' where status = 'running'", set()),
        (
            "update ops.pipeline_runs set model_id = null where status = 'running'",
            RESULTS - {"customer_tiers_drafts", "snapshot_drafts"},
        ),
    ],
)
def test_what_decides_about_a_result(
    connection: Connection, demo: Path, change: str, still_copied: set[str]
) -> None:
    pipeline.run(connection, demo)
    run_id = pipeline.begin(connection, demo)
    pipeline.load_all(connection, run_id)
    if "model_id" not in change:
        connection.execute(change)
    for stage in CORE[:-1]:
        if stage.__name__ == "assign_clusters" and "model_id" in change:
            connection.execute(change)
        stage(connection, run_id)
    assert copied(connection, run_id) == still_copied


def test_a_result_that_is_being_made_again_is_passed_over(
    connection: Connection, warehouse: str, demo: Path
) -> None:
    first = pipeline.run(connection, demo)
    with psycopg.connect(warehouse) as other:
        other.execute(f"truncate ops.customer_rfm_drafts_{first}")
        second = pipeline.run(connection, demo)
        other.rollback()
    assert copied(connection, second) == RESULTS - {"customer_rfm_drafts"}
    assert results_of(connection, second) == results_of(connection, first)


def test_a_result_that_was_dropped_is_computed(connection: Connection, demo: Path) -> None:
    first = pipeline.run(connection, demo)
    wanted = results_of(connection, first)
    connection.execute(f"drop table ops.snapshot_drafts_{first}")
    second = pipeline.run(connection, demo)
    assert copied(connection, second) == RESULTS - {"snapshot_drafts"}
    assert results_of(connection, second) == wanted


def test_a_stage_that_is_repeated_computes(connection: Connection, demo: Path) -> None:
    run_id = pipeline.run(connection, demo)
    for stage in CORE:
        stage(connection, run_id)
    assert copied(connection, run_id) == set()
