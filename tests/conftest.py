"""A real PostgreSQL for the whole session, a warehouse of its own for each test, small data."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest
from support import results, task_processes
from support.browser import open_chromium
from support.clusters import Cluster, running_cluster
from support.places import SAMPLE
from support.task_processes import Scene
from support.user import NewUser, User

from olist.local import demo_data, environment, postgres
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import SandboxSettings
from olist.stages.start_run import install
from olist.strategy.reading import read_strategy

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Whatever proxy the developer's shell has.
environment.reach_this_machine_directly()
Fill = Callable[[psycopg.Connection, Path], object]
LONG = ("airflow", "browser", "crash", "slow")
_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with something long in them come first, so that no core is idle in the end."""
    long_files = {item.path for item in items if any(map(item.get_closest_marker, LONG))}
    items.sort(key=lambda item: item.path not in long_files)


def _scratch() -> str:
    """Memory where there is plenty of it, else the disk: nobody reads the server's files again."""
    memory = "/dev/shm"
    if os.access(memory, os.W_OK) and not os.statvfs(memory).f_flag & os.ST_NOEXEC:
        # Two servers grow to 6 GB each, and the tests need some memory themselves.
        free = min(shutil.disk_usage(memory).free, psutil.virtual_memory().available)
        return memory if free > 18 * 2**30 else "/var/tmp"
    return "/var/tmp"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URI of an embedded PostgreSQL that holds an installed, empty warehouse: the database `template`."""
    with tempfile.TemporaryDirectory(prefix="olist-test-", dir=_scratch()) as name:
        home = Path(name)
        home.chmod(0o755)
        uri = postgres.start(home)
        with psycopg.connect(uri, autocommit=True) as connection:
            # The server does not outlive its machine. Others are killed on purpose: support/clusters.py.
            connection.execute("alter system set fsync = off")
            connection.execute("select pg_reload_conf()")
            connection.execute("create database template")
        with psycopg.connect(_database(uri, "template"), autocommit=True) as connection:
            install(connection, read_strategy())
        yield uri
        postgres.stop(home)


@pytest.fixture(scope="session")
def new_warehouse(server: str) -> Callable[..., str]:
    """Makes empty warehouses; each call returns the URI of another one. They end with their server."""

    def make(template: str = "template") -> str:
        name = f"warehouse_{next(_numbers)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create database {name} template {template}")
        return _database(server, name)

    return make


@pytest.fixture(scope="session")
def copy_of(new_warehouse: Callable[..., str]) -> Callable[[Fill, Path], str]:
    """Makes warehouses that `fill(connection, data_dir)` has filled, which is done once and then copied."""
    filled: dict[tuple[Fill, Path], str] = {}

    def make(fill: Fill, data_dir: Path) -> str:
        if (fill, data_dir) not in filled:
            uri = new_warehouse()
            with psycopg.connect(uri, autocommit=True) as connection:
                fill(connection, data_dir)
            filled[fill, data_dir] = uri.rpartition("/")[2]
        return new_warehouse(filled[fill, data_dir])

    return make


@pytest.fixture
def warehouse(new_warehouse: Callable[[], str]) -> str:
    """The URI of an empty warehouse."""
    return new_warehouse()


@pytest.fixture
def connection(warehouse: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine files with 1,500 orders. Not to be changed: see `data_dir`."""
    folder = tmp_path_factory.mktemp("demo") / "files"
    demo_data.generate(folder, orders=1_500)
    return folder


@pytest.fixture
def data_dir(demo: Path, tmp_path: Path) -> Path:
    """A copy of the demo files that a test may change."""
    return Path(shutil.copytree(demo, tmp_path / "files"))


@pytest.fixture
def sample() -> Path:
    """Real orders, where they are at hand."""
    if not SAMPLE.is_dir():
        pytest.skip("the sample of real orders is not part of the project")
    return SAMPLE


@pytest.fixture
def sandbox() -> Iterator[str]:
    """The base URL of a HubSpot sandbox with high limits."""
    with running_sandbox(SandboxSettings(ten_second_limit=100_000)) as url:
        yield url


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of a module's own, that may be killed."""
    with running_cluster() as cluster:
        yield cluster


# Playwright keeps an event loop in its thread: for no longer than the tests of one file.
@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A headless Chromium."""
    with open_chromium() as browser:
        yield browser


def _database(uri: str, name: str) -> str:
    return f"{uri.rpartition('/')[0]}/{name}"


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine files with 600 orders, for runs of which there are many. Not to be changed."""
    folder = tmp_path_factory.mktemp("few") / "files"
    demo_data.generate(folder, orders=600)
    return folder


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Makes the processes of tasks in milliseconds. Whoever uses task_processes needs it."""
    task_processes.prepare(tmp_path_factory.mktemp("tasks") / "airflow")


@pytest.fixture(scope="session")
def undisturbed(
    fork_server: None, server: str, few: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], dict[str, float]]:
    """What a run leaves whose tasks nothing happens to, and how long each of its tasks takes."""
    home = tmp_path_factory.mktemp("undisturbed")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("create database undisturbed template template")
    with running_sandbox(SandboxSettings(ten_second_limit=100_000)) as url:
        scene = Scene(_database(server, "undisturbed"), url, few, home / "outputs", "undisturbed")
        handed, seconds = {}, {}
        for name in task_processes.all_tasks():
            outcome = task_processes.run(scene, [name], handed)
            assert outcome.is_done, outcome.sentence
            handed, seconds[name] = outcome.handed, outcome.seconds
        return results.everything(scene), seconds


@pytest.fixture
def new_user(tmp_path: Path) -> Iterator[NewUser]:
    """Makes somebody who types commands about a data folder; the servers they start end with the test."""
    users: list[User] = []

    def make(data_dir: Path) -> User:
        users.append(User(tmp_path / "home", data_dir, tmp_path / "outputs"))
        return users[-1]

    yield make
    for user in users:
        user.leaves()
