"""Contact properties and property groups: list, read, create, change."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from olist.local.hubspot_sandbox.definitions import (
    GroupInput,
    PropertyInput,
    PropertyPatch,
    already_exists,
    check_definition,
    define,
    not_found,
)
from olist.local.hubspot_sandbox.errors import invalid, json_response, partial_error
from olist.local.hubspot_sandbox.limits import check_room_for_properties
from olist.local.hubspot_sandbox.state import Sandbox, SandboxState
from olist.local.hubspot_sandbox.store import now_text

router = APIRouter()


class PropertyBatch(BaseModel):
    """The body of `batch/create`."""

    inputs: list[PropertyInput]


@router.get("/groups")
def groups(sandbox: SandboxState) -> Response:
    """All property groups."""
    return json_response({"results": list(sandbox.store.groups.values())})


@router.post("/groups")
def create_group(body: GroupInput, sandbox: SandboxState) -> Response:
    """Create a property group."""
    definition = {**body.model_dump(), "archived": False}
    if not sandbox.store.create_definition("group", definition):
        raise already_exists("property group", body.name)
    return json_response(definition, 201)


@router.get("/groups/{name}")
def group(name: str, sandbox: SandboxState) -> Response:
    """One property group."""
    if name not in sandbox.store.groups:
        raise not_found("property group", name)
    return json_response(sandbox.store.groups[name])


@router.get("")
def properties(sandbox: SandboxState, archived: bool = False) -> Response:
    """All properties in use, or all that were archived."""
    return json_response({"results": list(_definitions(sandbox, archived).values())})


@router.post("")
def create(body: PropertyInput, sandbox: SandboxState) -> Response:
    """Create a property."""
    check_definition(body, sandbox.store.groups)
    if not sandbox.store.has_property(body.name):
        check_room_for_properties(1, sandbox)
    definition = define(body, now_text())
    if not sandbox.store.create_definition("property", definition):
        raise already_exists("property", body.name)
    return json_response(definition, 201)


@router.post("/batch/create")
def create_batch(body: PropertyBatch, request: Request, sandbox: SandboxState) -> Response:
    """Create up to 100 properties; those that exist are errors of a 207."""
    if not 1 <= len(body.inputs) <= 100:
        raise invalid(f"A batch holds between 1 and 100 inputs, and this one holds {len(body.inputs)}.")
    for entry in body.inputs:
        check_definition(entry, sandbox.store.groups)
    new = [entry for entry in body.inputs if not sandbox.store.has_property(entry.name)]
    check_room_for_properties(len(new), sandbox)
    started, results, errors = now_text(), [], []
    for entry in body.inputs:
        definition = define(entry, now_text())
        if sandbox.store.create_definition("property", definition):
            results.append(definition)
        else:
            message = f"A property named '{entry.name}' already exists."
            errors.append(partial_error("OBJECT_ALREADY_EXISTS", message, {"name": [entry.name]}))
    answer: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": started,
        "completedAt": now_text(),
    }
    if errors:
        answer |= {"numErrors": len(errors), "errors": errors}
    # Since 2026-09 a batch is 200, whatever one property is.
    done = 200 if "/2026-09/" in request.url.path else 201
    return json_response(answer, 207 if errors else done)


@router.get("/{name}")
def one(name: str, sandbox: SandboxState, archived: bool = False) -> Response:
    """One property that is in use, or one that was archived."""
    return json_response(_existing(name, sandbox, archived))


@router.delete("/{name}")
def archive(name: str, sandbox: SandboxState) -> Response:
    """Archive a property, as deleting it in HubSpot's settings does: its name stays taken."""
    if not _existing(name, sandbox)["modificationMetadata"]["archivable"]:
        raise invalid(f"The property '{name}' cannot be archived.")
    sandbox.store.archive_property(name)
    return Response(status_code=204)


@router.patch("/{name}")
def change(name: str, body: PropertyPatch, sandbox: SandboxState) -> Response:
    """Change a property's label, options and the like."""
    existing = _existing(name, sandbox)
    if existing["modificationMetadata"]["readOnlyDefinition"]:
        raise invalid(f"The definition of '{name}' is read-only.")
    changed = existing | body.model_dump(exclude_none=True) | {"updatedAt": now_text()}
    check_definition(changed, sandbox.store.groups)
    sandbox.store.keep_definition("property", changed)
    return json_response(changed)


def _existing(name: str, sandbox: Sandbox, archived: bool = False) -> dict[str, Any]:
    definitions = _definitions(sandbox, archived)
    if name not in definitions:
        raise not_found("property", name)
    return definitions[name]


def _definitions(sandbox: Sandbox, archived: bool) -> dict[str, dict[str, Any]]:
    return sandbox.store.archived_properties if archived else sandbox.store.properties
