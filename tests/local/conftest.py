"""What the tests of commands on one machine share."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def ctrl_c_counts() -> Iterator[None]:
    """What runs in the background of a shell ignores Ctrl-C, and so would everything that a test starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
