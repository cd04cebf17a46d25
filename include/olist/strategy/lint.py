"""Rules of strategy.yaml that do nothing, each named with its line.

A rule is unreachable if no customer can meet its conditions, shadowed if earlier rules take everybody who
can, and dead if it could reach somebody but reaches nobody in a snapshot.

Whether there can be such a customer is found out by trying, not by reasoning about conditions: PostgreSQL
says which representative values of each field meet which condition, with the expressions that a run uses.
Values that meet the same conditions are one case, so the cases are few. A set of rules is an integer with a
bit for each.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Numeric, Text, cast, func, literal, null
from sqlalchemy.dialects import postgresql

from olist.strategy.document import Place, shown
from olist.strategy.reading import STRATEGY_FILE, line_of, strategy_file
from olist.strategy.rules import ACTION_FIELDS, COMPARISON, SEGMENT_FIELDS, Condition, Strategy
from olist.strategy.sql import Expression, categories, condition_expression, numbered_actions, to_sql

if TYPE_CHECKING:
    from psycopg import Connection

# The least and the greatest possible value of each number, and the distance between neighbours. A mean of
# reviews may lie anywhere; with as many reviews as a person writes, two means differ by more than a
# millionth.
POSSIBLE = {
    "r_score": (1, 5, Decimal(1)),
    "f_score": (1, 5, Decimal(1)),
    "m_score": (1, 5, Decimal(1)),
    "recency_days": (0, None, Decimal(1)),
    "frequency": (1, None, Decimal(1)),
    "monetary": (0, None, Decimal("0.01")),
    "avg_review_score": (1, 5, Decimal("0.000001")),
}
FIELDS = SEGMENT_FIELDS | ACTION_FIELDS
MOST_CASES = 1_000_000
MOST_SETS = 1_000


@dataclass(frozen=True)
class Rule:
    """A segment, a rule for an action, a tier's default or `deliver.when`, and where it is in the file."""

    name: str
    place: Place
    when: dict[str, Condition]


@dataclass(frozen=True)
class Finding:
    """A rule that does nothing. `kind` is unreachable, shadowed or dead, or for all at once unchecked."""

    line: int
    rule: str
    kind: str
    sentence: str
    path: Path = STRATEGY_FILE

    def __str__(self) -> str:
        return f"{shown(self.path)} line {self.line}: {self.rule} is {self.kind}: {self.sentence}."


class _TooManyCasesError(Exception):
    pass


def segment_rules(strategy: Strategy) -> list[Rule]:
    """The segments in their order."""
    return [
        Rule(f"segment {segment.name}", ("segments", number), segment.when)
        for number, segment in enumerate(strategy.segments)
    ]


def action_rules(strategy: Strategy) -> list[Rule]:
    """The rules for actions, then the defaults of the tiers: in the order of their numbers."""
    rules = []
    for number, action in enumerate(strategy.actions):
        name = f"action {number + 1}, {action.next_action},"
        rules.append(Rule(name, ("actions", number), action.when))
    for tier in strategy.tiers:
        name = f"default action of {tier}, {strategy.default_actions[tier].next_action},"
        rules.append(Rule(name, ("default_actions", tier), {"loyalty_tier": tier}))
    return rules


def contact_rules(strategy: Strategy) -> list[Rule]:
    """Who may become a contact: one rule, or none where everybody may."""
    when = strategy.deliver.when
    return [Rule("deliver.when", ("deliver",), when)] if when else []


