"""Loading and computing against bare COPY of the same files, and against pandas.

A ratio is made of two times of one round on one server, because machines are noisy; what counts is the
median of several rounds.
"""

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from olist.files.sources import SOURCES, TABLES
from olist.model.links import NOT_NEEDED
from olist.model.own_process import call
from olist.stages import (
    assign_clusters,
    build_features,
    compute_actions,
    load,
    publish,
    train_clusters,
    validate,
)
from olist.stages.start_run import RunRequest, install, start_run
from olist.strategy.reading import read_strategy
from olist.warehouse import one_row

FEATURES = (
    build_features.order_values,
    build_features.customer_rfm,
    build_features.customer_segments,
)
ASSIGN = (assign_clusters.assign_clusters, compute_actions.compute_actions)
# The stages after the loads, as the DAG runs them: those of one step side by side.
STEPS = (
    (validate.validate, build_features.order_values),
    (build_features.customer_rfm,),
    (build_features.customer_segments, train_clusters.train_clusters),
    *((stage,) for stage in ASSIGN),
    (publish.publish,),
)
CORE = tuple(itertools.chain(*STEPS))
# As many loads at once as an Airflow with LocalExecutor would run here.
LOADS_AT_ONCE = 4
BLOCK_BYTES = 1 << 20


def measure_round(server: str, name: str, data_dir: Path, with_pandas: bool) -> dict[str, float]:
    """Seconds of each part, in a new database of the server: bare COPY, a first run, a second one, pandas.

    `auto` parts are those of a first run with retrain=auto, in a database of its own; the others train on the
    run's own customers. And what the warehouse takes on disk after the first run (without the tables of the
    bare COPY).

    Training is without the start of its process (see `start_of_training`), as pandas is without its imports.
    """
    import sklearn.cluster  # noqa: F401

    with _new_database(server, name) as uri:
        with psycopg.connect(uri, autocommit=True) as connection:
            install(connection, read_strategy())
        seconds = {"copy": _seconds(lambda: bare_copy(uri, data_dir))}
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("drop schema bare cascade")
        seconds |= run_core(uri, data_dir)
        with psycopg.connect(uri) as connection:
            (size,) = one_row(connection.execute("select pg_database_size(current_database())"))
        seconds["warehouse MB"] = size / 1e6
        seconds |= {f"again {part}": each for part, each in run_core(uri, data_dir).items()}
    # By default a first run makes the models of all months before it: see docs/tiers.md.
    with _new_database(server, f"{name}_auto") as uri:
        with psycopg.connect(uri, autocommit=True) as connection:
            install(connection, read_strategy())
        seconds |= {f"auto {part}": each for part, each in run_core(uri, data_dir, "auto").items()}
    return seconds | ({"pandas": pandas_method(data_dir)} if with_pandas else {})


def start_of_training() -> float:
    """Seconds until a process of its own for training has its libraries; only while this one has not."""
    return _seconds(lambda: call(bool, needs="sklearn.cluster", what="a benchmark", without=NOT_NEEDED))


def bare_copy(uri: str, data_dir: Path) -> None:
    """COPY of the nine files as they are into unlogged tables of text, and nothing else."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("create schema bare")
        for source in SOURCES:
            table = sql.Identifier("bare", source.table)
            columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(c)) for c in source.columns)
            connection.execute(sql.SQL("create unlogged table {} ({})").format(table, columns))
            copy = sql.SQL("copy {} from stdin (format csv, header true)").format(table)
            path = data_dir / f"{source.file_stem}.csv"
            with connection.cursor() as cursor, path.open("rb") as file, cursor.copy(copy) as target:
                while block := file.read(BLOCK_BYTES):
                    target.write(block)


def run_core(uri: str, data_dir: Path, retrain: str = "always") -> dict[str, float]:
    """Seconds of a run from its start to the published snapshot, in parts, and in all as `core`.

    `load` holds validation; `computing` is all that makes numbers but the training: features to actions. Some
    stages run side by side, so the parts are together more than `core`.
    """
    with psycopg.connect(uri, autocommit=True) as one, psycopg.connect(uri, autocommit=True) as other:
        began = time.monotonic()
        run_id = start_run(one, RunRequest(f"bench {began}", "bench", str(data_dir), retrain=retrain))
        load_seconds = _seconds(lambda: _load_all(uri, run_id))
        spent: dict[Callable[..., Any], float] = {}
        for stages in STEPS:
            spent |= _side_by_side(run_id, dict(zip(stages, (one, other), strict=False)))
        core = time.monotonic() - began
    seconds = {
        "load": load_seconds + spent[validate.validate],
        "features": sum(spent[stage] for stage in FEATURES),
        "train": spent[train_clusters.train_clusters],
        "assign": sum(spent[stage] for stage in ASSIGN),
        "publish": spent[publish.publish],
    }
    return seconds | {"computing": seconds["features"] + seconds["assign"], "core": core}


def pandas_method(data_dir: Path) -> float:
    """Seconds of the usual pandas method, in a process of its own, without its imports."""
    program = [sys.executable, "-m", "olist.local.bench.pandas_method", str(data_dir)]
    return float(subprocess.run(program, check=True, capture_output=True, text=True).stdout)


def _side_by_side(run_id: int, stages: dict[Callable[..., Any], psycopg.Connection]) -> dict[Any, float]:
    """Runs stages at once, each over its connection. Returns the seconds of each."""
    with ThreadPoolExecutor(len(stages)) as pool:
        times = pool.map(lambda stage: _seconds(lambda: stage(stages[stage], run_id)), stages)
        return dict(zip(stages, times, strict=True))


def _load_all(uri: str, run_id: int) -> None:
    with ThreadPoolExecutor(LOADS_AT_ONCE) as pool:
        list(pool.map(lambda table: _load(uri, run_id, table), TABLES))


def _load(uri: str, run_id: int, table: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        load.load(connection, run_id, table)


def _seconds(function: Callable[[], Any]) -> float:
    began = time.monotonic()
    function()
    return time.monotonic() - began


@contextmanager
def _new_database(server: str, name: str) -> Iterator[str]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield f"{server.rpartition('/')[0]}/{name}"
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        connection.execute("checkpoint")
