"""Names from files and settings stay names, BI users only read, the access token stays where it belongs."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import yaml
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from support import pipeline
from support.shop import Shop
from support.user import User

from olist.local import postgres, sandbox_process
from olist.local.hubspot_sandbox.server import listen
from olist.stages.load import load
from olist.stages.write_outputs import FILES, write_outputs
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.sql import functions

PAYMENTS = "olist_order_payments_dataset.csv"
PAYMENT_COLUMNS = ["order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value"]
EVIL = "x'); drop schema analytics cascade; --"
FORMULA = re.compile(r"[=+\-@\t\r\n]")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?")
TOKEN = "pat-na1-unmistakable5f1c9d"


@pytest.mark.parametrize(
    "names",
    [
        ['x" text); drop schema analytics cascade; --', "%s", "{}", "$1", "\\"],
        ["ctid", "xmin", "tableoid", "position", "problem", "file_line", "rejected"],
        ["a" * 70 + "1", "a" * 70 + "2", "column_6", "COLUMN_6"],
        ["", "", "", " "],
        ["same", "same", "\ufeff", "naïve\u202e", "two\nlines"],
        [f"c{number}" for number in range(195)],
    ],
)
def test_names_in_a_header_reach_no_statement(
    connection: Connection, data_dir: Path, names: list[str]
) -> None:
    with (data_dir / PAYMENTS).open("w", newline="") as file:
        csv.writer(file).writerows([[*names, *PAYMENT_COLUMNS], [*names, "o1", 1, "voucher", 1, "2.50"]])
    run_id = pipeline.begin(connection, data_dir)
    assert load(connection, run_id, "order_payments")["rows_accepted"] == 1
    connection.execute("delete from ops.installed where name like 'routines %'")
    assert pipeline.begin(connection, data_dir) == run_id + 1, "the routines can be installed again"
    columns = connection.execute(
        "select attname from pg_attribute where attrelid = 'raw.order_payments'::regclass and attnum > 0"
    ).fetchall()
    others = {name for (name,) in columns} - {*PAYMENT_COLUMNS, "file_line"}
    assert all(re.fullmatch(r"column_[0-9]+", name) for name in others)


def evil_strategy(document: object) -> object:
    """Every name of a strategy that its owner may choose, with something evil behind it."""
    if isinstance(document, list):
        return [evil_strategy(each) for each in document]
    if isinstance(document, dict):
        return {key: evil_strategy(value) for key, value in document.items()}
    is_free = isinstance(document, str) and not re.match(r"[<>=]", document)
    return f"{document}{EVIL} :a %s {{{{}}}}" if is_free else document


def test_names_in_the_strategy_reach_no_statement(connection: Connection, tmp_path: Path) -> None:
    evil = evil_strategy(yaml.safe_load(STRATEGY_FILE.read_text()))
    # A pattern holds it to letters.
    evil["hubspot"]["property_prefix"] = ""
    evil["default_actions"] = dict(zip(evil["tiers"], evil["default_actions"].values(), strict=True))
    groups = evil["category_groups"]
    evil["category_groups"] = {f"{name}{EVIL} :a %s {{{{}}}}": values for name, values in groups.items()}
    path = tmp_path / "strategy.yaml"
    path.write_text(yaml.safe_dump(evil, allow_unicode=True))
    strategy = read_strategy(path)
    connection.execute(functions(strategy))
    assert connection.execute("select to_regclass('analytics.customer_snapshots')").fetchone() != (None,)
    assert connection.execute("select ops.excluded_statuses()").fetchone()[0] == strategy.excluded_statuses
    rule = "select ops.action_name(ops.action_rule(%s, '', %s, '', null, 1, 1, 500))"
    platinum = strategy.tiers[0], next(iter(strategy.category_groups.values()))[0]
    assert connection.execute(rule, platinum).fetchone() == (strategy.actions[1].next_action,)


def test_no_cell_of_an_output_is_a_formula(connection: Connection, tmp_path: Path) -> None:
    shop = Shop()
    shop.crowd()
    starts = ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0"]
    for number, start in enumerate(starts):
        shop.order(
            f"{start} {number}",
            f"2018-01-0{number + 1} 00:00:00",
            [(start, "10.00", "0.00")],
            order_id=f"{start} order",
            status=start,
            city=f"{start} city",
            state=start,
            zip_prefix="01001",
        )
    shop.place("01001", "-23.5", "-46.6")
    run_id = pipeline.run(connection, shop.write(tmp_path))
    pipeline.deliver(connection, run_id, None, "dry_run")
    written = write_outputs(connection, run_id, tmp_path / "outputs")
    cells = defaultdict(set)
    for name in FILES:
        assert written["rows"][name] > 0, name
        with (Path(written["folder"]) / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for column, cell in row.items():
                    assert not FORMULA.match(cell) or NUMBER.fullmatch(cell), (name, column, cell)
                    cells[column].add(cell)
    # Spaces around states and categories mean nothing, nor does the case of a state.
    as_kept = {
        "customer_unique_id": starts,
        "customer_city": starts,
        "customer_state": [start.strip().upper() for start in starts],
        "favorite_category": [start.strip() for start in starts],
        "order_id": starts,
    }
    for column, wanted in as_kept.items():
        for start in wanted:
            assert any(cell.startswith(f"'{start}") for cell in cells[column]), (column, start)


@pytest.fixture(scope="module")
def owner(new_warehouse: Callable[[], str], demo: Path) -> Iterator[Connection]:
    """A connection of the owner of a published warehouse, in which no test changes anything that stays."""
    with psycopg.connect(new_warehouse(), autocommit=True) as connection:
        pipeline.run(connection, demo)
        yield connection


@pytest.fixture(scope="module")
def bi_user(owner: Connection) -> Iterator[Connection]:
    """A connection of somebody whom only membership of olist_bi lets in."""
    owner.execute("create role somebody login password 'only-here' in role olist_bi")
    uri = make_conninfo(owner.info.dsn, user="somebody", password="only-here")
    with psycopg.connect(uri, autocommit=True) as theirs:
        yield theirs
    owner.execute("drop owned by somebody; drop role somebody")


def test_a_bi_user_reads_what_is_published_and_nothing_else(owner: Connection, bi_user: Connection) -> None:
    tables = owner.execute(
        "select relnamespace::regnamespace::text, pg_class.oid::regclass::text from pg_class"
        " where relkind in ('r', 'p', 'v') and not relispartition"
        " and relnamespace::regnamespace::text in ('raw', 'staging', 'analytics', 'ops', 'personal')"
    ).fetchall()
    assert len(tables) > 40
    for schema, table in tables:
        if schema == "analytics":
            bi_user.execute(f"select * from {table} limit 1")
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                bi_user.execute(f"select * from {table} limit 1")
    assert bi_user.execute("select count(*) > 0 from analytics.vw_customer_segments").fetchone() == (True,)


def test_a_bi_user_may_change_no_table(owner: Connection, bi_user: Connection) -> None:
    changeable = owner.execute(
        "select oid::regclass::text from pg_class"
        " where relkind in ('r', 'p', 'v')"
        " and relnamespace::regnamespace::text in ('raw', 'staging', 'analytics', 'ops', 'personal')"
        " and has_table_privilege('somebody', oid, 'insert, update, delete, truncate, references, trigger')"
    )
    assert changeable.fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "delete from analytics.customer_snapshots",
        "update analytics.customer_segments set next_action = ''",
        "drop view analytics.customer_segments",
        "create table analytics.mine ()",
        "create function analytics.mine() returns integer language sql return 1",
        "call analytics.refresh_customer_segments()",
        "call analytics.publish_snapshot(1)",
        "call ops.drop_what_old_runs_left()",
        "select ops.file_in_use('orders')",
    ],
)
def test_a_bi_user_changes_makes_and_calls_nothing(bi_user: Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        bi_user.execute(statement)


def test_the_pipeline_needs_a_role_that_may_make_schemas_and_temporary_tables(
    server: str, demo: Path, sandbox: str
) -> None:
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("create role plain login password 'only-here' nosuperuser nocreatedb nocreaterole")
        admin.execute("create database plain_shop")
        admin.execute("revoke all on database plain_shop from public")
        admin.execute("grant create, temporary, connect on database plain_shop to plain")
    uri = make_conninfo(server, dbname="plain_shop", user="plain", password="only-here")
    with psycopg.connect(uri, autocommit=True) as connection:
        run_id = pipeline.run(connection, demo)
        assert pipeline.deliver(connection, run_id, sandbox)["status"] == "delivered"
        pipeline.finish(connection, run_id)
        connection.execute("call analytics.refresh_customer_segments()")
        assert connection.execute(
            "select has_table_privilege('olist_bi', 'analytics.vw_customer_segments', 'select')"
        ).fetchone() == (True,)


def test_the_sandbox_listens_on_loopback_only() -> None:
    # The same is tested for PostgreSQL in local/test_postgres.py, for Docker in docker/test_compose.py.
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


@pytest.fixture(scope="module")
def user(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    folder = tmp_path_factory.mktemp("a user with a token")
    user = User(folder / "home", demo, folder / "outputs")
    home = user.home / "data"
    home.mkdir(parents=True)
    (home / "sandbox-token").write_text(TOKEN)
    yield user
    user.leaves()


@pytest.mark.airflow
def test_the_access_token_is_in_nothing_that_runs_leave_behind(user: User) -> None:
    home = user.home / "data"
    url, token = sandbox_process.start(home)
    assert token == TOKEN
    said = []
    # The first delivery fails, with Airflow's traceback in the log; the second succeeds.
    for faults, status in (({"missing_scopes": ["crm.objects.contacts.write"]}, 1), ({}, 0)):
        httpx.put(f"{url}/sandbox/faults", json=faults).raise_for_status()
        done = user.types("run", AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG")
        assert done.returncode == status, done.stdout + done.stderr
        said.append(done.stdout + done.stderr)
    assert "[debug " in said[-1]
    assert httpx.get(f"{url}/sandbox/requests").json()["requests"], "the token was used"
    with psycopg.connect(postgres.status(home)) as connection:
        for (table,) in connection.execute(
            "select oid::regclass::text from pg_class where relkind in ('r', 'v')"
            " and relnamespace::regnamespace::text in ('raw', 'staging', 'analytics', 'ops', 'personal')"
        ).fetchall():
            said.append(str(connection.execute(f"select * from {table}").fetchall()))
    tables = "select tablename from pg_tables where schemaname = 'public'"
    for (table,) in user.asks(tables, database="airflow"):
        said.append(str(user.asks(f"select * from {table}", database="airflow")))
    assert any("dag_run" in each for each in said)
    user.types("stop")
    assert not [text for text in said if "unmistakable" in text]
    places = [user.home, user.outputs]
    if (home / "postgres-place").exists():
        places.append(Path((home / "postgres-place").read_text()))
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    holders = [path for path in files if b"unmistakable" in path.read_bytes()]
    assert holders == [home / "sandbox-token"]
    assert {"report.html"} <= {path.name for path in files}
