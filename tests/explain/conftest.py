"""A shop with two delivered months, and somebody whose e-mail and name are known."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from support import pipeline, traces
from support.forgotten import Scene, opened


@pytest.fixture
def scene(copy_of: Callable[..., str], few: Path, tmp_path: Path) -> Iterator[Scene]:
    data_dir = Path(shutil.copytree(few, tmp_path / "files"))
    person = traces.most_frequent_person(few)
    (data_dir / traces.CONTACTS).write_text(
        f"customer_unique_id,email,first_name,opted_out\n{person},ana.souza@example.com,Anamaria,true\n"
        "only-here,bob@example.com,Roberto,\n"
    )
    with opened(copy_of(pipeline.run, few), data_dir, tmp_path) as scene:
        scene.month(date(2018, 5, 1))
        scene.month()
        yield scene
