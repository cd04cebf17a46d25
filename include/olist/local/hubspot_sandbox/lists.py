"""Lists (segments in HubSpot's UI): create, read, search, rename, filter, delete, restore, read members.

Who is in a DYNAMIC list is found out when somebody asks; HubSpot takes seconds to minutes for it. A deleted
list can still be read by its id, with the time of its end, and its name is free again.
"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from olist.local.hubspot_sandbox.errors import HubSpotError, invalid, json_response
from olist.local.hubspot_sandbox.list_filters import condition, normalised
from olist.local.hubspot_sandbox.state import Sandbox, SandboxState
from olist.local.hubspot_sandbox.store import Contact, now_text

CONTACT_TYPE = "0-1"
PROCESSING_TYPES = ("DYNAMIC", "MANUAL", "SNAPSHOT")
MOST_SEARCHED, MOST_MEMBERS = 500, 250

router = APIRouter()


class ListInput(BaseModel):
    """The body that creates a list."""

    name: str
    objectTypeId: str
    processingType: str
    filterBranch: dict[str, Any] | None = None


class FilterInput(BaseModel):
    """The body that changes a list's filters."""

    filterBranch: dict[str, Any]


class ListSearch(BaseModel):
    """The body of a search."""

    query: str = ""
    listIds: list[str] = []
    processingTypes: list[str] = []
    objectTypeId: str | None = None
    additionalProperties: list[str] = []
    offset: int = 0
    count: int = 20


@router.post("")
@router.post("/")
def create(body: ListInput, sandbox: SandboxState) -> Response:
    """Create a list."""
    if body.objectTypeId != CONTACT_TYPE or body.processingType not in PROCESSING_TYPES:
        raise invalid(f"The sandbox has no {body.processingType} lists of {body.objectTypeId}.")
    filters = None
    if body.processingType != "MANUAL":
        filters = normalised(body.filterBranch or {}, sandbox.store.properties)
    _check_name(body.name, sandbox)
    if body.processingType == "DYNAMIC":
        _check_room(sandbox)
    now = now_text()
    definition = {
        "name": body.name,
        "objectTypeId": body.objectTypeId,
        "processingType": body.processingType,
        "processingStatus": "COMPLETE",
        "listVersion": 1,
        "createdAt": now,
        "updatedAt": now,
        "filtersUpdatedAt": now,
    }
    if filters:
        definition["filterBranch"] = filters
    return json_response({"list": _shown(sandbox.store.create_list(definition), sandbox, True)})


@router.get("")
@router.get("/")
def several(
    sandbox: SandboxState,
    listIds: Annotated[list[str] | None, Query()] = None,
    includeFilters: bool = False,
) -> Response:
    """The lists with these ids; ids that no list has are passed over."""
    found = sandbox.store.lists(listIds or [])
    return json_response({"lists": [_shown(each, sandbox, includeFilters) for each in found]})


@router.post("/search")
def search(body: ListSearch, sandbox: SandboxState) -> Response:
    """Lists whose name has a text in it, without those that were deleted."""
    found = [
        each
        for each in all_lists(sandbox)
        if body.query.lower() in each["name"].lower()
        and (not body.listIds or each["listId"] in body.listIds)
        and (not body.processingTypes or each["processingType"] in body.processingTypes)
        and body.objectTypeId in (None, each["objectTypeId"])
    ]
    until = body.offset + min(body.count, MOST_SEARCHED)
    page = [_shown(each, sandbox, False) for each in found[body.offset : until]]
    for each in page:
        each["additionalProperties"] = {"hs_list_size": str(each.pop("size"))}
    answer = {"lists": page, "total": len(found), "offset": until, "hasMore": until < len(found)}
    return json_response(answer)


@router.get("/object-type-id/{object_type}/name/{name}")
def by_name(object_type: str, name: str, sandbox: SandboxState, includeFilters: bool = False) -> Response:
    """The list of this name."""
    for each in all_lists(sandbox):
        if (each["objectTypeId"], each["name"].lower()) == (object_type, name.lower()):
            return json_response({"list": _shown(each, sandbox, includeFilters)})
    raise _not_found(name)


@router.get("/{number}")
def one(number: str, sandbox: SandboxState, includeFilters: bool = False) -> Response:
    """One list, also one that was deleted."""
    return json_response({"list": _shown(_existing(number, sandbox, deleted=True), sandbox, includeFilters)})


@router.delete("/{number}")
def delete(number: str, sandbox: SandboxState) -> Response:
    """Delete a list, as a person does in HubSpot: it can be restored."""
    sandbox.store.keep_list(_existing(number, sandbox) | {"deletedAt": now_text()})
    return Response(status_code=204)


