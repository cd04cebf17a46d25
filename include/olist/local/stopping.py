"""Ends a command when it is asked to: by Ctrl-C, by SIGTERM, or by its terminal being closed.

Everywhere but in a run that is an exception, which `olist.local.__main__` turns into a sentence. Airflow's
task runner would take it for the failure of a task and try that again, and it puts a handler of its own in
the place of any other. So a thread of ours hears of the signals of a run. It replaces the whole process by
this module, which records how the run ended: nothing that was under way can publish or send any more.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "the end of its terminal"}
# Seconds for what the run did last to let go of its row: see tasks.connect.
PATIENCE = 5


class Stopped(KeyboardInterrupt):
    """Somebody has asked this process to end. `status` is the exit status by which shells know that."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number
        self.by = NAMES[signal.Signals(number)]


def raise_when_asked() -> None:
    """From now on each of the signals raises Stopped in the main thread, but for those that are ignored."""
    for number in _wanted():
        signal.signal(number, _raise)


@contextmanager
def recorded(dag_run_id: str, connection_string: str) -> Iterator[None]:
    """While it lasts, a signal ends this process with a record of the run. Enter it in the main thread.

    `connection_string` is libpq's description of the warehouse, password included.
    """
    wanted = _wanted()
    handlers = {number: signal.getsignal(number) for number in wanted}
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def wait() -> None:
        while number := os.read(reader, 1)[0]:
            if number in wanted:
                _become_the_record(number, dag_run_id, connection_string)

    # Python writes there the number of each signal, whoever handles it, and whatever the main thread does.
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in wanted:
        signal.signal(number, lambda *_: None)
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.write(writer, b"\0")
        thread.join()
        os.close(reader)
        os.close(writer)


def _wanted() -> list[signal.Signals]:
    # `nohup make run` is to outlive its terminal.
    return [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


def _raise(number: int, frame: Any) -> NoReturn:
    raise Stopped(number)


def _become_the_record(number: int, dag_run_id: str, connection_string: str) -> NoReturn:
    _end_children()
    reader, writer = os.pipe()
    told = {"number": number, "dag_run_id": dag_run_id, "connection_string": connection_string}
    os.write(writer, json.dumps(told).encode())
    os.close(writer)
    # Not an argument: others can read those, and the password is in it.
    os.dup2(reader, sys.stdin.fileno())
    os.execv(sys.executable, [sys.executable, "-P", "-m", "olist.local.stopping"])


def _end_children() -> None:
    """Ends the processes that work for the run, not the servers, which have sessions of their own."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getsid(child.pid) == os.getsid(0):
                child.kill()


def main() -> NoReturn:
    """Records that the run was stopped, says so, and ends as whoever is stopped does."""
    for number in _wanted():
        signal.signal(number, signal.SIG_DFL)
    told = json.load(sys.stdin)

    import psycopg
    from rich.console import Console

    from olist.warehouse import read_sql

    stopped = Stopped(told["number"])
    record = " It is recorded in ops.pipeline_runs."
    try:
        where = told["connection_string"]
        with psycopg.connect(where, autocommit=True, connect_timeout=PATIENCE) as connection:
            connection.execute(f"set lock_timeout = '{PATIENCE}s'")
            said = {"dag_run_id": told["dag_run_id"], "message": f"The run was stopped by {stopped.by}."}
            if not connection.execute(read_sql("start_run/record_end"), said).rowcount:
                record = ""
    except psycopg.errors.UndefinedTable:
        record = ""
    except psycopg.Error as error:
        record = f" That could not be recorded ({str(error).strip().splitlines()[0]})."
    Console(highlight=False).print(
        f"The run was stopped by {stopped.by}.{record} What it has published or sent stays; the next run"
        " does the rest.",
        style="red",
        markup=False,
    )
    sys.exit(stopped.status)


if __name__ == "__main__":
    main()
