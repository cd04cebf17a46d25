"""Reads one person's story out of the warehouse. Writes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.explain.rules import Verdict, actions_tried, contact_tried, expressions, segments_tried
from olist.explain.tiers import Model, Tiers
from olist.hubspot.properties import PERSONAL
from olist.strategy.rules import Strategy
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

Row = dict[str, Any]
# No id of a file or of HubSpot is as long.
LONGEST_ID = 200


@dataclass(frozen=True)
class Story:
    """What is known of a person, the newest first in every list.

    `numbers` are those of the newest snapshot with the person (columns of explain/decided.sql), None where
    there is none; verdicts and tiers are about them. `newest` is the newest snapshot of all. `personal` is
    e-mail and names, if asked for and known. `more_deliveries`: older ones were left out.
    """

    person: str
    newest: datetime | None
    numbers: Row | None
    segments: list[Verdict]
    actions: list[Verdict]
    contact: Verdict | None
    tiers: Tiers | None
    months: list[Row]
    orders: list[Row]
    opt_outs: list[Row]
    contacts: list[Row]
    failures: list[Row]
    differences: list[Row]
    deliveries: list[Row]
    more_deliveries: bool
    personal: Row | None

    @property
    def counted(self) -> list[Row]:
        """The orders that count."""
        return [order for order in self.orders if order["counts"]]

    @property
    def left_out(self) -> list[Row]:
        """The orders that do not."""
        return [order for order in self.orders if not order["counts"]]


def tell(
    cursor: "Cursor[Row]",
    strategy: Strategy,
    wanted: str,
    *,
    most_deliveries: int | None = None,
    with_personal: bool = False,
) -> Story:
    """The story of the person with the customer_unique_id, or of the HubSpot contact with the id, `wanted`.

    The cursor gives rows as dicts, in a transaction that sees one state (`one_state`). Without
    `with_personal` nothing in it is an e-mail or a name. Raises OlistError with the answer where there is no
    story: nobody has the id, several have, or the person was erased.
    """

    def rows(name: str, **values: object) -> list[Row]:
        return cursor.execute(read_sql(f"explain/{name}"), values).fetchall()

    person = _find(rows, wanted)
    newest = rows("newest")[0]
    run_id = newest["run_id"]
    numbers = _decide(cursor, strategy, person)
    as_of = numbers["as_of"] if numbers else newest["as_of"]
    most = None if most_deliveries is None else most_deliveries + 1
    deliveries = rows("deliveries", person=person, most=most)
    differences = rows("differences", person=person)
    if not with_personal:
        deliveries = [each | {"changes": _impersonal(each["changes"])} for each in deliveries]
        differences = [each for each in differences if each["property"] not in PERSONAL]
    return Story(
        person=person,
        newest=newest["as_of"],
        numbers=numbers,
        segments=segments_tried(strategy, numbers) if numbers else [],
        actions=actions_tried(strategy, numbers) if numbers else [],
        contact=contact_tried(strategy, numbers) if numbers else None,
        tiers=_tiers(rows, numbers) if numbers else None,
        months=rows("months", person=person),
        orders=rows("orders", person=person, run_id=run_id, as_of=as_of),
        opt_outs=rows("opt_outs", person=person, run_id=run_id),
        contacts=rows("contacts", person=person),
        failures=rows("failures", person=person),
        differences=differences,
        deliveries=deliveries[:most_deliveries],
        more_deliveries=most is not None and len(deliveries) == most,
        personal=next(iter(rows("personal", person=person, run_id=run_id)), None) if with_personal else None,
    )


@contextmanager
def one_state(connection: "Connection", seconds: int) -> Iterator["Cursor[Row]"]:
    """A cursor whose queries see one state of the warehouse, change nothing, and end in so many seconds."""
    from psycopg.rows import dict_row

    with connection.transaction(force_rollback=True), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute(f"set local statement_timeout = {1000 * seconds}")
        yield cursor


def _find(rows: Any, wanted: str) -> str:
    wanted = wanted.strip()
    if not wanted:
        raise OlistError(
            "Nobody is explained without an id: give a customer_unique_id, or the id of a HubSpot contact."
        )
    # PostgreSQL takes neither a NUL nor half a character.
    if len(wanted) <= LONGEST_ID and wanted.isprintable():
        if erased := rows("erased", wanted=wanted):
            later = " HubSpot has still to delete the contact." if erased[0]["is_pending"] else ""
            raise OlistError(
                f"This person was erased on {erased[0]['erased_at']:%Y-%m-%d}. Nothing is kept of them but a"
                f" hash, so that no file brings them back.{later}"
            )
        found = [row["customer_unique_id"] for row in rows("find", wanted=wanted)]
        if len(found) > 1:
            raise OlistError(
                f"This id of a HubSpot contact belongs to {len(found)} people: ask for one of them,"
                f" {', '.join(found[:10])}."
            )
        if found:
            return found[0]
    raise OlistError(
        "Nobody is known by this id: it is neither a customer_unique_id in the files of the last published"
        " run, a snapshot or a delivery, nor the id of a HubSpot contact that was delivered to."
    )


def _decide(cursor: "Cursor[Row]", strategy: Strategy, person: str) -> Row | None:
    from psycopg import sql

    compiled = {name: sql.SQL(text) for name, text in expressions(strategy).items()}
    # No parameters, since a rule may have a % in its name.
    query = sql.SQL(read_sql("explain/decided")).format(person=sql.Literal(person), **compiled)
    return cursor.execute(query).fetchone()


def _tiers(rows: Any, numbers: Row) -> Tiers | None:
    model = rows("model", model_id=numbers["model_id"])
    if not model or numbers["loyalty_tier"] is None:
        return None
    return Model(model[0]).look_from(
        numbers["loyalty_tier"], numbers["recency_days"], numbers["frequency"], numbers["monetary"]
    )


def _impersonal(changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: change for name, change in changes.items() if name not in PERSONAL}
