"""A planted effect in the files of `demo_data`: people who are not held out buy again more often.

From BEGINS on it is as if everybody who is in a monthly snapshot were told of an action, but for those whom
`holdout` of strategy.yaml holds out. Then whatever experiment begins there finds the effect that was planted.

The additional orders are copies of orders the people have made, with ids and dates of their own, behind all
others in the files. They come at a steady rate, so that of any 90 days the same share of people has one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import numpy as np
from numpy.random import Generator

from olist.local.demo_orders import Table, random_ids
from olist.local.demo_values import LAST_DAY

BEGINS = date(2018, 1, 1)
DAYS = 90
EXCLUDED = ("canceled", "unavailable")
# With a greater one somebody would have to buy more than once until the data ends.
MOST = 0.3
# Its multiples, each without its whole part, lie evenly between 0 and 1, however many they are.
GOLDEN = (5**0.5 - 1) / 2
# Files have midnight in them.
DAYS_ONLY = ("order_estimated_delivery_date", "review_creation_date")


@dataclass(frozen=True)
class Effect:
    """How many more of the treated people buy again within 90 days (0.05: five points), and who is treated.

    `share` and `salt` are those of holdout in strategy.yaml.
    """

    lift: float
    share: float
    salt: str

    def __post_init__(self) -> None:
        if not 0 < self.lift <= MOST:
            raise ValueError(f"An effect must be above 0 and at most {MOST:g}, not {self.lift:g}.")


def is_held_out(salt: str, share: float, customer_unique_id: str) -> bool:
    """The rule of ops.is_held_out, for files that are made before there is a warehouse."""
    number = int(sha256(f"{salt}:{customer_unique_id}".encode()).hexdigest()[:8], 16)
    return number < share * 2**32


def with_effect(
    tables: Iterable[tuple[str, Table]], effect: Effect, seed: int
) -> Iterator[tuple[str, Table]]:
    """The tables with the additional orders. Equal arguments give equal tables."""
    made = dict(tables)
    rng = np.random.default_rng([seed, 1])
    source, purchased = _additional_orders(rng, made["customers"], made["orders"], effect)
    order_ids, customer_ids = random_ids(rng, len(source)), random_ids(rng, len(source))
    moved = purchased - made["orders"]["order_purchase_timestamp"][source]

    made["customers"] = _longer(made["customers"], source, {"customer_id": customer_ids})
    of_order = {"order_id": order_ids, "customer_id": customer_ids}
    original = made["orders"]["order_id"]
    made["orders"] = _longer(made["orders"], source, of_order, moved)
    for name in ("order_items", "order_payments", "order_reviews"):
        table = made[name]
        row, number = _rows_of(table["order_id"], original[source])
        ids = {"order_id": order_ids[number]}
        if name == "order_reviews":
            ids["review_id"] = random_ids(rng, len(row))
        made[name] = _longer(table, row, ids, moved[number])
    yield from made.items()


def _additional_orders(
    rng: Generator, customers: Table, orders: Table, effect: Effect
) -> tuple[np.ndarray, np.ndarray]:
    """Which order each additional one is a copy of, as its row, and when it is bought."""
    bought = orders["order_purchase_timestamp"]
    rows = np.flatnonzero(~np.isin(orders["order_status"], EXCLUDED) & (orders["_total"] > 0))
    people, first = _first_rows(customers["customer_unique_id"][rows], bought[rows])
    first = rows[first]
    ids = people.tobytes().hex()
    held_out = [
        is_held_out(effect.salt, effect.share, ids[start : start + 32]) for start in range(0, len(ids), 32)
    ]
    first = first[~np.array(held_out)]

    # In a snapshot from the first day of the next month on.
    next_month = (bought[first].astype("M8[M]") + 1).astype("M8[s]")
    begins = np.maximum(next_month, np.datetime64(BEGINS, "s"))
    ends = np.datetime64(LAST_DAY, "s") + np.timedelta64(1, "D")
    exposure = np.maximum(ends - begins, np.timedelta64(0, "s")).astype(int)
    per_second = _needed(effect.lift, customers, orders) / (DAYS * 86_400)
    # Evenly over shuffled people, nobody more than one, and evenly over time: little is left to chance.
    order = rng.permutation(len(first))
    first, begins, exposure = first[order], begins[order], exposure[order]
    until = np.floor(np.cumsum(per_second * exposure) + rng.random()).astype(int)
    chosen = np.flatnonzero(np.diff(until, prepend=0))
    when = (rng.random() + GOLDEN * np.arange(len(chosen))) % 1
    seconds = np.floor(when * exposure[chosen]).astype(int)
    return first[chosen], begins[chosen] + seconds.astype("m8[s]")


def _needed(lift: float, customers: Table, orders: Table) -> float:
    """The share of people who must have an additional order in 90 days, as some of them buy again anyway."""
    begin = np.datetime64(BEGINS, "s")
    end = begin + np.timedelta64(DAYS, "D")
    bought, people = orders["order_purchase_timestamp"], customers["customer_unique_id"]
    known = np.unique(people[bought < begin])
    again = np.isin(known, people[(bought >= begin) & (bought < end)])
    return lift / (1 - again.mean()) if len(known) else lift


def _first_rows(people: np.ndarray, bought: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each person once, and the row of the first order."""
    by_time = np.argsort(bought, kind="stable")
    found, first = np.unique(people[by_time], return_index=True)
    return found, by_time[first]


def _rows_of(order_ids: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows of each wanted order in the order of the file, and the place among `wanted`."""
    by_order = np.argsort(order_ids, kind="stable")
    in_order = order_ids[by_order]
    begin, end = (np.searchsorted(in_order, wanted, side) for side in ("left", "right"))
    counts = end - begin
    number = np.repeat(np.arange(len(wanted)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return by_order[np.repeat(begin, counts) + within], number


def _longer(
    table: Table, rows: np.ndarray, ids: dict[str, np.ndarray], moved: np.ndarray | None = None
) -> Table:
    """The table with copies of some of its rows behind it, their ids replaced and their times moved."""
    longer = {}
    for name, column in table.items():
        if name.startswith("_"):
            continue
        added = ids.get(name, column[rows])
        if moved is not None and column.dtype.kind == "M":
            added = added + moved
            if name in DAYS_ONLY:
                added = added.astype("M8[D]").astype("M8[s]")
        longer[name] = np.concatenate([column, added])
    return longer
