"""Campaigns: what to tell the customers of a segment, filled in from who they are this month.

The texts are those of campaigns.yaml, beside strategy.yaml. Numbers and money are written as the readers
of each language write them, by Babel (Unicode's CLDR).
"""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from olist.strategy.part import Part, check_braces

# By the name of the field that holds it: the code of HTML, and that of Babel.
LANGUAGES = {"en": ("en", "en_US"), "pt_br": ("pt-BR", "pt_BR")}
PLACEHOLDERS = ("customers", "share", "spend", "orders", "days", "review", "category", "state", "goal")


Text = Annotated[str, AfterValidator(lambda text: check_braces(text, PLACEHOLDERS, "a value of a segment"))]


class Texts(Part):
    """One text in each language."""

    en: Text
    """In English. It may hold values of the segment in braces, such as {customers}."""
    pt_br: Text = Field(alias="pt-BR")
    """In Brazilian Portuguese, with the same values."""


class Campaign(Part):
    """What the team should do about a segment, and a message to begin with."""

    recommendation: Texts
    """What the team should do about the segment."""
    subject: Texts
    """The subject of a message to its customers."""
    message: Texts
    """The message."""
    offer: Texts
    """What the message offers."""


def write_campaign(campaign: Campaign, profile: dict[str, Any]) -> list[dict[str, str]]:
    """The four texts in each language, beside its code as `lang`.

    `profile` is a segment's row of report/profiles.sql: shares from 0 to 1, money in BRL.
    """
    written = []
    for field, (html_code, locale) in LANGUAGES.items():
        values = _values(profile, locale)
        texts = {part: getattr(getattr(campaign, part), field) for part in Campaign.model_fields}
        written.append({"lang": html_code} | {part: text.format(**values) for part, text in texts.items()})
    return written


def _values(profile: dict[str, Any], locale: str) -> dict[str, str]:
    from babel.numbers import format_currency, format_decimal, format_percent

    # Even where everything was free so far, there is a next ten.
    goal = max(math.ceil(profile["spend"] * 6 / 5 / 10), 1) * 10
    no_review = {"en_US": "no review", "pt_BR": "sem avaliação"}[locale]
    category = profile["category_portuguese" if locale == "pt_BR" else "category"]
    return {
        "customers": format_decimal(profile["customers"], locale=locale),
        "share": format_percent(profile["share"], "0.#%", locale=locale),
        "spend": format_currency(profile["spend"], "BRL", locale=locale),
        "orders": format_decimal(profile["orders"], "0.0", locale=locale),
        "days": format_decimal(round(profile["recency_days"]), locale=locale),
        "review": no_review
        if profile["review_score"] is None
        else format_decimal(profile["review_score"], "0.0", locale=locale),
        "category": (category or "").replace("_", " "),
        "state": profile["state"] or "",
        "goal": format_currency(goal, "BRL", "¤ #,##0", locale=locale, currency_digits=False),
    }
