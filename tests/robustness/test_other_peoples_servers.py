"""Warehouses that somebody else has set up: settings, encodings, poolers, rights, tables of theirs."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from support import pipeline, results, task_processes
from support.pooler import running_pgbouncer
from support.task_processes import Scene, all_tasks

from olist.exceptions import OlistError
from olist.orchestration.outages import sentence_about
from olist.stages import load
from olist.stages.start_run import install
from olist.strategy.reading import read_strategy
from olist.warehouse import ownership
from olist.warehouse.installation import install as install_files
from olist.warehouse.session import SETTINGS, settle

pytestmark = pytest.mark.slow

# By ALTER DATABASE; most of them by variables of libpq, too.
UNUSUAL = {
    "array_nulls": "off",
    "bytea_output": "escape",
    "client_encoding": "latin1",
    "datestyle": "SQL, DMY",
    "default_transaction_deferrable": "on",
    "default_transaction_isolation": "serializable",
    "extra_float_digits": "-10",
    "idle_in_transaction_session_timeout": "2s",
    "intervalstyle": "iso_8601",
    "quote_all_identifiers": "on",
    "search_path": "raw, analytics, ops",
    "standard_conforming_strings": "off",
    "statement_timeout": "2s",
    "timezone": "Asia/Tokyo",
    "transaction_timeout": "2s",
    "transform_null_equals": "on",
}
ALL_NAMES = """
    select relnamespace::regnamespace || '.' || relname
    from pg_class
    where relnamespace::regnamespace::text in ('raw', 'staging', 'analytics', 'ops', 'personal')
      and relkind in ('r', 'p', 'v') and not relispartition
    union all
    select distinct pronamespace::regnamespace || '.' || proname || '()'
    from pg_proc where pronamespace::regnamespace::text in ('raw', 'staging', 'analytics', 'ops', 'personal')
"""


def in_database(uri: str, name: str) -> str:
    return f"{uri.rpartition('/')[0]}/{name}"


@pytest.fixture
def empty(server: str) -> Iterator[str]:
    """The URI of a database with nothing in it."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("create database lived")
        yield in_database(server, "lived")
        admin.execute("drop database lived with (force)")


@contextmanager
def settled(uri: str) -> Iterator[Connection]:
    with psycopg.connect(uri, autocommit=True) as connection:
        settle(connection)
        yield connection


# --- Settings of the session -----------------------------------------------------------------------------


def test_no_setting_of_a_database_changes_anything(
    undisturbed, server: str, empty: str, sandbox: str, few: Path, tmp_path: Path
) -> None:
    wanted, _ = undisturbed
    with psycopg.connect(server, autocommit=True) as admin:
        for name, value in UNUSUAL.items():
            value = f"'{value}'" if name != "search_path" else value
            admin.execute(f"alter database lived set {name} = {value}")
    with psycopg.connect(empty, autocommit=True) as connection:
        assert connection.execute("select date '2018-09-04'::text").fetchone() == ("04/09/2018",)
        settle(connection)
        for name, value in SETTINGS.items():
            assert connection.execute("select current_setting(%s)", (name,)).fetchone() == (value,), name
    scene = Scene(empty, sandbox, few, tmp_path / "outputs", "unusual")
    outcome = task_processes.run(scene, list(all_tasks()))
    assert outcome.is_done, outcome.log
    with psycopg.connect(server, autocommit=True) as admin:
        for name in UNUSUAL:
            admin.execute(f"alter database lived reset {name}")
    results.assert_equal(results.everything(scene), wanted)
    assert "2018-" in next(iter((tmp_path / "outputs").glob("*/final_customer_segments.csv"))).read_text()


def test_the_statement_of_a_killed_client_ends(server: str, empty: str) -> None:
    program = (
        "import psycopg, sys; from olist.warehouse.session import settle;"
        "connection = psycopg.connect(sys.argv[1], autocommit=True); settle(connection);"
        "connection.execute('select pg_sleep(600)')"
    )
    working = (
        "select count(*) from pg_stat_activity where query = 'select pg_sleep(600)' and datname = 'lived'"
    )
    with psycopg.connect(server, autocommit=True) as admin:
        client = subprocess.Popen([sys.executable, "-c", program, empty])
        while admin.execute(working).fetchone() == (0,):
            assert client.poll() is None
            time.sleep(0.1)
        client.kill()
        client.wait()
        while admin.execute(working).fetchone() == (1,):
            time.sleep(0.1)


