"""History: a backfilled month is what that month knew, in whatever order the months were run."""

import csv
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.files.sources import SOURCES
from olist.stages import publish
from olist.strategy.limits import GATES
from olist.warehouse import read_sql

MONTHS = [datetime(2017, 6, 1), datetime(2017, 9, 1), datetime(2017, 12, 1), datetime(2018, 3, 1)]
MONTHS += [datetime(2018, 5, 1), datetime(2018, 7, 1)]
FILES = {source.table: f"{source.file_stem}.csv" for source in SOURCES}


def backfill_month(connection: Connection, data_dir: Path, month_end: datetime, **more: object) -> None:
    """A run as the backfill starts it, for an interval and without an as_of, to its end."""
    run_id = pipeline.run(connection, data_dir, interval_end=month_end, retrain="always", **more)
    pipeline.finish(connection, run_id)


def truncate(folder: Path, moment: datetime, target: Path) -> Path:
    """The files as they would have been at a moment: what was bought or written later is not in them."""
    target.mkdir()
    day = f"{moment:%Y-%m-%d %H:%M:%S}"
    tables = {table: read_csv(folder / name) for table, name in FILES.items()}
    tables["orders"] = [row for row in tables["orders"] if row["order_purchase_timestamp"] < day]
    orders = {row["order_id"] for row in tables["orders"]}
    customers = {row["customer_id"] for row in tables["orders"]}
    for table in ("order_items", "order_payments", "order_reviews"):
        tables[table] = [row for row in tables[table] if row["order_id"] in orders]
    tables["order_reviews"] = [row for row in tables["order_reviews"] if row["review_creation_date"] < day]
    tables["customers"] = [row for row in tables["customers"] if row["customer_id"] in customers]
    for table, name in FILES.items():
        with (target / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, tables[table][0].keys())
            writer.writeheader()
            writer.writerows(tables[table])
    return target


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def snapshots(connection: Connection) -> dict[datetime, list[tuple]]:
    dates = connection.execute("select distinct as_of from analytics.customer_snapshots order by 1")
    return {as_of: pipeline.snapshot(connection, as_of) for (as_of,) in dates.fetchall()}


@pytest.mark.slow
@pytest.mark.parametrize("files", ["demo", "sample"])
def test_a_backfilled_month_is_what_a_run_on_that_day_gave(
    files: str, request: pytest.FixtureRequest, new_warehouse: Callable[[], str], tmp_path: Path
) -> None:
    folder = request.getfixturevalue(files)
    with psycopg.connect(new_warehouse(), autocommit=True) as backfilled:
        for month in MONTHS:
            backfill_month(backfilled, folder, month)
        actual = snapshots(backfilled)
    assert list(actual) == MONTHS
    with psycopg.connect(new_warehouse(), autocommit=True) as then:
        for number, month in enumerate(MONTHS):
            known_then = truncate(folder, month, tmp_path / str(number))
            pipeline.run(then, known_then, month.date(), retrain="always")
            expected = pipeline.snapshot(then, month)
            assert len(expected) > 10
            for person, wanted in zip(actual[month], expected, strict=True):
                assert person == wanted


@pytest.mark.slow
def test_forwards_backwards_and_in_parallel_leave_one_result(
    new_warehouse: Callable[[], str], demo: Path
) -> None:
    months = [datetime(2017, number, 1) for number in range(5, 13)] + MONTHS[3:]

    def run_alone(uri: str, month: datetime) -> None:
        with psycopg.connect(uri, autocommit=True) as connection:
            backfill_month(connection, demo, month)

    results = []
    for order, workers in ((months, 1), (months[::-1], 1), (months[::2] + months[1::2], 4)):
        uri = new_warehouse()
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda month, uri=uri: run_alone(uri, month), order))
        with psycopg.connect(uri, autocommit=True) as connection:
            results.append(snapshots(connection))
            loaded = connection.execute("select count(*) from ops.source_files").fetchone()
            assert loaded == (len(SOURCES),)
    forwards, backwards, in_parallel = results
    assert list(forwards) == sorted(months)
    assert forwards == backwards == in_parallel


