"""The DAG file: it imports, says what the README says, and leaves heavy work to its tasks."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from support.places import PROJECT

from olist.files.sources import SOURCES
from olist.local.bench.core import STEPS
from olist.orchestration import alerts

DAG_FILE = PROJECT / "dags" / "customer_segmentation.py"
STAGES = [
    "start_run",
    "load",
    "validate",
    "build_features",
    "train_clusters",
    "assign_clusters",
    "compute_actions",
    "publish",
    "upsert_hubspot",
    "write_outputs",
]


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(home))
        patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home / 'airflow.db'}")
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        patch.setenv("OLIST_ALERT_EMAIL", "night@example.com")
        patch.setenv("OLIST_DATA_DIR", "/the data/")
        patch.setenv("OLIST_WAREHOUSE_ADDRESS", "warehouse.example/shop")
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(DAG_FILE)
        assert bag.import_errors == {}
        assert list(bag.dags) == ["customer_segmentation"]
        yield bag.dags["customer_segmentation"]


# What each task waits for. What needs nothing of each other runs side by side.
WAITS_FOR = {
    "start_run": set(),
    "load": {"start_run"},
    "order_values": {"start_run", "load"},
    "validate": {"start_run", "order_values"},
    "customer_rfm": {"start_run", "order_values"},
    "customer_segments": {"start_run", "validate", "customer_rfm"},
    "train_clusters": {"start_run", "validate", "customer_rfm"},
    "assign_clusters": {"start_run", "train_clusters"},
    "compute_actions": {"start_run", "assign_clusters", "customer_segments"},
    "publish": {"start_run", "compute_actions"},
    "plan": {"start_run", "publish"},
    "approve": {"start_run", "plan"},
    "approve_again": {"start_run", "plan", "approve"},
    "approve_at_last": {"start_run", "plan", "approve_again"},
    "send": {"start_run", "approve_at_last"},
    "finish": {"start_run", "send"},
    "write_outputs": {"start_run", "finish"},
}


def test_what_each_task_waits_for(dag) -> None:
    found = {task.label: {dag.get_task(name).label for name in task.upstream_task_ids} for task in dag.tasks}
    assert found == WAITS_FOR
    assert {task.task_id.partition(".")[0] for task in dag.tasks} == set(STAGES)


def test_the_benchmark_runs_stages_side_by_side_as_the_dag_does(dag) -> None:
    before = {"load", "start_run"}
    for step in STEPS:
        names = {stage.__name__ for stage in step}
        assert all(WAITS_FOR[name] <= before for name in names)
        before |= names


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_one_name_everywhere(stage: str) -> None:
    module = PROJECT / "include" / "olist" / "stages" / stage
    assert module.with_suffix(".py").is_file() or (module / "__init__.py").is_file()
    assert list((PROJECT / "include" / "sql" / stage).glob("*.sql"))


def test_policy(dag) -> None:
    # A month that waits for a person does not hold up the next.
    assert dag.max_active_runs == 4
    assert dag.catchup is False
    assert dag.doc_md and dag.tags and dag.owner == "olist"
    assert all(task.retries > 0 for task in dag.tasks)
    # Whatever hangs ends, and the run before the next month.
    assert all(timedelta(0) < task.execution_timeout < dag.dagrun_timeout for task in dag.tasks)
    assert timedelta(hours=12) < dag.dagrun_timeout < timedelta(days=28)
    assert set(dag.params) == {"as_of", "data_dir", "retrain", "sync", "accept"}


def test_a_run_has_a_whole_month(dag) -> None:
    from airflow.timetables.base import TimeRestriction

    first = dag.timetable.next_dagrun_info(
        last_automated_data_interval=None,
        restriction=TimeRestriction(earliest=datetime(2018, 1, 1, tzinfo=UTC), latest=None, catchup=True),
    )
    assert first.data_interval.start == datetime(2018, 1, 1, tzinfo=UTC)
    assert first.data_interval.end == datetime(2018, 2, 1, tzinfo=UTC)


def test_a_failure_is_told_once_and_after_the_last_try(dag) -> None:
    assert dag.on_failure_callback == alerts.run_failed
    for task in dag.tasks:
        assert task.on_failure_callback in ([alerts.task_failed], alerts.task_failed)
        assert not task.on_retry_callback
    (deadline,) = dag.deadline
    assert deadline.callback.path == "olist.orchestration.alerts.run_is_late"


def test_every_task_says_what_it_does_and_how_to_run_it_again(dag) -> None:
    groups = [group for name, group in dag.task_group.get_task_group_dict().items() if name]
    assert len(dag.tasks) == 17 and len(groups) == 2
    for each in [*dag.tasks, *groups]:
        assert len(each.doc_md.split()) > 8
        # A paragraph indented like the code would be shown as code.
        assert "\n\n" not in each.doc_md and "```" not in each.doc_md
    for task in dag.tasks:
        assert re.search("clear|changes nothing|same model", task.doc_md, re.IGNORECASE), task.task_id


def test_the_dag_says_what_a_run_can_be_told_and_where_to_look(dag) -> None:
    assert all(f"`{name}`" in dag.doc_md for name in dag.params)
    assert "docs/runbook.md" in dag.doc_md and (PROJECT / "docs" / "runbook.md").is_file()


def test_the_snapshots_are_an_asset(dag) -> None:
    names = [asset.name for asset in dag.get_task("publish").outlets]
    assert names == [
        "olist_customer_snapshots",
        "postgres://warehouse.example:5432/shop/analytics/customer_snapshots",
    ]


def test_what_goes_in_and_out_has_an_address(dag) -> None:
    """The chain that lineage tools draw: files, tables, snapshots, contacts."""
    inlets = {task.label: [asset.uri for asset in task.inlets] for task in dag.tasks if task.inlets}
    outlets = {
        task.label: [getattr(asset, "uri", asset.name) for asset in task.outlets]
        for task in dag.tasks
        if task.outlets
    }
    tables = [f"postgres://warehouse.example:5432/shop/staging/{source.table}" for source in SOURCES]
    snapshots = "postgres://warehouse.example:5432/shop/analytics/customer_snapshots"
    contacts = "hubspot://api.hubapi.com/contacts"
    assert inlets == {
        "load": [f"file:///the%20data/{source.file_stem}.csv" for source in SOURCES],
        "validate": tables,
        "publish": tables,
        "plan": [snapshots, contacts],
        "send": [snapshots],
        "write_outputs": [snapshots],
    }
    assert outlets == {
        "load": ["olist_loaded_tables"],
        "publish": ["olist_customer_snapshots", snapshots],
        "send": [contacts],
    }


@pytest.mark.parametrize("wanted", [{}, {"OLIST_ALERT_EMAIL": "a@b.com", "OLIST_ALERT_URLS": "json://a"}])
def test_nothing_heavy_is_imported_to_read_the_dag(
    wanted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)
    # With the first address Airflow imports what every provider says of addresses: not ours to count.
    code = (
        "import runpy, sys; import airflow.sdk, airflow.timetables.interval;"
        "airflow.sdk.Asset(uri='hubspot://a/contacts'); before = set(sys.modules);"
        f"runpy.run_path({str(DAG_FILE)!r}); new = set(sys.modules) - before;"
        "print([name for name in new if name.split('.')[0] in"
        " ('apprise', 'numpy', 'pandas', 'sklearn', 'hubspot', 'psycopg', 'sqlalchemy', 'yaml', 'rich')"
        " or 'providers.postgres' in name])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip().splitlines()[-1] == "[]"
