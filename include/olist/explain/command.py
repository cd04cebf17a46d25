"""What `make explain` and `python -m olist.explain` have in common."""

from contextlib import closing
from typing import TYPE_CHECKING

from olist.exceptions import OlistError
from olist.explain.story import one_state, tell
from olist.explain.terminal import print_story
from olist.strategy.reading import read_strategy

if TYPE_CHECKING:
    from rich.console import Console

QUERY_SECONDS = 60


def explain(person: str, console: "Console") -> None:
    """Prints the story of the person, e-mail and names included, from the warehouse of Airflow's connection.

    Raises OlistError where there is nothing to tell.
    """
    import psycopg

    from olist.orchestration import tasks

    strategy = read_strategy()
    with closing(tasks.connect()) as connection, one_state(connection, QUERY_SECONDS) as cursor:
        try:
            story = tell(cursor, strategy, person, with_personal=True)
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            raise OlistError("The warehouse has no tables to look into yet: a run makes them.") from None
    print_story(story, console)
