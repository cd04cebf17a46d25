"""Who has unsubscribed from all e-mails in HubSpot. It is kept by address, whichever contact has it."""

from collections.abc import Iterable, Iterator, Mapping

from olist.hubspot.client import HubSpot
from olist.hubspot.findings import Finding
from olist.hubspot.side_by_side import Question, ask_all

SCOPE = "communication_preferences.statuses.batch.read"
UNSUBSCRIBED = "UNSUBSCRIBED"
# A domain that nobody has: to find out whether HubSpot answers.
NOBODYS = "nobody@example.com"
REFUSED = (400, 403, 404, 405)


class NotReadError(Exception):
    """HubSpot does not say who has unsubscribed. The text is a sentence about why."""


def statuses(hubspot: HubSpot, batches: Iterable[Mapping[str, str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Of each batch of up to 100 e-mails by person: who has unsubscribed from everything, who has not.

    Whoever the answer does not name is in neither. Raises NotReadError where HubSpot refuses to say it.
    """
    questions = (_question(hubspot, emails) for emails in batches)
    for question, answer in ask_all(hubspot, questions, also_accepted=REFUSED):
        if answer.status == 403:
            raise NotReadError(lacks_scope().sentence)
        if not answer.is_success:
            raise NotReadError(
                f"HubSpot does not say who has unsubscribed (status {answer.status}). Whoever is known to"
                " have opted out stays so."
            )
        said = {
            str(each.get("subscriberIdString")).lower(): any(
                status.get("status") == UNSUBSCRIBED for status in each.get("wideStatuses") or []
            )
            for each in answer.body.get("results", [])
        }
        known = {
            person: said[email.lower()] for person, email in question.about.items() if email.lower() in said
        }
        yield [each for each in known if known[each]], [each for each in known if not known[each]]


def scopes(hubspot: HubSpot, granted: set[str] | None) -> list[Finding]:
    """Whether a token may read it. Of a Service Key HubSpot does not tell: it is tried."""
    if granted is None:
        question = _question(hubspot, {"": NOBODYS})
        is_lacking = hubspot.ask("POST", question.path, question.body).status == 403
    else:
        is_lacking = SCOPE not in granted
    return [lacks_scope()] if is_lacking else []


def lacks_scope() -> Finding:
    """What a token without the scope means: known opt-outs stay, and new ones are not seen."""
    return Finding(
        f"HubSpot's access token lacks {SCOPE}, so it is not read who has unsubscribed in HubSpot: add it to"
        " the Service Key or the private app in HubSpot's settings (it takes Marketing Hub Enterprise), or"
        " say in customer_contacts.csv who has opted out. Whoever is known to have opted out stays so.",
        "warning",
    )


def _question(hubspot: HubSpot, emails: Mapping[str, str]) -> Question:
    path = hubspot.settings.path("subscriptions", "/batch/unsubscribe-all/read?channel=EMAIL")
    return Question(path, {"inputs": list(dict.fromkeys(emails.values()))}, emails)
