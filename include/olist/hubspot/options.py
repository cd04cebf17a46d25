"""The options of our dropdowns: the names of strategy.yaml in its order, then whatever else an account has.

HubSpot takes all the options of a property at once. So they are read, completed, written and read again: a
person or another warehouse may change them at the same time. An option is never removed, and but for its
place it stays as people have left it.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, count, takewhile
from typing import Any

from olist.exceptions import OlistError
from olist.hubspot.client import HubSpot
from olist.hubspot.findings import Finding

# Of a property, and of value, label and description: knowledge.hubspot.com, "Property field types".
MAX_OPTIONS = 5_000
MAX_CHARACTERS = 3_000
# Zero-width characters are no whitespace to Python, but HubSpot refuses them at the ends all the same.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
# How often options are completed that somebody else takes away again meanwhile.
MAX_TIMES = 5
# The search gives so many contacts at once, and 10,000 of all; its body has up to 3,000 characters.
PAGE, PAGES = 200, 50
MAX_NAMED = 2_000

Option = dict[str, Any]

log = logging.getLogger(__name__)


def new_options(values: Iterable[str]) -> list[Option]:
    """The options of a dropdown that is made anew."""
    return completed(list(values), [], [])


def is_complete(definition: Mapping[str, Any], names: Sequence[str], others: Collection[str] = ()) -> bool:
    """Whether a property is a dropdown with these names in this order, and with the others anywhere."""
    values = [each["value"] for each in sorted(definition.get("options") or [], key=_place)]
    in_order = [value for value in values if value in names]
    return definition["type"] == "enumeration" and in_order == list(names) and set(others) <= set(values)


def completed(names: Sequence[str], others: Sequence[str], existing: Sequence[Option]) -> list[Option]:
    """All options in their order: the names, what the account has besides, others that it lacks.

    A person may have given a label to another option that is now a name: then the new one is numbered.
    """
    kept = {each["value"]: each for each in sorted(existing, key=_place)}
    labels = {each["label"].casefold() for each in existing}
    options = []
    for place, value in enumerate(dict.fromkeys([*names, *kept, *others])):
        option = kept.get(value) or {"value": value, "label": _free_label(value, labels), "hidden": False}
        labels.add(option["label"].casefold())
        described = {"description": option["description"]} if option.get("description") else {}
        options.append({name: option[name] for name in ("value", "label", "hidden")} | described)
        options[-1]["displayOrder"] = place
    return options


def offer(hubspot: HubSpot, name: str, names: Sequence[str], others: Sequence[str] = ()) -> None:
    """Makes a property (its name in HubSpot) a dropdown that has these options, whatever it was before.

    Raises OlistError if HubSpot does not take them, or somebody takes them away again.
    """
    for _ in range(MAX_TIMES):
        existing = hubspot.property(name)
        if existing is not None and is_complete(existing, names, others):
            return
        body: dict[str, Any] = {"options": completed(names, others, (existing or {}).get("options") or [])}
        if existing is None or existing["type"] != "enumeration":
            body |= {"type": "enumeration", "fieldType": "select"}
        path = hubspot.settings.path("properties", f"/{name}")
        answer = hubspot.call("PATCH", path, body, also_accepted=(400, 409))
        if not answer.is_success:
            raise OlistError(
                f"HubSpot cannot be delivered to. It does not take the names of strategy.yaml for options of"
                f" {name}: {answer.reason.removesuffix('.')}. Mend that in HubSpot's settings, or change the"
                " names."
            )
    raise OlistError(
        f"HubSpot cannot be delivered to. Its dropdown {name} loses options as soon as they are added:"
        " somebody else changes it at the same time. Find out who."
    )


def other_values(hubspot: HubSpot, name: str, known: Collection[str]) -> set[str]:
    """What contacts hold of a text property besides known values, as HubSpot's search finds it.

    It does not find texts that differ from a known one by capitals alone, nor who comes after 10,000 others.
    """
    # The search compares texts by their lower case. Those that it has no room for are found, and known.
    lengths = accumulate(len(value) + 3 for value in known)
    named = [
        value.lower()
        for value, _ in zip(known, takewhile(lambda total: total < MAX_NAMED, lengths), strict=False)
    ]
    filters: list[dict[str, Any]] = [{"propertyName": name, "operator": "HAS_PROPERTY"}]
    if named:
        filters.append({"propertyName": name, "operator": "NOT_IN", "values": named})
    body: dict[str, Any] = {
        "filterGroups": [{"filters": filters}],
        "properties": [name],
        "sorts": [],
        "limit": PAGE,
        "after": "0",
    }
    found: set[str] = set()
    for _ in range(PAGES):
        answer = hubspot.ask("POST", hubspot.settings.path("contacts", "/search"), body)
        if not answer.is_success:
            log.warning("What people have written into %s is not known: %s", name, answer.sentence)
            break
        found |= {value for each in answer.body["results"] if (value := each["properties"].get(name))}
        after = answer.body.get("paging", {}).get("next", {}).get("after")
        if not after:
            break
        body["after"] = after
    return found - set(known)


def unfit(value: str) -> str | None:
    """Why HubSpot would not take a value for an option, as the end of a sentence; None if it would."""
    if value != value.strip().strip(INVISIBLE):
        return "has blanks at an end"
    if ";" in value:
        return "has a semicolon, by which HubSpot tells options apart"
    if 2 * len(value) > MAX_CHARACTERS:
        return f"is longer than {MAX_CHARACTERS // 2:,} characters"
    return None


def unfit_names(name: str, names: Sequence[str], existing: Iterable[Option]) -> list[Finding]:
    """What keeps these names from being the options of a dropdown (its name in HubSpot)."""
    findings = [
        Finding(
            f"'{value}' cannot be an option of HubSpot's dropdown {name}, because it {why}: rename it in"
            " strategy.yaml."
        )
        for value in names
        if (why := unfit(value))
    ]
    by_letters: dict[str, str] = {}
    for value in names:
        same = by_letters.setdefault(value.casefold(), value)
        if same != value:
            findings.append(
                Finding(
                    f"'{same}' and '{value}' differ by capitals alone, which nobody can tell apart in"
                    f" HubSpot's dropdown {name}: rename one in strategy.yaml."
                )
            )
    options = len({each["value"] for each in existing}.union(names))
    if options > MAX_OPTIONS:
        findings.append(
            Finding(
                f"HubSpot's dropdown {name} would have {options:,} options, and {MAX_OPTIONS:,} are the most"
                " there may be: delete those that nobody needs in HubSpot's settings."
            )
        )
    return findings


def _free_label(value: str, labels: Collection[str]) -> str:
    numbered = (value if number == 1 else f"{value} ({number})" for number in count(1))
    return next(label for label in numbered if label.casefold() not in labels)


def _place(option: Mapping[str, Any]) -> tuple[bool, int]:
    place = option.get("displayOrder")
    # Without a place, or with -1, an option comes after those that have one.
    return (place is None or place < 0, place or 0)
