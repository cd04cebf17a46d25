"""What the tests of commands on one machine share."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def signals_count() -> Iterator[None]:
    """What runs in the background of a shell ignores Ctrl-C, what runs under nohup the end of its terminal.

    So would everything that a test starts.
    """
    before = [
        (signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler)),
        (signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_DFL)),
    ]
    yield
    for number, handler in before:
        signal.signal(number, handler)
