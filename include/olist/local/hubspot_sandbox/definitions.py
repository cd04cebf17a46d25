"""Contact properties and their groups: the ones a new account has, and what makes a new one valid."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from olist.local.hubspot_sandbox.errors import HubSpotError, invalid

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
FIELD_TYPES = {
    "bool": {"booleancheckbox", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"booleancheckbox", "calculation_equation", "checkbox", "radio", "select"},
    "number": {"calculation_equation", "number"},
    "phone_number": {"phonenumber"},
    "string": {"calculation_equation", "file", "html", "phonenumber", "text", "textarea"},
}
OPTION_TEXTS = ("label", "value", "description")
MAX_OPTIONS, MAX_OPTION_LENGTH = 5_000, 3_000
# Zero-width characters are no whitespace to Python, but HubSpot refuses them at the ends all the same.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
DEFAULT_GROUP = "contactinformation"


class OptionInput(BaseModel):
    """One choice of an enumeration."""

    model_config = ConfigDict(extra="ignore")

    label: str
    value: str
    hidden: bool
    displayOrder: int = -1
    description: str = ""


class PropertyInput(BaseModel):
    """The body that creates a property; fields the sandbox has no use for are kept as they come."""

    model_config = ConfigDict(extra="allow")

    name: str
    label: str
    type: str
    fieldType: str
    groupName: str
    description: str = ""
    options: list[OptionInput] = []
    displayOrder: int = -1
    hasUniqueValue: bool = False
    hidden: bool = False
    formField: bool = False


class PropertyPatch(BaseModel):
    """The body that changes a property; without `hasUniqueValue`, which HubSpot cannot change."""

    label: str | None = None
    description: str | None = None
    groupName: str | None = None
    options: list[OptionInput] | None = None
    displayOrder: int | None = None
    hidden: bool | None = None
    formField: bool | None = None
    type: str | None = None
    fieldType: str | None = None


class GroupInput(BaseModel):
    """The body that creates a property group."""

    name: str = Field(min_length=1)
    label: str = Field(min_length=1)
    displayOrder: int = -1


def define(body: PropertyInput, now: str, *, read_only: bool = False, own: bool = False) -> dict[str, Any]:
    """The full definition, as reading the property gives it back; `own` marks HubSpot's own properties."""
    return {
        **body.model_dump(),
        "calculated": False,
        "externalOptions": False,
        "archived": False,
        "hubspotDefined": own,
        "dataSensitivity": "non_sensitive",
        "createdAt": now,
        "updatedAt": now,
        "modificationMetadata": {
            "archivable": not own,
            "readOnlyDefinition": own,
            "readOnlyOptions": own,
            "readOnlyValue": read_only,
        },
    }


def check_definition(definition: PropertyInput | dict[str, Any], groups: dict[str, Any]) -> None:
    """Refuse a property that HubSpot would not create."""
    body = definition if isinstance(definition, dict) else definition.model_dump()
    name, kind, field = body["name"], body["type"], body["fieldType"]
    if not NAME.fullmatch(name):
        raise invalid(
            f"The property name '{name}' must be a letter and then lowercase letters, digits and _ only."
        )
    if field not in FIELD_TYPES.get(kind, ()):
        raise invalid(f"Property type '{kind}' does not go with field type '{field}'.")
    if body["groupName"] not in groups:
        raise invalid(f"Property group '{body['groupName']}' does not exist.")
    if body["hasUniqueValue"] and kind not in ("string", "number"):
        raise invalid(f"Property type '{kind}' cannot have unique values.")
    if kind == "enumeration" and not body["options"]:
        raise invalid(f"The enumeration property '{name}' needs options.")
    _check_options(name, body["options"])


def _check_options(name: str, options: list[dict[str, Any]]) -> None:
    """Refuse options that HubSpot would not take, in words of our own: it does not say how it words this."""
    if len(options) > MAX_OPTIONS:
        raise invalid(f"The property '{name}' has {len(options)} options, and may have {MAX_OPTIONS}.")
    for field in ("value", "label"):
        texts = [option[field] for option in options]
        if len(set(texts)) != len(texts):
            raise invalid(f"The options of '{name}' hold a {field} twice.")
    for option in options:
        value = option["value"]
        if not value or value != value.strip().strip(INVISIBLE):
            raise invalid(f"The option '{value}' of '{name}' includes leading or trailing whitespace.")
        if ";" in value:
            raise invalid(
                f"The option '{value}' of '{name}' holds a semicolon, which stands between options."
            )
        if sum(len(option.get(field) or "") for field in OPTION_TEXTS) > MAX_OPTION_LENGTH:
            raise invalid(f"An option of '{name}' is longer than {MAX_OPTION_LENGTH} characters.")


def already_exists(kind: str, name: str) -> HubSpotError:
    """409: creating what is there."""
    return HubSpotError(409, "OBJECT_ALREADY_EXISTS", f"A {kind} named '{name}' already exists.")


def not_found(kind: str, name: str) -> HubSpotError:
    """404: no such property or group."""
    return HubSpotError(404, "OBJECT_NOT_FOUND", f"A {kind} named '{name}' does not exist.")


def default_groups() -> dict[str, dict[str, Any]]:
    """The property group that every account has."""
    group = {"name": DEFAULT_GROUP, "label": "Contact information", "displayOrder": 0, "archived": False}
    return {DEFAULT_GROUP: group}


def default_properties(now: str) -> dict[str, dict[str, Any]]:
    """The few of HubSpot's own contact properties that matter here."""
    rows = [
        ("hs_object_id", "Record ID", "number", "number", True),
        ("createdate", "Create Date", "datetime", "date", True),
        ("lastmodifieddate", "Last Modified Date", "datetime", "date", True),
        ("email", "Email", "string", "text", False),
        ("firstname", "First Name", "string", "text", False),
        ("lastname", "Last Name", "string", "text", False),
        ("phone", "Phone Number", "string", "phonenumber", False),
        ("hs_additional_emails", "Additional email addresses", "enumeration", "checkbox", True),
        ("hs_merged_object_ids", "Merged record IDs", "enumeration", "checkbox", True),
        ("city", "City", "string", "text", False),
        ("state", "State/Region", "string", "text", False),
    ]
    return {
        name: define(
            PropertyInput(name=name, label=label, type=kind, fieldType=field, groupName=DEFAULT_GROUP),
            now,
            read_only=read_only,
            own=True,
        )
        for name, label, kind, field, read_only in rows
    }
