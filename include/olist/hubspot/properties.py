"""The contact properties the pipeline keeps in HubSpot: the one place to add, rename or relabel one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, func, literal_column
from sqlalchemy.dialects import postgresql

GROUP = {"name": "olist_intelligence", "label": "Olist Intelligence"}
ID_PROPERTY = "olist_customer_id"


@dataclass(frozen=True)
class Property:
    """A HubSpot property and the snapshot column it shows; none: it is part of ops.customer_movement.

    `kind` is one of KINDS: HubSpot's type, and how a value is written. No value may change
    merely because time passes, or every contact would be sent every month.
    """

    name: str
    label: str
    kind: str
    snapshot_column: str | None
    description: str

    def definition(self, prefix: str = "", options: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
        """The body that creates the property in HubSpot, under its name with this prefix.

        `options` are those of a choice (olist.hubspot.options).
        """
        type_, field_type = KINDS[self.kind]
        body: dict[str, Any] = {
            "name": prefix + self.name,
            "label": self.label,
            "description": self.description,
            "groupName": GROUP["name"],
            "type": type_,
            "fieldType": field_type,
        }
        if self.kind == "choice":
            body["options"] = list(options)
        return body | ({"hasUniqueValue": True} if self.name == ID_PROPERTY else {})


# kind: HubSpot's (type, fieldType)
KINDS = {
    "text": ("string", "text"),
    "choice": ("enumeration", "select"),
    "count": ("number", "number"),
    "money": ("number", "number"),
    "score": ("number", "number"),
    "date": ("date", "date"),
}

# Those that matter most come first: where an account has room for too few, the last ones are left out.
PROPERTIES = (
    Property(ID_PROPERTY, "Olist customer ID", "text", "customer_unique_id", "The person in Olist's data."),
    Property("loyalty_tier", "Loyalty tier", "choice", "loyalty_tier", "Platinum, Gold or Silver."),
    Property("next_action", "Next action", "choice", "next_action", "What to do for this customer next."),
    Property(
        "next_action_reason", "Next action: why", "text", "next_action_reason", "Why this action was chosen."
    ),
    Property("rfm_segment", "RFM segment", "choice", "segment_name", "Segment by recency, frequency, spend."),
    Property("lifetime_value", "Lifetime value (BRL)", "money", "monetary", "Price and freight paid so far."),
    Property("order_count", "Orders", "count", "frequency", "Number of orders that count."),
    Property("last_purchase_date", "Last purchase", "date", "last_purchase_date", "Date of the last order."),
    Property(
        "favorite_category", "Favorite category", "text", "favorite_category", "Category bought most often."
    ),
    Property(
        "avg_review_score", "Average review score", "score", "avg_review_score", "1 to 5; empty if none."
    ),
    Property("customer_state", "State", "text", "customer_state", "Brazilian state of the latest order."),
    Property("loyalty_tier_since", "Loyalty tier since", "date", None, "First month with this tier."),
    Property("previous_loyalty_tier", "Loyalty tier before", "text", None, "The tier before; empty if none."),
    Property("rfm_segment_since", "RFM segment since", "date", None, "First month in this segment."),
    Property(
        "previous_rfm_segment", "RFM segment before", "text", None, "The segment before; empty if none."
    ),
)
# In an account, and in what it is told, only where people are held out (holdout in strategy.yaml).
CAMPAIGN_GROUP = Property(
    "campaign_group", "Campaign group", "text", "is_held_out", "treated; control: held out, gets no action."
)
# What is said of an action: empty for people who are held out, or have asked not to be written to.
WITHHELD = ("next_action", "next_action_reason")
# The dropdowns, whose options are the names of strategy.yaml.
CHOICES = tuple(each.name for each in PROPERTIES if each.kind == "choice")
# What is emptied for people who have left the segmentation: all that we say about them. Nobody keeps it up to
# date any more, and a workflow would go by it. The id stays: if they come back, they are the same contact.
CLEARED = tuple(each.name for each in PROPERTIES if each.name != ID_PROPERTY)
# HubSpot's own properties that are sent where they are known. They are not ours: they are neither made nor
# cleared, and have no prefix.
PERSONAL = ("email", "firstname", "lastname")


def names_in_hubspot(prefix: str) -> dict[str, str]:
    """The names of our properties in HubSpot by those they have here; the prefix is that of strategy.yaml."""
    return {each.name: prefix + each.name for each in (*PROPERTIES, CAMPAIGN_GROUP)}


def payload_function() -> str:
    """SQL that installs ops.hubspot_payload: a snapshot row, and where its customer was before, as the
    properties HubSpot is sent, all text.

    ops.hubspot_cleared empties them; ops.hubspot_withdrawn empties the campaign group of whoever was told
    one, which must not outlive the hold-out.
    """
    pairs = [part for each in PROPERTIES for part in (literal_column(f"'{each.name}'"), _value(each))]
    body = func.jsonb_build_object(*pairs).compile(dialect=postgresql.dialect(paramstyle="named"))
    cleared, no_action = (", ".join(f"'{name}', ''" for name in names) for names in (CLEARED, WITHHELD))
    group = CAMPAIGN_GROUP.name
    return (
        "create or replace function ops.hubspot_payload(snapshot ops.snapshot_drafts, movement jsonb)\n"
        "returns jsonb\n"
        f"language sql stable\nreturn {body} || case\n"
        f"    when (snapshot).is_held_out then jsonb_build_object('{group}', 'control')\n"
        f"    when not (snapshot).is_held_out then jsonb_build_object('{group}', 'treated')\n"
        "    else '{}'\nend;\n"
        "create or replace function ops.hubspot_withdrawn(told jsonb) returns jsonb\n"
        "language sql immutable\n"
        f"return case when told ? '{group}' then jsonb_build_object('{group}', '') else '{{}}' end;\n"
        "create or replace function ops.hubspot_cleared() returns jsonb\n"
        f"language sql stable\nreturn jsonb_build_object({cleared});\n"
        "create or replace function ops.hubspot_opted_out() returns jsonb\n"
        f"language sql stable\nreturn jsonb_build_object({no_action});\n"
    )


def _value(each: Property) -> ColumnElement[Any]:
    if each.snapshot_column is None:
        return literal_column(f"movement ->> '{each.name}'")
    value: ColumnElement[Any] = literal_column(f"(snapshot).{each.snapshot_column}")
    if each.kind == "money":
        value = func.round(value, literal_column("2"))
    elif each.kind == "score":
        value = func.trim_scale(value)
    elif each.kind == "date":
        value = func.to_char(value, literal_column("'YYYY-MM-DD'"))
    if each.name in WITHHELD:
        value = case((literal_column("not coalesce((snapshot).is_held_out, false)"), value))
    return func.coalesce(cast(value, Text), literal_column("''"))
