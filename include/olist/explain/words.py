"""The story in words, the same in the terminal and on the page."""

from datetime import UTC, datetime
from typing import Any

from olist.explain.rules import shown
from olist.explain.story import Row, Story
from olist.hubspot.properties import CAMPAIGN_GROUP, ID_PROPERTY, PROPERTIES

# From 5, the best, to 1.
SCORES = {
    "r_score": (
        "last purchase",
        "among the fifth who bought last",
        "among the fifth whose last purchase is longest ago",
    ),
    "f_score": (
        "number of orders, equal numbers by spend",
        "among the fifth with most orders",
        "among the fifth with fewest orders",
    ),
    "m_score": ("spend", "among the fifth who spent most", "among the fifth who spent least"),
}
BETWEEN = {4: "the second fifth", 3: "the middle fifth", 2: "the fourth fifth"}
# Without the id, which is the person's own and never changes.
ORDER = [each.name for each in (*PROPERTIES, CAMPAIGN_GROUP) if each.name != ID_PROPERTY]
OPERATIONS = {"create": "new", "update": "changed", "clear": "emptied", "restore": "put back"}
OUTCOMES = {"accepted": "taken", "rejected": "refused", "absent": "not in HubSpot"}


def day(moment: datetime | None) -> str:
    """A date as everywhere in the project."""
    return f"{moment:%Y-%m-%d}" if moment else "none"


def minute(moment: datetime) -> str:
    """A moment of HubSpot or the pipeline, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def numbers(row: Row) -> list[tuple[str, str, str]]:
    """Each number of a snapshot: its name, its value, and what it says."""
    place = ", ".join(filter(None, (row["customer_city"], row["customer_state"]))) or "not known"
    last, first = day(row["last_purchase_date"]), day(row["first_purchase_date"])
    review = shown("avg_review_score", row["avg_review_score"])
    about_review = "average of the reviews, 1 to 5" if review else "no review, which is not a bad one"
    return [
        ("recency_days", f"{row['recency_days']:,}", f"days since the last order that counts, of {last}"),
        ("frequency", f"{row['frequency']:,}", f"orders that count, the first of {first}"),
        ("monetary", f"R$ {row['monetary']:,.2f}", "price and freight of all their items"),
        ("avg_review_score", review or "none", about_review),
        ("favorite_category", row["favorite_category"], "bought most often"),
        ("customer_state", row["customer_state"] or "none", f"of the latest order: {place}"),
        *((name, str(row[name]), score(name, row[name])) for name in SCORES),
    ]


def score(name: str, value: int) -> str:
    """What a score of 1 to 5 says."""
    by, best, worst = SCORES[name]
    return {5: f"5 is best: {best}", 1: f"1 is the last: {worst}"}.get(value) or f"{BETWEEN[value]} by {by}"


def notes(story: Story) -> list[str]:
    """What one has to know before the numbers, a sentence each."""
    return [*_about_snapshot(story), *_about_rules(story), *_about_hubspot(story)]


def _about_snapshot(story: Story) -> list[str]:
    row = story.numbers
    if row is None:
        if story.orders:
            return ["No order of this person counts, so no snapshot has them: no segment, tier or action."]
        return ["This person is in no snapshot, and has no order in the files of the last published run."]
    found = []
    if row["as_of"] != story.newest:
        found.append(
            f"This person is not in the newest snapshot ({day(story.newest)}) any more. The numbers are"
            f" of the last one that has them, {day(row['as_of'])}."
        )
    if len(story.counted) != row["frequency"]:
        found.append(
            f"Orders that counted in the snapshot: {row['frequency']:,}; that would count in the files of the"
            f" last published run: {len(story.counted):,}. They are not the files it was made from."
        )
    return found


def _about_rules(story: Story) -> list[str]:
    row = story.numbers
    if row is None or _decision(row, old=True) == _decision(row, old=False):
        return []
    return [
        f"The rules have changed since this snapshot was made. It has {_decision(row, old=True)} Those of"
        f" strategy.yaml as it is now, which are tried below, would give {_decision(row, old=False)}"
    ]


def _decision(row: Row, old: bool) -> str:
    names = ("old_segment", "old_action", "old_reason") if old else ("segment_name", "next_action", "reason")
    segment, action, reason = (row[name] for name in names)
    return f"{segment}, {action or 'no action'} ({reason or 'without a reason'})."


def _about_hubspot(story: Story) -> list[str]:
    found = []
    for each in story.opt_outs:
        who = "customer_contacts.csv says" if each["source"] == "file" else "HubSpot says"
        since = f", first seen on {day(each['noted_at'])}" if each["noted_at"] else ""
        found.append(f"Has opted out ({who} so{since}): HubSpot gets no next action.")
    if story.months and story.months[0]["is_held_out"]:
        found.append("Held out by chance (holdout of strategy.yaml): HubSpot gets no next action.")
    if story.contact and not story.contact.has_won and not story.contacts:
        found.append(f"May not become a contact (deliver.when of strategy.yaml): {story.contact.why}.")
    if story.numbers and not story.contacts and not story.failures:
        found.append("HubSpot has never acknowledged anything about this person.")
    return found


def changes(told: dict[str, list[Any]]) -> list[str]:
    """What became of each property, those that matter most first, without what stays empty."""
    names = [each for each in ORDER if each in told] + sorted(set(told) - {*ORDER, ID_PROPERTY})
    said = []
    for name in names:
        old, new = told[name]
        if old or new:
            said.append(f"{name}: {old} → {new or 'nothing'}" if old else f"{name}: {new}")
    return said


def delivery(row: Row) -> str:
    """What was done, and how it went."""
    operation, outcome = OPERATIONS[row["operation"]], OUTCOMES[row["outcome"]]
    said = " ".join(filter(None, (row["category"], row["message"])))
    return f"{operation}, {outcome}" + (f": {said}" if said else "")


def difference(row: Row) -> str:
    """What HubSpot holds otherwise."""
    if row["kind"] == "missing":
        return f"The contact {row['ours']} is not in HubSpot any more"
    if row["kind"] == "merged":
        whose = f", which is that of the person {row['borne_id']}" if row["borne_id"] else ""
        return f"The contact {row['ours']} was merged into the contact {row['theirs']}{whose}"
    return f"{row['property']} is {row['theirs'] or 'nothing'} in HubSpot, and was {row['ours'] or 'nothing'}"
