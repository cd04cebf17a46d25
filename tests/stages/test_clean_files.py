"""A file that COPY types at once is staged just as if every value had been judged."""

import csv
import io
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.files.clean_rows import CLEAN, NotCleanError, clean_blocks
from olist.files.sources import TABLES, source_of
from olist.stages import load
from olist.stages.load import raw

# Among them values that PostgreSQL reads in a way that no file should hold, or that staging writes otherwise.
ODD = [
    *("", " ", "x", "a b", "é", "\ufeff", "\\.", '"', 'a"b', "a,b", "a\nb", "\n\\.\nb", "'", "\\N", "NULL"),
    *("0", "00", "-0", "7.0", "7.00", " 7", "+7", "1e3", "NaN", "inf", "-1", "0x10", "1_000", "999999999"),
    *(
        "1000000000",
        "99999999999",
        "0.5",
        "1.50",
        "1.500",
        "1.505",
        ".5",
        "5.",
        "999999.99",
        "1000000",
        "01.10",
    ),
    *("2017-10-02 10:56:33", "2017-10-02", "2017-10-02T10:56", "2017-02-30 00:00:00", "1899-12-31 00:00:00"),
    *(
        "2017-10-02 24:00:00",
        "2017-10-02 23:59:60",
        "tomorrow",
        "epoch",
        "2017-10-02 10:56:33+02",
        "2100-01-01",
    ),
    *("01310", "1310", "0131 ", "01310-100", "٣٣٣٣٣", "SP", "sp", "São Paulo", "DELIVERED", "delivered"),
    *("89.99", "90", "90.0", "-90", "91", "180", "-179.999999999999999999999999999999", "1.7e1", "0.1e-5"),
    *("pc_gamer", "PC_Gamer", "order_id", "customer_id", "k" * 201),
]

search = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def as_csv(rows: list[list[str]], quoting: int, end: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator=end).writerows(rows)
    return text.getvalue().encode()


@st.composite
def spoilt(draw: st.DrawFn) -> Callable[[list[list[str]]], bytes]:
    """What makes a file of its good rows: columns in another order, odd values here and there."""
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    places = st.tuples(st.integers(1, 20), st.integers(0, 8), st.sampled_from(ODD))
    odd = draw(st.lists(places, max_size=3))
    turn = draw(st.integers(0, 8))
    has_last_end = draw(st.booleans())

    def make(rows: list[list[str]]) -> bytes:
        rows = [row[turn % len(row) :] + row[: turn % len(row)] for row in rows]
        for row, column, value in odd:
            rows[row % len(rows) or 1][column % len(rows[0])] = value
        content = as_csv(rows, quoting, end)
        return content if has_last_end else content.removesuffix(end.encode())

    return make


def staged(connection: Connection, table: str) -> tuple[list, list]:
    """The typed rows of the file loaded last, and what was set aside of it."""
    of_file = "file_id = (select max(file_id) from ops.source_files)"
    rows = connection.execute(
        f"select to_jsonb(t) - 'file_id' from staging.{table}_by_file as t where {of_file} order by 1"
    )
    rejects = connection.execute(
        f"select line, reason, value, row_content from ops.file_rejects where {of_file} order by line"
    )
    return rows.fetchall(), rejects.fetchall()


def load_both_ways(connection: Connection, run_id: int, table: str) -> bool:
    """Loads the file as it would be, then with every value judged. Returns whether the first was a copy."""
    found = []
    for may_be_copied in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not may_be_copied:
                patch.setattr(load, "copy_clean_file", lambda *file: False)
            counts = load.load(connection, run_id, table)
        is_copied = connection.execute(f"select count(*) from raw.{table}").fetchone() == (0,)
        found.append((is_copied, counts, *staged(connection, table)))
        connection.execute("update ops.source_files set content_hash = null")
    assert found[0][1:] == found[1][1:]
    assert not found[1][0]
    return found[0][0]


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_random_files_are_staged_the_same_both_ways(
    connection: Connection, demo: Path, data_dir: Path, table: str
) -> None:
    name = f"{source_of(table).file_stem}.csv"
    good = rows_of(demo / name)[:21]
    run_id = pipeline.begin(connection, data_dir)
    copied = []

    @search
    @given(make=spoilt())
    def look(make: Callable[[list[list[str]]], bytes]) -> None:
        (data_dir / name).write_bytes(make(good))
        copied.append(load_both_ways(connection, run_id, table))

    look()
    assert set(copied) == {True, False}


