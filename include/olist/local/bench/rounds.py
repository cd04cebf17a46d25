"""One round of `make bench`: everything that is compared, one after another on one server.

A ratio is made of two numbers of one round, because machines are noisy; what counts is the median of several
rounds. Everything runs as a program of its own, so that none has the memory, or the imports, of another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from olist.local.bench.cost import Numbers, run
from olist.stages.start_run import install
from olist.strategy.reading import read_strategy
from olist.warehouse import one_row

# The answer alone, and the same work as ours: docs/speed.md.
PEERS = {
    f"{library} {what}": (f"{library}_method", options)
    for library in ("duckdb", "polars")
    for what, options in (("answer", ()), ("whole", ("--whole",)))
}


def measure_round(server: str, name: str, data_dir: Path, with_peers: bool, with_pandas: bool) -> Numbers:
    """Seconds of each part: bare COPY, a first run and a second one, and the peers, each in a new database.

    `auto` parts are those of a first run with retrain=auto, in a database of its own; the others train on the
    run's own customers. And what the warehouse takes on disk after the first run (without the tables of the
    bare COPY). What is compared has its CPU seconds and its peak of memory as well (`<name> cpu`,
    `<name> MB`).

    Training is without the start of its process (see `start_of_training`), as all is without its imports.
    """
    with _new_database(server, name) as uri:
        _install(uri)
        numbers = _named("copy", run(server, "core_method", data_dir, uri, "copy"))
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("drop schema bare cascade")
        numbers |= _run_core(server, data_dir, uri, "always", "")
        with psycopg.connect(uri) as connection:
            (size,) = one_row(connection.execute("select pg_database_size(current_database())"))
        numbers["warehouse MB"] = size / 1e6
        numbers |= _run_core(server, data_dir, uri, "always", "again ")
    # By default a first run makes the models of all months before it: see docs/tiers.md.
    with _new_database(server, f"{name}_auto") as uri:
        _install(uri)
        numbers |= _run_core(server, data_dir, uri, "auto", "auto ")
    for peer, (module, options) in PEERS.items() if with_peers else ():
        with _new_database(server, f"{name}_{peer.replace(' ', '_')}") as uri:
            numbers |= _named(peer, run(server, module, data_dir, uri, *options))
    return numbers | (_named("pandas", run(server, "pandas_method", data_dir)) if with_pandas else {})


def _run_core(server: str, data_dir: Path, uri: str, retrain: str, prefix: str) -> Numbers:
    took = run(server, "core_method", data_dir, uri, retrain)
    parts = {f"{prefix}{part}": took[part] for part in took if part not in ("seconds", "cpu", "MB")}
    return parts | _named(f"{prefix}core", took | {"seconds": took["core"]})


def _named(name: str, took: Numbers) -> Numbers:
    return {name: took["seconds"], f"{name} cpu": took["cpu"], f"{name} MB": took["MB"]}


def _install(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        install(connection, read_strategy())


@contextmanager
def _new_database(server: str, name: str) -> Iterator[str]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield f"{server.rpartition('/')[0]}/{name}"
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        connection.execute("checkpoint")
