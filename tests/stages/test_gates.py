"""Gates: what is far from normal changes neither what people read nor HubSpot, unless a person says so."""

import csv
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.report.summary import read_summary
from olist.stages import compute_actions, publish
from olist.strategy.limits import GATES, Limits
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.sql import functions

FILES = {table: f"olist_{table}_dataset.csv" for table in ("orders", "order_items", "order_reviews")}


def keep_rows(path: Path, keep: Callable[[int, list[str]], bool]) -> None:
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *(row for number, row in enumerate(rows) if keep(number, row))])


def half_of_everything(data_dir: Path, connection: Connection) -> None:
    keep_rows(data_dir / FILES["orders"], lambda number, row: row[0] < "8")
    with (data_dir / FILES["orders"]).open() as file:
        orders = {row["order_id"] for row in csv.DictReader(file)}
    for name in ("order_items", "order_reviews"):
        place = 0 if name == "order_items" else 1
        keep_rows(data_dir / FILES[name], lambda number, row, place=place: row[place] in orders)


def half_of_geolocation(data_dir: Path, connection: Connection) -> None:
    keep_rows(data_dir / "olist_geolocation_dataset.csv", lambda number, row: number % 2 == 0)


def reviews_without_a_score(data_dir: Path, connection: Connection) -> None:
    path = data_dir / FILES["order_reviews"]
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    for row in rows[1::10]:
        row[2] = "good"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def forty_customers_fewer(data_dir: Path, connection: Connection) -> None:
    keep_rows(data_dir / FILES["orders"], lambda number, row: number >= 40)


def other_tiers_last_month(data_dir: Path, connection: Connection) -> None:
    connection.execute("update analytics.customer_snapshots set loyalty_tier = 'Gold'")
    connection.execute("""update ops.hubspot_contacts set payload = payload || '{"loyalty_tier": "Gold"}'""")


def other_actions_last_month(data_dir: Path, connection: Connection) -> None:
    connection.execute("update analytics.customer_snapshots set next_action = 'Call' where f_score > 2")
    connection.execute(
        """update ops.hubspot_contacts set payload = payload || '{"next_action": "Call"}' """
        "where hashtext(customer_unique_id) % 10 <> 0"
    )


def apologies_for_all(data_dir: Path, connection: Connection) -> None:
    text = STRATEGY_FILE.read_text().replace("Free Shipping Nudge", "Apology Email + Service Recovery")
    path = data_dir / "strategy.yaml"
    path.write_text(text)
    connection.execute(functions(read_strategy(path)))
    # The rules were not installed as a run installs them, so it would copy what the other rules came to.
    connection.execute("delete from ops.result_inputs")


CASES = {
    "rows_lost": (half_of_geolocation, r"olist_geolocation_dataset.csv has \d+ rows, 50.0 % fewer than the"),
    "rejected_rows": (
        reviews_without_a_score,
        r"olist_order_reviews_dataset.csv: \d+ of [\d,]+ rows were set aside",
    ),
    "customers_lost": (forty_customers_fewer, r"\d+ of 1\d\d\d customers as of 2018-\S+ \S+ are not"),
    "tier_share_change": (other_tiers_last_month, r"Gold would go from 100.0 % of the customers as of .* to"),
    "changed_actions": (other_actions_last_month, r"\d+ of 1\d\d\d customers would have another next action"),
    "apologies_without_review": (apologies_for_all, r"\d+ customers without a review would get an apology"),
}
# Measured on the plan of a delivery: tests/stages/upsert_hubspot/test_created_contacts.py.
OF_THE_PLAN = {"created_contacts"}


@pytest.fixture
def delivered(copy_of: Callable[..., str], demo: Path, sandbox: str) -> Iterator[Connection]:
    """A warehouse with last month's run, published and delivered."""
    with psycopg.connect(copy_of(pipeline.run, demo), autocommit=True) as connection:
        run_id = pipeline.last_run(connection)
        pipeline.deliver(connection, run_id, sandbox)
        pipeline.finish(connection, run_id)
        yield connection


def everything(connection: Connection, url: str) -> tuple[Any, ...]:
    orders = connection.execute("select * from analytics.order_values order by order_id").fetchall()
    return pipeline.snapshot(connection), orders, pipeline.ledger(connection), pipeline.contacts(url)


def warnings_of(connection: Connection, run_id: int) -> list[str]:
    return read_summary(connection, run_id)["warnings"]


