"""A shop with a delivered run and its files, in which somebody asks to be forgotten."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import pipeline, traces
from support.forgotten import Scene, opened, spoil

from olist.stages import write_outputs


@pytest.fixture(scope="session")
def spoiled(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(few, tmp_path_factory.mktemp("spoiled") / "files"))
    spoil(folder, traces.ids_of(few, traces.most_frequent_person(few)))
    return folder


@pytest.fixture
def scene(
    copy_of: Callable[..., str], spoiled: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Scene]:
    """A delivered run, in whose files some rows about the person are broken. No log may name the person."""
    caplog.set_level(logging.DEBUG, logger="olist")
    data_dir = Path(shutil.copytree(spoiled, tmp_path / "files"))
    with opened(copy_of(pipeline.run, spoiled), data_dir, tmp_path) as scene:
        run_id = pipeline.last_run(scene.connection)
        pipeline.deliver(scene.connection, run_id, scene.url)
        write_outputs.write_outputs(scene.connection, run_id, scene.outputs)
        assert {"warehouse", "sandbox.db-wal", "campaign_list.csv"} <= {
            Path(each).name for each in scene.traces()
        }
        yield scene
    assert not [each for each in scene.ids if each in caplog.text]
