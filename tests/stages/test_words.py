"""Words of known lists (statuses, states, payment types, categories), typed otherwise; and unknown ones."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg import Connection
from support import pipeline
from support.shop import Shop

from olist.files.sources import source_of
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.sql import functions

COLUMNS = {
    "orders": ["order_status"],
    "customers": ["customer_state", "customer_zip_code_prefix"],
    "sellers": ["seller_state"],
    "order_payments": ["payment_type"],
    "products": ["product_category_name"],
    "product_category_name_translation": ["product_category_name", "product_category_name_english"],
    "order_reviews": ["review_score"],
}
KEEP_CASE = ("product_category_name_english", "customer_zip_code_prefix")


def rewrite(data_dir: Path, new: Callable[[str, str], str]) -> None:
    for table, columns in COLUMNS.items():
        path = data_dir / f"{source_of(table).file_stem}.csv"
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = csv.reader(file)
        for column in columns:
            place = header.index(column)
            for row in rows:
                row[place] = new(column, row[place])
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])


def other_case(column: str, value: str) -> str:
    return value if column in KEEP_CASE else value.swapcase()


def with_blanks(column: str, value: str) -> str:
    return f" \t{value}\u00a0 " if value else value


def everything(connection: Connection) -> tuple[list, list, list]:
    return (
        pipeline.snapshot(connection),
        connection.execute("select * from analytics.order_values order by order_id").fetchall(),
        warnings(connection),
    )


def warnings(connection: Connection) -> list[tuple[str, str]]:
    return connection.execute(
        "select check_name, detail from ops.validation_results"
        " where run_id = (select max(run_id) from ops.pipeline_runs) and not passed order by 1"
    ).fetchall()


@pytest.mark.parametrize("new", [other_case, with_blanks, lambda *typed: with_blanks("", other_case(*typed))])
def test_case_and_blanks_make_no_difference(
    connection: Connection, demo: Path, data_dir: Path, new: Callable
) -> None:
    pipeline.run(connection, demo)
    before = everything(connection)
    rewrite(data_dir, new)
    pipeline.run(connection, data_dir)
    after = everything(connection)
    assert before[0] == after[0] != []
    assert before[1] == after[1] != []
    assert before[2] == after[2]
    assert not [row for row in after[0] if row[10] != row[10].strip().upper()]


def test_unknown_words_are_a_warning_that_names_them(connection: Connection, tmp_path: Path) -> None:
    shop = Shop()
    shop.crowd()
    for number, status in enumerate(["returned", "RETURNED ", "Lost", "delivered", "Canceled"]):
        shop.order(f"p{number}", f"2018-01-0{number + 1} 00:00:00", status=status, state="XX")
    shop.order("q", "2018-01-09 00:00:00", state="São Paulo")
    shop.order("r", "2018-01-09 00:00:00", state="sp ")
    shop.order("s", "2018-01-09 00:00:00", state="")
    for number in range(7):
        shop.tables["olist_order_payments_dataset"].append(["order-003", number, f"coin {number}", 1, "0.00"])
    shop.tables["olist_sellers_dataset"].append(["seller", "1", "x", "rj"])
    pipeline.run(connection, shop.write(tmp_path))
    found = dict(warnings(connection))
    assert found["known_statuses"] == "3 of 11 rows have an unknown order_status: returned (2), lost (1)"
    assert found["known_customer_states"] == (
        "6 of 11 rows have an unknown customer_state: XX (5), SãO PAULO (1)"
    )
    assert found["known_payment_types"] == (
        "7 of 7 rows have an unknown payment_type: coin 0 (1), coin 1 (1), coin 2 (1), coin 3 (1), coin 4 (1)"
        " and 2 more"
    )
    assert "known_seller_states" not in found
    left_out = connection.execute("select check_name from ops.validation_results where severity = 'info'")
    assert left_out.fetchall() == [("left_out:status canceled",)]


def test_the_statuses_of_the_strategy_are_folded_too(connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "strategy.yaml"
    text = STRATEGY_FILE.read_text(encoding="utf-8")
    path.write_text(text.replace("[canceled, unavailable]", "[' Canceled', RETURNED]"), encoding="utf-8")
    strategy = read_strategy(path)
    assert strategy.excluded_statuses == ["canceled", "returned"]
    connection.execute(functions(strategy))
    assert connection.execute("select ops.excluded_statuses()").fetchone() == (["canceled", "returned"],)


def test_categories_that_differ_in_case_are_one_in_the_translation(
    connection: Connection, tmp_path: Path
) -> None:
    shop = Shop()
    shop.crowd()
    shop.order("one", "2018-01-01 00:00:00", [("BEBES ", "10.00", "0.00")])
    shop.order("other", "2018-01-02 00:00:00", [("Casa Nova", "10.00", "0.00"), (" ", "1.00", "0.00")])
    shop.order("none", "2018-01-03 00:00:00", [(" ", "1.00", "0.00")])
    shop.tables["product_category_name_translation"].append(["bebes\t", "baby"])
    pipeline.run(connection, shop.write(tmp_path), accept=("rejected_rows",))
    query = "select customer_unique_id, favorite_category from analytics.vw_customer_rfm"
    found = dict(connection.execute(query).fetchall())
    assert (found["one"], found["other"], found["none"]) == ("baby", "Casa Nova", "unknown")
    assert connection.execute("select reason from ops.rejected_rows").fetchall() == [
        ("another row has the same key (product_category_name)",)
    ]