def test_every_gate_has_a_case_and_a_limit() -> None:
    limits = {name.removeprefix("max_") for name in Limits.model_fields if name.startswith("max_")}
    assert set(CASES) | OF_THE_PLAN == set(GATES) == limits - {"rejected_contacts"}


@pytest.mark.parametrize("gate", CASES)
def test_a_tripped_gate_leaves_everything_as_it_was(
    gate: str, delivered: Connection, data_dir: Path, sandbox: str
) -> None:
    happens, sentence = CASES[gate]
    happens(data_dir, delivered)
    before = everything(delivered, sandbox)
    with pytest.raises(OlistError, match=f"{gate}: {sentence}") as error:
        pipeline.run(delivered, data_dir)
    assert f"runs it with accept={gate}." in str(error.value)
    assert everything(delivered, sandbox) == before
    assert delivered.execute(
        "select distinct gate, accepted from ops.gate_results where not passed"
    ).fetchall() == [(gate, False)]

    run_id = pipeline.run(delivered, data_dir, accept=(gate,))
    assert pipeline.deliver(delivered, run_id, sandbox)["status"] == "delivered"
    contacts = pipeline.contacts(sandbox)
    expected = pipeline.payloads(delivered, run_id)
    assert {person: contacts[person] for person in expected} == expected
    assert any(f"{gate}, which a person accepted" in each for each in warnings_of(delivered, run_id))


def test_half_a_delivery_stops_before_a_model_learns_from_it(
    delivered: Connection, data_dir: Path, sandbox: str
) -> None:
    before = everything(delivered, sandbox)
    half_of_everything(data_dir, delivered)
    with pytest.raises(OlistError, match=r"before anything was computed.*olist_orders_dataset.csv has"):
        pipeline.run(delivered, data_dir)
    assert everything(delivered, sandbox) == before
    assert delivered.execute("select count(*) from ops.cluster_models").fetchone() == (1,)


def test_no_gate_reads_a_table_once_for_each_customer(delivered: Connection) -> None:
    for stage in ("publish", "upsert_hubspot"):
        query = f"explain (analyze, format json) select * from ops.customers_before(1, '{stage}')"
        (plan,) = delivered.execute(query).fetchone()[0]
        nodes = [plan["Plan"]]
        for node in nodes:
            nodes.extend(node.get("Plans", []))
        # Parallel workers count as well.
        assert max(node.get("Actual Loops", 0) for node in nodes) < 5


def test_the_gates_of_a_try_that_was_killed_may_still_be_measured(delivered: Connection) -> None:
    run_id = pipeline.last_run(delivered)
    info = delivered.info
    with (
        psycopg.connect(info.dsn, password=info.password) as killed,
        psycopg.connect(info.dsn, password=info.password, autocommit=True) as retry,
        ThreadPoolExecutor() as pool,
    ):
        killed.execute("delete from ops.gate_results")
        killed.execute("call ops.check_gates(%s, 'upsert_hubspot')", (run_id,))
        second = pool.submit(retry.execute, "call ops.check_gates(%s, 'upsert_hubspot')", (run_id,))
        with pytest.raises(TimeoutError):
            second.result(timeout=0.5)
        killed.commit()
        second.result(timeout=60)


@pytest.mark.slow
@pytest.mark.parametrize("gate", [gate for gate in CASES if gate not in ("rows_lost", "rejected_rows")])
def test_gates_are_measured_again_against_what_hubspot_has(
    gate: str, connection: Connection, data_dir: Path, sandbox: str
) -> None:
    pipeline.deliver(connection, pipeline.run(connection, data_dir), sandbox)
    if gate in ("customers_lost", "apologies_without_review"):
        CASES[gate][0](data_dir, connection)
    run_id = pipeline.begin(connection, data_dir, sync="upsert", accept=(gate,))
    pipeline.load_all(connection, run_id)
    for stage in pipeline.CORE:
        stage(connection, run_id)
    connection.execute("update ops.pipeline_runs set accepted_gates = '{}' where run_id = %s", (run_id,))
    if gate in ("tier_share_change", "changed_actions"):
        CASES[gate][0](data_dir, connection)
    before = everything(connection, sandbox)
    with pytest.raises(OlistError, match=f"stopped before anything was sent: {gate}: "):
        pipeline.deliver(connection, run_id, sandbox)
    assert everything(connection, sandbox) == before
    assert pipeline.deliver(connection, run_id, sandbox, "dry_run")["status"] == "dry_run"
    assert any(f"{gate}, which would stop a delivery" in each for each in warnings_of(connection, run_id))


