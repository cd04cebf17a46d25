"""What in the warehouse's schemas is ours, so that nothing of anybody else's is touched.

Names are written as in ops.objects: `analytics.order_values`, and `ops.has_part()` for a routine. They are
read out of the SQL that makes them, which names its schema everywhere.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from olist.exceptions import OlistError
from olist.warehouse.sql import read_sql

if TYPE_CHECKING:
    from psycopg import Cursor

NAMES = re.compile(
    r"^\s*(create|drop)\s+(?:or\s+replace\s+)?(?:unlogged\s+)?(table|view|function|procedure|aggregate)\s+"
    r"(?:if\s+(?:not\s+)?exists\s+)?(\w+\.\w+)",
    re.IGNORECASE | re.MULTILINE,
)
INSTALLED_COLUMNS = "name text, installed_at timestamp with time zone"
# Enough to recognise whose they are.
SHOWN = 5


def names_in(texts: Iterable[str], verbs: tuple[str, ...] = ("create", "drop")) -> set[str]:
    """The tables, views and routines that SQL texts create or drop."""
    found = (match.groups() for text in texts for match in NAMES.finditer(text))
    return {
        name.lower() + ("()" if kind.lower() in ("function", "procedure", "aggregate") else "")
        for verb, kind, name in found
        if verb.lower() in verbs
    }


def installed(cursor: "Cursor") -> set[str]:
    """What ops.installed says is there: nothing in a new database, or where that table is somebody else's."""
    cursor.execute(read_sql("install/ledger_columns"))
    if cursor.fetchone() != (INSTALLED_COLUMNS,):
        return set()
    cursor.execute("select name from ops.installed")
    names = {name for (name,) in cursor.fetchall()}
    return names if "000_installed" in names else set()


def ours(cursor: "Cursor", applied: list[str], pending: list[str], routines: list[str]) -> set[str]:
    """The names that are ours already, of a warehouse with the texts `applied`: those of ops.objects.

    Releases that did not write them down yet made what these texts and the routines make, and what the
    pending texts drop.
    """
    if "ops.objects" in names_in(applied):
        cursor.execute("select name from ops.objects")
        return {name for (name,) in cursor.fetchall()}
    return names_in(applied + routines) | names_in(pending, ("drop",))


def refuse_what_is_in_the_way(cursor: "Cursor", names: set[str]) -> None:
    """Raises OlistError if there is anything of these names, which is somebody else's."""
    cursor.execute(read_sql("install/found_objects"), {"names": list(names)})
    found = [described for _, described in cursor.fetchall()]
    if found:
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise OlistError(
            f"The database {cursor.connection.info.dbname} has things of somebody else's where the pipeline's"
            f" own would be ({', '.join(found[:SHOWN])}{more}): nothing was changed. Give the pipeline a"
            " database of its own: CREATE DATABASE olist, then DB_NAME=olist or the connection"
            " olist_warehouse."
        )


def write_down(cursor: "Cursor", names: set[str]) -> None:
    """Enters names as ours."""
    statement = "insert into ops.objects (name) select unnest(%s::text[]) on conflict do nothing"
    cursor.execute(statement, (sorted(names),))


@contextmanager
def schema_comments_kept(cursor: "Cursor") -> Iterator[None]:
    """What is said of schemas that are there already is said of them afterwards, too.

    The file that makes the schemas speaks of them as if they were new.
    """
    from psycopg import sql

    before = cursor.execute(read_sql("install/schema_comments")).fetchall()
    yield
    after = cursor.execute(read_sql("install/schema_comments")).fetchall()
    for schema, comment in set(before) - set(after):
        statement = sql.SQL("comment on schema {} is {}")
        cursor.execute(statement.format(sql.Identifier(schema), sql.Literal(comment)))
