"""A PostgreSQL of a test's own, to which things happen."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from olist.local import postgres

OTHER_SESSIONS = (
    "select {} from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
)


@dataclass
class Cluster:
    """A PostgreSQL that may be killed, with a database of its own for each test."""

    home: Path
    databases: int = 0

    def new_warehouse(self, tablespace: str = "pg_default") -> str:
        """An empty database, in which the first run installs the warehouse."""
        uri = postgres.start(self.home)
        self.databases += 1
        name = f"warehouse_{self.databases}"
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f"create database {name} tablespace {tablespace}")
        return f"{uri.rpartition('/')[0]}/{name}"

    def kill(self) -> None:
        """Everything at once, as when the machine's memory or power is gone."""
        postmaster = self.postmaster()
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_session(self, warehouse: str) -> None:
        """The process that works for a task, whereupon PostgreSQL ends all others and recovers."""
        with psycopg.connect(warehouse) as connection:
            sessions = connection.execute(OTHER_SESSIONS.format("pid")).fetchall()
        for (pid,) in sessions:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end_session(self, warehouse: str) -> None:
        """As an administrator does, or a connection pooler that is restarted."""
        with psycopg.connect(warehouse) as connection:
            connection.execute(OTHER_SESSIONS.format("pg_terminate_backend(pid)"))

    def limit_files(self, size: int) -> None:
        """From here on new sessions cannot write beyond so many bytes of a file, until the next start."""
        pid, owner = self.postmaster(), (self.home / "postgres" / "data").stat()
        user = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
        command = ["prlimit", f"--pid={pid}", f"--fsize={size}:"]
        subprocess.run(command, check=True, cwd="/", **user)

    def postmaster(self) -> int:
        return int((self.home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A cluster that ends with the block."""
    with tempfile.TemporaryDirectory(prefix="olist-test-", dir="/var/tmp") as name:
        home = Path(name)
        home.chmod(0o755)
        try:
            yield Cluster(home)
        finally:
            postgres.stop(home)
