"""The DAG file: it imports, says what the README says, and leaves heavy work to its tasks."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
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
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(DAG_FILE)
        assert bag.import_errors == {}
        assert list(bag.dags) == ["customer_segmentation"]
        yield bag.dags["customer_segmentation"]


def test_the_stages_follow_each_other(dag) -> None:
    order = [task.task_id.partition(".")[0] for task in dag.topological_sort()]
    assert list(dict.fromkeys(order)) == STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_one_name_everywhere(stage: str) -> None:
    assert (PROJECT / "include" / "olist" / f"{stage}.py").is_file()
    assert list((PROJECT / "include" / "sql" / stage).glob("*.sql"))


def test_policy(dag) -> None:
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert dag.doc_md and dag.tags and dag.owner == "olist"
    assert all(task.retries > 0 for task in dag.tasks)
    assert set(dag.params) == {"as_of", "data_dir", "retrain", "sync", "accept"}


def test_a_run_has_a_whole_month(dag) -> None:
    from airflow.timetables.base import TimeRestriction

    first = dag.timetable.next_dagrun_info(
        last_automated_data_interval=None,
        restriction=TimeRestriction(earliest=datetime(2018, 1, 1, tzinfo=UTC), latest=None, catchup=True),
    )
    assert first.data_interval.start == datetime(2018, 1, 1, tzinfo=UTC)
    assert first.data_interval.end == datetime(2018, 2, 1, tzinfo=UTC)


def test_nothing_heavy_is_imported_to_read_the_dag() -> None:
    code = (
        "import runpy, sys; import airflow.sdk, airflow.timetables.interval; before = set(sys.modules);"
        f"runpy.run_path({str(DAG_FILE)!r}); new = set(sys.modules) - before;"
        "print([name for name in new if name.split('.')[0] in"
        " ('numpy', 'pandas', 'sklearn', 'hubspot', 'psycopg', 'sqlalchemy', 'yaml', 'rich')"
        " or 'providers.postgres' in name])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip().splitlines()[-1] == "[]"