def test_files_are_compared_with_the_run_before_again_before_sending(
    delivered: Connection, data_dir: Path, sandbox: str
) -> None:
    run_id = pipeline.run(delivered, data_dir)
    delivered.execute(
        "update ops.source_files set rows_read = 10, rows_rejected = 1, rows_accepted = 9 where file_id ="
        " (select file_id from ops.run_files where run_id = %s and table_name = 'sellers')",
        (run_id,),
    )
    with pytest.raises(OlistError, match=r"before anything was sent: rejected_rows: .*csv: 1 of 10 rows"):
        pipeline.deliver(delivered, run_id, sandbox)
    with pytest.raises(OlistError, match=r"before its snapshot was published: rejected_rows: .*csv: 1 of 10"):
        publish.publish(delivered, run_id)


def test_a_stopped_delivery_does_not_hold_up_an_older_one(
    connection: Connection, data_dir: Path, sandbox: str
) -> None:
    pipeline.deliver(connection, pipeline.run(connection, data_dir, date(2018, 5, 1)), sandbox)
    july = pipeline.run(connection, data_dir, date(2018, 7, 1))
    connection.execute(
        "update ops.snapshot_drafts set next_action = 'Apology Email + Service Recovery' where run_id = %s",
        (july,),
    )
    with pytest.raises(OlistError, match="customers without a review would get an apology"):
        pipeline.deliver(connection, july, sandbox)
    june = pipeline.run(connection, data_dir, date(2018, 6, 1))
    assert pipeline.deliver(connection, june, sandbox)["status"] == "delivered"


def test_an_older_month_is_not_compared_with_what_hubspot_has(
    delivered: Connection, data_dir: Path, sandbox: str
) -> None:
    april = pipeline.run(delivered, data_dir, date(2018, 4, 1))
    assert pipeline.deliver(delivered, april, sandbox)["status"] == "superseded"


@pytest.mark.slow
def test_more_may_change_in_more_months(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo, date(2018, 2, 1))
    allowed = "select max(allowed) from ops.gate_results where run_id = %s and gate = %s"
    for month, expected in ((3, 0.25), (4, 0.25), (7, 0.75)):
        run_id = pipeline.run(connection, demo, date(2018, month, 1))
        found = connection.execute(allowed, (run_id, "tier_share_change")).fetchone()
        assert float(found[0]) == expected
    assert connection.execute(allowed, (run_id, "changed_actions")).fetchone() == (1,)


def test_shares_of_few_customers_are_not_compared(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo, date(2017, 5, 1))
    connection.execute("update analytics.customer_snapshots set loyalty_tier = 'Gold', next_action = 'Call'")
    run_id = pipeline.run(connection, demo, date(2017, 6, 1))
    measured = connection.execute(
        "select distinct gate from ops.gate_results where run_id = %s and stage = 'publish'", (run_id,)
    ).fetchall()
    assert {gate for (gate,) in measured} == {"rows_lost", "rejected_rows", "apologies_without_review"}


def test_the_call_has_the_same_gates(delivered: Connection) -> None:
    other_actions_last_month(Path(), delivered)
    with pytest.raises(psycopg.DataError, match=r"before publish: changed_actions: .*accept=changed_actions"):
        delivered.execute("call analytics.refresh_customer_segments()")
    delivered.execute("call analytics.refresh_customer_segments(accept => '{changed_actions}')")


def test_what_a_person_accepted_is_in_the_log(
    delivered: Connection, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    half_of_geolocation(data_dir, delivered)
    with caplog.at_level(logging.WARNING, "olist.stages.gates"):
        pipeline.run(delivered, data_dir, accept=("rows_lost",))
    assert "accepted by a person: rows_lost: olist_geolocation_dataset.csv has" in caplog.text


def test_an_apology_that_is_no_action_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "strategy.yaml"
    path.write_text(STRATEGY_FILE.read_text().replace("apologies: [", "apologies: [An "))
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "apologies: [An" in text)
    with pytest.raises(OlistError, match=f"line {line}: 'An Apology Email .* is not a next action"):
        read_strategy(path)


def test_retrying_the_stages_of_a_stopped_run_stops_it_again(delivered: Connection, data_dir: Path) -> None:
    other_actions_last_month(data_dir, delivered)
    run_id = pipeline.begin(delivered, data_dir)
    pipeline.load_all(delivered, run_id)
    for stage in pipeline.CORE[:-1]:
        stage(delivered, run_id)
    for _ in range(2):
        compute_actions.compute_actions(delivered, run_id)
        with pytest.raises(OlistError, match="changed_actions"):
            publish.publish(delivered, run_id)
