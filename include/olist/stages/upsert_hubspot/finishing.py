"""The end of a delivery: how it went, and the lists in HubSpot after it."""

from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpotSettings
from olist.stages.upsert_hubspot.lists import keep_lists
from olist.strategy.reading import read_strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# What is known of a delivery in the end, in the order of finish_sync.sql.
OUTCOME = (
    "mode",
    "status",
    "message",
    "plan",
    "accepted",
    "rejected",
    "absent",
    "not_tried",
    "waiting",
    "taken",
)


def finish(connection: "Connection", run_id: int, settings: HubSpotSettings | None = None) -> dict[str, Any]:
    """How the delivery ended. After one that has taken, the lists in HubSpot are looked after, with settings.

    Raises OlistError if people of the plan are still waiting, if HubSpot refused them for a reason that is
    not theirs, or if more were rejected (now, or before and not tried) than strategy.yaml allows.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("upsert_hubspot/stop_reason"), {"run_id": run_id})
        (stop_reason,) = one_row(cursor)
        cursor.execute(read_sql("upsert_hubspot/finish_sync"), {"run_id": run_id, "stop_reason": stop_reason})
        sync = dict(zip(OUTCOME, one_row(cursor), strict=True))
        if sync["status"] == "delivered" or sync["accepted"]:
            cursor.execute("call ops.begin_experiment(%s, by_delivery => true)", (run_id,))
    if sync["status"] == "failed":
        raise OlistError(f"{sync['waiting']} contacts of the plan were not sent: clear upsert_hubspot.send.")
    if sync["status"] == "stopped":
        raise OlistError(
            f"The delivery was stopped. {sync['message']}. Mend that in HubSpot, then clear"
            " upsert_hubspot.send with its downstream tasks (upsert_hubspot.plan, where a property is to be"
            " made anew)."
        )
    allowed = read_strategy().limits.max_rejected_contacts
    # The share is of everybody. In a quiet month, most of those sent are the few who are always rejected.
    # Nothing is wrong with a delivery because an e-mail is somebody else's.
    refused = sync["rejected"] - sync["taken"] + sync["not_tried"]
    people = sync["plan"].get("unchanged", 0) + sync["accepted"] + refused
    if refused > allowed * people:
        others = f", and {sync['not_tried']} it rejected before were not tried" if sync["not_tried"] else ""
        raise OlistError(
            f"HubSpot rejected {sync['rejected']} of {people} contacts{others}, more than the share of"
            f" {allowed:g} that strategy.yaml allows: see ops.hubspot_failures."
        )
    if settings and sync["status"] == "delivered":
        sync |= {"lists": keep_lists(connection, run_id, settings)}
    return sync