def test_the_call_of_somebody_with_other_settings_changes_nothing(
    connection: Connection, warehouse: str, demo: Path
) -> None:
    pipeline.finish(connection, pipeline.run(connection, demo))
    before = pipeline.snapshot(connection)
    (as_of,) = connection.execute("select max(as_of) from analytics.customer_snapshots").fetchone()
    with psycopg.connect(warehouse, autocommit=True) as theirs:
        theirs.execute("set datestyle = 'SQL, DMY'")
        theirs.execute("set extra_float_digits = -10")
        theirs.execute("call analytics.refresh_customer_segments(%s)", (as_of,))
        gates = "select detail from ops.gate_results where gate = 'customers_lost'"
        details = {detail for (detail,) in theirs.execute(gates)}
    assert pipeline.snapshot(connection) == before
    assert all(f"as of {as_of:%Y-%m-%d %H:%M:%S} are" in detail for detail in details)


# --- Poolers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pooler_that_shares_sessions_is_refused_at_the_start(
    mode: str, warehouse: str, sandbox: str, few: Path, tmp_path: Path
) -> None:
    with running_pgbouncer(warehouse, mode, tmp_path) as through:
        scene = Scene(through, sandbox, few, tmp_path / "outputs", "pooled")
        outcome = task_processes.run(scene, ["start_run"])
    assert outcome.error == "AirflowFailException"
    assert "behind a connection pooler that shares sessions (transaction mode)" in outcome.sentence
    assert "Traceback" not in outcome.log
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select count(*) from ops.pipeline_runs").fetchone() == (0,)


def test_a_pooler_in_session_mode_is_as_good_as_none(
    undisturbed, new_warehouse: Callable[[], str], sandbox: str, few: Path, tmp_path: Path
) -> None:
    wanted, _ = undisturbed
    with running_pgbouncer(new_warehouse(), "session", tmp_path) as through:
        scene = Scene(through, sandbox, few, tmp_path / "outputs", "pooled")
        outcome = task_processes.run(scene, list(all_tasks()))
        assert outcome.is_done, outcome.log
        found, host = results.everything(scene), ("olist.pbids", "olist.tds")
    results.assert_equal(*({k: v for k, v in each.items() if k not in host} for each in (found, wanted)))


# --- What the server is, and what it says ----------------------------------------------------------------


