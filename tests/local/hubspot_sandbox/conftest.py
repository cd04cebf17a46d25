"""A sandbox for each file of tests, in every version of the API; its answers are checked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from support.sandbox_api import OPENAPI, TOKEN, VERSIONS, Api, Descriptions, connected

from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import SandboxSettings


@pytest.fixture(scope="module")
def descriptions() -> Descriptions | None:
    return Descriptions() if OPENAPI.is_dir() else None


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = str(tmp_path_factory.mktemp("sandbox") / "hubspot.db")
    with running_sandbox(SandboxSettings(token=TOKEN, database=database, ten_second_limit=100_000)) as base:
        yield base


@pytest.fixture(params=VERSIONS)
def api(request: pytest.FixtureRequest, url: str, descriptions: Descriptions | None) -> Iterator[Api]:
    """All versions, one after the other, each on an empty account with our properties."""
    with connected(url, descriptions) as client:
        assert client.delete("/sandbox").status_code == 204
        api = Api(client, *VERSIONS[request.param])
        api.set_up()
        yield api


@pytest.fixture
def limited(descriptions: Descriptions | None) -> Iterator[Callable[..., Any]]:
    """Sandboxes with settings of their own."""

    @contextmanager
    def start(**settings: Any) -> Iterator[Api]:
        base_settings = SandboxSettings(token=TOKEN, **settings)
        with running_sandbox(base_settings) as base, connected(base, descriptions) as client:
            yield Api(client, *VERSIONS["2026-09"])

    return start
