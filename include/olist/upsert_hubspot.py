"""Deliver to HubSpot: plan who has to be told what, send it in batches, keep what was acknowledged.

`ops.hubspot_contacts` is the ledger of what HubSpot has acknowledged, batch by batch, so that a task that is
killed and retried sends nothing twice.
"""

import json
import logging
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.hubspot import BATCH_SIZE, Answer, HubSpot, HubSpotSettings
from olist.hubspot_properties import ID_PROPERTY
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# Parallel tasks of one delivery.
PARTS = 4

log = logging.getLogger(__name__)


def plan(
    connection: "Connection", run_id: int, mode: str, settings: HubSpotSettings | None
) -> dict[str, Any]:
    """What the run would send, and the parts to send it in (none where nothing is sent).

    Creates the properties that HubSpot lacks. Without settings (no token) the run is a dry run.
    """
    if settings is None and mode in ("upsert", "update"):
        log.warning("No HubSpot access token is configured: this is a dry run, and nothing is sent.")
        mode = "dry_run"
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("call ops.plan_hubspot(%s, %s, %s)", (run_id, mode, PARTS))
        (status,) = cursor.fetchone()
        cursor.execute(read_sql("upsert_hubspot/planned"), {"run_id": run_id})
        planned, message, parts = cursor.fetchone()
    log.info("HubSpot %s: %s", status, message or json.dumps(planned))
    created = []
    if status == "planned" and parts:
        created = HubSpot(settings).ensure_properties()
    return {
        "status": status,
        "plan": planned,
        "parts": parts if status == "planned" else [],
        "properties_created": created,
    }


def send(
    connection: "Connection", run_id: int, part: int, mode: str, settings: HubSpotSettings
) -> dict[str, Any]:
    """Sends one part of the plan in batches of 100, from where it stopped. Returns batches and people."""
    hubspot = HubSpot(settings)
    counts = {"batches": 0, "accepted": 0, "rejected": 0}
    after = ""
    while batch := _take_batch(connection, run_id, part, after):
        after = max(batch)
        answer = hubspot.write_contacts(batch, create=mode == "upsert")
        accepted, rejected = judge(batch, answer)
        _keep_answer(connection, run_id, part, accepted, rejected)
        counts["batches"] += 1
        counts["accepted"] += len(accepted)
        counts["rejected"] += len(rejected)
        if counts["batches"] % 50 == 0:
            log.info("Part %s: %s contacts sent", part, counts["accepted"])
    return counts


def finish(connection: "Connection", run_id: int) -> dict[str, Any]:
    """How the delivery ended. Raises OlistError if people of the plan are still waiting."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("upsert_hubspot/is_superseded"), {"run_id": run_id})
        (is_superseded,) = cursor.fetchone()
        cursor.execute(
            read_sql("upsert_hubspot/finish_sync"), {"run_id": run_id, "is_superseded": is_superseded}
        )
        names = ("mode", "status", "message", "plan", "accepted", "rejected", "absent", "waiting")
        sync = dict(zip(names, cursor.fetchone(), strict=True))
    if sync["status"] == "failed":
        raise OlistError(f"{sync['waiting']} contacts of the plan were not sent: clear upsert_hubspot.send.")
    return sync


def judge(
    batch: dict[str, dict[str, str]], answer: Answer
) -> tuple[dict[str, str | None], dict[str, tuple[str, str]]]:
    """Who of a batch was accepted (with the contact's id) and who was rejected (with category and message).

    Every person of the batch is in one of the two: whoever the answer does not mention was not accepted.
    """
    rejected: dict[str, tuple[str, str]] = {}
    for error in answer.body.get("errors", []):
        for person in _people_named(error, batch):
            rejected[person] = (error.get("category", "UNKNOWN"), error.get("message", ""))
    accepted: dict[str, str | None] = {}
    if answer.status < 300:
        for result in answer.body.get("results", []):
            person = result.get("properties", {}).get(ID_PROPERTY) or result.get("objectWriteTraceId")
            if person in batch and person not in rejected:
                accepted[person] = result.get("id")
    for person in batch.keys() - accepted.keys() - rejected.keys():
        if answer.status >= 300:
            rejected[person] = (answer.body.get("category", f"HTTP_{answer.status}"), answer.sentence)
        else:
            rejected[person] = ("NOT_IN_ANSWER", "HubSpot's answer does not mention this contact.")
    return accepted, rejected


def _people_named(error: dict[str, Any], batch: dict[str, dict[str, str]]) -> list[str]:
    names = [name for values in error.get("context", {}).values() for name in values]
    return [name for name in names if name in batch]


def _take_batch(connection: "Connection", run_id: int, part: int, after: str) -> dict[str, dict[str, str]]:
    where = {"run_id": run_id, "part": part, "after": after, "people": BATCH_SIZE}
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("upsert_hubspot/next_people"), where)
        batch = {person: payload for person, payload, _ in cursor}
        if batch:
            cursor.execute(
                read_sql("upsert_hubspot/mark_in_flight"), {"run_id": run_id, "people": list(batch)}
            )
    return batch


def _keep_answer(
    connection: "Connection",
    run_id: int,
    part: int,
    accepted: dict[str, str | None],
    rejected: dict[str, tuple[str, str]],
) -> None:
    where = {"run_id": run_id, "part": part}
    with connection.transaction(), connection.cursor() as cursor:
        if accepted:
            cursor.execute(
                read_sql("upsert_hubspot/acknowledge"),
                where | {"people": list(accepted), "contact_ids": list(accepted.values())},
            )
        if rejected:
            categories, messages = zip(*rejected.values(), strict=True)
            cursor.execute(
                read_sql("upsert_hubspot/refuse"),
                where
                | {"people": list(rejected), "categories": list(categories), "messages": list(messages)},
            )
