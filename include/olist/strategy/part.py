"""What every part of the strategy's files has in common: unknown names are refused, braces are checked."""

from collections.abc import Collection
from string import Formatter

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of one of the files. The text under a field is what an editor shows for it: see schema.py."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=False, use_attribute_docstrings=True
    )


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
