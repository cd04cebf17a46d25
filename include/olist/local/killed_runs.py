"""Runs of this machine whose process was killed: Airflow and the warehouse still take them for running.

Each `make run` locks a file of its own, `running/<run id>` in its home. Whose lock is free is dead.
"""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from olist.local.locks import locked
from olist.warehouse import read_sql


@contextmanager
def living(home: Path, dag_run_id: str) -> Iterator[None]:
    """Shows that the run's process lives. Enter it while `locks.alone`, or another command ends it."""
    path = _folder(home) / dag_run_id
    with locked(path):
        yield
        path.unlink()


def end_killed_runs(home: Path, dag_id: str) -> list[str]:
    """Marks as failed, in Airflow and in the warehouse, the runs that were killed. Returns their run ids.

    Without it Airflow's scheduler would take them up when the UI is started. Call it while `locks.alone`.
    """
    ended = []
    for path in sorted(_folder(home).iterdir()):
        with suppress(BlockingIOError), locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _end_in_airflow(dag_id, path.name)
            _end_in_warehouse(path.name)
            path.unlink()
            ended.append(path.name)
    return ended


def living_runs(home: Path) -> list[str]:
    """The run ids that are left once the killed ones are ended. Call it while `locks.alone`."""
    return [path.name for path in _folder(home).iterdir()]


def _folder(home: Path) -> Path:
    folder = home / "running"
    folder.mkdir(exist_ok=True)
    return folder


def _end_in_airflow(dag_id: str, dag_run_id: str) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, State, TaskInstanceState
    from sqlalchemy import select

    with create_session() as session:
        found = select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == dag_run_id)
        run = session.scalar(found)
        if run is None or run.state in State.finished_dr_states:
            return
        for task in run.get_task_instances(session=session):
            if task.state == TaskInstanceState.RUNNING:
                task.set_state(TaskInstanceState.FAILED, session=session)
            elif task.state not in State.finished:
                task.set_state(TaskInstanceState.SKIPPED, session=session)
        run.set_state(DagRunState.FAILED)


def _end_in_warehouse(dag_run_id: str) -> None:
    import psycopg

    from olist.orchestration import tasks

    said = {"dag_run_id": dag_run_id, "message": tasks.ENDED_WITHOUT_A_WORD}
    # Killed before it had made the tables.
    with suppress(psycopg.errors.UndefinedTable), closing(tasks.connect()) as connection:
        connection.execute(read_sql("start_run/record_end"), said)
