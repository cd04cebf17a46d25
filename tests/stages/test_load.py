"""Loading: what files may look like, what is set aside, and what stops a load with one sentence."""

import gzip
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.files.source_file import SourceFile
from olist.files.sources import Source
from olist.stages import load
from olist.stages.load.incoming import Incoming

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
    query = "select line, concat_ws(': ', reason, value) from ops.file_rejects order by line"
    return connection.execute(query).fetchall()


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
        ("2018-01-01 00:00:60", False),
        ("2018-01-01 00:00:00.5", False),
        ("2018-01-01T00:00:00", True),
        ("2017-10-02 10:56", True),
        ("2017-10-02T10:56", True),
        ("2017-10-02 10", False),
        ("2017-10-02 24:00", False),
        ("2017-02-29 10:56", False),
        ("2017-10-02 10:56 AM", False),
        (" 2018-01-01", False),
        ("20 January 2018", False),
        ("1899-12-31 23:59:59", False),
        ("1900-02-29", False),
        ("2099-12-31 23:59:59", True),
        ("2100-01-01 00:00:00", False),
        ("19000-01-01 00:00:00", False),
        ("1950-01-01 00:00:00 BC", False),
    ],
)
def test_dates(connection: Connection, value: str, is_date: bool) -> None:
    query = "select staging.is_timestamp(%(value)s, staging.timestamp_of(%(value)s))"
    assert connection.execute(query, {"value": value}).fetchone() == (is_date,)
    if is_date:
        connection.execute("select %s::timestamp", (value,))


@pytest.mark.parametrize(
    ("is_kind", "read_as", "good", "bad"),
    [
        (
            "is_amount",
            "amount_of",
            {
                "0": 0,
                "12.5": 12.5,
                "12.50": 12.5,
                "12.5000": 12.5,
                "007.00": 7,
                "9999999999.99": 9999999999.99,
            },
            "-1|+1|.5|5.|1e3|1.234|1_000|10000000000|NaN|Infinity| 1|1,234.00|٣",
        ),
        (
            "is_whole",
            "whole_number_of",
            {"0": 0, "12": 12, "007": 7, "5.0": 5, "999999999": 999999999},
            "-1|5.1|1_000|0x1F| 5|1000000000|99999999999|",
        ),
        (
            "is_degrees",
            "degrees_of",
            {"-23.5": -23.5, "0": 0, "1e-05": 0.00001, "180.0": 180, "007.5": 7.5},
            "NaN|-Infinity|0x1p3| 1|1.|+5|1_0|1e999",
        ),
    ],
)
def test_numbers(
    connection: Connection, is_kind: str, read_as: str, good: dict[str, float], bad: str
) -> None:
    looked_at = connection.execute(
        f"select value, staging.{is_kind}(value, staging.{read_as}(value)), staging.{read_as}(value)"
        " from unnest(%s::text[]) as value",
        ([*good, *bad.split("|")],),
    ).fetchall()
    assert {value for value, is_good, _ in looked_at if is_good} == set(good)
    assert {value: float(as_read) for value, is_good, as_read in looked_at if is_good} == good


