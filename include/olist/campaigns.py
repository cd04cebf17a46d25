"""Campaigns: what to tell the customers of a segment, filled in from who they are this month.

The texts are those of `campaigns` in strategy.yaml. Numbers and money are written as the readers of each
language write them, by Babel (Unicode's CLDR).
"""

import math
from collections.abc import Collection
from string import Formatter
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# By the name of the field that holds it: the code of HTML, and that of Babel.
LANGUAGES = {"en": ("en", "en_US"), "pt_br": ("pt-BR", "pt_BR")}
PLACEHOLDERS = ("customers", "share", "spend", "orders", "days", "review", "category", "state", "goal")


def check_braces(text: str, known: Collection[str], what: str) -> str:
    """The text. Raises ValueError where a name in its braces is not known; `what` says what they are."""
    try:
        fields = [field for _, field, _, _ in Formatter().parse(text) if field is not None]
    except ValueError as error:
        raise ValueError(f"'{text}' is not a sentence with values in braces: {error}") from error
    for field in fields:
        if field not in known:
            raise ValueError(f"'{{{field}}}' is not {what}; choose from {', '.join(known)}")
    return text


# The text under a field is what an editor shows for it: see strategy_schema.py.
CONFIG = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
Text = Annotated[str, AfterValidator(lambda text: check_braces(text, PLACEHOLDERS, "a value of a segment"))]


class Texts(BaseModel):
    """One text in each language."""

    model_config = CONFIG

    en: Text
    """In English. It may hold values of the segment in braces, such as {customers}."""
    pt_br: Text = Field(alias="pt-BR")
    """In Brazilian Portuguese, with the same values."""


class Campaign(BaseModel):
    """What the team should do about a segment, and a message to begin with."""

    model_config = CONFIG

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

    goal = math.ceil(profile["spend"] * 6 / 5 / 10) * 10
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
