"""PgBouncer before a PostgreSQL of the tests."""

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

SETTINGS = """\
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
server_tls_sslmode = disable
logfile = {folder}/pgbouncer.log
"""


@contextmanager
def running_pgbouncer(uri: str, mode: str, folder: Path) -> Iterator[str]:
    """The URI of the same database through PgBouncer, whose pool_mode is `mode`."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    where = conninfo_to_dict(uri)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = folder / "pgbouncer.ini"
    settings.write_text(SETTINGS.format(**where, listen_port=port, mode=mode, folder=folder))
    command = [program, settings]
    if getpass.getuser() == "root":
        # It does not run as root.
        for path in (folder, *folder.parents):
            if path.stat().st_uid == 0 and path != Path("/") and path.stat().st_mode & 0o005 != 0o005:
                path.chmod(path.stat().st_mode | 0o055)
        shutil.chown(folder, "nobody")
        command = ["setpriv", "--reuid=nobody", "--clear-groups", *command]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
                break
            time.sleep(0.05)
        assert process.poll() is None, (folder / "pgbouncer.log").read_text()
        yield f"postgresql://{where['user']}:any@127.0.0.1:{port}/{where['dbname']}"
    finally:
        process.terminate()
        process.wait()
