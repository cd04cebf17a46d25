"""A little HTTP proxy as companies have them: with a login, and TLS opened by an authority of its own."""

import base64
import http.client
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """Where it listens, and what it was asked: `POST http://host/path`, `CONNECT host:443`."""

    port: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_proxy(target: str, login: str = "", certificate: Path | None = None) -> Iterator[Proxy]:
    """A proxy that hands every request to `target`, whatever host it names."""
    proxy, wanted = Proxy(), f"Basic {base64.b64encode(login.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            proxy.asked.append(f"{self.command} {self.path}")
            is_tunnelled = self.path.startswith("/")
            if login and not is_tunnelled and self.headers["Proxy-Authorization"] != wanted:
                self.send_response(407)
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.command == "CONNECT":
                self.send_response(200)
                self.end_headers()
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(certificate)
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.close_connection = False
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            else:
                self.forward()

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            hops = ("host", "proxy-authorization", "proxy-connection", "connection", "accept-encoding")
            headers = {name: value for name, value in self.headers.items() if name.lower() not in hops}
            behind = http.client.HTTPConnection(urlsplit(target).netloc, timeout=20)
            parts = urlsplit(self.path)
            query = f"?{parts.query}" if parts.query else ""
            behind.request(self.command, parts.path + query, body, headers)
            answer = behind.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in (
                    "transfer-encoding",
                    "connection",
                    "content-length",
                    "date",
                    "server",
                ):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            behind.close()

        do_GET = do_POST = do_PATCH = do_PUT = do_CONNECT = handle_any

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


def make_certificate(folder: Path, host: str) -> Path:
    """A key and a certificate of an authority that nobody knows, in one file."""
    file = folder / "authority.pem"
    words = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={host}"
    words += f" -addext subjectAltName=DNS:{host}"
    command = [*words.split(), "-keyout", file, "-out", folder / "certificate.pem"]
    subprocess.run(command, check=True, capture_output=True)
    file.write_text(file.read_text() + (folder / "certificate.pem").read_text())
    return file
