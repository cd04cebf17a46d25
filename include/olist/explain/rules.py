"""The rules one after the other, as they were tried on a person: which conditions failed, and which rule won.

PostgreSQL says what holds, with the expressions that a run uses; here it is put into words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from olist.strategy.rules import ACTION_FIELDS, COMPARISON, SEGMENT_FIELDS, Condition, Strategy
from olist.strategy.sql import (
    met_expression,
    name_expression,
    newcomer_expression,
    reason_expression,
    rule_expression,
    segment_expression,
    to_sql,
)

FIELDS = SEGMENT_FIELDS | ACTION_FIELDS


@dataclass(frozen=True)
class Tried:
    """A condition of a rule against the person's value. `holds` is False where the value is not known."""

    field: str
    value: str | None
    wanted: str
    holds: bool

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.field} is not known, which meets no condition, and the rule asks for {self.wanted}"
        if self.value == self.wanted:
            return f"{self.field} is {self.value}, as the rule asks"
        return f"{self.field} is {self.value}, and the rule asks for {self.wanted}"


@dataclass(frozen=True)
class Verdict:
    """What came of a rule: it has won, or the conditions that failed say why not. `number` counts from 1."""

    number: int
    name: str
    has_won: bool
    tried: list[Tried]
    otherwise: str = ""

    @property
    def why(self) -> str:
        """In words: all conditions of the winner, the failed ones of another rule."""
        shown = [str(each) for each in self.tried if each.holds == self.has_won]
        return "; ".join(shown) or self.otherwise


def expressions(strategy: Strategy) -> dict[str, str]:
    """What include/sql/explain/decided.sql has in braces, as SQL."""
    compiled = {
        "segment": segment_expression(strategy),
        "rule": rule_expression(strategy),
        "name": name_expression(strategy),
        "reason": reason_expression(strategy),
        "segments_met": met_expression(_segments(strategy), SEGMENT_FIELDS, strategy),
        "actions_met": met_expression(_actions(strategy), ACTION_FIELDS, strategy),
        "contact_met": met_expression([strategy.deliver.when], ACTION_FIELDS, strategy),
        "may_become_contact": newcomer_expression(strategy),
    }
    return {name: to_sql(expression) for name, expression in compiled.items()}


def segments_tried(strategy: Strategy, decided: dict[str, Any]) -> list[Verdict]:
    """The segments up to the one that took the person."""
    verdicts = []
    met = iter(decided["segments_met"])
    for number, segment in enumerate(strategy.segments, start=1):
        has_won = segment.name == decided["segment_name"]
        tried = _tried(segment.when, decided, strategy, met)
        verdicts.append(
            Verdict(number, segment.name, has_won, tried, "it is for everybody whom no segment before took")
        )
        if has_won:
            break
    return verdicts


def actions_tried(strategy: Strategy, decided: dict[str, Any]) -> list[Verdict]:
    """The rules for the next action up to the one that won; a tier's default comes after all of them."""
    verdicts = []
    met = iter(decided["actions_met"])
    for number, action in enumerate(strategy.actions, start=1):
        has_won = number == decided["rule"]
        verdicts.append(
            Verdict(number, action.next_action, has_won, _tried(action.when, decided, strategy, met))
        )
        if has_won:
            return verdicts
    if decided["rule"] is not None:
        tier, number = decided["loyalty_tier"], len(strategy.actions) + 1
        why = f"it is the default of {tier}, for whom no rule before held"
        verdicts.append(Verdict(number, strategy.default_actions[tier].next_action, True, [], why))
    return verdicts


def contact_tried(strategy: Strategy, decided: dict[str, Any]) -> Verdict | None:
    """Whether deliver.when lets the person become a contact in HubSpot; None where everybody may."""
    if not strategy.deliver.when:
        return None
    tried = _tried(strategy.deliver.when, decided, strategy, iter(decided["contact_met"]))
    return Verdict(1, "deliver.when", decided["may_become_contact"], tried)


def _segments(strategy: Strategy) -> list[dict[str, Condition]]:
    return [segment.when for segment in strategy.segments]


def _actions(strategy: Strategy) -> list[dict[str, Condition]]:
    return [action.when for action in strategy.actions]


def _tried(
    when: dict[str, Condition], decided: dict[str, Any], strategy: Strategy, met: Iterator[bool | None]
) -> list[Tried]:
    return [
        Tried(field, shown(field, decided[field]), _wanted(field, condition, strategy), bool(next(met)))
        for field, condition in when.items()
    ]


def shown(field: str, value: Any) -> str | None:
    """A value as a rule compares it: money with every digit, a mean of reviews with four at most."""
    if value is None:
        return None
    if field == "avg_review_score":
        return f"{value.normalize():f}" if value == round(value, 2) else f"{value:.4f}"
    if field == "monetary":
        return f"{value:.2f}" if value == round(value, 2) else f"{value.normalize():f}"
    return str(value)


def _wanted(field: str, condition: Condition, strategy: Strategy) -> str:
    if isinstance(condition, list):
        names = [_one_wanted(field, each, strategy) for each in condition]
        return f"one of {', '.join(names)}" if len(names) > 1 else names[0]
    return _one_wanted(field, condition, strategy)


def _one_wanted(field: str, value: str | int | float | Decimal, strategy: Strategy) -> str:
    if FIELDS[field] != "text" and isinstance(value, str) and (match := COMPARISON.match(value)):
        return " ".join(match.groups())
    if field == "favorite_category" and (group := strategy.category_groups.get(str(value))):
        return f"{value} (a group of {len(group)} categories)"
    return str(value)
