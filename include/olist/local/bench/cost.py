"""What a program of the benchmark takes: wall time, CPU time (PostgreSQL's too) and memory."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg

from olist.warehouse import one_row

Numbers = dict[str, float]


def tell(work: Callable[..., Any], *arguments: Any) -> None:
    """Does the work of a program and prints what it took, as JSON in one line, for `run`.

    Seconds and CPU seconds are those of the work, without the start of Python and the imports before it; MB
    is the most memory that the process ever had. Numbers that the work returns are told as well: `cpu` and
    `MB`, those of processes that helped, are added.
    """
    seconds, cpu = time.monotonic(), time.process_time()
    answer = work(*arguments)
    took = {"seconds": time.monotonic() - seconds, "cpu": time.process_time() - cpu, "MB": peak_mb()}
    more: Numbers = answer if isinstance(answer, dict) else {}
    print(json.dumps(took | {name: took.get(name, 0) + value for name, value in more.items()}))


def run(server: str, module: str, *arguments: str | Path) -> Numbers:
    """Runs a program of the benchmark, and returns what it told. `cpu` is with that of the server."""
    with _cpu_of(server) as cpu_of_server:
        program = [sys.executable, "-m", f"olist.local.bench.{module}", *map(str, arguments)]
        told = subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True).stdout
    took: Numbers = json.loads(told)
    return took | {"cpu": took["cpu"] + cpu_of_server()}


def peak_mb() -> float:
    """The most memory that this process ever had, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux starts the number of getrusage with that of the process which started this one.
        kilobytes = status.read_text().partition("VmHWM:")[2].split()[0]
        return int(kilobytes) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


@contextmanager
def _cpu_of(server: str) -> Iterator[Callable[[], float]]:
    """CPU seconds of a PostgreSQL on this machine from the beginning to the end of the block."""
    with psycopg.connect(server) as connection:
        (backend,) = one_row(connection.execute("select pg_backend_pid()"))
        postmaster = psutil.Process(backend).parent()
        assert postmaster
    before = _cpu(postmaster)
    after = before
    yield lambda: after - before
    after = _cpu(postmaster)


def _cpu(postmaster: psutil.Process) -> float:
    """CPU seconds of a PostgreSQL so far: of its processes, and of those that have ended."""
    times: Any = postmaster.cpu_times()
    seconds = float(times.user + times.system + times.children_user + times.children_system)
    for process in postmaster.children():
        try:
            seconds += sum(process.cpu_times()[:2])
        except psutil.NoSuchProcess:
            # It ends while we look; its time will be the postmaster's.
            continue
    return seconds
