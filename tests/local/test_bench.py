"""The benchmark measures what it says: all parts, and peers that come to the same answer as we do."""

from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.files.sources import SOURCES
from olist.local.bench import duckdb_method, polars_method
from olist.local.bench.core import bare_copy, run_core
from olist.local.bench.pandas_method import segment_customers
from olist.local.bench.peers import ANSWER, STORED
from olist.local.bench.rounds import PEERS, measure_round
from olist.local.bench.table import COSTS, DAG_FILE, RATIOS
from olist.local.bench.whole_run import measure_run, parse_seconds


@pytest.mark.slow
def test_a_round_measures_every_part_and_leaves_nothing(server: str, demo: Path) -> None:
    measured = measure_round(server, "bench_round", demo, with_peers=True, with_pandas=True)
    parts = ["load", "features", "train", "assign", "publish"]
    runs = [f"{run}{part}" for run in ("", "again ", "auto ") for part in (*parts, "computing")]
    costs = ["copy", "core", "again core", "auto core", *PEERS, "pandas"]
    costs_in_full = [f"{name}{what}" for name in costs for what in ("", " cpu", " MB")]
    assert measured.keys() == {*runs, *costs_in_full, "warehouse MB"}
    assert min(measured.values()) > 0
    assert max(measured[part] for part in parts) < measured["core"]
    assert measured["features"] + measured["assign"] == measured["computing"]
    assert all(name in measured for name in COSTS.values())
    assert all({above, *below} <= measured.keys() for above, below, _ in RATIOS.values())
    # Four processes load, each with its own memory.
    assert measured["core MB"] > 2 * measured["copy MB"]
    with psycopg.connect(server) as connection:
        left = "select count(*) from pg_database where datname like 'bench_round%'"
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


@pytest.mark.parametrize("whole", [False, True], ids=["alone", "whole"])
@pytest.mark.parametrize("method", [duckdb_method, polars_method], ids=["duckdb", "polars"])
def test_duckdb_and_polars_come_to_the_same_answer(
    method: ModuleType, whole: bool, warehouse: str, connection: Connection, demo: Path
) -> None:
    pipeline.run(connection, demo)
    method.segment_customers(demo, warehouse, whole)
    assert _differences(connection, "analytics.customer_snapshots", "customer_segments") == []
    assert _keys(connection) == {table: key for table, (_, key) in STORED.items() if whole or table == ANSWER}
    if whole:
        for table in STORED.keys() - {ANSWER}:
            ours = "analytics" if table == "order_values" else "staging"
            assert _differences(connection, f"{ours}.{table}", table) == [], table


def _differences(connection: Connection, ours: str, theirs: str) -> list[tuple]:
    """Rows that only one of the tables has, with the columns of `theirs`; averages in nine digits."""
    columns = connection.execute(
        "select column_name from information_schema.columns"
        " where table_schema = 'public' and table_name = %s order by ordinal_position",
        (theirs,),
    )
    inexact = ("avg_review_score", "latitude", "longitude")
    select = ", ".join(f"round({name}::numeric, 9)" if name in inexact else name for (name,) in columns)
    one, other = f"select {select} from {ours}", f"select {select} from public.{theirs}"
    return connection.execute(
        f"(select 'ours', * from ({one} except all {other}) as a)"
        f" union all (select 'theirs', * from ({other} except all {one}) as b)"
    ).fetchall()


def _keys(connection: Connection) -> dict[str, str]:
    """The columns of the primary key of each table in `public`, in their order."""
    return dict(
        connection.execute(
            """
            select conrelid::regclass::text, string_agg(attname, ', ' order by array_position(conkey, attnum))
            from pg_constraint
            inner join pg_attribute on attrelid = conrelid and attnum = any (conkey)
            where contype = 'p' and connamespace = 'public'::regnamespace
            group by conrelid
            """
        ).fetchall()
    )


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