def test_unchanged_content_is_not_loaded_again(connection: Connection, data_dir: Path) -> None:
    first = pipeline.load_all(connection, pipeline.begin(connection, data_dir))
    plain = data_dir / PAYMENTS
    (data_dir / f"{PAYMENTS}.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    second = pipeline.load_all(connection, pipeline.begin(connection, data_dir))
    assert not any(counts["was_loaded_before"] for counts in first.values())
    assert all(counts["was_loaded_before"] for counts in second.values())


@pytest.fixture(scope="module")
def published(server: str, demo: Path) -> Iterator[Connection]:
    """A warehouse with a published run, for tests that change nothing people read."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("create database loaded template template")
    with psycopg.connect(f"{server.rpartition('/')[0]}/loaded", autocommit=True) as connection:
        pipeline.run(connection, demo)
        yield connection
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop database loaded with (force)")


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


def gzip_with_more_behind(data_dir: Path) -> None:
    truncated_gzip(data_dir)
    content = gzip.compress(f"{PAYMENT_HEADER}\n".encode())
    (data_dir / f"{PAYMENTS}.gz").write_bytes(content + b"trailing garbage")


def blank_lines_only(data_dir: Path) -> None:
    write(data_dir / PAYMENTS, "\r\n\n\n")


def latin_1(data_dir: Path) -> None:
    path = data_dir / REVIEWS
    path.write_bytes(path.read_bytes().decode().encode("cp1252", "ignore"))


def utf_16(data_dir: Path) -> None:
    (data_dir / PAYMENTS).write_bytes(f"{PAYMENT_HEADER}\no1,1,voucher,1,1.00\n".encode("utf-16"))


def utf_16_without_bom(data_dir: Path) -> None:
    (data_dir / PAYMENTS).write_bytes(f"{PAYMENT_HEADER}\n".encode("utf-16-le"))


def semicolons(data_dir: Path) -> None:
    path = data_dir / PAYMENTS
    write(path, path.read_text().replace(",", ";"))


def column_twice(data_dir: Path) -> None:
    write(data_dir / PAYMENTS, f"{PAYMENT_HEADER},order_id\n")


def very_many_columns(data_dir: Path) -> None:
    write(data_dir / PAYMENTS, PAYMENT_HEADER + ",x" * 2_000 + "\n")


def quote_never_closed(data_dir: Path) -> None:
    write(
        data_dir / PAYMENTS, f'{PAYMENT_HEADER}\n\no1,1,voucher,1,1.00\no2,1,"vou,1,2.00\no3,1,vou,1,3.00\n'
    )


def quote_not_closed_for_megabytes(data_dir: Path) -> None:
    rows = "".join(f"o{number},1,voucher,1,1.00\n" for number in range(100_000))
    write(data_dir / PAYMENTS, f'{PAYMENT_HEADER}\no,1,"voucher,1,1.00\n{rows}')


def megabytes_without_line_break(data_dir: Path) -> None:
    (data_dir / PAYMENTS).write_bytes(f"{PAYMENT_HEADER}\n".encode() + b"\0" * 5_000_000)


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
        (gzip_with_more_behind, "payments_dataset.csv.gz is not a complete gzip file"),
        (blank_lines_only, "payments_dataset.csv is empty"),
        (
            latin_1,
            r"reviews_dataset.csv is not UTF-8 but looks like Latin-1 .*: [0-9]+ of 1,[0-9]+ rows"
            r" have such bytes, the first on line [0-9]+; save it as UTF-8",
        ),
        (utf_16, "payments_dataset.csv is not UTF-8: its header has other bytes"),
        (utf_16_without_bom, r"payments_dataset.csv has a wrong header: .*line 1 is o\?r\?d\?e\?r"),
        (semicolons, "payments_dataset.csv has a wrong header: .*line 1 is order_id;"),
        (column_twice, "payments_dataset.csv has a wrong header: order_id is there twice"),
        (very_many_columns, "payments_dataset.csv has a wrong header: 2005 columns"),
        (
            quote_never_closed,
            "payments_dataset.csv ends inside a quoted field of the row on line 4: the file",
        ),
        (quote_not_closed_for_megabytes, "payments_dataset.csv line 2: the row does not end within 1 MB"),
        (megabytes_without_line_break, "payments_dataset.csv line 2: the row does not end within 1 MB"),
    ],
)
def test_a_bad_file_is_one_sentence_and_changes_nothing_people_read(
    published: Connection, data_dir: Path, spoil, sentence: str
) -> None:
    before = pipeline.snapshot(published)
    orders = published.execute("select count(*) from analytics.order_values").fetchone()
    run_id = pipeline.begin(published, data_dir)
    spoil(data_dir)
    with pytest.raises(OlistError, match=sentence) as error:
        pipeline.load_all(published, run_id)
    assert str(error.value).isprintable()
    assert pipeline.snapshot(published) == before != []
    assert published.execute("select count(*) from analytics.order_values").fetchone() == orders


@pytest.mark.parametrize("more", ["o-new,1,voucher,1,1.00\n", "o-new,1\n"])
def test_a_file_that_grows_while_it_is_read_is_refused(
    connection: Connection, data_dir: Path, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    run_id = pipeline.begin(connection, data_dir)
    first_look = load.first_look

    def look_then_grow(file: SourceFile, source: Source) -> Incoming:
        seen = first_look(file, source)
        with file.path.open("a") as growing:
            growing.write(more)
        return seen

    monkeypatch.setattr(load, "first_look", look_then_grow)
    with pytest.raises(OlistError, match="changed while it was read"):
        load.load(connection, run_id, "order_payments")
    assert connection.execute("select count(*) from ops.source_files").fetchone() == (0,)


ROW = "o1,1,voucher,1,10.00"


@pytest.mark.parametrize(
    ("content", "accepted"),
    [
        (f"{PAYMENT_HEADER}\n", 0),
        (PAYMENT_HEADER, 0),
        (f"{PAYMENT_HEADER}\n{ROW}", 1),
        (f"\ufeff{PAYMENT_HEADER}\r\n{ROW}\r\n", 1),
        (f"{PAYMENT_HEADER}\r{ROW}\ro2,1,a,1,2.00\r", 2),
        (f"{PAYMENT_HEADER}\r\n{ROW}\no2,1,a,1,2.00\r\n", 2),
        (f"\n\n{PAYMENT_HEADER}\n\n{ROW}\n\n", 1),
        (f"\n{PAYMENT_HEADER}\n{ROW}\n", 1),
        (f'{PAYMENT_HEADER},"a note\non it"\n{ROW},"x\ny"\n', 1),
        (f"{PAYMENT_HEADER},,,\n{ROW},,,\n", 1),
        (f'"{PAYMENT_HEADER.replace(",", chr(34) + "," + chr(34))}"\n{ROW}\n', 1),
        (f'{PAYMENT_HEADER}\n{ROW}\no2,1,19" screen,1,2.00\no3,1,17" screen,1,3.00\n', 3),
    ],
)
def test_what_a_file_may_look_like(
    connection: Connection, data_dir: Path, content: str, accepted: int
) -> None:
    counts = load_payments(connection, data_dir, content)
    assert (counts["rows_read"], counts["rows_accepted"], counts["rows_rejected"]) == (accepted, accepted, 0)


def test_rows_that_are_no_csv_are_set_aside_as_they_are(connection: Connection, data_dir: Path) -> None:
    (data_dir / PAYMENTS).write_bytes(
        b"\n".join(
            [
                PAYMENT_HEADER.encode(),
                ROW.encode(),
                b"o2,1,voucher",
                b'o3,1,"two\nlines",1,3.00',  # lines 4 and 5
                b"o4,1,cart\xe3o,1,4.00",
                "o5,1,cartão,1,5.00".encode(),
                "o6,1,cartão,1,ten".encode(),
                b"o7,\0,voucher,1,7.00",
                b"\\.",
                PAYMENT_HEADER.encode(),
                b'o8,1,"vou"cher,1,8.00',
                "\ufeffo9,1,voucher,1,9.00".encode(),
                b"-- 9 rows exported",
            ]
        )
    )
    counts = load.load(connection, pipeline.begin(connection, data_dir), "order_payments")
    assert (counts["rows_read"], counts["rows_accepted"], counts["rows_rejected"]) == (12, 3, 9)
    found = connection.execute(
        "select line, concat_ws(': ', reason, value), row_content ->> 'text'"
        " from ops.file_rejects order by line"
    )
    assert found.fetchall() == [
        (3, "the row has 3 fields, the header 5", "o2,1,voucher"),
        (6, "the row has bytes that are not UTF-8", r"o4,1,cart\xe3o,1,4.00"),
        (8, "payment_value is not an amount of money: ten", None),
        (9, "the row has a NUL byte", r"o7,\x00,voucher,1,7.00"),
        (10, "the row has 1 fields, the header 5", "\\."),
        (11, "the header comes again", None),
        (12, "the row has text after a closing quote", 'o8,1,"vou"cher,1,8.00'),
        (13, "order_id begins with a byte order mark", None),
        (14, "the row has 1 fields, the header 5", "-- 9 rows exported"),
    ]


def test_copy_alone_would_have_merged_these_rows(connection: Connection, data_dir: Path) -> None:
    """A quote inside a field makes COPY read on to the next one, and the fields may even be as many."""
    rows = 'o1,1,vou"cher,1,10.00\no2,1,vou"cher,1,20.00\n'
    write(data_dir / PAYMENTS, f"{PAYMENT_HEADER}\n{rows}")
    counts = load.load(connection, pipeline.begin(connection, data_dir), "order_payments")
    assert (counts["rows_read"], counts["rows_accepted"]) == (2, 2)


@pytest.mark.slow
def test_a_file_with_one_broken_row_takes_little_memory(connection: Connection, data_dir: Path) -> None:
    with (data_dir / PAYMENTS).open("w") as file:
        file.write(f"{PAYMENT_HEADER}\no\n")
        file.writelines(f"o{number},1,{'voucher' * 10},1,1.00\n" for number in range(200_000))
    run_id = pipeline.begin(connection, data_dir)
    tracemalloc.start()
    counts = load.load(connection, run_id, "order_payments")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (counts["rows_accepted"], counts["rows_rejected"]) == (200_000, 1)
    assert peak < 8 << 20, "the file has 17 MB"
