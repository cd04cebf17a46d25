"""A second, independent reading of "Hold-outs" in the contract: what an action brought.

Plain Python, numpy and scipy, sharing no code with the pipeline. Groups are drawn here anew, by the rule that
docs/experiments.md states; limits are roots of the equations of their definitions, means and t are scipy's.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from support.reference import qualifying_orders, read_items

WINDOW = timedelta(days=90)
Z = NormalDist().inv_cdf(0.975)
Snapshot = tuple[datetime, str, str | None]  # as_of, person, next action


def is_held_out(salt: str, share: float, person: str) -> bool:
    """The first 32 bits of SHA-256 of "salt:person", as a number between 0 and 1, are below the share."""
    first = hashlib.sha256(f"{salt}:{person}".encode()).digest()[:4]
    return int.from_bytes(first, "big") / 2**32 < share


def wilson(successes: int, people: int) -> tuple[float, float]:
    """The two rates r whose distance from the one seen is z standard errors of r."""
    rate = successes / people
    # (rate - r)^2 = z^2 r (1 - r) / n
    roots = np.roots([1 + Z**2 / people, -2 * rate - Z**2 / people, rate**2])
    low, high = sorted(float(root.real) for root in roots)
    return low, high


def newcombe(a: int, m: int, b: int, n: int) -> tuple[float, float]:
    """Newcombe (1998), method 10, for a/m - b/n, in his letters."""
    (l1, u1), (l2, u2) = wilson(a, m), wilson(b, n)
    p1, p2 = a / m, b / n
    return (
        p1 - p2 - ((p1 - l1) ** 2 + (u2 - p2) ** 2) ** 0.5,
        p1 - p2 + ((u1 - p1) ** 2 + (p2 - l2) ** 2) ** 0.5,
    )


def newcombe_of_many(a: np.ndarray, m: int, b: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The same for arrays."""
    limits = []
    for successes, people in ((a, m), (b, n)):
        rate, half = successes / people, Z**2 / (2 * people)
        spread = Z * np.sqrt(rate * (1 - rate) / people + half / (2 * people))
        limits.append(((rate + half - spread) / (1 + 2 * half), (rate + half + spread) / (1 + 2 * half)))
    (l1, u1), (l2, u2) = limits
    p1, p2 = a / m, b / n
    return (
        p1 - p2 - np.hypot(p1 - l1, u2 - p2),
        p1 - p2 + np.hypot(u1 - p1, p2 - l2),
    )


def smallest_visible_lift(rate: float, m: int, n: int) -> float | None:
    """The difference d that is z standard errors (as if there were none) from 0, and below that only one time
    out of five (by the standard error there is)."""

    def missing(d: float) -> float:
        p = rate + d
        together = (m * p + n * rate) / (m + n)
        without = (together * (1 - together) * (1 / m + 1 / n)) ** 0.5
        there = (p * (1 - p) / m + rate * (1 - rate) / n) ** 0.5
        return d - Z * without - NormalDist().inv_cdf(0.8) * there

    return brentq(missing, 1e-12, 1 - rate) if rate < 1 and missing(1 - rate) > 0 else None


def action_lift(
    data_dir: Path, snapshots: Iterable[Snapshot], salt: str, share: float, began: datetime
) -> dict[str | None, dict[str, Any]]:
    """The numbers of analytics.vw_action_lift by next action, None for all actions together."""
    items = read_items(data_dir)
    cents = items.groupby("order_id")["cents"].sum().to_dict()
    bought: dict[str, list[tuple[datetime, int]]] = {}
    latest = datetime.min
    for order in qualifying_orders(data_dir, items).itertuples():
        moment = order.purchased_at.to_pydatetime()
        bought.setdefault(order.customer_unique_id, []).append((moment, cents[order.order_id]))
        latest = max(latest, moment)

    first: dict[tuple[str | None, str], datetime] = {}
    for as_of, person, action in sorted(snapshots, key=lambda each: each[0]):
        if action is not None and as_of >= began:
            first.setdefault((action, person), as_of)
            first.setdefault((None, person), as_of)

    groups: dict[str | None, dict[str, list[int | None]]] = {}
    waiting: dict[str | None, dict[str, int]] = {}
    for (action, person), as_of in first.items():
        group = "held_out" if is_held_out(salt, share, person) else "treated"
        groups.setdefault(action, {"treated": [], "held_out": []})
        waiting.setdefault(action, {"treated": 0, "held_out": 0})
        if latest < as_of + WINDOW:
            waiting[action][group] += 1
            continue
        spent = [cent for moment, cent in bought.get(person, []) if as_of <= moment < as_of + WINDOW]
        groups[action][group].append(sum(spent) if spent else None)
    return {
        action: _compared(group["treated"], group["held_out"])
        | {f"{name}_waiting": count for name, count in waiting[action].items()}
        for action, group in groups.items()
    }


def _compared(treated: list[int | None], held_out: list[int | None]) -> dict[str, Any]:
    """`treated` and `held_out`: what each person spent, in cents; None for who bought nothing."""
    found: dict[str, Any] = {}
    counts = []
    for name, group in (("treated", treated), ("held_out", held_out)):
        bought = sum(each is not None for each in group)
        counts.append((bought, len(group)))
        found |= {
            name: len(group),
            f"{name}_repurchased": bought if group else None,
            f"{name}_rate": bought / len(group) if group else None,
            f"{name}_spend": _reais(sum(filter(None, group)) / len(group)) if group else None,
        }
    keys = ("lift", "lift_low", "lift_high", "smallest_visible_lift", "p_value", "verdict")
    found |= dict.fromkeys((*keys, "spend_lift", "spend_lift_low", "spend_lift_high"))
    (a, m), (b, n) = counts
    if not (m and n):
        return found
    low, high = newcombe(a, m, b, n)
    words = {(True, True): "worked", (False, False): "harmed"}
    found |= {"lift": a / m - b / n, "lift_low": low, "lift_high": high}
    found["verdict"] = words.get((low > 0, high >= 0), "no effect that could be seen")
    found["smallest_visible_lift"] = smallest_visible_lift((a + b) / (m + n), m, n)
    if 0 < a + b < m + n:
        table = [[a, m - a], [b, n - b]]
        found["p_value"] = float(stats.chi2_contingency(table, correction=False).pvalue)
    one, other = ([float(each or 0) for each in group] for group in (treated, held_out))
    found["spend_lift"] = _reais(sum(one) / m - sum(other) / n)
    if m > 1 and n > 1 and (len(set(one)) > 1 or len(set(other)) > 1):
        interval = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
        found["spend_lift_low"], found["spend_lift_high"] = _reais(interval.low), _reais(interval.high)
    return found


def _reais(cents: float) -> Decimal:
    return Decimal(str(cents)).scaleb(-2)
