"""The benchmark measures what it says: all parts, and a pandas method that does the same work."""

from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.files.sources import SOURCES
from olist.local.bench.core import bare_copy, measure_round, run_core
from olist.local.bench.pandas_method import segment_customers
from olist.local.bench.table import DAG_FILE
from olist.local.bench.whole_run import measure_run, parse_seconds


@pytest.mark.slow
def test_a_round_measures_every_part_and_leaves_nothing(server: str, demo: Path) -> None:
    seconds = measure_round(server, "bench_round", demo, with_pandas=True)
    first = ["copy", "load", "features", "train", "assign", "publish", "computing", "core", "pandas"]
    again = [f"again {part}" for part in first[1:-1]]
    auto = [f"auto {part}" for part in first[1:-1]]
    assert list(seconds) == [*first[:-1], "warehouse MB", *again, *auto, "pandas"]
    assert min(seconds.values()) > 0
    parts = [seconds[part] for part in ("load", "features", "train", "assign", "publish")]
    assert max(parts) < seconds["core"] and seconds["features"] + seconds["assign"] == seconds["computing"]
    with psycopg.connect(server) as connection:
        left = "select count(*) from pg_database where datname = 'bench_round'"
        assert connection.execute(left).fetchone() == (0,)


def test_side_by_side_the_stages_leave_what_they_leave_one_after_another(
    warehouse: str, connection: Connection, demo: Path
) -> None:
    run_core(warehouse, demo)
    side_by_side = pipeline.snapshot(connection)
    connection.execute("delete from ops.result_inputs")  # so that nothing is copied
    pipeline.run(connection, demo)
    assert pipeline.snapshot(connection) == side_by_side


def test_bare_copy_takes_every_row(warehouse: str, demo: Path) -> None:
    bare_copy(warehouse, demo)
    with psycopg.connect(warehouse) as connection:
        (rows,) = connection.execute("select count(*) from bare.orders").fetchone()
        (tables,) = connection.execute(
            "select count(*) from pg_class where relnamespace = 'bare'::regnamespace and relpersistence = 'u'"
        ).fetchone()
    assert (rows, tables) == (1_500, len(SOURCES))


def test_pandas_finds_the_same_customers(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo)
    by_pandas = segment_customers(demo)
    customers, revenue, orders = connection.execute(
        "select count(*), sum(monetary)::float8, sum(frequency) from analytics.vw_customer_segments"
    ).fetchone()
    assert (len(by_pandas), by_pandas["frequency"].sum()) == (customers, orders)
    assert by_pandas["monetary"].sum() == pytest.approx(revenue)
    segments = dict(
        connection.execute(
            "select segment_name, count(*) from analytics.vw_customer_segments group by segment_name"
        ).fetchall()
    )
    found = by_pandas["segment"].value_counts()
    # Ties are broken otherwise, so who is in a segment differs, but hardly how many.
    assert all(abs(found.get(name, 0) - count) < 0.05 * customers for name, count in segments.items())


@pytest.mark.airflow
def test_reading_the_dag_file_is_compared_with_an_empty_one() -> None:
    ours, nothing = parse_seconds(DAG_FILE)
    assert ours > 0 and nothing > 0


@pytest.mark.airflow
def test_no_process_of_a_run_takes_350_megabytes(demo: Path) -> None:
    run = measure_run(demo)
    peaks = {what.removeprefix("MB "): peak for what, peak in run.items() if what.startswith("MB ")}
    assert set(peaks) == {"the run", "the sandbox", "training and charts"}
    assert max(peaks.values()) < 350, peaks
