"""What tests about HubSpot accounts share."""

from collections.abc import Iterator

import pytest
from psycopg import Connection
from support import pipeline

from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import SandboxSettings


@pytest.fixture
def run_id(connection: Connection) -> int:
    """The number of the run that is in the warehouse already."""
    return pipeline.last_run(connection)


@pytest.fixture
def url() -> Iterator[str]:
    """The base URL of an account of its own, which may be asked as often as one likes."""
    with running_sandbox(SandboxSettings(ten_second_limit=100_000)) as url:
        yield url
