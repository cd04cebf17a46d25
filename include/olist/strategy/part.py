"""What every part of the strategy's files has in common: unknown names are refused, braces are checked."""

import re
from collections.abc import Collection
from decimal import Decimal
from string import Formatter
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

# A decimal number, without anything that is read otherwise elsewhere: 010, 1e3, 1_000, 0x1F.
NUMBER = r"[-+]?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{0,15})?|\.[0-9]{1,15})"
HOW_TO_WRITE = "write 1000 or 99.90, 0.1 for 10%, no sign between thousands and no zero in front"


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


def plain_number(value: Any) -> Any:
    """The value, a Decimal for a number in quotes. Raises PydanticCustomError for what is no number."""
    if isinstance(value, str):
        if not re.fullmatch(NUMBER, value):
            raise PydanticCustomError(
                "number", "'{value}' is not a number: {how}", {"value": value, "how": HOW_TO_WRITE}
            )
        return Decimal(value)
    if isinstance(value, bool):
        raise PydanticCustomError("truth_value", "Input should be a number")
    return value