@router.put("/{number}/restore")
def restore(number: str, sandbox: SandboxState) -> Response:
    """Bring a deleted list back."""
    definition = _existing(number, sandbox, deleted=True)
    if definition.pop("deletedAt", None):
        _check_name(definition["name"], sandbox)
        if definition["processingType"] == "DYNAMIC":
            _check_room(sandbox)
        sandbox.store.keep_list(definition | {"updatedAt": now_text()})
    return Response(status_code=204)


@router.put("/{number}/update-list-name")
def rename(number: str, listName: str, sandbox: SandboxState, includeFilters: bool = False) -> Response:
    """Give a list another name."""
    definition = _existing(number, sandbox)
    _check_name(listName, sandbox, but=number)
    return _changed(definition | {"name": listName}, sandbox, includeFilters)


@router.put("/{number}/update-list-filters")
def change_filters(number: str, body: FilterInput, sandbox: SandboxState) -> Response:
    """Give a DYNAMIC list other filters."""
    definition = _existing(number, sandbox)
    if definition["processingType"] != "DYNAMIC":
        raise invalid("Only the filters of DYNAMIC lists can be changed.")
    filters = normalised(body.filterBranch, sandbox.store.properties)
    return _changed(definition | {"filterBranch": filters, "filtersUpdatedAt": now_text()}, sandbox, True)


@router.get("/{number}/memberships")
@router.get("/{number}/memberships/join-order")
def memberships(number: str, sandbox: SandboxState, after: int = 0, limit: int = 100) -> Response:
    """Who is in a list, in the order of the contacts' ids; when they joined is not known here."""
    definition = _existing(number, sandbox)
    limit = min(limit, MOST_MEMBERS)
    found = members(definition, sandbox, after, limit + 1)
    answer: dict[str, Any] = {
        "results": [
            {"recordId": str(each.id), "membershipTimestamp": each.updated_at} for each in found[:limit]
        ],
        "total": size(definition, sandbox),
    }
    if len(found) > limit:
        answer["paging"] = {"next": {"after": str(found[limit - 1].id)}}
    return json_response(answer)


def all_lists(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The lists that were not deleted, in the order of their ids."""
    return [each for each in sandbox.store.lists() if "deletedAt" not in each]


def members(definition: dict[str, Any], sandbox: Sandbox, after: int, limit: int) -> list[Contact]:
    """Up to `limit` contacts of a list with a larger id than `after`, in order of id."""
    return sandbox.store.page(after, limit, condition(definition.get("filterBranch")))


def size(definition: dict[str, Any], sandbox: Sandbox) -> int:
    """How many contacts are in a list."""
    sql, values = condition(definition.get("filterBranch"))
    return int(sandbox.store.query(f"SELECT count(*) FROM contacts WHERE {sql}", values)[0][0])


def _changed(definition: dict[str, Any], sandbox: Sandbox, with_filters: bool) -> Response:
    changed = definition | {"listVersion": definition["listVersion"] + 1, "updatedAt": now_text()}
    sandbox.store.keep_list(changed)
    return json_response({"updatedList": _shown(changed, sandbox, with_filters)})


def _shown(definition: dict[str, Any], sandbox: Sandbox, with_filters: bool) -> dict[str, Any]:
    kept = json.loads(json.dumps(definition))
    if not with_filters:
        kept.pop("filterBranch", None)
    return kept | {"size": 0 if "deletedAt" in definition else size(definition, sandbox)}


def _existing(number: str, sandbox: Sandbox, deleted: bool = False) -> dict[str, Any]:
    found = sandbox.store.lists([number])
    if not found or ("deletedAt" in found[0] and not deleted):
        raise _not_found(number)
    return found[0]


def _check_name(name: str, sandbox: Sandbox, but: str | None = None) -> None:
    if not name.strip():
        raise invalid("A list needs a name.")
    names = {each["name"].lower() for each in all_lists(sandbox) if each["listId"] != but}
    if name.lower() in names:
        raise invalid(f"A list named '{name}' already exists.", subCategory="ILS.DUPLICATE_LIST_NAMES")


def _check_room(sandbox: Sandbox) -> None:
    limit = sandbox.faults.current.list_limit
    if sum(each["processingType"] == "DYNAMIC" for each in all_lists(sandbox)) >= limit:
        raise invalid(f"You have reached the limit of {limit} active lists.")


def _not_found(what: str) -> HubSpotError:
    return HubSpotError(404, "OBJECT_NOT_FOUND", f"List {what} does not exist.")
