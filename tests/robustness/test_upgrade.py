"""A warehouse made by the first release: brought up to date, nothing lost, and the next run works."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import Connection
from support import pipeline
from support.shop import Shop

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.definitions import create_properties
from olist.hubspot.properties import CHOICES, PROPERTIES
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings
from olist.stages.start_run import install
from olist.strategy.reading import read_strategy
from olist.warehouse.installation import check_server

FIRST_RELEASE = Path(__file__).parent / "first_release" / "warehouse.sql"
TABLES = """
    select relnamespace::regnamespace || '.' || relname
    from pg_class
    where relnamespace::regnamespace::text in ('analytics', 'ops', 'staging')
      and relkind in ('r', 'p') and not relispartition and relname <> 'installed'
"""
SHAPES = {
    "columns": """
        select attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull, attcollation,
            coalesce(pg_get_expr(adbin, adrelid), attidentity::text)
        from pg_attribute
        inner join pg_class on pg_class.oid = attrelid
        left join pg_attrdef on adrelid = attrelid and adnum = attnum
        where attnum > 0 and not attisdropped and relkind in ('r', 'p', 'v') and not relispartition
    """,
    "constraints": """
        select conrelid::regclass::text, pg_get_constraintdef(pg_constraint.oid)
        from pg_constraint inner join pg_class on pg_class.oid = conrelid
        where not relispartition
    """,
    "indexes": """
        select indrelid::regclass::text, pg_get_indexdef(indexrelid)
        from pg_index inner join pg_class on pg_class.oid = indrelid
        where not relispartition
    """,
    "views": "select oid::regclass::text, pg_get_viewdef(oid) from pg_class where relkind = 'v'",
    "comments": """
        select pg_class.oid::regclass::text, objsubid, description
        from pg_description inner join pg_class on pg_class.oid = objoid
        where classoid = 'pg_class'::regclass and not relispartition
    """,
}
ROUTINES = "select pg_proc.oid::regprocedure::text, prosrc from pg_proc"
OURS = " and relnamespace::regnamespace::text in ('raw', 'staging', 'analytics', 'ops', 'personal')"
OUR_ROUTINES = " where pronamespace::regnamespace::text in ('raw', 'staging', 'analytics', 'ops', 'personal')"


@pytest.fixture
def old(server: str) -> Iterator[Connection]:
    """A connection to a warehouse as the first release left it."""
    with psycopg.connect(server, autocommit=True) as other:
        other.execute("create database first_release")
    with psycopg.connect(f"{server.rpartition('/')[0]}/first_release", autocommit=True) as connection:
        connection.execute(FIRST_RELEASE.read_text())
        yield connection
    with psycopg.connect(server, autocommit=True) as other:
        other.execute("drop database first_release with (force)")


def its_shop() -> Shop:
    """What the first release was run on, as of 2017-12-01 and as of 2018-01-01."""
    shop = Shop()
    shop.crowd()
    shop.order(
        "ana", "2017-05-01 10:00:00", [("audio", "100.00", "5.50")], reviews=[(5, "2017-05-09 00:00:00")]
    )
    shop.order("ana", "2017-11-01 10:00:00", [("bebes", "20.00", "0.00"), ("audio", "9.90", "1.10")])
    shop.order("bia", "2017-12-01 10:00:00", status="canceled")
    shop.order("caio", "2017-12-02 10:00:00", reviews=[(1, "2017-12-09 00:00:00")], city="=1+1")
    shop.place("99999", "-23.5", "-46.6")
    shop.tables["olist_customers_dataset"].append(["", "nobody", "1", "x", "SP"])
    for number in range(14):
        shop.order(
            f"p{number:02}", f"2017-0{number % 6 + 1}-03 00:00:00", [("bebes", f"{number + 1}.00", "1.00")]
        )
    return shop


def rows(connection: Connection, table: str) -> list[dict]:
    return [row for (row,) in connection.execute(f"select to_jsonb(t) from {table} as t").fetchall()]


def as_counted(rows: list[dict], columns: set[str]) -> Counter:
    return Counter(json.dumps({name: row[name] for name in columns}, sort_keys=True) for row in rows)


def test_nothing_is_lost(old: Connection) -> None:
    before = {table: rows(old, table) for (table,) in old.execute(TABLES).fetchall()}
    for table in (
        "analytics.customer_snapshots",
        "ops.hubspot_contacts",
        "ops.file_rejects",
        "ops.cluster_models",
    ):
        assert before[table], table
    assert install(old, read_strategy()) is True
    for table, kept in before.items():
        columns = set().union(*kept)
        assert as_counted(rows(old, table), columns) == as_counted(kept, columns), table
    assert install(old, read_strategy()) is False


def test_an_upgraded_warehouse_is_like_a_new_one(old: Connection, connection: Connection) -> None:
    install(old, read_strategy())
    for name, query in SHAPES.items():
        query += OURS
        upgraded, new = (set(each.execute(query).fetchall()) for each in (old, connection))
        assert upgraded == new != set(), name
    upgraded, new = (set(each.execute(ROUTINES + OUR_ROUTINES).fetchall()) for each in (old, connection))
    assert new <= upgraded


def test_the_next_run_works_and_finds_the_same_numbers(
    old: Connection, tmp_path: Path, new_warehouse: Callable[[], str]
) -> None:
    moment = datetime(2018, 1, 1)
    query = (
        "select customer_unique_id, recency_days, monetary, avg_review_score, rfm_code, segment_name"
        " from analytics.customer_snapshots where as_of = %s order by 1"
    )
    before = old.execute(query, (moment,)).fetchall()
    its_shop().write(tmp_path)
    pipeline.run(old, tmp_path, date(2018, 1, 1))
    assert old.execute(query, (moment,)).fetchall() == before != []
    pipeline.run(old, tmp_path)
    with psycopg.connect(new_warehouse(), autocommit=True) as new:
        pipeline.run(new, tmp_path)
        assert pipeline.snapshot(old, datetime(2017, 12, 3, 10)) == pipeline.snapshot(new)
    dates = old.execute("select distinct as_of from analytics.customer_snapshots order by 1").fetchall()
    assert [f"{as_of:%m-%d}" for (as_of,) in dates] == ["12-01", "12-03", "01-01"]


@pytest.mark.parametrize(("version", "shown"), [(150004, "15.4"), (140000, "14.0")])
def test_a_server_that_is_too_old_gets_a_sentence(version: int, shown: str) -> None:
    with pytest.raises(OlistError, match=f"The warehouse is a PostgreSQL {shown}, and 16 or newer is needed"):
        check_server(version)


def test_a_server_of_today_is_accepted() -> None:
    check_server(160000)
    check_server(180004)


def fill(url: str, contacts: list[tuple[str, dict[str, str]]]) -> None:
    """Upserts contacts in this order, from which the sandbox numbers them.

    As the first release made them, what is a dropdown now is a text.
    """
    hubspot = HubSpot(HubSpotSettings(DEFAULT_TOKEN, url))
    released = [
        replace(each, kind="text") if each.kind == "choice" else each
        for each in PROPERTIES
        if each.name not in MOVEMENT
    ]
    create_properties(hubspot, released, {})
    for person, payload in contacts:
        assert hubspot.write_contacts({person: payload}).status == 200


MOVEMENT = {"loyalty_tier_since", "previous_loyalty_tier", "rfm_segment_since", "previous_rfm_segment"}


def test_the_ledger_goes_to_the_account_that_agrees(old: Connection, tmp_path: Path) -> None:
    told = old.execute(
        "select customer_unique_id, payload from ops.hubspot_contacts order by contact_id"
    ).fetchall()
    its_shop().write(tmp_path)
    run_id = pipeline.run(old, tmp_path, date(2018, 1, 1))
    unchanged = "select portal_id, count(*) from ops.hubspot_contacts group by 1 order by 1"
    with (
        running_sandbox(SandboxSettings(portal_id=11)) as right,
        running_sandbox(SandboxSettings(portal_id=22)) as other,
    ):
        fill(right, told)
        # The same people under other ids of HubSpot's, as where a test account was told of them, too.
        fill(other, [("nobody", {}), *told])
        # Without a token: what was known before accounts were told apart. All learn what is new, once.
        plan = pipeline.deliver(old, run_id, None)["plan"]
        assert (plan["create"], plan["update"]) == (0, len(told))
        assert set(plan["changed_properties"]) == MOVEMENT
        sync = pipeline.deliver(old, run_id, other)
        assert (sync["accepted"], sync["plan"]["unchanged"]) == (len(told), 0)
        assert old.execute(unchanged).fetchall() == [(0, len(told)), (22, len(told))]
        sync = pipeline.deliver(old, run_id, right)
        assert (sync["accepted"], sync["plan"]["create"]) == (len(told), 0)
        assert set(sync["plan"]["changed_properties"]) == MOVEMENT
        # Texts have become dropdowns, which have every value; nobody was touched twice.
        hubspot = HubSpot(HubSpotSettings(DEFAULT_TOKEN, right))
        for name in CHOICES:
            offered = {each["value"] for each in hubspot.property(name)["options"]}
            assert {payload[name] for _, payload in told} - {""} <= offered, name
        kept = "select customer_unique_id, payload from ops.hubspot_contacts where portal_id = 11"
        assert pipeline.contacts(right) == dict(old.execute(kept).fetchall())
        deliveries = httpx.get(f"{right}/sandbox/deliveries").json()
        assert (deliveries["contacts"], deliveries["accepted"]) == (len(told), 2 * len(told))
        assert pipeline.deliver(old, run_id, right)["accepted"] == 0
        assert old.execute(unchanged).fetchall() == [(11, len(told)), (22, len(told))]
        # Its past deliveries went with it: an older month is not sent.
        older = pipeline.run(old, tmp_path, date(2017, 12, 1))
        assert pipeline.deliver(old, older, right)["status"] == "superseded"
