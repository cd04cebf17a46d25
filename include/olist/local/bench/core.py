"""What is measured of our own: bare COPY of the files, and a run from its start to the published snapshot."""

import itertools
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from olist.files.sources import SOURCES, TABLES
from olist.local.bench.cost import Numbers, peak_mb
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
from olist.stages.start_run import RunRequest, start_run

FEATURES = (
    build_features.order_values,
    build_features.customer_rfm,
    build_features.customer_segments,
)
ASSIGN = (assign_clusters.assign_clusters, compute_actions.compute_actions)
# The stages after the loads, as the DAG runs them: those of one step side by side.
STEPS = (
    (build_features.order_values,),
    (validate.validate, build_features.customer_rfm),
    (build_features.customer_segments, train_clusters.train_clusters),
    *((stage,) for stage in ASSIGN),
    (publish.publish,),
)
CORE = tuple(itertools.chain(*STEPS))
# As many loads at once as an Airflow with LocalExecutor would run here.
LOADS_AT_ONCE = 4
BLOCK_BYTES = 1 << 20


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


def run_core(uri: str, data_dir: Path, retrain: str = "always", loaders: Executor | None = None) -> Numbers:
    """Seconds of a run from its start to the published snapshot, in parts, and in all as `core`.

    `load` holds validation; `computing` is all that makes numbers but the training: features to actions. Some
    stages run side by side, so the parts are together more than `core`.

    Tables are loaded by threads, or by the processes of `loaders`, as they are by Airflow's tasks: then the
    answer has their CPU seconds (`cpu`) and the sum of their peaks of memory (`MB`) as well.
    """
    with psycopg.connect(uri, autocommit=True) as one, psycopg.connect(uri, autocommit=True) as other:
        began = time.monotonic()
        run_id = start_run(one, RunRequest(f"bench {began}", "bench", str(data_dir), retrain=retrain))
        began_loads = time.monotonic()
        took_loaders = _load_all(uri, run_id, loaders)
        load_seconds = time.monotonic() - began_loads
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
    return seconds | {"computing": seconds["features"] + seconds["assign"], "core": core} | took_loaders


def _side_by_side(run_id: int, stages: dict[Callable[..., Any], psycopg.Connection]) -> dict[Any, float]:
    """Runs stages at once, each over its connection. Returns the seconds of each."""
    with ThreadPoolExecutor(len(stages)) as pool:
        times = pool.map(lambda stage: _seconds(lambda: stage(stages[stage], run_id)), stages)
        return dict(zip(stages, times, strict=True))


def _load_all(uri: str, run_id: int, loaders: Executor | None) -> Numbers:
    if loaders is None:
        with ThreadPoolExecutor(LOADS_AT_ONCE) as threads:
            list(threads.map(partial(_load, uri, run_id), TABLES))
        return {}
    cpu = 0.0
    peaks: dict[int, float] = {}
    for seconds, process, peak in loaders.map(partial(_load_and_tell, uri, run_id), TABLES):
        cpu += seconds
        peaks[process] = max(peak, peaks.get(process, 0.0))
    return {"cpu": cpu, "MB": sum(peaks.values())}


def _load_and_tell(uri: str, run_id: int, table: str) -> tuple[float, int, float]:
    """Loads a table. Returns CPU seconds, the process and its peak of memory in MB."""
    began = time.process_time()
    _load(uri, run_id, table)
    return time.process_time() - began, os.getpid(), peak_mb()


def _load(uri: str, run_id: int, table: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        load.load(connection, run_id, table)


def _seconds(function: Callable[[], Any]) -> float:
    began = time.monotonic()
    function()
    return time.monotonic() - began
