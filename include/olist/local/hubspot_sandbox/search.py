"""The search for contacts: which of them a group of filters finds.

As in HubSpot, a list of texts is compared by lower case, in which the client has to give it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from olist.local.hubspot_sandbox.contacts import shown
from olist.local.hubspot_sandbox.errors import invalid, json_response
from olist.local.hubspot_sandbox.state import SandboxState
from olist.local.hubspot_sandbox.store import Contact, Store

MAX_FOUND_AT_ONCE, MAX_FOUND = 200, 10_000
PAGE_SIZE = 2_000

router = APIRouter()


class Filter(BaseModel):
    """One condition."""

    propertyName: str
    operator: str
    value: str = ""
    values: list[str] = []


class FilterGroup(BaseModel):
    """Conditions that all hold."""

    filters: list[Filter] = Field(max_length=6)


class SearchRequest(BaseModel):
    """The body of `search`: of the groups, one holds."""

    filterGroups: list[FilterGroup] = Field([], max_length=5)
    properties: list[str] = []
    sorts: list[Any] = []
    limit: int = 10
    after: str = Field("0", pattern=r"^\d+$")


# Of a contact's value (None: it has none) and the filter.
OPERATORS: dict[str, Callable[[str | None, Filter], bool]] = {
    "HAS_PROPERTY": lambda value, _: value is not None,
    "NOT_HAS_PROPERTY": lambda value, _: value is None,
    "EQ": lambda value, given: value is not None and value.lower() == given.value.lower(),
    "NEQ": lambda value, given: value is not None and value.lower() != given.value.lower(),
    "IN": lambda value, given: value in given.values,
    "NOT_IN": lambda value, given: value is not None and value not in given.values,
}


@router.post("")
def search(body: SearchRequest, sandbox: SandboxState) -> Response:
    """Contacts that one of the groups of filters finds, in the order of their ids."""
    start, end = int(body.after), int(body.after) + body.limit
    if not 1 <= body.limit <= MAX_FOUND_AT_ONCE or end > MAX_FOUND:
        raise invalid(f"The search has {MAX_FOUND_AT_ONCE} contacts at once, and {MAX_FOUND} in all.")
    found = list(filter(_matching(body.filterGroups, sandbox.store.properties), _everybody(sandbox.store)))
    results = [shown(contact, body.properties) for contact in found[start:end]]
    paging = {"paging": {"next": {"after": str(end)}}} if end < len(found) else {}
    return json_response({"total": len(found), "results": results} | paging)


def _matching(
    groups: list[FilterGroup], definitions: Mapping[str, Mapping[str, Any]]
) -> Callable[[Contact], bool]:
    """Whether one of the groups finds a contact. Refuses properties and operators that there are not."""
    for each in (each for group in groups for each in group.filters):
        if each.propertyName not in definitions:
            raise invalid(f"There was a problem with the request: no property {each.propertyName}.")
        if each.operator not in OPERATORS:
            raise invalid(f"The sandbox does not search with {each.operator}.")

    def holds(each: Filter, stored: Mapping[str, str]) -> bool:
        value = stored.get(each.propertyName)
        is_text = definitions[each.propertyName]["type"] == "string"
        lowered = value.lower() if value and is_text and each.values else value
        return OPERATORS[each.operator](lowered, each)

    def is_found(contact: Contact) -> bool:
        stored = contact.all_properties()
        return not groups or any(all(holds(each, stored) for each in group.filters) for group in groups)

    return is_found


def _everybody(store: Store) -> Iterator[Contact]:
    """All contacts, in the order of their ids."""
    after = 0
    while page := store.page(after, PAGE_SIZE):
        after = page[-1].id
        yield from page
