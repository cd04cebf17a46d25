"""Who can be written to, before a plan: which contact of HubSpot is whose, and who has unsubscribed there.

Nothing is written to HubSpot. No e-mail and no name is in a log, an error or a return value.
"""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from olist.exceptions import OlistError
from olist.hubspot import subscriptions
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import BATCH_SIZE, HubSpot
from olist.hubspot.definitions import Survey
from olist.hubspot.matches import look_up_run
from olist.stages.upsert_hubspot.account import Account
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


def find_people(
    connection: "Connection",
    run_id: int,
    account: Account | None,
    found: Survey | None,
    is_dry: bool,
) -> None:
    """Looks up by e-mail whom the ledger of the account does not have, and who of the run has unsubscribed.

    Without HubSpot only what the file says counts. Raises what HubSpot.call raises, but not in a dry run.
    """
    with connection.transaction():
        connection.execute("call personal.list_matches(%s)", (run_id,))
    message = None
    try:
        if account and found:
            hubspot, ledger = account.hubspot, account.ledger
            has_ids = bool(ledger.known_by) or hubspot.id_property in found.ours
            look_up_run(connection, run_id, hubspot, ledger.known_by, has_ids)
            message = _read_opt_outs(connection, run_id, hubspot, ledger.portal_id)
    except (OlistError, HubSpotUnavailableError) as error:
        if not is_dry:
            raise
        log.warning("%s Who is in HubSpot already is not known.", error)
    connection.execute("call personal.judge_matches(%s, only_shared => true)", (run_id,))
    connection.execute(read_sql("upsert_hubspot/tell_opt_outs"), {"run_id": run_id, "message": message})
    if not is_dry:
        connection.execute("call personal.note_opt_outs_of_file(%s)", (run_id,))


def _read_opt_outs(connection: "Connection", run_id: int, hubspot: HubSpot, portal_id: int) -> str | None:
    """Asks HubSpot who of the run has unsubscribed from all e-mails, and keeps it.

    Returns a sentence where HubSpot does not say so. Then, and for people whom an answer does not name, what
    was known before is kept.
    """
    with connection.cursor("people_with_an_email", withhold=True) as cursor:
        with connection.transaction():
            connection.execute("call ops.plan_for_whole_tables()")
            cursor.execute(read_sql("upsert_hubspot/emails_of_run"), {"run_id": run_id})
        batches: Iterator[dict[str, str]] = iter(lambda: dict(cursor.fetchmany(BATCH_SIZE)), {})
        try:
            for unsubscribed, subscribed in subscriptions.statuses(hubspot, batches):
                said = {"portal_id": portal_id, "unsubscribed": unsubscribed, "subscribed": subscribed}
                connection.execute(read_sql("upsert_hubspot/note_opt_outs"), said)
        except subscriptions.NotReadError as error:
            log.warning("%s", error)
            return str(error)
    return None
