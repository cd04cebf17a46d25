"""Who can be written to, in a marketer's words: for the plan of a delivery wherever it is shown."""

from collections.abc import Mapping
from typing import Any


def about_people(plan: Mapping[str, Any]) -> list[str]:
    """Sentences without their full stops; none where the run has no customer_contacts.csv.

    `plan` is that of ops.hubspot_syncs.
    """
    counts = plan.get("contacts")
    if not counts:
        return []
    parts = [f"of {counts['people']:,} people {counts['writable']:,} can be written to"]
    # Not known where HubSpot was not asked.
    if "in_hubspot" in counts:
        parts.append(f"{counts['in_hubspot']:,} are in HubSpot already")
    parts += [
        f"{counts['opted_out']:,} have opted out",
        f"{counts['taken']:,} e-mails belong to somebody else",
    ]
    if counts["unusable"]:
        parts.append(f"{counts['unusable']:,} e-mails cannot be used")
    sentences = ["; ".join(parts)]
    if counts["set_aside"]:
        sentences.append(
            f"{counts['set_aside']:,} people are set aside until it is clear which contact is theirs"
            " (EMAIL_TAKEN in ops.hubspot_failures)"
        )
    return sentences
