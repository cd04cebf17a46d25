"""The HubSpot sandbox as a process of its own that outlives the command which started it."""

import fcntl
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from olist.exceptions import OlistError

PATIENCE_SECONDS = 30
# This machine is never asked through a proxy.
DIRECTLY = build_opener(ProxyHandler({}))


def start(home: Path) -> tuple[str, str]:
    """The sandbox's base URL and access token, started if it does not run. Its contacts stay in home."""
    with _alone(home):
        token = _token(home)
        if (url := status(home)) is not None:
            return url, token
        port_file = home / "sandbox-port"
        port_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "olist.local.hubspot_sandbox"]
        with (home / "sandbox.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--database", str(home / "sandbox.db"), "--port-file", str(port_file)],
                env=os.environ | {"HUBSPOT_SANDBOX_TOKEN": token},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (home / "sandbox-pid").write_text(str(process.pid))
        for _ in range(PATIENCE_SECONDS * 10):
            if (url := status(home)) is not None:
                return url, token
            if process.poll() is not None:
                break
            time.sleep(0.1)
        raise OlistError(f"The HubSpot sandbox did not start; see {home / 'sandbox.log'}.")


def stop(home: Path) -> bool:
    """Ends the sandbox. Returns whether one was running."""
    with _alone(home):
        pid_file = home / "sandbox-pid"
        if not pid_file.exists():
            return False
        pid = int(pid_file.read_text())
        was_running = _is_sandbox(pid)
        if was_running:
            os.kill(pid, signal.SIGTERM)
            for _ in range(PATIENCE_SECONDS * 10):
                if not _is_sandbox(pid):
                    break
                time.sleep(0.1)
        pid_file.unlink()
        return was_running


def status(home: Path) -> str | None:
    """The base URL of the sandbox, None if it does not answer."""
    with suppress(FileNotFoundError, ValueError, URLError, OSError):
        url = f"http://127.0.0.1:{int((home / 'sandbox-port').read_text())}"
        with DIRECTLY.open(f"{url}/sandbox/requests", timeout=5):
            return url
    return None


def _token(home: Path) -> str:
    path = home / "sandbox-token"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
            file.write(f"sandbox-{secrets.token_hex(16)}")
    return path.read_text()


def _is_sandbox(pid: int) -> bool:
    """Whether the process is the sandbox: its number may belong to another one by now."""
    shown = subprocess.run(["ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True)
    return "hubspot_sandbox" in shown.stdout and not shown.stdout.startswith("Z")


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    with (home / "sandbox-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
