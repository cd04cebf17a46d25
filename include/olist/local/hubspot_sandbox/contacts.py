"""Contacts: read, list, and write in batches."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict

from olist.local.hubspot_sandbox.admin_rules import check_required, check_validations
from olist.local.hubspot_sandbox.errors import (
    HubSpotError,
    invalid,
    json_response,
    objects_not_found,
    partial_error,
)
from olist.local.hubspot_sandbox.gateway import ACCEPTED, EMPTY_RESULTS
from olist.local.hubspot_sandbox.limits import check_room_for_contacts
from olist.local.hubspot_sandbox.state import Sandbox, SandboxState
from olist.local.hubspot_sandbox.store import Change, Contact, now_text
from olist.local.hubspot_sandbox.unique_values import EMAIL, is_unique
from olist.local.hubspot_sandbox.values import check_values, normalise

MAX_BATCH = 100
MAX_PAGE = 100
DEFAULT_PROPERTIES = ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]
ALWAYS = ["createdate", "hs_object_id", "lastmodifieddate"]

router = APIRouter()


def _text(value: Any) -> Any:
    # HubSpot takes numbers and booleans in JSON and keeps their text.
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_text)]
Names = Annotated[Sequence[str], Query()]


class WriteInput(BaseModel):
    """One contact of a batch to write."""

    model_config = ConfigDict(extra="forbid")

    id: Text
    properties: dict[str, Text]
    idProperty: str | None = None
    objectWriteTraceId: str | None = None


class WriteBatch(BaseModel):
    """The body of `batch/upsert` and `batch/update`."""

    inputs: list[WriteInput]


class CreateInput(BaseModel):
    """One contact of a batch to create."""

    properties: dict[str, Text]
    associations: list[Any] = []
    objectWriteTraceId: str | None = None


class CreateBatch(BaseModel):
    """The body of `batch/create`."""

    inputs: list[CreateInput]


class ReadInput(BaseModel):
    """One contact of a batch to read."""

    id: Text


class ReadBatch(BaseModel):
    """The body of `batch/read`."""

    inputs: list[ReadInput]
    properties: list[str] = []
    propertiesWithHistory: list[str] = []
    idProperty: str | None = None


class ArchiveBatch(BaseModel):
    """The body of `batch/archive`."""

    inputs: list[ReadInput]


@router.post("/batch/upsert")
def upsert(body: WriteBatch, request: Request, sandbox: SandboxState) -> Response:
    """Update the contacts with these values of `idProperty` and create those that do not exist."""
    id_property = _checked_batch(body, sandbox)
    if id_property is None:
        raise invalid("idProperty is required to upsert by a unique property.")
    if id_property == EMAIL:
        raise invalid("Partial upserts are not supported when using email as the idProperty.")
    known = sandbox.store.find(id_property, [entry.id for entry in body.inputs])
    _check_account(
        [entry.properties for entry in body.inputs if entry.id not in known], body.inputs, request, sandbox
    )
    changes, errors = _admitted(body, id_property, sandbox)
    if request.scope[EMPTY_RESULTS]:
        return _batch_answer([], [], sandbox)
    contacts = sandbox.store.upsert(id_property, changes)
    request.scope[ACCEPTED] = [change.delivery for change in changes]
    results = [
        _written(contact, change) | {"new": contact.new}
        for contact, change in zip(contacts, changes, strict=True)
    ]
    return _batch_answer(results, errors, sandbox)


@router.post("/batch/create")
def create(body: CreateBatch, request: Request, sandbox: SandboxState) -> Response:
    """Create contacts, as somebody else does: a person in HubSpot, another integration, a form."""
    _check_size(len(body.inputs))
    rows = [entry.properties for entry in body.inputs]
    check_values(rows, sandbox.store.properties)
    _check_account(rows, body.inputs, request, sandbox)
    changes = [Change("", dict(entry.properties), entry.objectWriteTraceId) for entry in body.inputs]
    contacts = sandbox.store.create(changes)
    results = [_written(contact, change) for contact, change in zip(contacts, changes, strict=True)]
    return _batch_answer(results, [], sandbox, done=201)


@router.post("/batch/update")
def update(body: WriteBatch, request: Request, sandbox: SandboxState) -> Response:
    """Update contacts that exist, named by record id or by a unique property."""
    id_property = _checked_batch(body, sandbox)
    _check_account([], body.inputs, request, sandbox)
    changes, errors = _admitted(body, id_property, sandbox)
    if request.scope[EMPTY_RESULTS]:
        return _batch_answer([], [], sandbox)
    contacts, missing = sandbox.store.update(id_property, changes)
    done = [change for change in changes if change.key not in missing]
    request.scope[ACCEPTED] = [change.delivery for change in done]
    results = [_written(contact, change) for contact, change in zip(contacts, done, strict=True)]
    return _batch_answer(results, errors + ([objects_not_found(missing)] if missing else []), sandbox)


@router.post("/batch/read")
def read(body: ReadBatch, sandbox: SandboxState) -> Response:
    """Read up to 100 contacts by record id or by a unique property."""
    _check_size(len(body.inputs))
    _check_id_property(body.idProperty, sandbox)
    keys = list(dict.fromkeys(entry.id for entry in body.inputs))
    found = sandbox.store.find(body.idProperty, keys)
    names = [*body.properties, *([body.idProperty] if body.idProperty else [])]
    missing = [key for key in keys if key not in found]
    once = {contact.id: contact for contact in found.values()}.values()
    results = [shown(contact, names) for contact in once]
    return _batch_answer(results, [objects_not_found(missing)] if missing else [], sandbox)


@router.post("/batch/archive")
def archive(body: ArchiveBatch, sandbox: SandboxState) -> Response:
    """Take up to 100 contacts away, named by record id."""
    _check_size(len(body.inputs))
    sandbox.store.archive([entry.id for entry in body.inputs])
    return Response(status_code=204)


@router.get("")
def listing(
    request: Request, sandbox: SandboxState, properties: Names = (), limit: int = 10, after: int = 0
) -> Response:
    """One page of all contacts."""
    if not 1 <= limit <= MAX_PAGE:
        raise invalid(f"limit must be between 1 and {MAX_PAGE}, and was {limit}.")
    contacts = sandbox.store.page(after, limit + 1)
    body: dict[str, Any] = {"results": [shown(contact, _names(properties)) for contact in contacts[:limit]]}
    if len(contacts) > limit:
        cursor = str(contacts[limit - 1].id)
        link = str(request.url.include_query_params(after=cursor))
        body["paging"] = {"next": {"after": cursor, "link": link}}
    return json_response(body)


@router.get("/{contact_id}")
def one(
    contact_id: str,
    sandbox: SandboxState,
    properties: Names = (),
    id_property: Annotated[str | None, Query(alias="idProperty")] = None,
) -> Response:
    """One contact, by record id or by a unique property."""
    _check_id_property(id_property, sandbox)
    contact = sandbox.store.find(id_property, [contact_id]).get(contact_id)
    if contact is None:
        raise HubSpotError(404, "OBJECT_NOT_FOUND", f"Object not found. objectId: {contact_id}")
    return json_response(shown(contact, _names(properties)))


def _checked_batch(body: WriteBatch, sandbox: Sandbox) -> str | None:
    """The one idProperty of a batch in which nothing is wrong; None for record ids."""
    _check_size(len(body.inputs))
    id_properties = {entry.idProperty for entry in body.inputs}
    if len(id_properties) > 1:
        raise invalid("All inputs of a batch must have the same idProperty.")
    id_property = id_properties.pop()
    _check_id_property(id_property, sandbox)
    if any(not entry.id for entry in body.inputs):
        raise invalid("Some inputs have no id.")
    repeated = [key for key, count in Counter(entry.id for entry in body.inputs).items() if count > 1]
    if repeated:
        raise invalid(f"Duplicate IDs found in batch input: {repeated}.", context={"ids": repeated})
    check_values((entry.properties for entry in body.inputs), sandbox.store.properties)
    return None if id_property == "hs_object_id" else id_property


def _check_account(
    new: list[dict[str, Text]], inputs: Sequence[WriteInput | CreateInput], request: Request, sandbox: Sandbox
) -> None:
    """Refuse the batch where the account's plan or its admins do: `new` are the contacts it would make."""
    rows = [entry.properties for entry in inputs]
    check_validations(rows, sandbox)
    check_required(new, rows, request.scope["path"], sandbox)
    check_room_for_contacts(len(new), sandbox)


