"""Tells people whom HubSpot refuses apart from a refusal that would befall anybody.

HubSpot refuses whole batches. Some of it is one person's fault and is found by sending people alone; some of
it is the account's (a property that is gone, a rule its admins made) and would cost a failing request each.
"""

import re

from olist.hubspot.answers import Answer

# So many people sent alone and refused for one reason, one after the other, and nobody accepted in between.
SAME_IN_A_ROW = 5

Reason = tuple[str, str]  # HubSpot's category and message


class Suspects:
    """People who were refused alone since HubSpot last accepted anybody, all for the same reason."""

    def __init__(self) -> None:
        self.reasons: dict[str, Reason] = {}
        self._kind: Reason | None = None

    @property
    def are_innocent(self) -> bool:
        """Whether they are too many for the reason to be theirs."""
        return len(self.reasons) >= SAME_IN_A_ROW

    def add(self, person: str, answer: Answer) -> dict[str, Reason]:
        """Adds a person. Returns those before, if they were refused for another reason: it is theirs then."""
        reason = reason_of(answer)
        kind = _without_particulars(reason, person)
        others = self.clear() if kind != self._kind else {}
        self._kind = kind
        self.reasons[person] = reason
        return others

    def clear(self) -> dict[str, Reason]:
        """Forgets everybody. Returns who was there."""
        reasons, self.reasons = self.reasons, {}
        return reasons


def reason_of(answer: Answer) -> Reason:
    """Category and message of a refusal, in HubSpot's words."""
    return str(answer.body.get("category") or f"HTTP_{answer.status}"), answer.sentence


def _without_particulars(reason: Reason, person: str) -> Reason:
    """The reason without what differs from person to person: ids and numbers."""
    category, message = reason
    return category, re.sub(r"\d+", "0", message.replace(person, ""))