@pytest.mark.slow
def test_starting_runs_may_all_find_the_same_leftovers(warehouse: str, connection: Connection) -> None:
    at_once = threading.Barrier(6)

    def drop(number: int) -> None:
        with psycopg.connect(warehouse, autocommit=True) as session:
            at_once.wait()
            session.execute("call ops.drop_what_old_runs_left()")

    with ThreadPoolExecutor(6) as pool:
        for first in range(0, 150, 30):
            for number in range(first, first + 30):
                connection.execute("call ops.open_drafts(%s)", (9_000 + number,))
            list(pool.map(drop, range(6)))
    connection.execute("call ops.drop_what_old_runs_left()")
    (left,) = connection.execute(
        "select count(*) from pg_class where relname ~ '_drafts_9[0-9]+$'"
    ).fetchone()
    assert left == 0


def test_a_rerun_replaces_its_month_alone(connection: Connection, data_dir: Path, tmp_path: Path) -> None:
    for month in MONTHS[:3]:
        backfill_month(connection, data_dir, month)
    before = snapshots(connection)
    changed = truncate(data_dir, datetime(2017, 5, 20), tmp_path / "changed")
    pipeline.run(connection, changed, MONTHS[1].date(), retrain="always", accept=GATES)
    after = snapshots(connection)
    assert after[MONTHS[1]] != before[MONTHS[1]]
    assert {month: after[month] for month in (MONTHS[0], MONTHS[2])} == {
        month: before[month] for month in (MONTHS[0], MONTHS[2])
    }


@pytest.mark.slow
def test_readers_see_the_old_snapshot_or_the_new_one(
    warehouse: str, connection: Connection, data_dir: Path, tmp_path: Path
) -> None:
    customers, segments = "analytics.vw_customer_rfm", "analytics.vw_segment_summary"
    digests = (
        f"select md5(string_agg(seen::text, ' ' order by customer_unique_id)) from {customers} as seen",
        f"select md5(string_agg(seen::text, ' ' order by segment_name)) from {segments} as seen",
    )

    def look(reader: Connection) -> tuple:
        return tuple(reader.execute(digest).fetchone()[0] for digest in digests)

    other_files = truncate(data_dir, datetime(2018, 1, 1), tmp_path / "other")
    runs, expected = [], []
    for files in (data_dir, other_files):
        runs.append(pipeline.run(connection, files, MONTHS[3].date(), retrain="always", accept=GATES))
        expected.append(look(connection))
    assert expected[0][0] != expected[1][0] and expected[0][1] != expected[1][1]

    is_over, seen = threading.Event(), []

    def read() -> None:
        with psycopg.connect(warehouse, autocommit=True) as reader:
            while not is_over.is_set():
                seen.append(look(reader))

    reading = threading.Thread(target=read)
    reading.start()
    for number in range(40):
        publish.publish(connection, runs[number % 2])
    is_over.set()
    reading.join()
    for which in range(2):
        assert {each[which] for each in seen} == {each[which] for each in expected}


@pytest.mark.slow
def test_a_file_found_by_its_content_is_not_dropped_before_it_is_pinned(
    warehouse: str, connection: Connection, demo: Path, tmp_path: Path
) -> None:
    backfill_month(connection, demo, MONTHS[0])
    other_files = truncate(demo, MONTHS[4], tmp_path / "other")
    for month in MONTHS[:3]:
        backfill_month(connection, other_files, month, accept=GATES)
    file_id, content_hash = connection.execute(
        "select file_id, content_hash from ops.source_files where table_name = 'orders' order by file_id"
    ).fetchone()
    with psycopg.connect(warehouse) as loading:
        held = {"table": "orders", "hash": content_hash}
        assert loading.execute(read_sql("load/held_file"), held).fetchone() == (file_id,)
        connection.execute("call ops.drop_what_old_runs_left()")
    partition = f"staging.orders_file_{file_id}"
    exists = "select to_regclass(%s) is not null"
    assert connection.execute(exists, (partition,)).fetchone() == (True,)
    connection.execute("call ops.drop_what_old_runs_left()")
    assert connection.execute(exists, (partition,)).fetchone() == (False,)
