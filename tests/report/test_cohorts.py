"""Who comes back, by the month of the first order: against pandas, and in the report."""

from collections import Counter
from datetime import date
from pathlib import Path

import psycopg
from psycopg import Connection
from support import pipeline
from support.reference import PERSON, qualifying_orders, read_items
from support.shop import Shop

from olist.report.charts import cohorts
from olist.report.page import _rows


def cells(data_dir: Path, before: str = "9999-01-01") -> dict[tuple[date, int], tuple[int, int]]:
    """For each month of first orders and each month since: customers, and second orders in it."""
    orders = qualifying_orders(data_dir, read_items(data_dir))
    orders = orders[orders["purchased_at"] < before].sort_values(["purchased_at", "order_id"])
    months = orders["purchased_at"].dt.year * 12 + orders["purchased_at"].dt.month - 1
    customers, second = Counter(), Counter()
    for _, numbers in months.groupby(orders[PERSON], sort=False):
        first, *more = numbers.tolist()
        customers[first] += 1
        if more:
            second[first, more[0] - first] += 1
    return {
        (date(first // 12, first % 12 + 1, 1), since): (count, second[first, since])
        for first, count in customers.items()
        for since in range(months.max() - first + 1)
    }


def shown(connection: Connection) -> dict[tuple[date, int], tuple[int, int]]:
    rows = connection.execute(
        "select cohort_month, months_since, customers, repeat_customers from analytics.vw_cohorts"
    ).fetchall()
    assert len({row[:2] for row in rows}) == len(rows)
    return {(month, since): (customers, again) for month, since, customers, again in rows}


def test_every_cell_is_what_the_files_say(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo, date(2018, 2, 1))
    found = shown(connection)
    assert found == cells(demo)
    assert sum(again for _, again in found.values()) > 20
    # The report of a month shows what was known then.
    run_id = pipeline.last_run(connection)
    rows = {
        (date.fromisoformat(f"{row['cohort_month']}-01"), row["months_since"]): (
            row["customers"],
            row["repeat_customers"],
        )
        for row in _rows(connection, "cohorts", run_id)
    }
    then = cells(demo, "2018-02-01")
    newest = sorted({month for month, _ in then})[-12:]
    assert rows == {key: cell for key, cell in then.items() if key[0] in newest and key[1] < 12}


def test_real_orders(warehouse: str, sample: Path) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        pipeline.run(connection, sample)
        assert shown(connection) == cells(sample)


def test_a_second_order_counts_in_its_month_alone(connection: Connection, tmp_path: Path) -> None:
    shop = Shop()
    shop.order("once", "2017-01-31 23:59:59")
    shop.order("at-once", "2017-01-10 00:00:00")
    shop.order("at-once", "2017-01-10 00:00:00")
    shop.order("next", "2017-01-31 23:59:59")
    shop.order("next", "2017-02-01 00:00:00")
    shop.order("next", "2017-03-01 00:00:00")
    shop.order("canceled", "2017-01-05 00:00:00")
    shop.order("canceled", "2017-02-05 00:00:00", status="canceled")
    pipeline.run(connection, shop.write(tmp_path))
    rows = connection.execute(
        "select months_since, customers, repeat_customers, share::float, repeat_customers_so_far,"
        " share_so_far::float from analytics.vw_cohorts order by months_since"
    ).fetchall()
    assert rows == [(0, 4, 1, 0.25, 1, 0.25), (1, 4, 1, 0.25, 2, 0.5), (2, 4, 0, 0, 2, 0.5)]


def test_the_picture() -> None:
    rows = [
        {"cohort_month": month, "months_since": since, "customers": people, "repeat_customers": again}
        for month, people, again in (("2017-01", 1000, 12), ("2017-02", 2, 1))
        for since in range(2)
    ]
    svg = cohorts(rows)
    assert svg.startswith("<svg") and ">1.2<" in svg and ">50.0<" in svg and ">2017-01  1,000<" in svg
    assert "var(--heat) 80%" in svg and "#0303" not in svg
