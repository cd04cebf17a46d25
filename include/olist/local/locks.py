"""Locks between processes (flock): the kernel frees them when their holder ends, however it ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[int]:
    """A descriptor with a file's or folder's lock, which outlives it in every process that inherited it.

    Raises BlockingIOError where `how` says not to wait (LOCK_NB) and another process has the lock.
    """
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def alone(home: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Makes ready what is in home, while no other command does. `say` is told if it has to wait for one."""
    path = home / "preparing.lock"
    with ExitStack() as held:
        try:
            held.enter_context(locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError:
            say(f"Another command makes {home} ready: waiting for it")
            held.enter_context(locked(path))
        yield
