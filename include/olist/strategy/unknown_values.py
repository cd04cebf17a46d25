"""States and categories that the rules ask for and no customer has: `sp` for SP, a slip of the pen."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from olist.strategy.document import Document, Place, shown
from olist.strategy.lint import action_rules, contact_rules
from olist.strategy.reading import strategy_file
from olist.strategy.rules import Strategy, values_of
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class KnownValues:
    """The states and the favourite categories that customers have, and the categories of the files."""

    states: list[str]
    favorites: list[str]
    categories: list[str]


def read_known_values(connection: "Connection", run_id: int | None = None) -> KnownValues:
    """Of a run's draft of the snapshot, or of the newest snapshot if no run is named."""
    found = connection.execute(read_sql("compute_actions/known_values"), {"run_id": run_id})
    return KnownValues(*one_row(found))


def unknown_values(strategy: Strategy, known: KnownValues, path: Path | None = None) -> list[str]:
    """A sentence for each value that no customer has, with its line in `path` or `strategy_file()`.

    A category in a group is only named if the files do not know it either: a group may well list what nobody
    has bought yet. Of a snapshot without customers nothing is said.
    """
    if not known.favorites:
        return []
    document = Document(path or strategy_file())
    states, groups = known.states, list(strategy.category_groups)
    categories = sorted({*known.favorites, *known.categories})
    had = {"customer_state": states, "favorite_category": [*groups, *known.favorites]}
    meant = {"customer_state": states, "favorite_category": [*groups, *categories]}
    sentences = []
    for rule in [*action_rules(strategy), *contact_rules(strategy)]:
        for field in (field for field in rule.when if field in had):
            for place, value in values_of(rule.when[field], (*rule.place, "when", field)):
                if value not in had[field]:
                    what = f"{rule.name} asks for the {field} '{value}'"
                    sentences.append(_sentence(document, place, what, _meant(str(value), meant[field])))
    for group, members in strategy.category_groups.items():
        for number, value in enumerate(members):
            if value not in categories:
                what = f"the category group {group} names '{value}'"
                place = ("category_groups", group, number)
                sentences.append(_sentence(document, place, what, _meant(value, categories)))
    return sentences


def _meant(value: str, known: list[str]) -> str | None:
    """The known value that is nearest to this one, if any is near. A value that is known means itself."""
    if value in known:
        return None
    folded = {each.casefold(): each for each in reversed(known)}
    nearest = get_close_matches(value.strip().casefold().replace(" ", "_"), folded, n=1)
    return folded[nearest[0]] if nearest else None


def _sentence(document: Document, place: Place, what: str, meant: str | None) -> str:
    question = f": did you mean {meant}?" if meant else "."
    return f"{shown(document.path)} line {document.line_of(place)}: {what}, which no customer has{question}"
