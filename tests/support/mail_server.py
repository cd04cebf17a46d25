"""A mail server on loopback that keeps what it is sent."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Envelope:
    """A mail as the server was handed it: who it is for, and the message."""

    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    raw: bytes = b""

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def text(self) -> str:
        """The text of all its parts, without the encoding of the transport."""
        parts = self.message.walk()
        return "\n".join(part.get_content() for part in parts if not part.is_multipart())


class MailServer(socketserver.ThreadingTCPServer):
    """SMTP as RFC 5321 has it, as far as a client needs that only delivers."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.mails: list[Envelope] = []

    @property
    def connection(self) -> str:
        """The Airflow connection to it."""
        port = self.server_address[1]
        extra = "from_email=olist%40example.com&disable_tls=true&disable_ssl=true"
        return f"smtp://127.0.0.1:{port}/?{extra}"


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.answer("220 ready")
        mail = Envelope()
        for line in self.rfile:
            word, _, rest = line.decode().strip().partition(" ")
            if word.upper() == "QUIT":
                return self.answer("221 bye")
            if word.upper() == "MAIL":
                mail = Envelope(sender=_address(rest))
            elif word.upper() == "RCPT":
                mail.recipients.append(_address(rest))
            elif word.upper() == "DATA":
                self.answer("354 go on")
                mail.raw = b"".join(self.lines())
                self.server.mails.append(mail)
            self.answer("250 ok")

    def lines(self) -> Iterator[bytes]:
        for line in self.rfile:
            if line == b".\r\n":
                return
            yield line.removeprefix(b".")

    def answer(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def _address(argument: str) -> str:
    return argument.partition("<")[2].partition(">")[0]


@contextmanager
def running_mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