@pytest.mark.parametrize("table", TABLES)
def test_every_odd_value_that_counts_as_clean_is_staged_the_same_both_ways(
    connection: Connection, demo: Path, data_dir: Path, table: str
) -> None:
    path = data_dir / f"{source_of(table).file_stem}.csv"
    header, good, *_ = rows_of(demo / path.name)
    run_id = pipeline.begin(connection, data_dir)
    copied = 0
    for column, value in itertools.product(range(len(header)), ODD):
        row = [*good[:column], value, *good[column + 1 :]]
        content = as_csv([header, row], csv.QUOTE_MINIMAL, "\n")
        try:
            list(clean_blocks(iter([content]), {name: CLEAN[table][name] for name in header}))
        except NotCleanError:
            continue
        path.write_bytes(content)
        copied += load_both_ways(connection, run_id, table)
    assert copied > len(header)


@pytest.mark.parametrize("table", TABLES)
def test_what_olist_publishes_is_clean(connection: Connection, demo: Path, table: str) -> None:
    load.load(connection, pipeline.begin(connection, demo), table)
    assert connection.execute(f"select count(*) from raw.{table}").fetchone() == (0,)


def test_a_key_that_comes_twice_is_for_somebody_to_judge(connection: Connection, data_dir: Path) -> None:
    path = data_dir / "olist_sellers_dataset.csv"
    header, *rows = path.read_text().splitlines()
    again = rows[0].rpartition(",")[0] + ",RJ"
    path.write_text("\n".join([header, *rows, again]) + "\n")
    counts = load.load(connection, pipeline.begin(connection, data_dir), "sellers")
    assert (counts["rows_accepted"], counts["rows_rejected"]) == (len(rows), 1)
    assert connection.execute("select count(*) from raw.sellers").fetchone() == (len(rows) + 1,)


def blocks_of(*blocks: str) -> list[bytes]:
    columns = CLEAN["order_reviews"]
    header = ",".join(columns) + "\n"
    given = [block.encode() for block in (header + blocks[0], *blocks[1:])]
    return list(clean_blocks(iter(given), columns))


def test_a_text_may_go_on_in_the_next_block() -> None:
    ends = "2018-01-01 00:00:00,2018-01-02 00:00:00"
    assert len(blocks_of('r1,o1,5,,"good\n', f'and ""fast""",{ends}\nr2,o1,5,,,{ends}')) == 2
    with pytest.raises(NotCleanError):
        blocks_of('r1,o1,5,,"good\n', f"and fast,{ends}\n")
    with pytest.raises(NotCleanError):
        blocks_of('r1,o1,5,,"good\n', f'\\.\n",{ends}\n')


def test_the_text_of_clean_files_is_there_when_asked_for(connection: Connection, data_dir: Path) -> None:
    with pytest.raises(OlistError, match="Nothing has been loaded yet"):
        next(raw.fill(connection))
    pipeline.load_all(connection, pipeline.begin(connection, data_dir))
    payments = data_dir / "olist_order_payments_dataset.csv"
    payments.write_text(f"{payments.read_text()}o1,1\n")
    filled = {table: (rows, broken) for table, _, rows, broken in raw.fill(connection)}
    assert set(filled) == set(TABLES)
    for table, (rows, broken) in filled.items():
        columns = source_of(table).columns
        found = connection.execute(f"select {', '.join(columns)} from raw.{table}").fetchall()
        header, *written = rows_of(data_dir / f"{source_of(table).file_stem}.csv")
        assert len(written) == rows and broken == (table == "order_payments")
        places = [header.index(name) for name in columns]
        assert found == [
            tuple(row[place] or None for place in places) for row in written if len(row) == len(header)
        ]


def test_an_erased_person_does_not_come_back_into_raw(connection: Connection, data_dir: Path) -> None:
    pipeline.load_all(connection, pipeline.begin(connection, data_dir))
    person, customer, order = connection.execute(
        "select customer_unique_id, customer_id, order_id"
        " from staging.customers_by_file inner join staging.orders_by_file using (customer_id) limit 1"
    ).fetchone()
    connection.execute("call ops.erase_person(%s)", (person,))
    items = data_dir / "olist_order_items_dataset.csv"
    items.write_text(f"{items.read_text()}{order},one,p1,s1,2018-01-01 00:00:00,1.00,1.00\n")
    list(raw.fill(connection))
    for table, column, value in (
        ("customers", "customer_unique_id", person),
        ("orders", "customer_id", customer),
        ("order_items", "order_id", order),
        ("order_payments", "order_id", order),
    ):
        there, all_rows = connection.execute(
            f"select count(*) filter (where {column} = %s), count(*) from raw.{table}", (value,)
        ).fetchone()
        assert there == 0 < all_rows, table
