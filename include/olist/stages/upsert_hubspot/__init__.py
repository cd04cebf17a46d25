"""Deliver to HubSpot: plan who has to be told what, ask if that is wanted, send it in batches, keep what was
acknowledged.

`ops.hubspot_contacts` is the ledger of what each HubSpot account has acknowledged, kept batch by batch, so
that a task that is killed and retried sends nothing twice. People in a request are entered in
`ops.hubspot_in_flight` before it leaves, so that an answer that got lost is known to be lost.
"""

from olist.stages.upsert_hubspot.finishing import finish
from olist.stages.upsert_hubspot.planning import PARTS, describe, plan
from olist.stages.upsert_hubspot.sending import send

__all__ = ["PARTS", "describe", "finish", "plan", "send"]
