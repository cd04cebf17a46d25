"""Which property values HubSpot accepts, by the property's type."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from olist.local.hubspot_sandbox.definitions import INVISIBLE
from olist.local.hubspot_sandbox.errors import HubSpotError, invalid

Definition = Mapping[str, Any]
Problem = tuple[str, str]  # code, message

DAY_MILLISECONDS = 86_400_000
MAX_LENGTH = 65_536
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?")
MILLISECONDS = re.compile(r"-?\d{1,15}")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def check_values(rows: Iterable[Mapping[str, str]], definitions: Mapping[str, Definition]) -> None:
    """Refuse the request, naming every property at fault, if any value of any row is not valid."""
    problems: dict[tuple[str, str], str] = {}
    for row in rows:
        for name, value in row.items():
            found = _problem(name, value, definitions.get(name))
            if found:
                problems.setdefault((name, found[0]), found[1])
    if problems:
        raise _not_valid(problems)


def normalise(value: str, definition: Definition) -> str:
    """The value as HubSpot keeps it: dates as `YYYY-MM-DD` however they were sent, the rest as it came."""
    if definition["type"] == "date" and MILLISECONDS.fullmatch(value):
        return datetime.fromtimestamp(int(value) / 1000, UTC).date().isoformat()
    return value


def _problem(name: str, value: str, definition: Definition | None) -> Problem | None:
    if definition is None:
        return "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'
    if definition["modificationMetadata"]["readOnlyValue"]:
        return "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
    if value == "":
        return None
    if len(value) > MAX_LENGTH:
        return "INVALID_LENGTH", f'"{name}" is longer than {MAX_LENGTH} characters.'
    if definition["type"] not in ("string", "phone_number") and value != value.strip().strip(INVISIBLE):
        return "LEADING_TRAILING_WHITESPACE", f'"{value}" includes leading or trailing whitespace.'
    check = CHECKS.get(definition["type"])
    return check(value, definition) if check else None


def _number(value: str, definition: Definition) -> Problem | None:
    return None if NUMBER.fullmatch(value) else ("INVALID_NUMBER", f"{value} was not a valid number.")


def _boolean(value: str, definition: Definition) -> Problem | None:
    return None if value in ("true", "false") else ("INVALID_BOOLEAN", f"{value} was not a valid boolean.")


def _date(value: str, definition: Definition) -> Problem | None:
    if MILLISECONDS.fullmatch(value):
        midnight = int(value) % DAY_MILLISECONDS == 0
        return None if midnight else ("INVALID_DATE", f"{value} is not midnight UTC.")
    parsed = _parsed(date.fromisoformat, value) if DATE.fullmatch(value) else False
    return None if parsed else ("INVALID_DATE", f"{value} was not a valid date.")


def _datetime(value: str, definition: Definition) -> Problem | None:
    valid = bool(MILLISECONDS.fullmatch(value)) or _parsed(datetime.fromisoformat, value)
    return None if valid else ("INVALID_DATE", f"{value} was not a valid date and time.")


def _enumeration(value: str, definition: Definition) -> Problem | None:
    allowed = [option["value"] for option in definition["options"]]
    # Only a checkbox holds several values, and a leading semicolon there means "add to what is set".
    chosen = value.removeprefix(";").split(";") if definition["fieldType"] == "checkbox" else [value]
    wrong = [choice for choice in chosen if choice not in allowed]
    if not wrong:
        return None
    return "INVALID_OPTION", f"{wrong[0]} was not one of the allowed options: [{', '.join(allowed)}]"


def _parsed(parse: Any, value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


CHECKS = {
    "number": _number,
    "bool": _boolean,
    "date": _date,
    "datetime": _datetime,
    "enumeration": _enumeration,
}


def _not_valid(problems: Mapping[tuple[str, str], str]) -> HubSpotError:
    # HubSpot says it twice: as JSON inside the message, which older clients parse, and as `errors`.
    listed = [
        {"isValid": False, "message": text, "error": code, "name": name, "localizedErrorMessage": text}
        for (name, code), text in problems.items()
    ]
    errors = [
        {"message": text, "code": code, "context": {"propertyName": [name]}}
        for (name, code), text in problems.items()
    ]
    message = f"Property values were not valid: {json.dumps(listed, ensure_ascii=False)}"
    return invalid(message, errors=errors)
