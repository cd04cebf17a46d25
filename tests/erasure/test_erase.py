"""An erased person is nowhere, comes back with nothing, and nobody else has changed."""

import gzip
import re
import threading
from datetime import date, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import Connection
from support import pipeline, traces
from support.forgotten import Scene
from support.shop import Shop

from olist.erasure import erase
from olist.exceptions import OlistError
from olist.files.sources import OPTIONAL_TABLES, TABLES
from olist.local.bench.core import CORE
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages import load, publish, upsert_hubspot
from olist.warehouse import read_sql

HEADERS = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
HALF_A_YEAR = [date(2018, month, 1) for month in range(2, 8)]
# What counts rows, or says when something was.
COUNTS = re.compile(
    rb"COPY ops\.(erasures|erased_people|erased_keys|result_inputs|source_files|hubspot_rate)"
)


def others(scene: Scene) -> dict[str, list[bytes]]:
    """The rows of every table without those that name the person, and so of every file."""
    found, name = {}, b""
    for line in traces.dump(scene.uri).splitlines():
        name = line if line.startswith(b"COPY ") else b"" if line == b"\\." else name
        found.setdefault(name.decode(), []).append(line)
    kept = {name: sorted(lines) for name, lines in found.items() if name and not COUNTS.match(name.encode())}
    kept |= {name: text.splitlines(True) for name, text in traces.files(scene.outputs).items()}
    mine = [each.encode() for each in scene.ids]
    return {name: [line for line in lines if not traces.names(line, mine)] for name, lines in kept.items()}


def reload_everything(connection: Connection) -> None:
    """As after a change of the code that reads files: no content is known any more."""
    connection.execute("update ops.source_files set content_hash = file_id where content_hash is not null")


def erased_rows(connection: Connection, run_id: int) -> dict[str, int]:
    found = connection.execute(
        "select table_name, rows_erased from ops.run_files"
        " inner join ops.source_files using (table_name, file_id)"
        " where run_id = %s and rows_erased > 0",
        (run_id,),
    )
    return dict(found.fetchall())


def test_nothing_is_left_and_nobody_else_has_changed(scene: Scene) -> None:
    wanted = others(scene)
    contacts = pipeline.contacts(scene.url)
    assert scene.erase()
    assert scene.traces() == {}
    assert others(scene) == wanted
    assert pipeline.contacts(scene.url) == {k: v for k, v in contacts.items() if k != scene.person}
    assert scene.said[0].startswith("Warehouse: ") and "deleted the contact for good" in scene.said[-1]
    removed, hubspot, is_finished = scene.connection.execute(
        "select rows_removed, hubspot, finished_at is not null from ops.erasures"
    ).fetchone()
    assert removed["analytics.customer_snapshots"] == 1 and removed["ops.file_rejects"] == 6
    assert (hubspot, is_finished) == ({"12345678": "deleted"}, True)
    assert scene.connection.execute("select count(*) from ops.erased_people").fetchone() == (1,)


def test_nothing_brings_the_person_back(scene: Scene) -> None:
    before = erased_rows(scene.connection, pipeline.last_run(scene.connection))
    assert scene.erase() and before == {}
    first = erased_rows(scene.connection, pipeline.last_run(scene.connection))
    run_id = scene.month()
    assert erased_rows(scene.connection, run_id) == first
    copied = "select count(*) from ops.result_inputs where run_id = %s and copied_from_run_id is not null"
    assert scene.connection.execute(copied, (run_id,)).fetchone() == (0,), "it was made with the person"
    reload_everything(scene.connection)
    for path in scene.data_dir.glob("*.csv"):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    run_id = pipeline.begin(scene.connection, scene.data_dir)
    tables = *TABLES, *OPTIONAL_TABLES
    loaded = {table: load.load(scene.connection, run_id, table) for table in tables}
    assert not any(each["was_loaded_before"] for each in loaded.values())
    assert {name: each["rows_erased"] for name, each in loaded.items() if each["rows_erased"]} == first
    for each in loaded.values():
        assert each["rows_read"] == each["rows_accepted"] + each["rows_rejected"] + each["rows_erased"]
    for month in HALF_A_YEAR:
        scene.month(month)
    assert scene.traces() == {}


