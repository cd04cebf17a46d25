"""A result of a run: copied from a run with the same inputs, else made, by all cores of the server.

PostgreSQL writes with one process. So the working table of a large result is in slices (ops.open_drafts), and
each is filled by a connection of its own, in a transaction of its own. A try that ends in between leaves
slices that the next one empties; the result counts as made once its inputs are recorded.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, LiteralString

from olist.exceptions import OlistError
from olist.warehouse import one_row
from olist.warehouse.session import another

if TYPE_CHECKING:
    from psycopg import Connection

MOST_CORES = 10_000
FIND_COPY = "select ops.find_copy(%(draft)s, %(run_id)s), ops.slices_of(%(draft)s, %(run_id)s)"
COPY = "select ops.copy_slice(%(draft)s, %(run_id)s, %(from)s, %(slice)s, %(slices)s)"
RECORD = "call ops.record_inputs(%(draft)s, %(run_id)s, %(from)s)"


def cores_of_warehouse() -> int:
    """Cores of the warehouse's server: OLIST_WAREHOUSE_CORES, else as many as this machine has.

    Raises OlistError if that is no number of cores.
    """
    given = os.environ.get("OLIST_WAREHOUSE_CORES") or str(os.cpu_count() or 1)
    if given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_CORES:
        return int(given)
    raise OlistError(f"OLIST_WAREHOUSE_CORES must be a number of cores, 1 or more, not {given}.")


def make_result(connection: "Connection", run_id: int, result: LiteralString) -> None:
    """Fills `ops.<result>_drafts` of a run: from the draft of another run, or by `ops.build_<result>`."""
    draft: dict[str, Any] = {"draft": f"{result}_drafts", "run_id": run_id}
    draft["from"], draft["slices"] = one_row(connection.execute(FIND_COPY, draft))
    with _as_many_as(draft["slices"], connection) as connections:
        # The other run may be made anew meanwhile.
        if draft["from"] and not all(_for_each_slice(COPY, draft, connections)):
            draft["from"] = None
        if not draft["from"]:
            _for_each_slice(f"call ops.build_{result}(%(run_id)s, %(slice)s, %(slices)s)", draft, connections)
    connection.execute(RECORD, draft)


@contextmanager
def _as_many_as(wanted: int, connection: "Connection") -> Iterator[list["Connection"]]:
    """The connection and further ones like it, fewer than wanted where the server has no more."""
    import psycopg

    with ExitStack() as stack:
        connections = [connection]
        try:
            while len(connections) < wanted:
                connections.append(stack.enter_context(closing(another(connection))))
        except psycopg.OperationalError:
            pass
        yield connections


def _for_each_slice(
    statement: LiteralString, draft: dict[str, Any], connections: list["Connection"]
) -> list[Any]:
    """What a statement returns for each slice, run over all connections at once.

    Where one fails, the others are ended and its error is raised.
    """
    import psycopg

    waiting = iter(range(draft["slices"]))

    def work(connection: "Connection") -> list[Any]:
        cursors = (connection.execute(statement, draft | {"slice": number}) for number in waiting)
        return [one_row(cursor)[0] if cursor.description else None for cursor in cursors]

    with ThreadPoolExecutor(len(connections)) as pool:
        working = [pool.submit(work, connection) for connection in connections]
        try:
            ended, _ = wait(working, return_when=FIRST_EXCEPTION)
            failed = next((each for each in ended if each.exception()), None)
            return failed.result() if failed else [value for each in working for value in each.result()]
        except BaseException:
            deque(waiting, maxlen=0)
            for connection in connections:
                with suppress(psycopg.Error):
                    connection.cancel_safe()
            raise
