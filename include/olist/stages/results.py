"""A result of a run: copied from a run with the same inputs, else made by all cores of the server.

PostgreSQL writes with one process. So the working table of a large result is in slices (ops.open_drafts), and
each is filled by a connection of its own, in a transaction of its own. A try that ends in between leaves slices
that the next one empties; the result counts as made once its inputs are recorded.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, LiteralString

from olist.warehouse import one_row
from olist.warehouse.session import another

if TYPE_CHECKING:
    from psycopg import Connection


def make_result(connection: "Connection", run_id: int, result: LiteralString) -> None:
    """Fills the working table `ops.<result>_drafts` of a run by `ops.build_<result>`."""
    draft = f"{result}_drafts"
    (is_copied,) = one_row(connection.execute("select ops.copy_draft(%s, %s)", (draft, run_id)))
    if is_copied:
        return
    (slices,) = one_row(connection.execute("select ops.slices_of(%s, %s)", (draft, run_id)))
    build = f"call ops.build_{result}(%s, %s, %s)"
    with ExitStack() as stack:
        connections = [connection, *_more(connection, slices - 1, stack)]
        waiting = iter(range(slices))

        def fill(one: "Connection") -> None:
            for slice_number in waiting:
                one.execute(build, (run_id, slice_number, slices))

        with ThreadPoolExecutor(len(connections)) as pool:
            filled = [pool.submit(fill, one) for one in connections]
            try:
                for each in filled:
                    each.result()
            except BaseException:
                for one in connections:
                    one.cancel_safe()
                raise
    connection.execute("call ops.record_inputs(%s, %s)", (draft, run_id))


def _more(connection: "Connection", wanted: int, stack: ExitStack) -> "Iterator[Connection]":
    """Further connections like this one, as many of those wanted as the server has."""
    import psycopg

    for _ in range(wanted):
        try:
            yield stack.enter_context(closing(another(connection)))
        except psycopg.OperationalError:
            return