def find_idle_rules(connection: "Connection", strategy: Strategy, path: Path | None = None) -> list[Finding]:
    """The unreachable and the shadowed rules, in the order of the file, which is `path` or `strategy_file()`.

    Needs no table. Where the rules tell apart too many cases to try, says that instead.
    """
    path = path or strategy_file()
    try:
        segments, actions, contacts = _earlier_rules(connection, strategy)
    except _TooManyCasesError:
        sentence = "the rules tell too many combinations of values apart to try them all"
        line = line_of(path, ("segments",))
        return [Finding(line, "whether rules do nothing", "unchecked", sentence, path)]
    findings = []
    for rules, earlier in (
        (segment_rules(strategy), segments),
        (action_rules(strategy), actions),
        (contact_rules(strategy), contacts),
    ):
        for rule, sets in zip(rules, earlier, strict=True):
            # Each look for a line reads the file again, so that only what is found is looked up.
            if not sets:
                line, sentence = line_of(path, rule.place), _why_nobody(rule, strategy, path)
                findings.append(Finding(line, rule.name, "unreachable", sentence, path))
            elif 0 not in sets:
                line = line_of(path, rule.place)
                takers = [rules[number] for number in _takers(sets)]
                names = " and ".join(f"{each.name} line {line_of(path, each.place)}" for each in takers)
                sentence = f"everybody whom it could reach is taken by {names}"
                findings.append(Finding(line, rule.name, "shadowed", sentence, path))
    return findings


def find_dead_rules(
    reach: Iterable[tuple[Rule, int]], snapshot: str, idle: list[Finding], path: Path | None = None
) -> list[Finding]:
    """The rules that reach 0 people, without those that are `idle` anyway. `snapshot` is its date."""
    path = path or strategy_file()
    known = {finding.rule for finding in idle}
    sentence = f"it could reach somebody, but nobody in the snapshot of {snapshot}"
    return [
        Finding(line_of(path, rule.place), rule.name, "dead", sentence, path)
        for rule, people in reach
        if not people and rule.name not in known
    ]


def _why_nobody(rule: Rule, strategy: Strategy, path: Path) -> str:
    conditions = ", ".join(f"{field}: {_as_written(condition)}" for field, condition in rule.when.items())
    wanted = rule.when.get("segment_name", [])
    names = [segment.name for segment in strategy.segments]
    lines = [
        f"{name} is in line {line_of(path, ('segments', names.index(name)))}"
        for name in map(str, wanted if isinstance(wanted, list) else [wanted])
    ]
    about = f" ({', '.join(lines)})" if lines else ""
    return f"no customer can have {conditions}{about}"


def _as_written(condition: Condition) -> str:
    return f"[{', '.join(map(str, condition))}]" if isinstance(condition, list) else str(condition)


def _earlier_rules(connection: "Connection", strategy: Strategy) -> tuple[list[set[int]], ...]:
    """For each segment and for each action, the least sets of earlier ones that hold where it holds.

    Nobody is before who may become a contact: there it is {0} if somebody may, and empty if nobody can.
    """
    segments, contacts = segment_rules(strategy), contact_rules(strategy)
    cases = _cases(connection, [*segments, *action_rules(strategy), *contacts], strategy)
    by_segment = cases.pop("segment_name")
    numbers = {-1}
    for field in SEGMENT_FIELDS:
        numbers = _together(numbers, cases[field].values())
    # A customer is in the first segment that holds, and only then do rules know what segment it is.
    customers = {
        (case & by_segment[strategy.segments[_first(case)].name]) >> len(segments) for case in numbers
    }
    of_segments = [set(cases[field].values()) for field in SEGMENT_FIELDS]
    of_actions = [customers] + [
        {case >> len(segments) for case in cases[field].values()}
        for field in ACTION_FIELDS
        if field in cases and field not in SEGMENT_FIELDS
    ]
    action_count = len(numbered_actions(strategy))
    return (
        [_least_earlier(number, of_segments) for number in range(len(segments))],
        [_least_earlier(number, of_actions) for number in range(action_count)],
        [{0} if _least_earlier(action_count, of_actions) else set() for _ in contacts],
    )


def _cases(connection: "Connection", rules: list[Rule], strategy: Strategy) -> dict[str, dict[str, int]]:
    """For each field, its representative values and the rules that each of them leaves possible."""
    query = "\nunion all\n".join(_field_query(field, rules, strategy) for field in FIELDS)
    cases: dict[str, dict[str, int]] = {field: {} for field in FIELDS}
    with connection.cursor() as cursor:
        cursor.execute(query)
        for field, value, holds in cursor:
            cases[field][value] = sum(1 << number for number, held in enumerate(holds) if held)
    return cases


