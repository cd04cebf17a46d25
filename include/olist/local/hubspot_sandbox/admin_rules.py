"""What the account's admins have laid down: validations of properties, required fields of new contacts.

HubSpot does not say how it words these refusals, but for a few examples of its changelog; the words here are
ours. Like HubSpot since 2026-09, versions before that do not look at required fields.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from fastapi import APIRouter, Response
from pydantic import BaseModel

from olist.local.hubspot_sandbox.errors import HubSpotError, invalid, json_response
from olist.local.hubspot_sandbox.state import Sandbox, SandboxState

Row = Mapping[str, str]

validations = APIRouter()
schema = APIRouter()

# By rule: whether a value is right by its argument, and what HubSpot says where it is not.
RULES: dict[str, tuple[Callable[[str, str], bool], str]] = {
    "MIN_LENGTH": (lambda value, least: len(value) >= int(least), "Enter at least {} characters"),
    "MAX_LENGTH": (lambda value, most: len(value) <= int(most), "Enter at most {} characters"),
    "MIN_NUMBER": (lambda value, least: float(value) >= float(least), "Enter {} or more"),
    "MAX_NUMBER": (lambda value, most: float(value) <= float(most), "Enter {} or less"),
    "DECIMAL": (lambda value, most: len(value.partition(".")[2]) <= int(most), "Enter at most {} decimals"),
    "REGEX": (lambda value, pattern: bool(re.fullmatch(pattern, value)), "Enter what matches {}"),
    "ALPHANUMERIC": (lambda value, kind: _is_of(value, kind), "Enter only what is {}"),
    "SPECIAL_CHARACTERS": (
        lambda value, _: _is_of(value, "ALPHANUMERIC_ONLY"),
        "Enter no special characters",
    ),
    "WHITESPACE": (lambda value, _: not re.search(r"\s", value), "Enter no blanks"),
}


class RuleUpdate(BaseModel):
    """The body that lays down a rule."""

    ruleArguments: list[str]
    shouldApplyNormalization: bool = False


@validations.get("")
def all_validations(sandbox: SandboxState) -> Response:
    """The properties that have rules, with their rules."""
    rules = sandbox.faults.current.validations
    results = [
        {"propertyName": name, "propertyValidationRules": _shown(of_property)}
        for name, of_property in rules.items()
    ]
    return json_response({"results": results})


@validations.get("/{name}")
def validations_of(name: str, sandbox: SandboxState) -> Response:
    """The rules of one property."""
    return json_response({"results": _shown(sandbox.faults.current.validations.get(name, {}))})


@validations.put("/{name}/rule-type/{rule}")
async def lay_down(name: str, rule: str, body: RuleUpdate, sandbox: SandboxState) -> Response:
    """Lay down a rule for a property, in place of one of this type."""
    if name not in sandbox.store.properties:
        raise HubSpotError(404, "OBJECT_NOT_FOUND", f"A property named '{name}' does not exist.")
    faults = sandbox.faults.current
    of_property = faults.validations.get(name, {}) | {rule: body.ruleArguments}
    changed = {"validations": faults.validations | {name: of_property}}
    sandbox.faults.current = faults.model_copy(update=changed)
    return Response(status_code=204)


@schema.get("")
def contact_schema(sandbox: SandboxState) -> Response:
    """The object type "contact": its labels, its properties and which of them a new contact must have."""
    body = {
        "id": "0-1",
        "name": "contact",
        "labels": {"singular": "Contact", "plural": "Contacts"},
        "requiredProperties": sandbox.faults.current.required_properties,
        "primaryDisplayProperty": "email",
        "properties": list(sandbox.store.properties.values()),
        "associations": [],
    }
    return json_response(body)


def check_validations(rows: Iterable[Row], sandbox: Sandbox) -> None:
    """Refuse the batch if a value breaks a rule of its property; an empty value breaks none."""
    rules = sandbox.faults.current.validations
    broken: dict[tuple[str, str], str] = {}
    for row in rows if rules else ():
        for name, value in row.items():
            for rule, arguments in rules.get(name, {}).items():
                if value and rule in RULES:
                    is_right, words = RULES[rule]
                    argument = arguments[0] if arguments else ""
                    if not is_right(value, argument):
                        broken[name, f"INVALID_{rule}"] = words.format(argument)
    if broken:
        errors = [
            {"message": words, "code": code, "context": {"propertyName": [name]}}
            for (name, code), words in broken.items()
        ]
        listed = ", ".join(f"{name}: {words}" for (name, _), words in broken.items())
        raise invalid(f"Property values were not valid: {listed}", errors=errors)


def check_required(new: Iterable[Row], every: Iterable[Row], path: str, sandbox: Sandbox) -> None:
    """Refuse the batch if a new contact lacks a required field, or one lacks what another value asks for."""
    if "/2026-09/" not in path:
        return
    faults = sandbox.faults.current
    missing = [name for name in faults.required_properties if not all(row.get(name) for row in new)]
    for required, (name, value) in faults.required_where.items():
        if any(row.get(name) == value and not row.get(required) for row in every):
            missing.append(required)
    if missing:
        errors = [
            {
                "message": f"Required property '{name}' is missing",
                "code": "MISSING_REQUIRED_PROPERTY",
                "context": {"propertyName": [name]},
            }
            for name in missing
        ]
        raise invalid(
            f"Error creating CONTACT. Some required properties were not set: [{', '.join(missing)}]",
            errors=errors,
        )


def _shown(rules: Mapping[str, list[str]]) -> list[dict[str, object]]:
    return [
        {"ruleType": rule, "ruleArguments": arguments, "shouldApplyNormalization": False}
        for rule, arguments in rules.items()
    ]


def _is_of(value: str, kind: str) -> bool:
    text = value.replace(" ", "")
    tests = {"NUMERIC_ONLY": str.isdigit, "ALPHABETIC_ONLY": str.isalpha, "ALPHANUMERIC_ONLY": str.isalnum}
    return kind not in tests or tests[kind](text)
