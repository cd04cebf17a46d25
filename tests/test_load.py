"""Loading: what files may look like, what is set aside, and what stops a load with one sentence."""

import gzip
from pathlib import Path

import pipeline
import pytest
from psycopg import Connection

from olist import load
from olist.exceptions import OlistError

TRANSLATION = "product_category_name_translation.csv"
PAYMENTS = "olist_order_payments_dataset.csv"
REVIEWS = "olist_order_reviews_dataset.csv"
PAYMENT_HEADER = "order_id,payment_sequential,payment_type,payment_installments,payment_value"


def write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def load_payments(connection: Connection, data_dir: Path, text: str) -> dict:
    write(data_dir / PAYMENTS, text)
    return load.load(connection, pipeline.begin(connection, data_dir), "order_payments")


def rejected(connection: Connection) -> list[tuple[int, str]]:
    return connection.execute("select line, reason from ops.file_rejects order by line").fetchall()


def test_the_nine_files_are_loaded_whole(connection: Connection, demo: Path) -> None:
    run_id = pipeline.begin(connection, demo)
    for table, counts in pipeline.load_all(connection, run_id).items():
        assert counts["rows_accepted"] == counts["rows_read"] > 0, table
    connection.execute("select set_config('olist.run_id', %s, false)", (str(run_id),))
    zips = connection.execute(
        "select count(*), count(distinct zip_code_prefix), bool_and(length(zip_code_prefix) = 5),"
        " bool_or(zip_code_prefix like '0%') from staging.geolocation"
    ).fetchone()
    assert zips[0] == zips[1] and zips[2:] == (True, True)
    first_name = connection.execute(
        "select count(*) from staging.product_category_name_translation"
        " where product_category_name like 'beleza%'"
    )
    assert first_name.fetchone() == (1,)


def test_the_order_of_columns_is_that_of_the_header(connection: Connection, data_dir: Path) -> None:
    load_payments(
        connection,
        data_dir,
        "payment_value,extra column,order_id,payment_installments,payment_type,payment_sequential\n"
        "12.50,x,o1,3,voucher,1\n",
    )
    run_id = connection.execute("select max(run_id) from ops.pipeline_runs").fetchone()[0]
    connection.execute("select set_config('olist.run_id', %s, false)", (str(run_id),))
    row = connection.execute("select order_id, payment_sequential, payment_value from staging.order_payments")
    assert [tuple(map(str, each)) for each in row] == [("o1", "1", "12.50")]


def test_bad_rows_are_set_aside_with_the_line_they_start_on(connection: Connection, data_dir: Path) -> None:
    counts = load_payments(
        connection,
        data_dir,
        PAYMENT_HEADER + "\r\n"
        'o1,1,"a\nb\nc",1,10.00\r\n'  # lines 2 to 4
        "o2,1,voucher,1,ten\r\n"
        "o3,x,voucher,1,1.00\r\n"
        ",1,voucher,1,1.00\r\n"
        'o4,1,voucher,1,"1,234.00"\r\n'
        "o5,1,voucher,1,-1.00\r\n"
        "o6,1,voucher,1,99.9\r\n",
    )
    assert (counts["rows_read"], counts["rows_accepted"], counts["rows_rejected"]) == (7, 2, 5)
    assert rejected(connection) == [
        (5, "payment_value is not an amount of money: ten"),
        (6, "payment_sequential is not a whole number: x"),
        (7, "order_id is missing"),
        (8, "payment_value is not an amount of money: 1,234.00"),
        (9, "payment_value is not an amount of money: -1.00"),
    ]


def test_of_two_rows_with_one_key_the_same_one_stays_in_any_order(
    connection: Connection, data_dir: Path
) -> None:
    rows = ["o1,1,voucher,1,10.00", "o1,1,voucher,1,20.00", "o2,1,voucher,1,5.00", "o2,1,voucher,1,5.00"]
    for ordered in (rows, rows[::-1]):
        counts = load_payments(connection, data_dir, "\n".join([PAYMENT_HEADER, *ordered]))
        assert (counts["rows_read"], counts["rows_accepted"], counts["rows_rejected"]) == (4, 2, 2)
        kept = connection.execute(
            "select order_id, payment_value::text from staging.order_payments_by_file"
            " where file_id = (select max(file_id) from ops.source_files) order by 1"
        ).fetchall()
        assert kept == [("o1", "10.00"), ("o2", "5.00")]


