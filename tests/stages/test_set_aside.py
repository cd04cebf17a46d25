"""Rows that are set aside: the cause is what a run speaks of first, and rows can be counted by it."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.files.sources import source_of
from olist.stages.build_features import order_values
from olist.stages.validate import validate

DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d:\d\d):\d\d")
EXCEL_DATES = (
    "a spreadsheet such as Excel writes dates so: keep the file as it was given, with dates such as 2017"
)
EXCEL_NUMBERS = (
    "a spreadsheet such as Excel writes numbers so in some countries: keep the file as it was given"
)


def change(data_dir: Path, table: str, column: str, new: Callable[[str], str], every: int = 1) -> int:
    """Writes a column of a file anew, or that of every so many rows. Returns the rows of the file."""
    path = data_dir / f"{source_of(table).file_stem}.csv"
    with path.open(newline="", encoding="utf-8-sig") as file:
        header, *rows = csv.reader(file)
    place = header.index(column)
    for row in rows[::every]:
        row[place] = new(row[place])
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return len(rows)


def by_excel(value: str) -> str:
    return DATE.sub(r"\3/\2/\1 \4", value)


def without_seconds(value: str) -> str:
    return DATE.sub(r"\1-\2-\3 \4", value)


def with_comma(value: str) -> str:
    return value.replace(".", ",")


def validated(connection: Connection, data_dir: Path, **request: object) -> dict:
    run_id = pipeline.begin(connection, data_dir, **request)
    pipeline.load_all(connection, run_id)
    order_values(connection, run_id)
    return validate(connection, run_id)


def test_dates_that_excel_wrote_are_the_first_thing_said(connection: Connection, data_dir: Path) -> None:
    for column in source_of("orders").columns[3:]:
        rows = change(data_dir, "orders", column, by_excel)
    cause = (
        r"olist_orders_dataset.csv: 1,500 of 1,500 rows were set aside, most because order_purchase_timestamp"
        rf" is not a date \(\d\d/\d\d/201\d \d\d:\d\d\); {EXCEL_DATES}-10-02 10:56:33"
    )
    with pytest.raises(OlistError, match=rf"^{cause}\. So the data failed \d critical checks: ") as error:
        validated(connection, data_dir)
    assert "has_rows on orders: 1 of 1 the table has no row" in str(error.value)
    groups = connection.execute(
        "select table_name, reason, count(*), min(line), count(distinct value) > 1"
        " from ops.rejected_rows group by table_name, reason"
    ).fetchall()
    assert groups == [("orders", "order_purchase_timestamp is not a date", rows, 2, True)]
    # Whoever lets the gate pass is told the same, and so is the CALL.
    with pytest.raises(OlistError, match=cause):
        validated(connection, data_dir, accept=("rejected_rows",))
    pipeline.finish(connection, connection.execute("select max(run_id) from ops.pipeline_runs").fetchone()[0])
    connection.execute("update ops.pipeline_runs set published_at = now() where run_id = 1")
    with pytest.raises(psycopg.DataError, match=cause):
        connection.execute("call analytics.refresh_customer_segments()")


def test_dates_without_seconds_are_dates(connection: Connection, data_dir: Path, demo: Path) -> None:
    before = validated(connection, demo)
    for column in source_of("orders").columns[3:]:
        change(data_dir, "orders", column, without_seconds)
    after = validated(connection, data_dir)
    assert after["as_of"] == f"{before['as_of'][:16]}:00"
    assert connection.execute("select count(*) from ops.file_rejects").fetchone() == (0,)


@pytest.mark.parametrize(
    ("table", "column", "new", "said"),
    [
        (
            "order_items",
            "price",
            with_comma,
            rf"price is not an amount of money \(\d+,\d+\); {EXCEL_NUMBERS}",
        ),
        (
            "order_payments",
            "payment_value",
            lambda value: f"R$ {value}",
            r"payment_value is not an amount of money \(R\$ [\d.]+\)",
        ),
        (
            "geolocation",
            "geolocation_lat",
            with_comma,
            rf"geolocation_lat is not a number of degrees \(-?\d+,\d+\); {EXCEL_NUMBERS}",
        ),
        (
            "order_reviews",
            "review_creation_date",
            lambda value: "43010.5",
            rf"review_creation_date is not a date \(43010.5\); {EXCEL_DATES}",
        ),
        ("orders", "order_status", lambda value: " ", r"order_status is missing \(line 2\)"),
        (
            "customers",
            "customer_id",
            lambda value: "one\x07\n" * 80,
            r"customer_id is longer than 200 bytes \(one\?\?one\?\?",
        ),
    ],
)
def test_the_gate_says_the_cause(
    connection: Connection, data_dir: Path, table: str, column: str, new: Callable, said: str
) -> None:
    rows = change(data_dir, table, column, new, every=10)
    count = len(range(0, rows, 10))
    sentence = rf"rejected_rows: {source_of(table).file_stem}.csv: {count:,} of {rows:,} rows were set aside,"
    stops = r"^(The run was stopped before anything was computed: rejected_rows: )?"
    with pytest.raises(OlistError, match=rf"most because {said}") as error:
        validated(connection, data_dir)
    assert re.match(stops + sentence.removeprefix("rejected_rows: "), str(error.value)), error.value
    assert str(error.value).isprintable()


def test_of_many_causes_the_most_frequent_is_said(
    connection: Connection, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = data_dir / "olist_order_payments_dataset.csv"
    header = path.read_text().partition("\n")[0]
    good = "".join(f"a{number},1,voucher,1,1.00\n" for number in range(100))
    path.write_text(f"{header}\no1,1,x,1,ten\no2\no3,x,x,1,1.00\no4,1,x,y,1.00\no5,1,x,z: 1,1.00\n{good}")
    run_id = pipeline.begin(connection, data_dir)
    pipeline.load_all(connection, run_id)
    sentence = (
        "olist_order_payments_dataset.csv: 5 of 105 rows were set aside, often because"
        " payment_installments is not a whole number (y)."
    )
    assert sentence in caplog.messages
    found = connection.execute("select line, reason, value from ops.rejected_rows order by line").fetchall()
    assert found == [
        (2, "payment_value is not an amount of money", "ten"),
        (3, "the row has 1 fields, the header 5", None),
        (4, "payment_sequential is not a whole number", "x"),
        (5, "payment_installments is not a whole number", "y"),
        (6, "payment_installments is not a whole number", "z: 1"),
    ]


def test_the_semicolons_of_excel_are_named(connection: Connection, data_dir: Path) -> None:
    path = data_dir / "olist_sellers_dataset.csv"
    path.write_text(path.read_text().replace(",", ";"))
    with pytest.raises(OlistError, match=r"line 1 is seller_id;.*: its columns are separated by semicolons"):
        pipeline.load_all(connection, pipeline.begin(connection, data_dir))
