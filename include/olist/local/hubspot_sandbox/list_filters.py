"""Filters of lists: which ones HubSpot takes, and who meets them, as a condition of SQLite.

Of HubSpot's many filters only those by the value of a property are here; others are refused by name.
"""

from collections.abc import Callable, Mapping
from typing import Any

from olist.local.hubspot_sandbox.errors import HubSpotError, invalid

Definitions = Mapping[str, Mapping[str, Any]]
Condition = tuple[str, list[str]]  # of SQL, with a mark for each value

IS_KNOWN = "coalesce({value}, '') <> ''"


def _any_of(value: str, marks: str) -> str:
    return f"coalesce({value}, '') IN ({marks})"


def _none_of(value: str, marks: str) -> str:
    return f"{IS_KNOWN.format(value=value)} AND {value} NOT IN ({marks})"


# By operation: the types of the properties it is for (None: all), and its operators.
# Texts are compared whatever their case, options are not.
OPERATIONS: dict[str, tuple[tuple[str, ...] | None, dict[str, Callable[[str, str], str]]]] = {
    "ENUMERATION": (("enumeration",), {"IS_ANY_OF": _any_of, "IS_NONE_OF": _none_of}),
    "MULTISTRING": (
        ("string", "phone_number"),
        {
            "IS_EQUAL_TO": lambda value, marks: _any_of(f"lower({value})", marks),
            "IS_NOT_EQUAL_TO": lambda value, marks: _none_of(f"lower({value})", marks),
        },
    ),
    "ALL_PROPERTY": (
        None,
        {
            "IS_KNOWN": lambda value, _: IS_KNOWN.format(value=value),
            "IS_UNKNOWN": lambda value, _: f"NOT ({IS_KNOWN.format(value=value)})",
        },
    ),
}


def normalised(branch: Mapping[str, Any], definitions: Definitions) -> dict[str, Any]:
    """A list's filters with what HubSpot adds to them. Refuses those that it, or the sandbox, does not take.

    As HubSpot wants it, the root is a branch OR that holds branches AND, which hold the filters.
    """
    branches = branch.get("filterBranches") or []
    is_root = branch.get("filterBranchType") == "OR" and branches and not branch.get("filters")
    if not is_root or any(each.get("filterBranchType") != "AND" for each in branches):
        raise _refused("the root must be a branch OR that holds branches AND")
    if any(each.get("filterBranches") for each in branches):
        raise _refused("the sandbox knows no branches within branches")
    return {
        "filterBranchType": "OR",
        "filterBranchOperator": "OR",
        "filters": [],
        "filterBranches": [
            {
                "filterBranchType": "AND",
                "filterBranchOperator": "AND",
                "filterBranches": [],
                "filters": [_filter(each, definitions) for each in inner.get("filters") or []],
            }
            for inner in branches
        ],
    }


def condition(branch: Mapping[str, Any] | None) -> Condition:
    """Who meets normalised filters, by the column `properties`; nobody without any (a manual list)."""
    if branch is None:
        return "0", []
    alternatives, values = [], []
    for inner in branch["filterBranches"]:
        parts = [_part(each) for each in inner["filters"]]
        alternatives.append(" AND ".join(f"({sql})" for sql, _ in parts) or "1")
        values += [value for _, given in parts for value in given]
    return " OR ".join(f"({each})" for each in alternatives), values


def _filter(each: Mapping[str, Any], definitions: Definitions) -> dict[str, Any]:
    if each.get("filterType") != "PROPERTY":
        raise _refused(f"the sandbox knows no filter {each.get('filterType')}")
    name, operation = str(each.get("property")), each.get("operation") or {}
    kind, operator = str(operation.get("operationType")), operation.get("operator")
    if name not in definitions:
        raise _refused(f'Property "{name}" does not exist')
    types, operators = OPERATIONS.get(kind, ((), {}))
    if operator not in operators:
        raise _refused(f"the sandbox knows no operation {kind} {operator}")
    if types is not None and definitions[name]["type"] not in types:
        raise _refused(f'{kind} is no operation for "{name}" of type {definitions[name]["type"]}')
    values = {} if types is None else {"values": [str(value) for value in operation.get("values") or []]}
    if types is not None and not values["values"]:
        raise _refused(f"{kind} {operator} needs values")
    kept = {"operationType": kind, "operator": operator, "includeObjectsWithNoValueSet": False, **values}
    return {"filterType": "PROPERTY", "property": name, "operation": kept}


def _part(each: Mapping[str, Any]) -> Condition:
    operation = each["operation"]
    values = operation.get("values", [])
    if operation["operationType"] == "MULTISTRING":
        values = [value.lower() for value in values]
    value = f"json_extract(properties, '$.\"{each['property']}\"')"
    _, operators = OPERATIONS[operation["operationType"]]
    return operators[operation["operator"]](value, ", ".join("?" * len(values))), values


def _refused(why: str) -> HubSpotError:
    return invalid(f"The list's filters are not valid: {why}.", subCategory="ILS.INVALID_FILTER")
