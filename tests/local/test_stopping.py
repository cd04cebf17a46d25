"""A run that is stopped or killed: one sentence, soon, a record of it, and the next run does the rest."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.user import User

from olist.local.locks import locked
from olist.orchestration.tasks import ENDED_WITHOUT_A_WORD

pytestmark = pytest.mark.airflow

RUNS = "select status, message from ops.pipeline_runs order by run_id"
STAGES = "select stage from ops.stage_runs where run_id = (select max(run_id) from ops.pipeline_runs)"


@pytest.fixture(scope="module")
def user(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    folder = tmp_path_factory.mktemp("a user's folder")
    user = User(folder / "home", few, folder / "outputs")
    yield user
    user.leaves()


def until(process: subprocess.Popen, word: str) -> str:
    """What a command prints, up to the line with a word."""
    said = ""
    while word not in said:
        line = process.stdout.readline()
        assert line, said + process.stderr.read()
        said += line
    return said


def test_a_stopped_run_is_recorded_and_the_next_one_goes_on(user: User) -> None:
    ends = [
        (signal.SIGTERM, "customer_rfm", "SIGTERM", 143),
        (signal.SIGINT, "load orders", "Ctrl-C", 130),
        (signal.SIGHUP, "publish", "the end of its terminal", 129),
    ]
    for number, stage, name, status in ends:
        run = user.begins("run", OLIST_RETRAIN="always")
        until(run, stage)
        children = [child for child in psutil.Process(run.pid).children() if os.getsid(child.pid) == run.pid]
        began = time.monotonic()
        run.send_signal(number)
        output, errors = run.communicate(timeout=60)
        assert run.returncode == status
        assert f"The run was stopped by {name}. It is recorded" in output
        assert "Traceback" not in output + errors
        assert not any(child.is_running() for child in children)
        # The machine may be busy; Airflow's own way out took until the end of the run.
        assert time.monotonic() - began < 30
        assert user.asks(RUNS)[-1] == ("failed", f"The run was stopped by {name}.")
        stages = user.asks(STAGES)
        time.sleep(1)
        assert user.asks(STAGES) == stages
    assert ("write_outputs",) not in stages

    killed = user.begins("run")
    until(killed, "validate")
    killed.kill()
    killed.communicate()
    assert user.asks(RUNS)[-1] == ("running", None)

    run = user.types("run")
    assert run.returncode == 0, run.stdout + run.stderr
    recorded = user.asks(RUNS)
    assert recorded[:3] == [("failed", f"The run was stopped by {name}.") for _, _, name, _ in ends]
    assert recorded[3:] == [("failed", ENDED_WITHOUT_A_WORD), ("succeeded", None)]
    assert list((user.home / "data" / "running").iterdir()) == []


def test_a_living_run_is_left_alone(user: User) -> None:
    living = user.begins("run")
    until(living, "load orders")
    living.send_signal(signal.SIGSTOP)
    other = user.types("run")
    assert other.returncode == 0, other.stdout + other.stderr
    (before,) = user.asks(f"{RUNS} desc offset 1 limit 1")
    assert before == ("running", None)
    living.send_signal(signal.SIGCONT)
    output, errors = living.communicate(timeout=300)
    assert living.returncode == 0, output + errors
    assert [status for status, _ in user.asks(RUNS)[-2:]] == ["succeeded", "succeeded"]


def test_a_run_outlives_its_terminal_where_it_is_told_to(user: User) -> None:
    # As `nohup` does it.
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        run = user.begins("run")
    finally:
        signal.signal(signal.SIGHUP, before)
    until(run, "validate")
    run.send_signal(signal.SIGHUP)
    output, errors = run.communicate(timeout=300)
    assert run.returncode == 0, output + errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_made_ready_ends_in_one_sentence(user: User, number: int) -> None:
    home = user.home / "data"
    home.mkdir(parents=True, exist_ok=True)
    with locked(home / "preparing.lock"):
        preview = user.begins("preview")
        assert "waiting for it" in until(preview, "makes")
        preview.send_signal(number)
        output, errors = preview.communicate(timeout=60)
    assert preview.returncode == 128 + number
    # The line before may be there once more, where the signal came while it was written.
    assert output.splitlines()[-1].startswith("Stopped by ") and not errors
    assert "Traceback" not in output


def test_airflow_leaves_no_process_behind(user: User) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ui = user.begins("ui", AIRFLOW_PORT=str(port))
    # Itself, `airflow standalone` and its four components.
    ours = []
    while len(ours) < 6:
        assert ui.poll() is None
        time.sleep(0.2)
        ours = [psutil.Process(ui.pid), *psutil.Process(ui.pid).children(recursive=True)]
    ui.send_signal(signal.SIGTERM)
    output, errors = ui.communicate(timeout=120)
    assert ui.returncode == 143
    assert "Stopped by SIGTERM." in output and "Traceback" not in errors
    assert not [each for each in ours if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def test_a_taken_port_is_said_before_airflow_starts(user: User) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        ui = user.types("ui", AIRFLOW_PORT=port)
    assert ui.returncode == 2
    assert f"Port {port} of this machine is taken" in ui.stdout + ui.stderr
    assert "Traceback" not in ui.stderr