def _check_size(size: int) -> None:
    if not 1 <= size <= MAX_BATCH:
        raise invalid(f"A batch holds between 1 and {MAX_BATCH} inputs, and this one holds {size}.")


def _check_id_property(name: str | None, sandbox: Sandbox) -> None:
    if name is None or name == "hs_object_id":
        return
    definition = sandbox.store.properties.get(name)
    if definition is None:
        raise invalid(f"idProperty '{name}' does not exist.", context={"propertyName": [name]})
    if not is_unique(definition):
        raise invalid(
            f"Unable to perform update/upsert by non-unique 0-1 property {name}.",
            context={"propertyName": [name]},
        )


def _admitted(
    body: WriteBatch, id_property: str | None, sandbox: Sandbox
) -> tuple[list[Change], list[dict[str, Any]]]:
    """The changes to make, and the errors of those whom a fault rejects; 409 where one spoils the batch."""
    faults, definitions = sandbox.faults.current, sandbox.store.properties
    if any(faults.conflicts(entry.id) for entry in body.inputs):
        raise HubSpotError(409, "CONFLICT", "A conflicting record exists already.")
    changes, errors = [], []
    for entry in body.inputs:
        if faults.rejects(entry.id):
            traces = {"objectWriteTraceId": [entry.objectWriteTraceId]} if entry.objectWriteTraceId else {}
            message = f"The contact {entry.id} was rejected."
            errors.append(partial_error("VALIDATION_ERROR", message, {"ids": [entry.id], **traces}))
            continue
        written = {name: normalise(value, definitions[name]) for name, value in entry.properties.items()}
        if id_property and written.setdefault(id_property, entry.id) != entry.id:
            raise invalid(f"The id '{entry.id}' is not the value of {id_property} in its properties.")
        changes.append(Change(entry.id, written, entry.objectWriteTraceId))
    return changes, errors


