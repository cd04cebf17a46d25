"""`make run` as a user has it: one command, the whole DAG, real servers, files at the end."""

import csv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.chat_server import running_chat_server
from support.places import PROJECT
from support.user import User

from olist.files.sources import TABLES
from olist.local import postgres, sandbox_process
from olist.stages.upsert_hubspot import PARTS

pytestmark = pytest.mark.airflow

FILES = {
    "final_customer_segments.csv",
    "segment_summary_analysis.csv",
    "customer_rfm_scores.csv",
    "intermediate_order_values.csv",
    "bi_view_customer_segments.csv",
    "campaign_list.csv",
    "report.html",
}


@pytest.fixture(scope="module")
def user(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    folder = tmp_path_factory.mktemp("a user's folder")
    user = User(folder / "home", demo, folder / "outputs")
    yield user
    user.leaves()


# A proxy and a PostgreSQL that are not there, and a session as nobody here wants it.
SHELL = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), "http://127.0.0.1:9"),
    "PGHOSTADDR": "192.0.2.1",
    "PGSERVICE": "nowhere",
    "PGSSLMODE": "require",
    "PGCHANNELBINDING": "require",
    "PGTARGETSESSIONATTRS": "standby",
    "PGOPTIONS": "-c default_transaction_read_only=on",
    "PGDATESTYLE": "SQL, DMY",
    "PGCLIENTENCODING": "latin1",
}


def test_run_twice_then_stop(user: User) -> None:
    first = user.types("run", **SHELL)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Customers as of 2018-08-" in first.stdout
    everybody = "select * from analytics.customer_snapshots order by as_of, customer_unique_id"
    snapshot = user.asks(everybody)
    assert {path.name for path in user.outputs.iterdir() if path.is_file()} == {"olist.pbids", "olist.tds"}
    (folder,) = (path for path in user.outputs.iterdir() if path.is_dir())
    assert {path.name for path in folder.iterdir()} == FILES
    with (folder / "final_customer_segments.csv").open() as file:
        written = list(csv.DictReader(file))
    assert len(written) == len(snapshot)
    assert all(row["last_purchase_date"].startswith("201") for row in written)
    url = sandbox_process.status(user.home / "data")
    requests = httpx.get(f"{url}/sandbox/requests").json()["requests"]
    assert len(httpx.get(f"{url}/sandbox/contacts.ndjson").text.splitlines()) == len(snapshot)

    with running_chat_server() as chat:
        wanted = {"OLIST_ALERT_URLS": chat.url(), "OLIST_ALERT_GOOD_NEWS": "true"}
        second = user.types("run", OLIST_ACCEPT="rows_lost, customers_lost", **wanted)
    assert second.returncode == 0, second.stdout + second.stderr
    (news,) = chat.posts
    headline = f"{len(snapshot):,} customers as of 2018-08-"
    assert news["type"] == "success" and headline in news["title"]
    assert "HubSpot took 0 contacts." in news["message"] and "/report.html" in news["message"]
    assert user.asks(everybody) == snapshot
    assert " rows, unchanged" in second.stdout
    again = httpx.get(f"{url}/sandbox/requests").json()["requests"]
    upserts = [[each for each in log if each["path"].endswith("/batch/upsert")] for log in (requests, again)]
    assert upserts[0] == upserts[1]

    (as_of,) = {str(row[0]) for row in snapshot}
    published = {"as_of": as_of, "customers": len(snapshot)}
    warehouse = "postgres://olist_warehouse:5432/olist"
    events = user.asks(
        "select name, asset_event.extra, source_task_id"
        " from asset_event inner join asset on asset.id = asset_id",
        database="airflow",
    )
    assert [extra for name, extra, _ in events if name == "olist_customer_snapshots"] == [published] * 2
    address = f"{warehouse}/analytics/customer_snapshots"
    assert [extra for name, extra, _ in events if name == address] == [published] * 2
    loaded = sorted(name for name, _, task in events if task == "load")
    assert loaded == sorted([f"{warehouse}/staging/{table}" for table in TABLES] * 2)
    # The second run had nothing to tell HubSpot.
    sent = [name for name, _, task in events if task == "upsert_hubspot.send"]
    assert sent == ["hubspot://api.hubapi.com/contacts"] * PARTS
    assert user.asks("select count(*) from ops.pipeline_runs where status = 'succeeded'") == [(2,)]
    accepted = "select accepted_gates from ops.pipeline_runs order by run_id"
    assert user.asks(accepted) == [([],), (["rows_lost", "customers_lost"],)]
    assert user.types("stop").returncode == 0
    assert postgres.status(user.home / "data") is None
    assert sandbox_process.status(user.home / "data") is None


def test_the_commands_beside_run(user: User) -> None:
    shown = user.types("airflow", "config", "get-value", "core", "dags_folder")
    assert shown.stdout.splitlines()[-1] == str(PROJECT / "dags"), shown.stderr
    evaluated = user.types("evaluate")
    assert evaluated.returncode == 0, evaluated.stdout + evaluated.stderr
    assert "nothing can be said yet" in evaluated.stdout
    assert "takes no arguments" in user.types("stop", "everything").stderr


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"OLIST_DATA_DIR": "/nowhere/at all"}, "The data folder /nowhere/at all does not exist"),
        ({"HUBSPOT_ACCESS_TOKEN": "wrong"}, "refused the access token (401): set HUBSPOT_ACCESS_TOKEN"),
        ({"OLIST_AS_OF": "01.02.2018"}, "as_of"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_changes_nothing(
    user: User, settings: dict[str, str], sentence: str
) -> None:
    if "HUBSPOT_ACCESS_TOKEN" in settings:
        url, _ = sandbox_process.start(user.home / "data")
        settings = {
            "AIRFLOW_CONN_HUBSPOT_DEFAULT": f'{{"conn_type":"hubspot","host":"{url}","password":"x"}}'
        }
    failed = user.types("run", **settings)
    assert failed.returncode != 0
    assert sentence in " ".join(failed.stdout.split())
    assert "Traceback" not in failed.stdout + failed.stderr
