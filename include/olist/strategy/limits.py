"""What is still normal, and the gates that hold a run to it."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from olist.strategy.part import Part, plain_number

# What is measured before a run publishes or sends; olist.stages.gates does it. Each has its limit in
# Limits as max_<gate>.
GATES = (
    "rows_lost",
    "rejected_rows",
    "customers_lost",
    "tier_share_change",
    "changed_actions",
    "apologies_without_review",
    "created_contacts",
)

# So long a delivery may wait for a person (hubspot.approval_hours): the next month finds it settled.
MAX_APPROVAL_HOURS = 336

Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(plain_number)]


class Limits(Part):
    """What is still normal; shares are from 0 to 1.

    Each of GATES has its limit here as max_<gate>.
    """

    max_rows_lost: Share = 0.10
    """The share of a file's rows that may be missing against the last run."""
    max_rejected_rows: Share = 0.05
    """The share of a file's rows that may be unreadable, untypable or without a key."""
    max_customers_lost: Share = 0.02
    """The share of the customers of the month before who may be gone."""
    max_tier_share_change: Share = 0.25
    """By how much a tier's share of the customers may change in a month."""
    max_changed_actions: Share = 0.5
    """The share of customers whose next action may become another one in a month."""
    apologies: list[str] = Field(["Apology Email + Service Recovery"])
    """The next actions that only a customer with a review may get."""
    max_apologies_without_review: int = Field(0, ge=0, strict=True)
    """How many customers without a review may get one of the apologies all the same."""
    max_created_contacts: int | None = Field(None, ge=0, strict=True)
    """How many contacts a delivery may create. Empty: any number."""
    compared_customers: int = Field(500, ge=1, strict=True)
    """Below this many customers before, lost customers, tiers and actions are not compared."""
    max_rejected_contacts: Share = 0.05
    """The share of all customers that HubSpot may reject before a delivery has failed."""
