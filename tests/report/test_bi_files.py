"""What analysts connect to: a star whose every column says what it means, and files that open it."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from psycopg import Connection
from support import pipeline
from support.places import PROJECT

from olist.report.bi_files import power_bi, tableau
from olist.stages.write_outputs import write_outputs

SCHEMAS = ["analytics", "ops", "staging", "raw", "personal"]
STAR = ["fact_customer_snapshots", "fact_orders", "dim_customers", "dim_dates", "dim_segments", "dim_tiers"]
JOINS = [
    ("fact_customer_snapshots", "customer_unique_id", "dim_customers", "customer_unique_id"),
    ("fact_customer_snapshots", "as_of_date", "dim_dates", "day"),
    ("fact_customer_snapshots", "segment_name", "dim_segments", "segment_name"),
    ("fact_customer_snapshots", "loyalty_tier", "dim_tiers", "loyalty_tier"),
    ("fact_orders", "order_day", "dim_dates", "day"),
]
COLUMNS = {
    "final_customer_segments": "as_of,customer_unique_id,first_purchase_date,last_purchase_date,recency_days,"
    "frequency,monetary,avg_review_score,favorite_category,customer_city,customer_state,latitude,longitude,"
    "r_score,f_score,m_score,rfm_code,segment_name,loyalty_tier,next_action,action_priority,model_id",
    "segment_summary_analysis": "as_of,segment_name,customer_count,pct_of_total_customers,avg_lifetime_spend,"
    "avg_frequency,avg_recency_days",
    "customer_rfm_scores": "customer_unique_id,recency_days,frequency,monetary,r_score,f_score,m_score,"
    "rfm_code",
    "intermediate_order_values": "order_id,customer_id,customer_unique_id,order_status,order_date,"
    "items_total,payments_total,is_qualifying",
    "bi_view_customer_segments": "as_of,customer_unique_id,segment_name,loyalty_tier,next_action,"
    "next_action_reason,recency_days,frequency,monetary,avg_review_score,favorite_category,customer_city,"
    "customer_state,latitude,longitude,first_purchase_date,last_purchase_date",
    "campaign_list": "olist_customer_id,operation,outcome,changed_properties,loyalty_tier,next_action,"
    "next_action_reason,rfm_segment,lifetime_value,order_count,last_purchase_date,favorite_category,"
    "avg_review_score,customer_state",
}


def test_every_table_and_column_says_what_it_means(connection: Connection) -> None:
    silent = connection.execute(
        "select attrelid::regclass || '.' || attname from pg_attribute"
        " inner join pg_class on pg_class.oid = attrelid"
        " inner join pg_namespace on pg_namespace.oid = relnamespace"
        " where nspname = any (%s) and relkind in ('r', 'p', 'v') and not relispartition"
        " and attnum > 0 and not attisdropped"
        " and (col_description(attrelid, attnum) is null or obj_description(attrelid, 'pg_class') is null)",
        (SCHEMAS,),
    ).fetchall()
    assert silent == []


def test_the_same_name_in_one_place_may_mean_something_else(connection: Connection) -> None:
    meaning = (
        "select col_description(attrelid, attnum) from pg_attribute"
        " where attrelid = %s::regclass and attname = %s"
    )

    def of(relation: str, column: str) -> str:
        return connection.execute(meaning, (relation, column)).fetchone()[0]

    assert of("analytics.vw_segment_outcomes", "repurchased_90d").startswith("How many bought again")
    assert of("analytics.vw_customer_outcomes", "repurchased_90d").startswith("Whether the customer")


@pytest.mark.parametrize(("fact", "key", "dimension", "joined"), JOINS)
def test_every_fact_has_its_one_row_in_each_dimension(
    connection: Connection, demo: Path, fact: str, key: str, dimension: str, joined: str
) -> None:
    pipeline.run(connection, demo)
    lost, twice = connection.execute(
        f"select (select count(*) from analytics.{fact} left join analytics.{dimension}"
        f" on {dimension}.{joined} = {fact}.{key} where {dimension}.{joined} is null),"
        f" (select count(*) - count(distinct {joined}) from analytics.{dimension})"
    ).fetchone()
    assert (lost, twice) == (0, 0)


def test_facts_add_up_to_what_the_snapshot_says(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo)
    spent, bought, expected = connection.execute(
        "select (select sum(monetary) from analytics.fact_customer_snapshots),"
        " (select sum(items_total) from analytics.fact_orders where is_qualifying),"
        " (select sum(monetary) from analytics.vw_customer_segments)"
    ).fetchone()
    assert spent == bought == expected > 0


def test_segments_and_tiers_are_in_the_order_of_the_file(connection: Connection) -> None:
    tiers = connection.execute("select loyalty_tier from analytics.dim_tiers order by position").fetchall()
    assert tiers == [("Platinum",), ("Gold",), ("Silver",)]
    first = connection.execute(
        "select segment_name from analytics.dim_segments where position = 1"
    ).fetchone()
    assert first == ("Champions",)


def test_power_bi_finds_the_warehouse(connection: Connection) -> None:
    (source,) = json.loads(power_bi(connection))["connections"]
    info = connection.info
    assert source["details"] == {
        "protocol": "postgresql",
        "address": {"server": f"{info.host}:{info.port}", "database": info.dbname},
    }
    assert info.password not in power_bi(connection)


def test_tableau_finds_the_latest_snapshot_and_knows_its_columns(connection: Connection) -> None:
    text = tableau(connection)
    source = ElementTree.fromstring(text)
    server = source.find("connection/named-connections/named-connection/connection")
    info = connection.info
    assert (server.get("server"), server.get("port"), server.get("dbname"), server.get("username")) == (
        info.host,
        str(info.port),
        info.dbname,
        "",
    )
    assert source.find("connection/relation").get("table") == "[analytics].[vw_customer_segments]"
    columns = {column.get("name").strip("[]"): column for column in source.findall("column")}
    cursor = connection.execute("select * from analytics.vw_customer_segments limit 0")
    assert list(columns) == [column.name for column in cursor.description]
    assert columns["monetary"].get("role") == "measure"
    assert columns["latitude"].get("semantic-role") == "[Geographical].[Latitude]"
    assert all(column.find("desc/formatted-text/run").text for column in columns.values())
    assert info.password not in text


def test_dashboards_can_rely_on_the_columns_of_the_files(
    connection: Connection, demo: Path, tmp_path: Path
) -> None:
    run_id = pipeline.run(connection, demo)
    pipeline.deliver(connection, run_id, None)
    folder = Path(write_outputs(connection, run_id, tmp_path)["folder"])
    found = {path.stem: path.open().readline().strip() for path in folder.glob("*.csv")}
    assert found == COLUMNS
    listed = " ".join((PROJECT / "docs" / "bi.md").read_text().split())
    assert COLUMNS["bi_view_customer_segments"].replace(",", ", ") in listed
