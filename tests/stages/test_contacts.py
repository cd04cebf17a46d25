"""The optional file customer_contacts.csv: who can be written to, and that nobody reads of it elsewhere."""

import gzip
import logging
import traceback
import zipfile
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.files import emails
from olist.stages.load import load

FILE = "customer_contacts.csv"
HEADER = "customer_unique_id,email,first_name,last_name,opted_out"
# In every e-mail and name of these tests; no other file has it.
SECRET = "segredo"
ROW = "p{0},segredo{0}@example.com,Segredo,Segredo,{1}\n"
EVERYTHING = """
    select table_schema || '.' || quote_ident(table_name) from information_schema.tables
    where table_schema in ('raw', 'staging', 'analytics', 'ops')
"""


def load_contacts(connection: Connection, data_dir: Path, content: str | bytes) -> tuple[int, dict]:
    (data_dir / FILE).write_bytes(content if isinstance(content, bytes) else content.encode())
    run_id = pipeline.begin(connection, data_dir)
    return run_id, load(connection, run_id, "customer_contacts")


def people(connection: Connection, run_id: int) -> list[tuple]:
    query = "select * from personal.contacts_of_run(%s) order by customer_unique_id"
    return connection.execute(query, (run_id,)).fetchall()


def rejects(connection: Connection) -> list[tuple]:
    query = "select line, reason, value, row_content from ops.rejected_rows order by line"
    return connection.execute(query).fetchall()


def assert_secret(connection: Connection, *said: str) -> None:
    """No e-mail and no name is in any table that others read, nor in what was said."""
    for (table,) in connection.execute(EVERYTHING).fetchall():
        rows = connection.execute(f"select t::text from {table} as t").fetchall()
        assert not [row for (row,) in rows if SECRET in row.lower()], table
    assert not [each for each in said if SECRET in each.lower()]