def test_a_database_that_is_not_utf_8_is_refused(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(
            "create database latin encoding latin1 template template0 locale_provider libc locale 'C'"
        )
        with settled(in_database(server, "latin")) as connection:
            with pytest.raises(OlistError, match="database latin keeps its texts as LATIN1"):
                install(connection, read_strategy())
            assert connection.execute("select to_regnamespace('ops')").fetchone() == (None,)
        admin.execute("drop database latin")


def test_a_read_only_server_is_an_outage(
    server: str, empty: str, sandbox: str, few: Path, tmp_path: Path
) -> None:
    scene = Scene(empty, sandbox, few, tmp_path / "outputs", "read-only")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("alter database lived set default_transaction_read_only = on")
        outcome = task_processes.run(scene, ["start_run"])
        assert outcome.error == "OutageError"
        assert "The database lived is read-only, as on a standby" in outcome.sentence
        admin.execute("alter database lived reset default_transaction_read_only")
        handed = task_processes.run(scene, ["start_run"]).handed
        admin.execute("alter database lived set default_transaction_read_only = on")
        outcome = task_processes.run(scene, ["load orders"], handed)
        assert outcome.error == "OutageError"
        assert re.match(
            r"The warehouse is read-only at the moment, .*so load orders was undone", outcome.sentence
        )
        assert "Traceback" not in outcome.log
        admin.execute("alter database lived reset default_transaction_read_only")
    assert task_processes.run(scene, ["load orders"], handed).is_done


def test_limits_of_idle_time_are_outages(warehouse: str) -> None:
    for limit, during in (
        ("idle_in_transaction_session_timeout", Connection.transaction),
        ("transaction_timeout", Connection.transaction),
        ("idle_session_timeout", nullcontext),
    ):
        with psycopg.connect(warehouse, autocommit=True) as connection:
            connection.execute(f"set {limit} = 50")
            with pytest.raises(psycopg.Error) as raised, during(connection):
                connection.execute("select 1")
                time.sleep(0.5)
                connection.execute("select 1")
            sentence = sentence_about(raised.value, "publish")
            assert sentence.startswith("The warehouse ended the connection during publish (terminating"), (
                limit
            )


def test_a_right_that_is_missing_is_one_sentence_and_no_other_try(
    server: str, empty: str, sandbox: str, few: Path, tmp_path: Path
) -> None:
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("create role guest login password 'only-here'")
        uri = f"postgresql://guest:only-here@{empty.rpartition('@')[2]}"
        outcome = task_processes.run(Scene(uri, sandbox, few, tmp_path, "guest"), ["start_run"])
        admin.execute("drop role guest")
    assert outcome.error == "AirflowFailException"
    assert outcome.sentence == (
        "The warehouse does not let start_run do its work (permission denied for database lived): give the"
        " pipeline's role that right."
    )
    assert "Traceback" not in outcome.log


# --- Tables of somebody else's ---------------------------------------------------------------------------


def test_everything_the_pipeline_makes_is_written_down(connection: Connection) -> None:
    """Else it would be taken for somebody else's, or theirs for ours."""
    there = {name for (name,) in connection.execute(ALL_NAMES)}
    ours = {name for (name,) in connection.execute("select name from ops.objects")}
    assert there <= ours
    gone = {name for name in ours - there if not name.endswith("()")}
    assert gone == set()


@pytest.mark.parametrize(
    ("theirs", "named"),
    [
        ("create table raw.orders (id integer)", "table raw.orders"),
        ("create view analytics.customer_segments as select 1 as x", "view analytics.customer_segments"),
        ("create view analytics.fact_orders as select 1 as x", "view analytics.fact_orders"),
        ("create table ops.installed (name text)", "table ops.installed"),
        ("create function ops.keep_months() returns integer return 1", "function ops.keep_months()"),
        (
            "create procedure analytics.publish_snapshot() as 'select 1' language sql",
            "analytics.publish_snap",
        ),
        ("create sequence staging.orders", "sequence staging.orders"),
        ("create materialized view ops.objects as select 1", "materialized view ops.objects"),
        ("create function ops.feature_bins(bigint, timestamp, bigint) returns int return 1", "feature_bins"),
    ],
)
def test_what_is_in_the_way_is_named_before_anything_changes(empty: str, theirs: str, named: str) -> None:
    with psycopg.connect(empty, autocommit=True) as connection:
        for schema in ("raw", "staging", "analytics", "ops", "personal"):
            connection.execute(f"create schema {schema}")
            connection.execute(f"comment on schema {schema} is 'ours since 2009'")
        connection.execute(theirs)
        before = connection.execute(ALL_NAMES).fetchall()
        with pytest.raises(OlistError, match=r"^The database lived has things of somebody else's") as raised:
            install(connection, read_strategy())
        assert named in str(raised.value) and "CREATE DATABASE olist" in str(raised.value)
        assert connection.execute(ALL_NAMES).fetchall() == before


def test_what_is_in_the_way_of_a_later_release_is_named_too(connection: Connection) -> None:
    connection.execute("create view analytics.new_view as select 1 as theirs")
    rules = "create or replace view analytics.new_view as select 2 as ours;"
    with pytest.raises(OlistError, match=r"\(view analytics\.new_view\): nothing was changed"):
        install_files(connection, rules)
    assert connection.execute("select theirs from analytics.new_view").fetchone() == (1,)


def test_what_took_the_place_of_something_of_ours_is_one_sentence(connection: Connection) -> None:
    connection.execute("drop view analytics.dim_tiers")
    connection.execute("create table analytics.dim_tiers (mine text)")
    with pytest.raises(OlistError, match=r'"dim_tiers" is not a view, in bi/010_star\.sql'):
        install_files(connection, "select 1;")


def test_their_tables_beside_ours_are_left_alone(
    empty: str, server: str, few: Path, sandbox: str, tmp_path: Path
) -> None:
    with psycopg.connect(empty, autocommit=True) as connection:
        for schema in ("raw", "staging", "analytics", "ops", "personal"):
            connection.execute(f"create schema {schema}")
            connection.execute(f"comment on schema {schema} is 'ours since 2009'")
        theirs = {
            "raw.my_orders": "(order_id text)",
            "staging.orders_file_0": "(order_id text)",
            "analytics.my_dashboard": "(as_of timestamp, customers integer)",
            "analytics.customer_snapshots_20100101t000000": "(as_of timestamp)",
            "ops.snapshot_drafts_0": "(run_id bigint)",
            "ops.my_drafts": "(run_id bigint) partition by list (run_id)",
            "ops.my_drafts_0": "partition of ops.my_drafts for values in (0)",
        }
        for name, definition in theirs.items():
            connection.execute(f"create table {name} {definition}")
        for name in theirs:
            if not name.endswith("my_drafts_0"):
                column = (
                    "run_id" if name.startswith("ops") else "as_of" if "analytics" in name else "order_id"
                )
                value = "0" if column == "run_id" else "'2010-01-01'"
                connection.execute(f"insert into {name} ({column}) values ({value})")
        connection.execute(
            "do $$ begin create role olist_bi; exception when duplicate_object then null; end $$"
        )
        for _ in range(5):
            pipeline.finish(connection, pipeline.run(connection, few))
        connection.execute("call ops.drop_old_snapshots(1)")
        install_files(connection, "select 1;")
        for name in theirs:
            assert connection.execute(f"select count(*) from {name}").fetchone() == (1,), name
            granted = "select has_table_privilege('olist_bi', %s, 'select')"
            assert connection.execute(granted, (name,)).fetchone() == (False,), name
            described = (
                "select count(*) from pg_description"
                " where classoid = 'pg_class'::regclass and objoid = %s::regclass"
            )
            assert connection.execute(described, (name,)).fetchone() == (0,), name
        assert connection.execute(
            "select has_table_privilege('olist_bi', 'analytics.dim_tiers', 'select')"
        ).fetchone() == (True,)
        comments = "select obj_description(%s::regnamespace, 'pg_namespace')"
        for schema in ("raw", "staging", "analytics", "ops", "personal"):
            assert connection.execute(comments, (schema,)).fetchone() == ("ours since 2009",)


@pytest.mark.parametrize(
    ("theirs", "stage"),
    [
        ("ops.order_values_drafts_1", "start"),
        ("staging.orders_file_1", "load"),
        ("analytics.customer_snapshots_20180301t000000", "publish"),
    ],
)
def test_a_table_with_the_name_of_a_part_of_ours_is_named_and_stays(
    connection: Connection, few: Path, theirs: str, stage: str
) -> None:
    connection.execute(f"create table {theirs} as select 1 as mine")
    words = f"The table {theirs} of somebody else's has a name that the pipeline needs"
    with pytest.raises((OlistError, psycopg.errors.DataException), match=re.escape(words)):
        run_id = pipeline.begin(connection, few, date(2018, 3, 1))
        load.load(connection, run_id, "orders")
        pipeline.run(connection, few, date(2018, 3, 1))
    assert connection.execute(f"select mine from {theirs}").fetchall() == [(1,)]


def test_names_are_read_out_of_sql() -> None:
    text = """
    create unlogged table raw.x (a text);
    CREATE OR REPLACE FUNCTION ops.f() returns integer
      drop procedure if exists ops.g(bigint);
    -- create table ops.no
    """
    assert ownership.names_in([text]) == {"raw.x", "ops.f()", "ops.g()"}
    assert ownership.names_in([text], ("drop",)) == {"ops.g()"}