def _field_query(field: str, rules: list[Rule], strategy: Strategy) -> str:
    kind = FIELDS[field]
    conditions = [
        func.coalesce(condition_expression(field, rule.when[field], kind, strategy), literal(False))
        if field in rule.when
        else literal(True)
        for rule in rules
    ]
    wanted = [rule.when[field] for rule in rules if field in rule.when]
    values = _texts(field, wanted, strategy) if kind == "text" else _numbers(field, wanted)
    return (
        f"select '{field}', {field}::text, {to_sql(postgresql.array(conditions))}"
        f" from unnest({to_sql(values)}) as given ({field})"
    )


def _texts(field: str, conditions: list[Condition], strategy: Strategy) -> Expression:
    """Every text that a condition names, and one that none names; like that one, NULL meets no condition."""
    if field == "loyalty_tier":
        values = set(strategy.tiers)
    elif field == "segment_name":
        values = {segment.name for segment in strategy.segments}
    else:
        named = [str(name) for each in conditions for name in (each if isinstance(each, list) else [each])]
        values = set(categories(named, strategy))
        values.add("".join(["other", *values]))
    return cast(postgresql.array([literal(value) for value in sorted(values)]), postgresql.ARRAY(Text))


def _numbers(field: str, conditions: list[Condition]) -> Expression:
    """The least number, each at which a condition may begin or cease to hold, and the one after it."""
    least, greatest, step = POSSIBLE[field]
    values = {Decimal(least), Decimal(least if greatest is None else greatest)}
    for condition in conditions:
        for value in condition if isinstance(condition, list) else [condition]:
            cut = Decimal(COMPARISON.sub(r"\2", str(value)))
            below = (cut / step).to_integral_value(ROUND_FLOOR) * step
            values |= {below, below + step}
            if field == "avg_review_score":
                values.add(cut)
    possible = sorted(value for value in values if value >= least and (greatest is None or value <= greatest))
    texts: list[Expression] = [literal(value, Numeric()) for value in possible]
    if field == "avg_review_score":
        texts.append(null())
    return cast(postgresql.array(texts), postgresql.ARRAY(Numeric))


def _least_earlier(rule: int, fields: list[set[int]]) -> set[int]:
    """The least sets of rules before `rule` that hold where it holds: empty if it never does, {0} if alone.

    A set that contains another one is left out: the smaller one already says who takes the customer.
    """
    wanted = 1 << rule
    sets = {wanted - 1}
    for cases in fields:
        possible = _least({case & (wanted - 1) for case in cases if case & wanted})
        sets = _least(_together(sets, possible))
    return sets


def _together(cases: set[int], more: Iterable[int]) -> set[int]:
    different = set(more)
    if len(cases) * len(different) > MOST_CASES:
        raise _TooManyCasesError
    return {one & other for one in cases for other in different}


def _least(sets: set[int]) -> set[int]:
    """Without the sets that contain another one."""
    kept: list[int] = []
    for candidate in sorted(sets, key=int.bit_count):
        if not any(each & candidate == each for each in kept):
            kept.append(candidate)
        if len(kept) > MOST_SETS:
            raise _TooManyCasesError
    return set(kept)


def _takers(sets: set[int]) -> list[int]:
    """A few rules that hit each set at least once. Without any one of them, a set would be missed."""
    takers: list[int] = []
    left = sets
    while left:
        rules = range(max(left).bit_length())
        takers.append(max(rules, key=lambda rule: sum(each >> rule & 1 for each in left)))
        left = {each for each in left if not each >> takers[-1] & 1}
    for taker in list(takers):
        others = sum(1 << each for each in takers if each != taker)
        if all(each & others for each in sets):
            takers.remove(taker)
    return sorted(takers)


def _first(case: int) -> int:
    return (case & -case).bit_length() - 1
