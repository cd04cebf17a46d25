"""Every customer's numbers, segment, tier and action against an independent reading: support/reference.py."""

import csv
import gzip
import random
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from psycopg import Connection
from psycopg.rows import dict_row
from support import pipeline
from support.reference import reference
from support.shop import Shop

FLOATS = ("latitude", "longitude")


def assert_as_reference(connection: Connection, data_dir: Path, as_of: date | None = None) -> list[dict]:
    pipeline.run(connection, data_dir, as_of)
    with connection.cursor(row_factory=dict_row) as cursor:
        actual = cursor.execute(
            "select * from analytics.vw_customer_segments order by customer_unique_id"
        ).fetchall()
    expected = reference(data_dir, as_of and datetime.combine(as_of, datetime.min.time()))
    assert [row["customer_unique_id"] for row in actual] == list(expected["customer_unique_id"])
    assert {row["as_of"] for row in actual} == {expected.attrs["as_of"].to_pydatetime()}
    for row, wanted in zip(actual, expected.to_dict("records"), strict=True):
        person = wanted["customer_unique_id"]
        for column, value in wanted.items():
            if value is None:
                assert row[column] is None, (person, column)
            elif column in FLOATS or column == "avg_review_score":
                assert float(row[column]) == pytest.approx(float(value), abs=1e-9), (person, column)
            elif isinstance(value, pd.Timestamp):
                assert row[column] == value.to_pydatetime(), (person, column)
            else:
                assert row[column] == value, (person, column)
    return actual


@pytest.mark.parametrize("as_of", [None, date(2018, 1, 1)])
def test_demo_customers_are_as_the_reference_says(
    connection: Connection, demo: Path, as_of: date | None
) -> None:
    assert len(assert_as_reference(connection, demo, as_of)) > 500


@pytest.mark.slow
@pytest.mark.parametrize(
    ("as_of", "customers", "monetary", "segments"),
    [
        (None, 6800, "1157526.53", (2707, 1570, 1344, 1150, 22, 7)),
        (date(2018, 1, 1), 3239, "535113.99", (1276, 782, 644, 514, 11, 12)),
    ],
)
def test_real_customers_are_as_the_reference_says(
    connection: Connection,
    sample: Path,
    as_of: date | None,
    customers: int,
    monetary: str,
    segments: tuple[int, ...],
) -> None:
    actual = assert_as_reference(connection, sample, as_of)
    names = (
        "Potential Loyalists",
        "At-Risk",
        "New Customers",
        "Lost Customers",
        "Champions",
        "Loyal Customers",
    )
    assert len(actual) == customers
    assert sum(row["monetary"] for row in actual) == Decimal(monetary)
    assert Counter(row["segment_name"] for row in actual) == dict(zip(names, segments, strict=True))
    if as_of is None:
        tiers = Counter(row["loyalty_tier"] for row in actual)
        assert tiers == {"Platinum": 52, "Gold": 1614, "Silver": 5134}
        assert actual[0]["as_of"] == datetime(2018, 9, 4, 9, 6, 57)


def test_shuffled_and_gzipped_files_give_the_same_snapshot(
    connection: Connection, demo: Path, tmp_path: Path
) -> None:
    pipeline.run(connection, demo)
    expected = pipeline.snapshot(connection)
    chance = random.Random(3)
    for path in demo.iterdir():
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        chance.shuffle(rows)
        with gzip.open(tmp_path / f"{path.name}.gz", "wt", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
    run_id = pipeline.begin(connection, tmp_path)
    loaded = pipeline.load_all(connection, run_id)
    assert not any(counts["was_loaded_before"] for counts in loaded.values())
    for stage in pipeline.CORE:
        stage(connection, run_id)
    assert pipeline.snapshot(connection) == expected


def test_a_second_run_and_the_call_leave_an_identical_snapshot(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo)
    expected = pipeline.snapshot(connection)
    connection.execute("delete from ops.result_inputs")  # so that nothing is copied
    pipeline.run(connection, demo)
    assert pipeline.snapshot(connection) == expected
    connection.execute("delete from ops.result_inputs")
    connection.execute("call analytics.refresh_customer_segments()")
    assert pipeline.snapshot(connection) == expected
    moment = datetime(2018, 3, 1)
    connection.execute("call analytics.refresh_customer_segments(as_of => '2018-03-01')")
    called = pipeline.snapshot(connection, moment)
    pipeline.run(connection, demo, moment.date(), retrain="always")
    by_dag = pipeline.snapshot(connection, moment)
    # No model was stored that is not younger than March, so the CALL gave numbers, scores and segments alone.
    assert [row[:18] for row in called] == [row[:18] for row in by_dag]
    assert {row[18] for row in called} == {None}


def test_every_stage_can_be_repeated_alone(connection: Connection, demo: Path) -> None:
    run_id = pipeline.run(connection, demo)
    expected = pipeline.snapshot(connection)
    for stage in pipeline.CORE:
        stage(connection, run_id)
        stage(connection, run_id)
    assert pipeline.snapshot(connection) == expected


@pytest.mark.slow
def test_runs_of_two_months_do_not_disturb_each_other(new_warehouse, demo: Path) -> None:
    import psycopg

    months = [date(2018, 2, 1), date(2018, 5, 1)]
    with psycopg.connect(new_warehouse(), autocommit=True) as alone:
        for month in months:
            pipeline.run(alone, demo, month)
        expected = [pipeline.snapshot(alone, month) for month in months]
    with psycopg.connect(new_warehouse(), autocommit=True) as shared:
        runs = [pipeline.begin(shared, demo, month) for month in months]
        for run_id in runs:
            pipeline.load_all(shared, run_id)
        for stage in pipeline.CORE:
            for run_id in runs:
                stage(shared, run_id)
        assert [pipeline.snapshot(shared, month) for month in months] == expected


def test_ties_are_broken_as_the_reference_says(connection: Connection, tmp_path: Path) -> None:
    chance = random.Random(11)
    shop = Shop()
    # Few prices, moments and categories, so that everything that can tie does.
    for number in range(300):
        moment = f"2018-0{chance.randint(1, 3)}-01 00:00:00"
        lines = [
            (chance.choice(["bebes", "audio", "perfumaria", None]), chance.choice(["10.00", "20.00"]), "0.00")
            for _ in range(chance.choice([1, 1, 2]))
        ]
        # Some orders have reviews from before the day and others from after it.
        reviews = [
            (chance.randint(1, 5), f"2018-0{chance.randint(1, 6)}-01 00:00:00") for _ in range(number % 4)
        ]
        shop.order(
            f"person-{chance.randrange(120):03}",
            moment,
            lines,
            order_id=f"order-{chance.random()}",
            reviews=reviews,
            city=chance.choice(["aracaju", "belem", "campinas"]),
            status=chance.choice(["delivered", "shipped", "canceled"]),
        )
    assert_as_reference(connection, shop.write(tmp_path), date(2018, 4, 1))
