"""Our own part of the benchmark, as a program like those of the others: bare COPY, or a run.

Arguments are the folder of the files, the URI of a database, and `copy` or what `retrain` is; prints what it
took (cost.py). Imports are done before the clock starts, those of the processes that load as well.
"""

import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path

from olist.local.bench.core import LOADS_AT_ONCE, bare_copy, run_core
from olist.local.bench.cost import tell


@contextmanager
def loaders() -> Iterator[ProcessPoolExecutor]:
    """Processes that load tables, as the tasks of Airflow do: started, and their imports done."""
    spawn = multiprocessing.get_context("spawn")
    everybody = spawn.Barrier(LOADS_AT_ONCE)
    with ProcessPoolExecutor(LOADS_AT_ONCE, spawn, _wait, (everybody,)) as pool:
        list(pool.map(abs, range(LOADS_AT_ONCE)))
        yield pool


def _wait(everybody: Barrier) -> None:
    import olist.local.bench.core  # noqa: F401

    everybody.wait(timeout=60)


if __name__ == "__main__":
    _folder, _uri, _what = sys.argv[1:]
    if _what == "copy":
        tell(bare_copy, _uri, Path(_folder))
    else:
        # With it imported, training needs no process of its own, the start of which is measured apart.
        import sklearn.cluster  # noqa: F401

        with loaders() as _pool:
            tell(run_core, _uri, Path(_folder), _what, _pool)
