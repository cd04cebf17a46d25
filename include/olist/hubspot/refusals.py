"""Tells people whom HubSpot refuses apart from a refusal that would befall anybody.

HubSpot refuses whole batches. Some of it is one person's fault and is found by sending people alone; some of
it is the account's (a property that is gone, a limit of its plan, a rule its admins made) and would cost a
failing request each. Where HubSpot names such a rule, one request is enough to know it. HubSpot does not list
its codes, so its words count as well; a rule that is not recognised by either is known by the same refusal of
one person after the other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from olist.hubspot.answers import Answer

# So many people sent alone and refused for one reason, one after the other, and nobody accepted in between.
SAME_IN_A_ROW = 5

# HubSpot's category, message, and id of the request.
Reason = tuple[str, str, str | None]
# The person's e-mail address, say, is another contact's: that is no rule, however many it befalls.
ANOTHERS = re.compile(r"already exists.*existing id", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """A kind of refusal that would befall anybody, by codes, words or status; what it is, and the way out."""

    codes: tuple[str, ...] = ()
    words: re.Pattern[str] | None = None
    statuses: tuple[int, ...] = ()
    what: str = ""
    way_out: str = ""


RULES = (
    Rule(
        statuses=(403,),
        what="the access token lacks a permission (403): ",
        way_out="give the token that scope in HubSpot's settings",
    ),
    Rule(
        codes=("MISSING_REQUIRED_PROPERTY", "REQUIRED_PROPERTY_MISSING", "REQUIRED_FIELD"),
        words=re.compile(r"required (propert|field)|(propert\w+|field\w*) (is|are) required", re.IGNORECASE),
        way_out="make it optional in the form 'Create contact' and the rules of HubSpot's settings, or set"
        " the API version of the connection to 2026-03, which does not hold to them",
    ),
    Rule(
        codes=("PROPERTY_LIMIT_REACHED", "RECORD_LIMIT_REACHED"),
        words=re.compile(
            r"(reached|exceed\w*|over) (the|your|its) [\w ]*limit"
            r"|limit of [\d.,]+ [\w ]*(contact|record|propert)"
            r"|(contact|record|propert\w+) limit",
            re.IGNORECASE,
        ),
        statuses=(402,),
        way_out="make room in HubSpot, take a plan with more, or deliver with sync=update, which creates"
        " nobody",
    ),
    Rule(
        codes=("INVALID_OPTION",),
        way_out="clear upsert_hubspot.plan with its downstream tasks, which adds options that are missing",
    ),
    Rule(codes=("PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE")),
)


def rule_in(answer: Answer) -> str | None:
    """The account's rule that a refusal names, with the way out; None where it may be a person's fault."""
    for rule in RULES:
        for error in _errors_of(answer):
            codes = {code for code, _ in error.faults} | {
                str(error.body.get(field)) for field in ("code", "category", "subCategory")
            }
            has_words = rule.words and rule.words.search(error.sentence)
            # Older answers have the codes inside of the message alone.
            has_code = any(code in codes or f'"{code}"' in error.sentence for code in rule.codes)
            if error.status in rule.statuses or has_code or has_words:
                reason = f"{rule.what}{error.reason}{error.scopes}".removesuffix(".")
                return f"{reason} ({rule.way_out})" if rule.way_out else reason
    return None


def _errors_of(answer: Answer) -> Iterator[Answer]:
    """A refusal, or the single errors of an answer that was carried out in part."""
    if answer.is_success:
        yield from (Answer(400, {}, each) for each in answer.errors)
    else:
        yield answer


class Suspects:
    """People who were refused alone since HubSpot last accepted anybody, all for the same reason."""

    def __init__(self) -> None:
        self.reasons: dict[str, Reason] = {}
        self._kind: object = None

    @property
    def are_innocent(self) -> bool:
        """Whether they are too many for the reason to be theirs."""
        return len(self.reasons) >= SAME_IN_A_ROW

    def add(self, person: str, answer: Answer) -> dict[str, Reason]:
        """Adds a person. Returns those before, if they were refused for another reason: it is theirs then."""
        reason = reason_of(answer)
        kind = answer.faults or _without_particulars(reason, person)
        others = self.clear() if kind != self._kind else {}
        self._kind = kind
        self.reasons[person] = reason
        return others

    def clear(self) -> dict[str, Reason]:
        """Forgets everybody. Returns who was there."""
        reasons, self.reasons = self.reasons, {}
        return reasons


def reason_of(answer: Answer) -> Reason:
    """Category and message of a refusal, in HubSpot's words, and the id of its request."""
    category = str(answer.body.get("category") or f"HTTP_{answer.status}")
    return category, answer.sentence, answer.correlation_id


def is_anothers(answer: Answer) -> bool:
    """Whether a person is refused because another contact has what must be unique."""
    return answer.status == 409 and bool(ANOTHERS.search(answer.sentence))


def _without_particulars(reason: Reason, person: str) -> tuple[str, str]:
    """The reason without what differs from person to person: ids and numbers."""
    category, message, _ = reason
    return category, re.sub(r"\d+", "0", message.replace(person, ""))
