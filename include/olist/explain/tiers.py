"""How far a person is from the centres of the tiers, measured as ops.tiers_by_model does it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from itertools import combinations
from math import expm1, isfinite, log1p, sqrt
from typing import Any

FEATURES = ("recency_days", "frequency", "monetary")
CENT = Decimal("0.01")
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Centre:
    """The middle of a tier in days, orders and BRL; how far it is from the person, in standard deviations."""

    tier: str
    recency_days: float
    frequency: float
    monetary: float
    distance: float


@dataclass(frozen=True)
class Tiers:
    """The tiers of a model, the best first, from where a person stands.

    `better` is the next better tier, None in the best. One more order on the day of the snapshot, worth
    `one_more_order` (BRL), would have made it `would_be`, that tier or a still better one; None: no amount
    would have.
    """

    own: str
    trained_as_of: datetime
    centres: list[Centre]
    better: str | None
    one_more_order: Decimal | None
    would_be: str | None

    def __str__(self) -> str:
        by_tier = {each.tier: each for each in self.centres}
        own = by_tier[self.own]
        sentence = f"{self.own}: its centre is the nearest of all, {own.distance:.2f} away."
        if self.better is None:
            return f"{sentence} It is the best tier."
        further = by_tier[self.better].distance
        sentence += (
            f" The next better tier is {self.better}, whose centre is {further:.2f} away:"
            f" {further - own.distance:.2f} further."
        )
        if self.one_more_order is None:
            return f"{sentence} One more order alone would not change that, whatever it was worth."
        worth = f"of R$ {self.one_more_order:,.2f}" if self.one_more_order > CENT else "of any value"
        return (
            f"{sentence} One more order {worth} on the day of the snapshot would have made it"
            f" {self.would_be}."
        )


class Model:
    """A stored model: the scaler of log1p of each feature, and the centres, best tier first."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.trained_as_of: datetime = row["trained_as_of"]
        self.tiers: list[str] = [each["loyalty_tier"] for each in row["centres"]]
        order = [row["features"].index(feature) for feature in FEATURES]
        self._mean = [row["scaler"]["mean"][place] for place in order]
        self._scale = [row["scaler"]["scale"][place] for place in order]
        self._centres = [[each["centre"][place] for place in order] for each in row["centres"]]

    def tier(self, point: Point) -> str:
        """The tier of the nearest centre; of several as near, the best."""
        return self.tiers[self._nearest(self._standardised(point))]

    def look_from(self, own: str, recency_days: int, frequency: int, monetary: Decimal) -> Tiers:
        """The tiers as somebody of the tier `own` with these numbers sees them."""
        at = self._standardised((recency_days, frequency, float(monetary)))
        centres = []
        for tier, centre in zip(self.tiers, self._centres, strict=True):
            values = zip(centre, self._scale, self._mean, strict=True)
            days, orders, money = (expm1(value * scale + mean) for value, scale, mean in values)
            centres.append(Centre(tier, days, orders, money, sqrt(_apart(at, centre))))
        rank = self.tiers.index(own)
        if rank == 0:
            return Tiers(own, self.trained_as_of, centres, None, None, None)
        worth, would_be = self._one_more_order(rank, frequency + 1, monetary)
        return Tiers(own, self.trained_as_of, centres, self.tiers[rank - 1], worth, would_be)

    def _one_more_order(
        self, rank: int, frequency: int, monetary: Decimal
    ) -> tuple[Decimal, str] | tuple[None, None]:
        """The least worth of one more order, bought today, for a better tier than this one, and which."""
        # The nearest centre changes only where two are equally far away.
        for money in sorted([monetary + CENT, *self._turns(frequency, monetary)]):
            nearest = self._nearest(self._standardised((0, frequency, float(money))))
            if nearest < rank:
                return money - monetary, self.tiers[nearest]
        return None, None

    def _turns(self, frequency: int, monetary: Decimal) -> list[Decimal]:
        """Above `monetary`, the first whole cent behind each point where two centres are equally far away."""
        at = self._standardised((0, frequency, 0))[:2]
        turns = []
        for one, other in combinations(self._centres, 2):
            lead = one[2] - other[2]
            if lead == 0:
                continue
            rest = _apart(at, one[:2]) - _apart(at, other[:2]) + one[2] ** 2 - other[2] ** 2
            log_of_money = rest / (2 * lead) * self._scale[2] + self._mean[2]
            # No spend is as high as this.
            if log_of_money < 50 and isfinite(money := expm1(log_of_money)):
                turn = Decimal(money).quantize(CENT, ROUND_CEILING)
                # At the turn itself rounding may decide.
                turns += [turn, turn + CENT]
        return [turn for turn in turns if turn > monetary]

    def _standardised(self, point: Point) -> list[float]:
        values = zip(point, self._mean, self._scale, strict=True)
        return [(log1p(value) - mean) / scale for value, mean, scale in values]

    def _nearest(self, at: list[float]) -> int:
        return min(range(len(self._centres)), key=lambda number: _apart(at, self._centres[number]))


def _apart(one: list[float], other: list[float]) -> float:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
