"""`python include/olist/local/virtual_environment.py <stamp> [<what it is made from>]`: `.venv/`, for make.

It runs on the machine's own Python, which may be too old for us, with the standard library alone. Several may
be asked for one environment at once, and each may be killed at any moment.
"""

import fcntl
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)
UV_VERSION = "0.13.8"
PROJECT = Path(__file__).resolve().parents[3]


def main():
    """Makes the environment (stamp `uv`), or installs packages into it. Returns the exit status."""
    stamp, *sources = map(Path, sys.argv[1:])
    if stamp.name == "uv" and not OLDEST <= sys.version_info[:2] <= NEWEST:
        known = " to ".join("{}.{}".format(*each) for each in (OLDEST, NEWEST))
        here = "{}.{}.{}".format(*sys.version_info)
        print(f"Python {known} is needed, and this is {here}: make PYTHON=python3.12 ...", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        with _alone() as lock:
            if not _is_new(stamp, sources):
                _Installer(stamp.parent, lock).make(stamp, sources)
        return 0
    except KeyboardInterrupt as stopped:
        print("Stopped: the next make goes on with the packages.", file=sys.stderr)
        return 128 + (stopped.args[0] if stopped.args else signal.SIGINT)
    except subprocess.CalledProcessError as error:
        # What was called has said why.
        print(f"The packages could not be installed: {Path(error.cmd[0]).name} failed.", file=sys.stderr)
        return 2


class _Installer:
    def __init__(self, folder, lock):
        self.folder, self.lock = folder, lock
        self.environment = dict(os.environ)
        self.cache = folder / "cache"
        if not _can_write(_cache_of_user()):
            # Beside the packages, which uv links instead of copying them.
            self.environment.setdefault("UV_CACHE_DIR", str(self.cache))
            self.environment.setdefault("PIP_NO_CACHE_DIR", "1")

    def make(self, stamp, sources):
        # Until it is done: a package that is half there would count as installed.
        unfinished = self.folder / "unfinished"
        was_interrupted = unfinished.exists()
        python = self.folder / "bin" / "python"
        if stamp.name == "uv":
            print(f"Making the virtual environment {self.folder}", flush=True)
            self._run(sys.executable, "-m", "venv", "--clear", self.folder)
            pip = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check")
            self._run(*pip, f"uv=={UV_VERSION}")
        else:
            print("Installing the pinned packages", flush=True)
            unfinished.touch()
            install = (self.folder / "bin" / "uv", "pip", "install", "-q", "--python", python)
            again = ("--reinstall",) if was_interrupted else ()
            (requirements,) = (each for each in sources if each.suffix == ".txt")
            self._run(*install, *again, "--require-hashes", "-r", requirements)
            if stamp.name == "installed":
                self._run(*install, "--no-build-isolation", "--no-deps", "-e", PROJECT)
            unfinished.unlink()
        if self.cache.exists():
            self._run("rm", "-rf", self.cache)
        stamp.touch()

    def _run(self, *command):
        # With the lock: where we are killed, nobody else begins before what we have started has ended.
        words = [str(each) for each in command]
        subprocess.run(words, env=self.environment, pass_fds=[self.lock], check=True)


@contextmanager
def _alone():
    descriptor = os.open(PROJECT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another make installs the packages of {PROJECT}: waiting for it", flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _is_new(stamp, sources):
    made = stamp.stat().st_mtime if stamp.exists() else 0
    return bool(made) and all(source.stat().st_mtime <= made for source in sources)


def _cache_of_user():
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))


def _can_write(folder):
    """Whether files can be made there, the folder included."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _stop(number, frame):
    raise KeyboardInterrupt(number)


if __name__ == "__main__":
    sys.exit(main())