def test_the_rejects_of_others_keep_their_lines(scene: Scene) -> None:
    name = "olist_orders_dataset.csv"
    with (scene.data_dir / name).open("a") as file:
        file.write("late,somebody,delivered,never,,,,\n")
    scene.erase()
    run_id = pipeline.begin(scene.connection, scene.data_dir)
    pipeline.load_all(scene.connection, run_id)
    lines = (scene.data_dir / name).read_text().count("\n")
    query = "select line, reason from ops.rejected_rows where run_id = %s and table_name = 'orders'"
    found = scene.connection.execute(query, (run_id,)).fetchall()
    assert found == [(lines, "order_purchase_timestamp is not a date")]


@pytest.mark.parametrize("order", [("customers", "orders"), ("orders", "customers")])
def test_a_new_order_of_an_erased_person_stays_nowhere(scene: Scene, order: tuple[str, ...]) -> None:
    scene.erase()
    new = "a-new-order-of-somebody", "the-customer-of-the-new-order"
    scene.ids += new
    more = {
        "olist_customers_dataset.csv": f"{new[1]},{scene.person},01000,x,SP\n",
        "olist_orders_dataset.csv": f"{new[0]},{new[1]},delivered,2018-08-01 00:00:00,,,,\n",
        "olist_order_items_dataset.csv": f"{new[0]},1,p,s,2018-08-01 00:00:00,1.00,1.00\n",
        "olist_order_payments_dataset.csv": f"{new[0]},1,voucher,1,2.00\n",
        "olist_order_reviews_dataset.csv": f"r,{new[0]},5,,,2018-08-02 00:00:00,\n",
    }
    for name, line in more.items():
        with (scene.data_dir / name).open("a") as file:
            file.write(line)
    run_id = pipeline.begin(scene.connection, scene.data_dir)
    for table in (*order, *({*TABLES} - {*order})):
        load.load(scene.connection, run_id, table)
    for stage in CORE:
        stage(scene.connection, run_id)
    assert scene.traces() == {}
    counted = {*erased_rows(scene.connection, run_id)}
    assert counted == {"customers", "orders", "order_items", "order_payments", "order_reviews"}


def test_a_run_under_way_brings_nobody_back(scene: Scene) -> None:
    """One was computed but not published, one was published but not planned, one was planned but not sent."""
    computed = pipeline.begin(scene.connection, scene.data_dir, date(2018, 5, 1))
    pipeline.load_all(scene.connection, computed)
    for stage in CORE[:-1]:
        stage(scene.connection, computed)
    published = pipeline.run(scene.connection, scene.data_dir, date(2018, 6, 1))
    planned = pipeline.last_run(scene.connection) + 1
    assert planned == pipeline.run(scene.connection, scene.data_dir, date(2019, 6, 1))
    parts = upsert_hubspot.plan(scene.connection, planned, "upsert", scene.settings)["parts"]
    scene.erase()
    for part in parts:
        upsert_hubspot.send(scene.connection, planned, part, "upsert", scene.settings)
    upsert_hubspot.finish(scene.connection, planned, scene.settings)
    publish.publish(scene.connection, computed)
    upsert_hubspot.plan(scene.connection, published, "dry_run", scene.settings)
    assert scene.traces() == {}
    assert scene.person not in pipeline.contacts(scene.url)


