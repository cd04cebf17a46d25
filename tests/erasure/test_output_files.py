"""Rows of erased people go out of files; everything else stays as it is, to the byte."""

from pathlib import Path

import pytest
from psycopg import Connection

from olist.erasure.output_files import take_out_of_files
from olist.stages.write_outputs import FILES


@pytest.fixture
def erased(connection: Connection) -> Connection:
    connection.execute("call ops.erase_person('=me')")
    connection.execute(
        "insert into ops.erased_keys (kind, id_hash, is_settled)"
        " select 'order_id', ops.salted('my order', salt), true from ops.erasure_salt"
    )
    return connection


def test_only_the_rows_of_the_erased_go(erased: Connection, tmp_path: Path) -> None:
    before = (
        b'note,customer_unique_id,order_id\n"a ""quote"",\n over lines",you,1\nx,\'=me,2\n,"my, order",3\n'
    )
    path = tmp_path / "2018-09-01" / "final_customer_segments.csv"
    path.parent.mkdir()
    path.write_bytes(before + b'"two\nlines",you,my order\nno line end,=me2,4')
    strange = path.with_name("of-somebody-else.csv")
    strange.write_bytes(before)
    half = path.with_name(".campaign_list.csv.12")
    half.write_bytes(b"customer_unique_id\n=me")
    assert take_out_of_files(erased, tmp_path) == {"2018-09-01/final_customer_segments.csv": 2}
    kept = before.replace(b"x,'=me,2\n", b"") + b"no line end,=me2,4"
    assert path.read_bytes() == kept
    assert strange.read_bytes() == before, "it is none of ours"
    assert not half.exists()
    untouched = path.stat().st_ino
    assert take_out_of_files(erased, tmp_path) == {} and path.stat().st_ino == untouched


def test_a_report_that_quotes_hubspot(connection: Connection, tmp_path: Path) -> None:
    connection.execute("call ops.erase_person('0123456789abcdef')")
    path = tmp_path / "2018-09-01" / "report.html"
    path.parent.mkdir()
    path.write_text("<li>The contact 0123456789abcdef. was odd, 10123456789abcdef was not</li>")
    assert take_out_of_files(connection, tmp_path) == {"2018-09-01/report.html": 1}
    assert path.read_text() == "<li>The contact (erased) was odd, 10123456789abcdef was not</li>"


def test_without_any_files(connection: Connection, tmp_path: Path) -> None:
    assert take_out_of_files(connection, tmp_path / "outputs") == {}
    assert "campaign_list" in FILES
