"""Preview: what the rules of strategy.yaml, as they are now, would change in the newest snapshot.

Nothing is installed or written. Segments and next actions are computed by the expressions that a run would
install; tiers are those of the snapshot.
"""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.strategy.rules import Strategy
from olist.strategy.sql import (
    name_expression,
    newcomer_expression,
    numbered_actions,
    reason_expression,
    rule_expression,
    segment_expression,
    to_sql,
)
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

Moves = list[tuple[str | None, str | None, int]]


@dataclass(frozen=True)
class Group:
    """People who had the same and would get the same. `other_reasons` of them would get another sentence."""

    old_segment: str
    segment: str
    old_action: str | None
    action: str | None
    rule: int | None
    tier: str | None
    people: int
    other_reasons: int


@dataclass(frozen=True)
class Contacts:
    """People of a snapshot who meet `deliver.when`; who are contacts; who of the others may become one."""

    meeting: int
    known: int
    let_in: int
    kept_away: int


@dataclass(frozen=True)
class Preview:
    """The newest snapshot, `as_of` a date, under the rules of `strategy`.

    `examples` are up to ten of the people who would move, with the keys of preview/changes.sql.
    `old_statuses` are the excluded statuses of the run that made the snapshot, None where that is not known.
    `contacts` is None where everybody may become a contact.
    """

    strategy: Strategy
    as_of: str
    groups: list[Group]
    examples: list[dict[str, Any]]
    old_statuses: list[str] | None
    contacts: Contacts | None = None

    @property
    def people(self) -> int:
        """Everybody in the snapshot."""
        return sum(group.people for group in self.groups)

    @property
    def other_reasons(self) -> int:
        """How many keep their next action, and would get another sentence for it."""
        return sum(group.other_reasons for group in self.groups if group.action == group.old_action)

    def segment_moves(self) -> Moves:
        """From which segment to which, and how many people, the most first."""
        return self._moves("old_segment", "segment")

    def action_moves(self) -> Moves:
        """From which next action to which, and how many people, the most first."""
        return self._moves("old_action", "action")

    def segment_reach(self) -> list[tuple[str | None, int, int]]:
        """Each segment in its order, then those that are no more, with the people before and after."""
        names = [segment.name for segment in self.strategy.segments]
        return self._reach(names, "old_segment", "segment")

    def action_reach(self) -> list[tuple[str | None, int, int]]:
        """Each next action in the order of its first rule, with the people before and after."""
        names = [action.next_action for action in numbered_actions(self.strategy)]
        return self._reach(names, "old_action", "action")

    def rule_reach(self) -> list[int]:
        """The people each rule would reach, the defaults of the tiers after the rules."""
        reach = self._count("rule")
        return [reach[number] for number in range(1, len(numbered_actions(self.strategy)) + 1)]

    def tiers(self) -> set[str]:
        """The tiers that somebody in the snapshot has."""
        return {group.tier for group in self.groups if group.tier}

    def _moves(self, old: str, new: str) -> Moves:
        counts: Counter[tuple[str | None, str | None]] = Counter()
        for group in self.groups:
            move = getattr(group, old), getattr(group, new)
            if move[0] != move[1]:
                counts[move] += group.people
        moves = [(*move, people) for move, people in counts.items()]
        return sorted(moves, key=lambda move: (-move[2], str(move[0]), str(move[1])))

    def _reach(self, names: list[str], old: str, new: str) -> list[tuple[str | None, int, int]]:
        before, after = self._count(old), self._count(new)
        gone = sorted(name for name in before if name is not None and name not in names)
        nothing = [None] if None in before | after else []
        return [(name, before[name], after[name]) for name in [*dict.fromkeys(names), *gone, *nothing]]

    def _count(self, attribute: str) -> Counter[Any]:
        counter: Counter[Any] = Counter()
        for group in self.groups:
            counter[getattr(group, attribute)] += group.people
        return counter


def preview(connection: "Connection", strategy: Strategy) -> Preview:
    """The newest snapshot under the rules of a strategy. Reads one snapshot and changes nothing.

    Raises OlistError if no snapshot is stored.
    """
    from psycopg import sql

    expressions = {
        "segment": segment_expression(strategy),
        "rule": rule_expression(strategy),
        "name": name_expression(strategy),
        "reason": reason_expression(strategy),
    }
    query = sql.SQL(read_sql("preview/changes")).format(
        **{name: sql.SQL(to_sql(expression)) for name, expression in expressions.items()}
    )
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("set transaction read only")
        cursor.execute("select to_regclass('analytics.customer_snapshots') is not null")
        found = None
        if one_row(cursor)[0]:
            cursor.execute(query)
            (found,) = one_row(cursor)
        contacts = _contacts(cursor, strategy) if found and found["groups"] else None
    if not found or not found["groups"]:
        raise OlistError(
            "There is no snapshot yet to show the rules on: `make run` makes one"
            " (OLIST_SYNC=dry_run make run without telling HubSpot)."
        )
    groups = [Group(**group) for group in found["groups"]]
    return Preview(strategy, found["as_of"], groups, found["examples"], found["excluded_statuses"], contacts)


def _contacts(cursor: "Cursor", strategy: Strategy) -> Contacts | None:
    from psycopg import sql

    if not strategy.deliver.when and strategy.deliver.at_most is None:
        return None
    query = sql.SQL(read_sql("preview/contacts")).format(
        segment=sql.SQL(to_sql(segment_expression(strategy))),
        may_become_contact=sql.SQL(to_sql(newcomer_expression(strategy))),
    )
    cursor.execute(query)
    return Contacts(*one_row(cursor))