@pytest.mark.parametrize(
    "work",
    [
        "select pg_advisory_xact_lock_shared(hashtext('ops.hubspot'))",
        "call ops.empty_draft('snapshot_drafts', 1)",
        "call analytics.publish_snapshot(1)",
        read_sql("erase/hold_off"),
    ],
    ids=["delivery", "stage", "publish", "load"],
)
def test_an_erasure_waits_for_who_is_at_work(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    monkeypatch.setattr(erase, "TURN_SECONDS", 0.1)
    monkeypatch.setattr(erase, "PAUSE_SECONDS", 0.1)
    with psycopg.connect(scene.uri) as worker, psycopg.connect(scene.uri, autocommit=True) as mine:
        worker.execute(work)
        scene.connection, before = mine, scene.connection
        erasing = threading.Thread(target=scene.erase)
        erasing.start()
        erasing.join(2)
        assert erasing.is_alive() and len(scene.said) == 1 and "waiting" in scene.said[0]
        worker.commit()
        erasing.join(60)
        scene.connection = before
    assert scene.traces() == {}


def test_a_restored_snapshot_goes_again(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    (part,) = scene.connection.execute(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = 'analytics.customer_snapshots'::regclass"
    ).fetchone()
    scene.connection.execute(f"create table public.backup as select * from {part}")
    scene.erase()
    scene.connection.execute(f"truncate {part}")
    scene.connection.execute(f"insert into {part} select * from public.backup")
    scene.connection.execute("drop table public.backup")
    assert "warehouse" in scene.traces()
    pipeline.begin(scene.connection, scene.data_dir)
    assert "1 people who were erased had come back" in caplog.text
    assert scene.traces() == {}


def test_what_hubspot_could_not_be_told_the_next_delivery_tells_it(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    httpx.put(f"{scene.url}/sandbox/faults", json={"missing_scopes": ["crm.objects.contacts.write"]})
    assert not scene.erase()
    assert "still to delete the contact" in scene.said[-1]
    assert scene.person in pipeline.contacts(scene.url)
    wanted = "select hubspot, finished_at is null from ops.erasures"
    assert scene.connection.execute(wanted).fetchone() == ({"12345678": "pending"}, True)
    httpx.put(f"{scene.url}/sandbox/faults", json={})
    scene.month()
    assert "1 people who were erased here have been taken up there as well" in caplog.text
    assert scene.connection.execute(wanted).fetchone() == ({"12345678": "deleted"}, False)
    assert scene.traces() == {}


def test_without_a_token_hubspot_waits_and_the_command_can_be_repeated(scene: Scene) -> None:
    assert not scene.erase(with_hubspot=False)
    assert scene.erase()
    assert any("was erased before" in each for each in scene.said)
    assert scene.traces() == {}


def test_a_contact_merged_with_anothers_is_left(scene: Scene) -> None:
    ids = dict(scene.connection.execute("select customer_unique_id, contact_id from ops.hubspot_contacts"))
    other = next(each for each in ids if each != scene.person)
    body = {"primaryObjectId": ids[other], "objectIdToMerge": ids[scene.person]}
    httpx.post(f"{scene.url}/crm/v3/objects/contacts/merge", json=body, headers=HEADERS).raise_for_status()
    assert scene.erase()
    assert "merged the contact with that of another customer" in scene.said[-1]
    assert other in pipeline.contacts(scene.url)


def test_somebody_unknown_is_one_sentence_and_asked_for_in_hubspot(scene: Scene) -> None:
    connection = scene.connection
    connection.execute("delete from ops.hubspot_contacts where customer_unique_id = %s", (scene.person,))
    assert scene.erase("nobody-at-all")
    assert scene.said[0].startswith("Warehouse: nobody has this id, so nothing was removed.")
    assert scene.said[-1] == "HubSpot: the account 12345678 has no contact of the person."
    assert scene.erase()
    assert scene.person not in pipeline.contacts(scene.url), "it is found by our id"
    with pytest.raises(OlistError, match="Nobody is erased without a name"):
        scene.erase("")


def test_a_table_of_tomorrow_is_erased_from_as_well(scene: Scene) -> None:
    connection = scene.connection
    connection.execute("create table ops.tomorrow (customer_unique_id text, what text)")
    connection.execute("insert into ops.objects (name) values ('ops.tomorrow')")
    connection.execute("insert into ops.tomorrow values (%s, 'x'), ('somebody', 'y')", (scene.person,))
    connection.execute("update ops.pipeline_runs set message = %s", (f"HubSpot said: {scene.person} is odd",))
    scene.erase()
    assert connection.execute("select what from ops.tomorrow").fetchall() == [("y",)]
    assert connection.execute("select message from ops.pipeline_runs").fetchone() == (
        "HubSpot said: (erased) is odd",
    )


def test_what_two_people_share_stays_with_the_other(connection: Connection, tmp_path: Path) -> None:
    """A file has given one order to another customer than the file before."""
    shop = Shop()
    shop.crowd()
    shop.order("mine", "2017-01-01 00:00:00", order_id="moved")
    shop.order("mine", "2017-02-01 00:00:00", order_id="kept")
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    pipeline.run(connection, shop.write(tmp_path / "one"))
    shop.tables["olist_customers_dataset"][3][1] = "yours"
    pipeline.run(connection, shop.write(tmp_path / "two"))
    erase.erase(connection, "mine", tmp_path / "outputs", None, lambda _: None)
    query = "select customer_unique_id, frequency from analytics.customer_rfm_table order by 1 limit 1"
    assert connection.execute(query).fetchall() == [("yours", 1)]
    assert connection.execute(
        "select order_id from staging.orders where order_id !~ 'order-'"
    ).fetchall() == [("moved",)]


def small_shop(folder: Path, without: str | None = None) -> Path:
    """20 people, of whom one has 12 of the 31 orders."""
    shop = Shop()
    for number in range(31):
        person = "regular" if number < 12 else f"person-{number}"
        day = date(2018, 1, 1) + timedelta(days=number)
        if person != without:
            shop.order(
                person, f"{day} 00:00:00", order_id=f"order-{number}", reviews=[(5, f"{day} 12:00:00")]
            )
    folder.mkdir()
    return shop.write(folder)


@pytest.mark.parametrize("is_in_file", [True, False])
def test_gates_are_quiet_in_a_shop_of_twenty(
    connection: Connection, tmp_path: Path, is_in_file: bool
) -> None:
    """Whether the shop has taken the person out of its own files or not."""
    run_id = pipeline.run(connection, small_shop(tmp_path / "before"), date(2018, 3, 1))
    pipeline.finish(connection, run_id)
    erase.erase(connection, "regular", tmp_path / "outputs", None, lambda _: None)
    data_dir = small_shop(tmp_path / "after", without=None if is_in_file else "regular")
    for as_of in (date(2018, 3, 1), date(2018, 4, 1)):
        run_id = pipeline.run(connection, data_dir, as_of)
        query = (
            "select check_name from ops.validation_results"
            " where run_id = %s and severity = 'critical' and not passed"
        )
        assert connection.execute(query, (run_id,)).fetchall() == []
        query = "select gate, detail from ops.gate_results where run_id = %s and not passed"
        assert connection.execute(query, (run_id,)).fetchall() == []
    assert len(pipeline.snapshot(connection)) == 19


def test_a_run_looks_from_the_same_moment_without_whoever_bought_last(
    connection: Connection, tmp_path: Path
) -> None:
    data_dir = small_shop(tmp_path / "files")
    pipeline.finish(connection, pipeline.run(connection, data_dir))
    query = "select as_of from ops.pipeline_runs order by run_id desc limit 1"
    as_of = connection.execute(query).fetchone()
    erase.erase(connection, "person-30", tmp_path / "outputs", None, lambda _: None)
    for _ in range(2):
        pipeline.finish(connection, pipeline.run(connection, data_dir))
        assert connection.execute(query).fetchone() == as_of
        assert len(pipeline.snapshot(connection)) == 19
        reload_everything(connection)
