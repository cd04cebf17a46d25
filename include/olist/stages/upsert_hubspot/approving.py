"""The question whether a plan may be sent (`sync=approve` or `restore`), and what becomes of the answer."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from olist.hubspot.client import HubSpotSettings
from olist.stages.upsert_hubspot.planning import Approval, describe, plan
from olist.stages.write_outputs import write_campaign_list
from olist.strategy.reading import read_strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

WHAT = {"create": "new", "update": "changed", "clear": "emptied"}
# What would be no text in a table of Markdown.
MARKS = str.maketrans({mark: f"\\{mark}" for mark in "|\\`*_[]<>"} | {"\n": " ", "\r": " "})


def ask(
    connection: "Connection", run_id: int, folder: Path, links: dict[str, str], task: str, is_first: bool
) -> dict[str, Any]:
    """The question about the plan of a run, where that waits for a person: subject, text (Markdown), hours.

    Writes campaign_list.csv into the run's part of `folder`, since that is what the question is about.
    `links` are URLs by their texts, to be named in the question. The first task of a run that may ask does so
    again of a plan that was not approved. Where nobody has to be asked, returns the parts that are to be
    sent. A task that has asked about another plan before cannot ask about this one (`has_another_text`).
    """
    status, as_of, planned, portal_id, fingerprint, asked_before, parts = one_row(
        connection.execute(read_sql("upsert_hubspot/question"), {"run_id": run_id, "task": task})
    )
    if status != "waiting" and not (status == "not approved" and is_first):
        return {"is_open": False, "parts": parts}
    if asked_before not in (None, fingerprint):
        return {"is_open": False, "parts": [], "has_another_text": True}
    write_campaign_list(connection, run_id, folder)
    examples = connection.execute(read_sql("upsert_hubspot/examples"), {"run_id": run_id}).fetchall()
    people = planned["create"] + planned["update"] + planned["clear"]
    connection.execute(read_sql("upsert_hubspot/ask"), {"run_id": run_id, "task": task})
    return {
        "is_open": True,
        "subject": f"May {people:,} contacts be sent to HubSpot, as of {as_of:%Y-%m-%d}?",
        "text": "\n\n".join(_paragraphs(planned, examples, portal_id, links)),
        "fingerprint": fingerprint,
        "hours": read_strategy().hubspot.approval_hours,
    }


def approve(
    connection: "Connection",
    run_id: int,
    settings: HubSpotSettings | None,
    mode: str,
    fingerprint: str,
    by: str | None,
    at: datetime,
) -> dict[str, Any]:
    """Plans again, and lets the plan be sent if it is the one that was approved; else it waits again.

    Returns what olist.stages.upsert_hubspot.plan returns.
    """
    return plan(connection, run_id, mode, settings, Approval(fingerprint, by, at))


def refuse(
    connection: "Connection", run_id: int, why_not: str, by: str | None, at: datetime
) -> dict[str, Any]:
    """Ends a delivery that was not approved. Nothing of it is sent."""
    said = {
        "run_id": run_id,
        "is_approved": False,
        "why_not": why_not,
        "by": by,
        "at": at,
        "fingerprint": None,
    }
    connection.execute(read_sql("upsert_hubspot/decide"), said)
    return {"status": "not approved", "parts": []}


def _paragraphs(
    planned: dict[str, Any], examples: list[tuple[Any, ...]], portal_id: int, links: dict[str, str]
) -> list[str]:
    lines = [
        f"| {person} | {WHAT[operation]} | {_change('loyalty_tier', before, after)}"
        f" | {_change('next_action', before, after)} | {_text(after.get('next_action_reason'))} |"
        for person, operation, before, after in examples
    ]
    table = ["| Customer | | Tier | Next action | Why |", "| --- | --- | --- | --- | --- |", *lines]
    return [
        f"HubSpot's account {portal_id} would be told this:",
        "\n".join(f"- {_text(sentence)}" for sentence in describe(planned)),
        f"{len(examples)} of them:",
        "\n".join(table),
        "Everybody: " + ", ".join(f"[{text}]({url})" for text, url in links.items()) + ".",
    ]


def _change(name: str, before: dict[str, str] | None, after: dict[str, str]) -> str:
    was, becomes = (before or {}).get(name) or "", after.get(name) or ""
    return _text(becomes) if was in ("", becomes) else f"{_text(was)} → {_text(becomes or 'none')}"


def _text(value: str | None) -> str:
    return (value or "").translate(MARKS)
