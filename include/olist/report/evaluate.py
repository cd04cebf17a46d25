"""Evaluate: whether segments, tiers and scores predict what customers buy in the 90 days after a snapshot.

Lift is the share of revenue of a group over its share of customers: 1 is the average. Whether a group differs
from the average by more than chance is judged by how many of it bought again, with the exact form of the test
of Mantel and Haenszel (1959): each month is compared with itself alone, as if those who bought again had been
drawn by lot from everybody (hypergeometric distribution). Only months at least 90 days apart count for it,
so that no purchase counts twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from olist.exceptions import OlistError
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection

HORIZON = timedelta(days=90)
# Of a hundred groups that mean nothing, at most one on average is said to predict.
SIGNIFICANCE = 0.01
# With fewer expected cases, a group that means something may well not stand out.
LEAST_EXPECTED = 5
EVERYBODY = ("everybody", "none")


@dataclass(frozen=True)
class Outcome:
    """What a group of one snapshot did in 90 days: its people, those who bought again, BRL spent."""

    customers: int
    repurchased: int
    revenue: Decimal


@dataclass(frozen=True)
class Group:
    """A segment, tier or decile over all observed months. Shares and rates are from 0 to 1, None where 0/0.

    `observed` of it bought again, and `expected` would have if it were the average of its months, both in the
    months that the test is about; `p_value` is how likely chance alone makes the two at least that different.
    """

    name: str
    customers: int
    customer_share: float | None
    repurchase_rate: float | None
    revenue_share: float | None
    lift: float | None
    observed: int
    expected: float
    p_value: float

    @property
    def predicts(self) -> bool:
        """Whether the group bought again more or less often than the average by more than chance."""
        return self.p_value < SIGNIFICANCE

    @property
    def verdict(self) -> str:
        """In words."""
        if not self.predicts and self.expected < LEAST_EXPECTED:
            return f"too few to tell: {self.observed} bought again, {self.expected:.1f} expected"
        times = f"{self.observed / self.expected:.1f} times as often as the average"
        if self.predicts:
            return f"yes: bought again {times}"
        return f"does not predict: {times} may be chance"


Month = dict[tuple[str, str], Outcome]


class Evaluation:
    """The outcomes of every stored snapshot, oldest first.

    `months` are those whose 90 days the data covers; the data does not reach far enough past those `waiting`.
    """

    def __init__(self, months: dict[datetime, Month], waiting: list[datetime]) -> None:
        self.months = months
        self.waiting = waiting

    def groups(self, kind: str) -> list[Group]:
        """The groups of a kind (segment, tier, rfm_decile, recency_decile), the highest lift first."""
        names = {name for month in self.months.values() for of_kind, name in month if of_kind == kind}
        groups = [self._group((kind, name)) for name in sorted(names)]
        return sorted(groups, key=lambda group: group.lift or 0, reverse=True)

    def lift(self, as_of: datetime, kind: str, name: str) -> float | None:
        """The lift of a group in one month; None where it had no customer, or nobody bought anything."""
        month = self.months[as_of]
        group = month.get((kind, name))
        return _lift(group, month[EVERYBODY]) if group else None

    def reach(self, as_of: datetime | None, kind: str, best: int) -> float | None:
        """The share of revenue that the best deciles of a kind brought, in one month or in all."""
        months = [self.months[as_of]] if as_of else self.months.values()
        names = [(kind, str(decile)) for decile in range(1, best + 1)]
        found = [month[name] for month in months for name in names if name in month]
        return _ratio(_sum(found).revenue, _sum(month[EVERYBODY] for month in months).revenue)

    def _group(self, key: tuple[str, str]) -> Group:
        group = _sum(month[key] for month in self.months.values() if key in month)
        everybody = _sum(month[EVERYBODY] for month in self.months.values())
        apart = [self.months[as_of] for as_of in _apart(self.months)]
        pairs = [(month[key], month[EVERYBODY]) for month in apart if key in month]
        observed, expected, p_value = mantel_haenszel(pairs)
        return Group(
            name=key[1],
            customers=group.customers,
            customer_share=_ratio(group.customers, everybody.customers),
            repurchase_rate=_ratio(group.repurchased, group.customers),
            revenue_share=_ratio(group.revenue, everybody.revenue),
            lift=_lift(group, everybody),
            observed=observed,
            expected=expected,
            p_value=p_value,
        )


def evaluate(connection: "Connection") -> Evaluation:
    """The outcomes of all stored snapshots, by segment, tier, and decile.

    Raises OlistError if no snapshot is stored.
    """
    months: dict[datetime, Month] = {}
    waiting = []
    with connection.cursor() as cursor:
        cursor.execute(read_sql("evaluate/outcomes_by_group"))
        for as_of, kind, name, customers, repurchased, revenue in cursor:
            if repurchased is not None:
                months.setdefault(as_of, {})[kind, name] = Outcome(customers, repurchased, revenue)
            elif kind == "everybody":
                waiting.append(as_of)
    if not months and not waiting:
        raise OlistError("No snapshot is stored yet: `make run` makes one, a backfill one for each month.")
    return Evaluation(months, waiting)


def mantel_haenszel(pairs: list[tuple[Outcome, Outcome]]) -> tuple[int, float, float]:
    """Observed and expected people of a group who bought again, and the exact two-sided p-value.

    Takes (group, everybody) of each month.
    """
    import numpy as np
    from scipy.stats import hypergeom

    observed, expected, chances = 0, 0.0, np.ones(1)
    for group, everybody in pairs:
        observed += group.repurchased
        expected += group.customers * everybody.repurchased / everybody.customers
        by_lot = hypergeom(everybody.customers, everybody.repurchased, group.customers)
        chances = np.convolve(chances, by_lot.pmf(np.arange(everybody.repurchased + 1)))
    as_few, as_many = chances[: observed + 1].sum(), chances[observed:].sum()
    return observed, expected, float(min(1, 2 * min(as_few, as_many)))


def _apart(moments: Iterable[datetime]) -> list[datetime]:
    """As many of the moments as have 90 days between them, from the newest on."""
    chosen: list[datetime] = []
    for moment in sorted(moments, reverse=True):
        if not chosen or chosen[-1] - moment >= HORIZON:
            chosen.append(moment)
    return chosen


def _sum(outcomes: Iterable[Outcome]) -> Outcome:
    outcomes = list(outcomes)
    return Outcome(
        sum(each.customers for each in outcomes),
        sum(each.repurchased for each in outcomes),
        sum((each.revenue for each in outcomes), Decimal(0)),
    )


def _lift(group: Outcome, everybody: Outcome) -> float | None:
    if not everybody.revenue:
        return None
    return _ratio(group.revenue * everybody.customers, everybody.revenue * group.customers)


def _ratio(part: Decimal | int, whole: Decimal | int) -> float | None:
    return float(part / whole) if whole else None