@pytest.mark.parametrize(
    ("value", "is_date"),
    [
        ("2018-02-28 23:59:59", True),
        ("2016-02-29 00:00:00", True),
        ("2018-02-29 00:00:00", False),
        ("2018-04-31", False),
        ("2018-01-01", True),
        ("01/02/2018", False),
        ("now", False),
        ("infinity", False),
        ("2018-01-01 24:00:00", False),
    ],
)
def test_dates(connection: Connection, value: str, is_date: bool) -> None:
    assert connection.execute("select staging.is_timestamp(%s)", (value,)).fetchone() == (is_date,)
    if is_date:
        connection.execute("select %s::timestamp", (value,))


def test_unchanged_content_is_not_loaded_again(connection: Connection, data_dir: Path) -> None:
    first = pipeline.load_all(connection, pipeline.begin(connection, data_dir))
    plain = data_dir / PAYMENTS
    (data_dir / f"{PAYMENTS}.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    second = pipeline.load_all(connection, pipeline.begin(connection, data_dir))
    assert not any(counts["was_loaded_before"] for counts in first.values())
    assert all(counts["was_loaded_before"] for counts in second.values())


def missing_folder(data_dir: Path) -> None:
    data_dir.rename(data_dir.with_name("elsewhere"))


def missing_file(data_dir: Path) -> None:
    (data_dir / PAYMENTS).unlink()


def empty_file(data_dir: Path) -> None:
    write(data_dir / PAYMENTS, "")


def wrong_header(data_dir: Path) -> None:
    write(
        data_dir / PAYMENTS, "order_id,payment_type,payment_installments,payment_value\no1,voucher,1,1.00\n"
    )


def header_of_another_file(data_dir: Path) -> None:
    (data_dir / TRANSLATION).replace(data_dir / PAYMENTS)


def truncated_gzip(data_dir: Path) -> None:
    content = gzip.compress((data_dir / PAYMENTS).read_bytes())
    (data_dir / PAYMENTS).unlink()
    (data_dir / f"{PAYMENTS}.gz").write_bytes(content[: len(content) // 2])


def not_gzip(data_dir: Path) -> None:
    (data_dir / PAYMENTS).rename(data_dir / f"{PAYMENTS}.gz")


def ragged_row(data_dir: Path) -> None:
    write(data_dir / PAYMENTS, f"{PAYMENT_HEADER}\no1,1,voucher,1\n")


def latin_1(data_dir: Path) -> None:
    (data_dir / PAYMENTS).write_bytes(f"{PAYMENT_HEADER}\no1,1,cartão,1,1.00\n".encode("latin-1"))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (missing_folder, "The data folder .*files does not exist"),
        (missing_file, "has no olist_order_payments_dataset.csv"),
        (empty_file, "olist_order_payments_dataset.csv is empty"),
        (wrong_header, "payments_dataset.csv has a wrong header: payment_sequential missing"),
        (header_of_another_file, "payments_dataset.csv has a wrong header: order_id, payment_seq"),
        (truncated_gzip, "payments_dataset.csv.gz is not a complete gzip file"),
        (not_gzip, "payments_dataset.csv.gz is not a complete gzip file"),
        (ragged_row, "payments_dataset.csv cannot be read as CSV: missing data .*line 2"),
        (latin_1, "payments_dataset.csv cannot be read as CSV: invalid byte sequence .*line 2"),
    ],
)
def test_a_bad_file_is_one_sentence_and_changes_nothing_people_read(
    connection: Connection, data_dir: Path, spoil, sentence: str
) -> None:
    pipeline.run(connection, data_dir)
    before = pipeline.snapshot(connection)
    orders = connection.execute("select count(*) from analytics.order_values").fetchone()
    run_id = pipeline.begin(connection, data_dir)
    spoil(data_dir)
    with pytest.raises(OlistError, match=sentence) as error:
        pipeline.load_all(connection, run_id)
    assert "\n" not in str(error.value)
    assert pipeline.snapshot(connection) == before
    assert connection.execute("select count(*) from analytics.order_values").fetchone() == orders


def test_a_file_that_changes_while_it_is_read_is_refused(
    connection: Connection, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = pipeline.begin(connection, data_dir)
    whole_hash = load._content_hash

    def hash_then_grow(path: Path) -> str:
        content_hash = whole_hash(path)
        with path.open("a") as file:
            file.write("o-new,1,voucher,1,1.00\n")
        return content_hash

    monkeypatch.setattr(load, "_content_hash", hash_then_grow)
    with pytest.raises(OlistError, match="changed while it was read"):
        load.load(connection, run_id, "order_payments")
    assert connection.execute("select count(*) from ops.source_files").fetchone() == (0,)
