"""Ending a TCP connection without an answer, which ASGI itself has no word for."""

import contextlib
import socket
import struct

from starlette.types import Receive, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "olist.transport"


class ResettableProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, which also puts the connection's transport into each request's scope."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]


async def reset(scope: Scope, receive: Receive) -> None:
    """Cut the connection; under a server without our protocol, fail in the loudest way there is."""
    transport = scope.get("extensions", {}).get(TRANSPORT)
    if transport is None:
        raise ConnectionAbortedError("This server cannot reset a connection; run it with ResettableProtocol.")
    raw = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):
        # Lingering for zero seconds makes closing send RST, not FIN: the client sees a reset, not an end.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    # Uvicorn would answer 500 for us if we returned before it noticed.
    while (await receive())["type"] != "http.disconnect":
        pass


def hung_up(scope: Scope) -> bool:
    """Whether the client has closed the connection, as far as this side knows."""
    transport = scope.get("extensions", {}).get(TRANSPORT)
    return transport is not None and transport.is_closing()