def _names(properties: Sequence[str]) -> list[str]:
    """Names given as `properties=a,b` or as `properties=a&properties=b`."""
    return [name for part in properties for name in part.split(",") if name]


def shown(contact: Contact, names: list[str]) -> dict[str, Any]:
    """A contact as reading gives it: null, as HubSpot has it, where a property asked for by name is empty."""
    stored = contact.all_properties()
    asked = {name: stored.get(name) for name in names}
    kept = ALWAYS if names else [name for name in DEFAULT_PROPERTIES if name in stored]
    return _envelope(contact, asked | {name: stored[name] for name in kept})


def _written(contact: Contact, change: Change) -> dict[str, Any]:
    """A contact as writing gives it back: what was written, and what HubSpot keeps itself."""
    stored = contact.all_properties()
    shown = _envelope(contact, {**change.properties, **{name: stored[name] for name in ALWAYS}})
    return shown | ({"objectWriteTraceId": change.trace_id} if change.trace_id else {})


def _envelope(contact: Contact, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(contact.id),
        "properties": properties,
        "createdAt": contact.created_at,
        "updatedAt": contact.updated_at,
        "archived": False,
    }


def _batch_answer(
    results: list[dict[str, Any]], errors: list[dict[str, Any]], sandbox: Sandbox, done: int = 200
) -> Response:
    now = now_text()
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": sandbox.faults.ordered(results),
        "startedAt": now,
        "completedAt": now,
    }
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return json_response(body, 207 if errors else done)
