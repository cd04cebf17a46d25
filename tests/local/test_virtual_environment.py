"""How `make` gets its virtual environment: with a Python that fits, one at a time, and whole."""

import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from support.places import PROJECT

from olist.local import virtual_environment

# The program of the project, whose packages are files and take a second each.
PROGRAM = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv.pop(1))
import virtual_environment
virtual_environment.PROJECT = Path.cwd()

def run(self, *command):
    with open("commands", "a") as file:
        print(*command[1:4], "again" if "--reinstall" in command else "", file=file, flush=True)
    Path(".venv").mkdir(exist_ok=True)
    time.sleep(1)

virtual_environment._Installer._run = run
sys.exit(virtual_environment.main())
"""


@pytest.fixture
def begin(tmp_path: Path) -> Callable[..., subprocess.Popen]:
    (tmp_path / "requirements.txt").touch()

    def begin(*arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-c", PROGRAM, PROJECT / "include" / "olist" / "local", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=tmp_path, **pipes)

    return begin


def test_two_at_once_make_one_environment(begin, tmp_path: Path) -> None:
    both = [begin(".venv/uv"), begin(".venv/uv")]
    said = [each.communicate(timeout=30)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert sorted("waiting for it" in each for each in said) == [False, True]
    assert len((tmp_path / "commands").read_text().splitlines()) == 2
    assert (tmp_path / ".venv" / "uv").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_what_was_interrupted_is_installed_again_as_a_whole(begin, tmp_path: Path, number: int) -> None:
    (tmp_path / ".venv").mkdir()
    stopped = begin(".venv/installed", "requirements.txt")
    assert stopped.stdout.readline() == "Installing the pinned packages\n"
    commands = tmp_path / "commands"
    while not (commands.exists() and commands.read_text().endswith("\n")):
        assert stopped.poll() is None
    stopped.send_signal(number)
    _, errors = stopped.communicate(timeout=30)
    if number != signal.SIGKILL:
        assert stopped.returncode == 128 + number
        assert errors == "Stopped: the next make goes on with the packages.\n"
    assert not (tmp_path / ".venv" / "installed").exists()
    again = begin(".venv/installed", "requirements.txt")
    assert again.wait(timeout=30) == 0
    assert [line.endswith("again") for line in commands.read_text().splitlines()] == [False, True, False]
    third = begin(".venv/installed", "requirements.txt")
    assert third.communicate(timeout=30)[0] == ""


@pytest.mark.parametrize(
    ("version", "fits"), [((3, 10), False), ((3, 11), True), ((3, 14), True), ((3, 15), False)]
)
def test_a_python_that_does_not_fit_is_refused_in_a_sentence(
    version: tuple[int, int],
    fits: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    made = []
    monkeypatch.setattr(virtual_environment._Installer, "make", lambda *arguments: made.append(arguments))
    monkeypatch.setattr(virtual_environment.signal, "signal", lambda *arguments: None)
    monkeypatch.setattr(sys, "argv", ["make", str(tmp_path / "uv")])
    monkeypatch.setattr(sys, "version_info", (*version, 2, "final", 0))
    assert virtual_environment.main() == (0 if fits else 2)
    assert len(made) == fits
    if not fits:
        assert (
            f"Python 3.11 to 3.14 is needed, and this is {version[0]}.{version[1]}.2"
            in capsys.readouterr().err
        )


def test_the_pythons_are_the_same_everywhere() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    oldest, newest = virtual_environment.OLDEST, virtual_environment.NEWEST
    assert project["requires-python"] == f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"


def test_the_program_is_read_by_pythons_that_are_too_old() -> None:
    # Which would otherwise say SyntaxError instead of the sentence.
    source = Path(virtual_environment.__file__).read_text()
    compile(source, "virtual_environment.py", "exec")
    assert not re.search(r":=|\bmatch |\) -> |: list\[|: dict\[", source)


@pytest.mark.parametrize("kept", ["a file in its place", "writable"])
def test_the_caches_go_where_files_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    if kept == "writable":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache" / "of the user"))
    else:
        (tmp_path / "file").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    installer = virtual_environment._Installer(tmp_path / ".venv", 0)
    ours = str(tmp_path / ".venv" / "cache")
    assert (installer.environment.get("UV_CACHE_DIR") == ours) == (kept != "writable")
