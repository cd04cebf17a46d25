"""Validation: as_of, the record of every check, and the stop before anything downstream changes."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from psycopg import Connection
from support import pipeline
from support.shop import Shop

from olist.exceptions import OlistError
from olist.stages.build_features import order_values
from olist.stages.validate import validate

ORDERS = "olist_orders_dataset.csv"
CUSTOMERS = "olist_customers_dataset.csv"


def validated_as_of(connection: Connection, data_dir: Path, **request: object) -> str:
    run_id = pipeline.begin(connection, data_dir, **request)
    pipeline.load_all(connection, run_id)
    order_values(connection, run_id)
    return validate(connection, run_id)["as_of"]


def test_as_of_is_the_date_asked_for_else_the_interval_else_the_data(
    connection: Connection, demo: Path
) -> None:
    latest = datetime.fromisoformat(validated_as_of(connection, demo))
    assert latest.year == 2018
    assert validated_as_of(connection, demo, as_of=date(2017, 6, 1)) == "2017-06-01 00:00:00"
    past, future = datetime(2018, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    assert validated_as_of(connection, demo, interval_end=past) == "2018-02-01 00:00:00"
    assert validated_as_of(connection, demo, interval_end=future) == latest.isoformat(sep=" ")


def test_orders_left_out_are_counted_by_reason(connection: Connection, demo: Path) -> None:
    run_id = pipeline.run(connection, demo, date(2018, 1, 1))
    counts = dict(
        connection.execute(
            "select check_name, violations from ops.validation_results"
            " where run_id = %s and severity = 'info'",
            (run_id,),
        ).fetchall()
    )
    assert {"left_out:status canceled", "left_out:status unavailable"} <= set(counts)
    kept, orders = connection.execute(
        "select count(*) filter (where is_qualifying and order_date < '2018-01-01'), count(*)"
        " from analytics.order_values"
    ).fetchone()
    assert kept + sum(counts.values()) == orders


def test_a_failed_critical_check_stops_the_run(connection: Connection, data_dir: Path) -> None:
    pipeline.run(connection, data_dir)
    before = pipeline.snapshot(connection)
    path = data_dir / CUSTOMERS
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]))
    with pytest.raises(OlistError, match=r"orders_have_customers on orders: \d+ of 1500 orders name"):
        pipeline.run(connection, data_dir)
    assert pipeline.snapshot(connection) == before
    failed = connection.execute(
        "select count(*) from ops.validation_results where not passed and severity = 'critical'"
    )
    assert failed.fetchone() == (1,)


def test_no_order_before_as_of_is_a_sentence(connection: Connection, demo: Path) -> None:
    with pytest.raises(OlistError, match="no order qualifies"):
        pipeline.run(connection, demo, date(2010, 1, 1))


def test_the_call_stops_on_the_same_checks(connection: Connection, demo: Path) -> None:
    import psycopg

    with pytest.raises(psycopg.errors.RaiseException, match="Nothing has been loaded yet"):
        connection.execute("call analytics.refresh_customer_segments()")
    pipeline.run(connection, demo)
    with pytest.raises(psycopg.DataError, match="no order qualifies"):
        connection.execute("call analytics.refresh_customer_segments('2010-01-01')")


def test_payments_that_differ_from_the_items_are_a_warning(connection: Connection, data_dir: Path) -> None:
    path = data_dir / "olist_order_payments_dataset.csv"
    header, *rows = path.read_text().splitlines()
    spoilt = [f"{row.rpartition(',')[0]},0.01" for row in rows[:100]]
    path.write_text("\n".join([header, *spoilt, *rows[100:]]))
    run_id = pipeline.run(connection, data_dir)
    result = connection.execute(
        "select passed, severity, violations from ops.validation_results"
        " where run_id = %s and check_name = 'items_match_payments'",
        (run_id,),
    ).fetchone()
    assert result[:2] == (False, "warning") and 80 <= result[2] <= 100


def test_an_order_far_in_the_future_does_not_move_as_of(connection: Connection, data_dir: Path) -> None:
    pipeline.run(connection, data_dir)
    as_of, before = connection.execute(
        "select max(as_of), count(*) from analytics.customer_snapshots"
    ).fetchone()
    path = data_dir / ORDERS
    lines = path.read_text().splitlines(keepends=True)
    place = lines[0].replace('"', "").split(",").index("order_purchase_timestamp")
    number = next(number for number, line in enumerate(lines) if "delivered" in line.split(",")[2])
    fields = lines[number].split(",")
    lines[number] = ",".join([*fields[:place], "2099-01-01 00:00:00", *fields[place + 1 :]])
    path.write_text("".join(lines))
    sentence = (
        r"no_isolated_purchases on orders: 1 of 1\d\d\d orders were bought more than 180 days after all"
        r" others, the first of them on 2099-01-01: correct the file, or set as_of"
    )
    with pytest.raises(OlistError, match=sentence):
        pipeline.run(connection, data_dir)
    in_the_past = as_of.replace(tzinfo=UTC)
    assert validated_as_of(connection, data_dir, interval_end=in_the_past) == as_of.isoformat(sep=" ")
    pipeline.run(connection, data_dir, as_of.date())
    customers, latest = connection.execute(
        "select count(*), max(last_purchase_date) from analytics.customer_snapshots where as_of = %s",
        (as_of.date(),),
    ).fetchone()
    assert before - 5 < customers <= before and latest < as_of


def test_orders_of_a_shop_that_was_closed_for_a_while_are_not_isolated(
    connection: Connection, tmp_path: Path
) -> None:
    shop = Shop()
    shop.crowd()
    for number in range(150):
        shop.order(f"p{number}", f"2017-{number % 12 + 1:02}-01 00:00:00")
    for number in range(2):
        shop.order(f"q{number}", f"2018-09-0{number + 1} 00:00:00")
    assert validated_as_of(connection, shop.write(tmp_path)) == "2018-09-03 00:00:00"