def test_people_come_with_what_the_file_says_of_them(
    connection: Connection, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_id, counts = load_contacts(
        connection,
        data_dir,
        f"{HEADER}\n"
        "p1, Ana.Silva@Example.COM ,Ana,Silva,false\n"
        'p2,bia@example.com," Bia\nMaria ",,TRUE\n'
        "p3,not an address,Caio,Lima,\n"
        "p4,,,,\n"
        f"p5,{'x' * 300}@example.com,{'y' * 300},,\n",
    )
    assert counts == {
        "file": FILE,
        "rows_read": 5,
        "rows_accepted": 5,
        "rows_rejected": 0,
        "was_loaded_before": False,
        "emails": 4,
        "emails_unusable": 2,
    }
    assert people(connection, run_id) == [
        ("p1", "ana.silva@example.com", "Ana", "Silva", False),
        ("p2", "bia@example.com", "Bia Maria", None, True),
        ("p3", None, "Caio", "Lima", False),
        ("p4", None, None, None, False),
        ("p5", None, "y" * 200, None, False),
    ]
    assert connection.execute("select * from personal.unusable_emails order by 2").fetchall() == [
        (run_id, "p3", "it has no @-sign"),
        (run_id, "p5", "it is longer than an address may be"),
    ]
    assert "customer_contacts.csv: 2 of 4 e-mails cannot be used, most often because it " in caplog.text
    for table in ("customer_contacts", "checked_emails"):
        assert connection.execute(f"select count(*) from personal.{table}").fetchone() == (0,)


def test_without_the_file_a_run_is_as_before(
    connection: Connection, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    run_id = pipeline.begin(connection, data_dir)
    assert load(connection, run_id, "customer_contacts")["file"] is None
    assert "There is no customer_contacts.csv, and there need not be one." in caplog.text
    assert people(connection, run_id) == []
    assert connection.execute("select count(*) from ops.run_files").fetchone() == (0,)


def test_a_load_that_is_cleared_after_the_file_has_gone_forgets_it(
    connection: Connection, data_dir: Path
) -> None:
    run_id, _ = load_contacts(connection, data_dir, f"{HEADER}\n{ROW.format(1, '')}")
    assert len(people(connection, run_id)) == 1
    (data_dir / FILE).unlink()
    load(connection, run_id, "customer_contacts")
    assert people(connection, run_id) == []


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("email,customer_unique_id", "A@example.com,p1"),
        ("opted_out,phone,email,customer_unique_id", "False,+55 11 5555,a@example.com,p1"),
        ("\ufeffcustomer_unique_id,email,last_name", "p1,a@example.com,"),
        ("customer_unique_id,email,first_name,last_name,opted_out", 'p1,"a@example.com",,"",""'),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_columns_may_be_missing_and_in_any_order(
    connection: Connection, data_dir: Path, header: str, row: str, end: str
) -> None:
    run_id, counts = load_contacts(connection, data_dir, f"{header}{end}{row}{end}")
    assert counts["rows_rejected"] == 0
    assert people(connection, run_id) == [("p1", "a@example.com", None, None, False)]


def test_it_may_be_packed_and_lie_beside_the_zip_with_the_nine(
    connection: Connection, demo: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        for path in demo.iterdir():
            archive.write(path, path.name)
    content = f"{HEADER}\n{ROW.format(1, '')}".encode()
    (tmp_path / f"{FILE}.gz").write_bytes(gzip.compress(content))
    run_id = pipeline.begin(connection, tmp_path)
    assert load(connection, run_id, "customer_contacts")["file"] == f"{FILE}.gz"
    assert load(connection, run_id, "sellers")["file"] == "olist_sellers_dataset.csv in archive.zip"
    with zipfile.ZipFile(tmp_path / "archive.zip", "a") as archive:
        archive.writestr(FILE, content)
    with pytest.raises(
        OlistError, match=r"has customer_contacts.csv in itself and in archive.zip: leave one"
    ):
        load(connection, run_id, "customer_contacts")


def test_rows_that_cannot_be_used_are_set_aside_without_a_word_of_them(
    connection: Connection, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [
        "p0,ana@example.com,Conceição,,\n",
        ROW.format(1, "true"),
        ROW.format(2, "sim"),
        "p3,segredo3@example.com,Segredo\n",
        "p4,segredo4@example.com,Seg\0redo,Segredo,\n",
        ",segredo5@example.com,Segredo,Segredo,\n",
        "segredo" * 40 + ",segredo6@example.com,Segredo,Segredo,\n",
        f"{HEADER}\n",
        'p7,"segredo7@example.com"x,Segredo,Segredo,\n',
        "Segredo,segredo8@example.com,Segredo,Segredo,Segredo\n",
        "p9,segredo9@example.com,Segredo,Seg\nredo,,\n",
        "segredo10@example.com,p10,Segredo,Segredo,9 Segredo\n",
        ROW.format(11, "").replace("Segredo", "Segr\udce9do", 1),
    ]
    content = f"{HEADER}\n{''.join(rows)}".encode("utf-8", "surrogateescape")
    run_id, counts = load_contacts(connection, data_dir, content)
    assert people(connection, run_id) == [
        ("p0", "ana@example.com", "Conceição", None, False),
        ("p1", "segredo1@example.com", "Segredo", "Segredo", True),
    ]
    not_said = "opted_out is not true, false or empty"
    assert rejects(connection) == [
        (4, not_said, None, {"customer_unique_id": "p2"}),
        (5, "the row has 3 fields, the header 5", None, {}),
        (6, "the row has a NUL byte", None, {}),
        (7, "customer_unique_id is missing", None, {}),
        (8, "customer_unique_id is longer than 200 bytes", None, {}),
        (9, "the header comes again", None, {}),
        (10, "the row has text after a closing quote", None, {}),
        (11, not_said, None, {}),
        (12, "the row has 4 fields, the header 5", None, {}),
        (13, "the row has 3 fields, the header 5", None, {}),
        (14, not_said, None, {}),
        (15, "the row has bytes that are not UTF-8", None, {}),
    ]
    assert counts["rows_rejected"] == len(rejects(connection))
    assert "rows were set aside" in caplog.text
    with pytest.raises(OlistError, match="rejected_rows") as raised:
        pipeline.run(connection, data_dir)
    assert_secret(connection, caplog.text, str(counts), *traceback.format_exception(raised.value))


def test_of_two_rows_of_a_person_one_is_kept_and_the_opt_out_of_either(
    connection: Connection, data_dir: Path
) -> None:
    rows = [
        "p1,segredo1@example.com,,,\n",
        "p1,segredo2@example.com,,,true\n",
        "p2,segredo3@example.com,,,\n",
        "p2,segredo3@example.com,,,\n",
    ]
    for number, order in enumerate((rows, rows[::-1])):
        run_id, counts = load_contacts(connection, data_dir, f"{HEADER}\n{''.join(order)}")
        assert counts["rows_rejected"] == 2, number
        assert people(connection, run_id) == [
            ("p1", "segredo1@example.com", None, None, True),
            ("p2", "segredo3@example.com", None, None, False),
        ]
    assert all(
        reason == "another row has the same key (customer_unique_id)" for _, reason, *_ in rejects(connection)
    )
    assert_secret(connection)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"is empty\."),
        (
            b"p1,segredo@example.com,Segredo\n",
            r"customer_unique_id, email missing \(line 1 is something else, with 3",
        ),
        (b"customer_unique_id;email;segredo\np1;segredo@example.com;x\n", r"separated by semicolons"),
        (b"customer_unique_id,email,email\n", r"email is there twice"),
        (b"customer_unique_id,email,opted_out,opted_out\n", r"opted_out is there twice"),
        (
            b'customer_unique_id,email\np1,"segredo@example.com\np2,x\n',
            r"ends inside a quoted field of the row on line 2",
        ),
        (b"customer_unique_id,email\np1,segr\xe9do@example.com\n", r"looks like Latin-1"),
        (
            b"customer_unique_id,email\np1," + b"segredo" * 1_500_000,
            r"line 2: the row does not end within 1 MB",
        ),
        (
            b'customer_unique_id,email\np1,"' + b"segredo\n" * 1_500_000,
            r"line 2: the row does not end within 1 MB",
        ),
        ("customer_unique_id,segredo@example.com\n".encode("utf-16"), r"is not UTF-8"),
    ],
)
def test_a_bad_file_is_one_sentence_without_anybody_in_it(
    connection: Connection,
    data_dir: Path,
    caplog: pytest.LogCaptureFixture,
    content: bytes,
    sentence: str,
) -> None:
    with pytest.raises(OlistError, match=sentence) as raised:
        load_contacts(connection, data_dir, content)
    assert_secret(connection, caplog.text, *traceback.format_exception(raised.value))
    assert connection.execute("select count(*) from ops.source_files").fetchone() == (0,)


def test_what_postgresql_says_of_a_row_is_in_no_error_and_not_in_its_log(
    connection: Connection, data_dir: Path
) -> None:
    # Any error within COPY: a full disk and a server that is shut down name the line, too.
    connection.execute("alter table personal.customer_contacts add check (first_name <> 'Segredo')")
    with pytest.raises(psycopg.IntegrityError) as raised:
        load_contacts(connection, data_dir, f"{HEADER}\n{ROW.format(1, '')}")
    assert "check constraint" in str(raised.value)
    assert_secret(connection, *traceback.format_exception(raised.value))
    (folder,) = connection.execute("select current_setting('data_directory')").fetchone()
    logs = [path for path in Path(folder).rglob("*.log") if "check constraint" in path.read_text()]
    assert logs, "the test itself: where the server writes its log"
    assert_secret(connection, *(path.read_text() for path in logs))


def test_other_rules_about_addresses_load_the_file_anew(
    connection: Connection, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = f"{HEADER}\n{ROW.format(1, '')}"
    assert not load_contacts(connection, data_dir, content)[1]["was_loaded_before"]
    again = load_contacts(connection, data_dir, content)[1]
    assert again["was_loaded_before"] and again["emails"] == 1
    monkeypatch.setattr(emails, "CHECKED_BY", "email-validator 99")
    assert not load_contacts(connection, data_dir, content)[1]["was_loaded_before"]


def test_people_change_no_number_and_compute_nothing_anew(connection: Connection, data_dir: Path) -> None:
    first = pipeline.run(connection, data_dir)
    before = pipeline.snapshot(connection)
    payloads = pipeline.payloads(connection, first)
    (data_dir / FILE).write_text(f"{HEADER}\n{ROW.format(1, 'true')}")
    second = pipeline.run(connection, data_dir, retrain="never")
    assert pipeline.snapshot(connection) == before
    assert pipeline.payloads(connection, second) == payloads
    copied = "select result, copied_from_run_id from ops.result_inputs where run_id = %s"
    results = dict(connection.execute(copied, (second,)).fetchall())
    assert results["order_values_drafts"] == results["validation_results"] == first
    assert len(people(connection, second)) == 1 and people(connection, first) == []


def test_half_of_the_people_gone_stops_the_run_but_a_file_that_is_gone_does_not(
    connection: Connection, data_dir: Path
) -> None:
    rows = [ROW.format(number, "") for number in range(100)]
    (data_dir / FILE).write_text(f"{HEADER}\n{''.join(rows)}")
    pipeline.finish(connection, pipeline.run(connection, data_dir))
    (data_dir / FILE).write_text(f"{HEADER}\n{''.join(rows[:50])}")
    with pytest.raises(OlistError, match=r"rows_lost: customer_contacts.csv has 50 rows, 50.0 % fewer"):
        pipeline.run(connection, data_dir)
    (data_dir / FILE).unlink()
    run_id = pipeline.run(connection, data_dir)
    assert people(connection, run_id) == []


def test_people_of_old_files_are_dropped_with_their_runs(connection: Connection, data_dir: Path) -> None:
    parts = (
        "select count(*) from pg_inherits where inhparent = 'personal.customer_contacts_by_file'::regclass"
    )
    for number in range(6):
        (data_dir / FILE).write_text(f"{HEADER}\n{ROW.format(number, '')}")
        pipeline.finish(
            connection, pipeline.run(connection, data_dir, retrain="never" if number else "always")
        )
    connection.execute("call ops.drop_what_old_runs_left()")
    assert connection.execute(parts).fetchone() == (3,)


def test_analysts_read_nothing_of_it(connection: Connection, data_dir: Path) -> None:
    load_contacts(connection, data_dir, f"{HEADER}\n{ROW.format(1, '')}")
    readable = """
        select oid::regclass from pg_class
        where relnamespace = 'personal'::regnamespace and relkind in ('r', 'p', 'v')
          and has_any_column_privilege('olist_bi', oid, 'select')
    """
    assert connection.execute(readable).fetchall() == []
    may = "select has_schema_privilege('olist_bi', 'personal', 'usage')"
    assert connection.execute(may).fetchone() == (False,)
    connection.execute("set role olist_bi")
    for query in ("select personal.contacts_of_run(1)", "select personal.name_of('x')"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query)
