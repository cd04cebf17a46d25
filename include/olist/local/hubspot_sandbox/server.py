"""Running the sandbox: on a loopback port, announced in a file once it answers, ended by SIGTERM."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from olist.local.hubspot_sandbox.app import create_app
from olist.local.hubspot_sandbox.connection import ResettableProtocol
from olist.local.hubspot_sandbox.settings import SandboxSettings

HOST = "127.0.0.1"
BACKLOG = 2048
START_SECONDS = 10
SHUTDOWN_SECONDS = 3


class Server(uvicorn.Server):
    """Uvicorn with the protocol that can reset connections, and a port file."""

    def __init__(self, settings: SandboxSettings, port_file: Path | None = None) -> None:
        config = uvicorn.Config(
            create_app(settings),
            http=ResettableProtocol,
            ws="none",
            access_log=False,
            log_level="warning",
            # The logging of the process around it is not ours to set up.
            log_config=None,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        super().__init__(config)
        self.port_file = port_file
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept, then say so."""
        await super().startup(sockets)
        if self.started:
            if self.port_file and sockets:
                write_port_file(self.port_file, sockets[0].getsockname()[1])
            self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Withdraw the port file first: whoever finds it may expect an answer."""
        if self.port_file:
            self.port_file.unlink(missing_ok=True)
        await super().shutdown(sockets)


def listen(port: int, host: str = HOST) -> socket.socket:
    """A listening socket, on the loopback interface unless told otherwise; port 0 picks a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


def write_port_file(path: Path, port: int) -> None:
    """Write the port in one step, so that no reader sees half a number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(f"{port}\n")
    draft.replace(path)


def serve(settings: SandboxSettings, port: int, port_file: Path | None = None, host: str = HOST) -> None:
    """Run in this process until SIGTERM or SIGINT."""
    server = Server(settings, port_file)

    def stop(*_: object) -> None:
        server.should_exit = True

    # Uvicorn ends by raising again the signal that stopped it, in whatever handlers it found: these make the
    # exit status 0, and catch a signal that comes before uvicorn listens for one.
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, stop)
    server.run(sockets=[listen(port, host)])


@contextmanager
def running_sandbox(settings: SandboxSettings) -> Iterator[str]:
    """A sandbox in a thread of this process, for tests: yields its base URL."""
    server = Server(settings)
    listener = listen(0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        if not server.ready.wait(START_SECONDS):
            raise RuntimeError("The HubSpot sandbox did not start.")
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
