"""Which contact of HubSpot is whose: found by e-mail, judged by SQL, kept in personal.hubspot_matches.

A plan looks up many people; while it is sent, those of a batch that HubSpot refused. Nothing is written to
HubSpot, and no e-mail is in a log, an error or a return value.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from olist.hubspot import identity
from olist.hubspot.client import BATCH_SIZE, HubSpot
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

Rows = list[tuple[Any, ...]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """What is to be done about somebody whose e-mail another contact has.

    A claim: the contact becomes the person's. Else the e-mail is taken, and `message` says by whom; nothing
    is sent about people who are set aside.
    """

    is_claim: bool
    is_set_aside: bool
    contact_id: str
    message: str


def look_up_run(
    connection: "Connection", run_id: int, hubspot: HubSpot, known_by: str | None, has_ids: bool
) -> None:
    """Looks up whom personal.list_matches has listed, and judges them.

    `known_by`: as in HubSpot.contact_ids. `has_ids`: whether the account has the property of our ids.
    """
    of_run = {"run_id": run_id}
    listed = pages(lambda after: _run(connection, "next_matches", **of_run, after=after, people=BATCH_SIZE))
    for found in identity.by_email(hubspot, map(dict, listed), known_by):
        _note_found(connection, run_id, found)
    if has_ids:
        in_question = pages(
            lambda after: _run(connection, "next_without_own", **of_run, after=after, people=BATCH_SIZE)
        )
        batches = ([person for (person,) in rows] for rows in in_question)
        for people, bearers in identity.bearers(hubspot, batches, known_by):
            _run(connection, "note_bearers", **of_run, people=people, bearers=bearers)
    else:
        _run(connection, "note_bearers", **of_run, people=None, bearers=[])
    connection.execute("call personal.judge_matches(%s)", (run_id,))


def look_up_again(
    connection: "Connection", run_id: int, hubspot: HubSpot, emails: Mapping[str, str]
) -> dict[str, Verdict]:
    """Looks up the people of one batch anew. Returns verdicts on those whose e-mail another contact has."""
    people = list(emails)
    _run(connection, "look_again", run_id=run_id, people=people, emails=list(emails.values()))
    for found in identity.by_email(hubspot, [emails]):
        _note_found(connection, run_id, found)
        in_question = [person for person, each in found.items() if each.whose(person) != "own"]
        for asked, bearers in identity.bearers(hubspot, [in_question] if in_question else []):
            _run(connection, "note_bearers", run_id=run_id, people=asked, bearers=bearers)
    connection.execute("call personal.judge_matches(%s, %s)", (run_id, people))
    rows = _run(connection, "verdicts", run_id=run_id, people=people).fetchall()
    return {
        person: Verdict(verdict == "claim", is_set_aside, contact_id, message or "")
        for person, verdict, is_set_aside, contact_id, message in rows
    }


def pages(ask: Callable[[str], "Cursor"]) -> Iterator[Rows]:
    """The rows of a query that begins after somebody, in the order of the people in its first column."""
    after = ""
    while rows := ask(after).fetchall():
        yield rows
        after = rows[-1][0]


def _note_found(connection: "Connection", run_id: int, found: Mapping[str, identity.Found]) -> None:
    if found:
        _run(
            connection,
            "note_found",
            run_id=run_id,
            people=list(found),
            contact_ids=[each.contact_id for each in found.values()],
            whose=[each.whose(person) for person, each in found.items()],
        )


def _run(connection: "Connection", name: str, **parameters: object) -> "Cursor":
    return connection.execute(read_sql(f"upsert_hubspot/{name}"), parameters)
