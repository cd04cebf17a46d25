"""The application: HubSpot's paths in every API version, the sandbox's own endpoints, one page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from olist.local.hubspot_sandbox import (
    account,
    admin_rules,
    contacts,
    control,
    erasure,
    limits,
    lists,
    merges,
    page,
    properties,
    scopes,
    search,
    subscriptions,
)
from olist.local.hubspot_sandbox.errors import HubSpotError, invalid
from olist.local.hubspot_sandbox.gateway import Gateway
from olist.local.hubspot_sandbox.settings import SandboxSettings
from olist.local.hubspot_sandbox.state import Sandbox

DATED_VERSIONS = ("2026-03", "2026-09")
# One implementation each, under the path of v3 and those of the dated versions. They are written out here
# and not taken from olist.hubspot.versions, so that a mistake there is found.
NUMBERED = {
    "/crm/v3/objects/contacts": contacts.router,
    "/crm/v3/objects/contacts/gdpr-delete": erasure.router,
    "/crm/v3/objects/contacts/merge": merges.router,
    "/crm/v3/objects/contacts/search": search.router,
    "/crm/v3/properties/contacts": properties.router,
    "/crm/v3/limits": limits.router,
    "/crm/v3/lists": lists.router,
    "/crm/v3/property-validations/0-1": admin_rules.validations,
    "/crm/v3/schemas/contacts": admin_rules.schema,
    "/account-info/v3": account.router,
    # Version 3 of this API has no batches.
    "/communication-preferences/v4/statuses": subscriptions.router,
    "/oauth/v2": scopes.router,
}
DATED = {
    "/crm/objects/{version}/contacts": contacts.router,
    "/crm/objects/{version}/contacts/gdpr-delete": erasure.router,
    "/crm/objects/{version}/contacts/merge": merges.router,
    "/crm/objects/{version}/contacts/search": search.router,
    "/crm/properties/{version}/contacts": properties.router,
    "/crm/limits/{version}": limits.router,
    "/crm/lists/{version}": lists.router,
    "/crm/property-validations/{version}/0-1": admin_rules.validations,
    "/crm-object-schemas/{version}/schemas/contacts": admin_rules.schema,
    "/account-info/{version}": account.router,
    "/communication-preferences/{version}/statuses": subscriptions.router,
}
PATHS = (
    NUMBERED
    | {path.format(version=version): router for path, router in DATED.items() for version in DATED_VERSIONS}
    | {"/sandbox": control.router, "": page.router}
)


def create_app(settings: SandboxSettings) -> FastAPI:
    """A sandbox as an ASGI application; connection faults need `server.Server` or its protocol to run it."""
    sandbox = Sandbox.open(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        sandbox.store.close()

    app = FastAPI(
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers={
            HubSpotError: _refuse,
            RequestValidationError: _refuse_malformed,
            HTTPException: _refuse_unknown,
        },
    )
    app.state.sandbox = sandbox
    app.add_middleware(Gateway, sandbox=sandbox)
    for path, router in PATHS.items():
        app.include_router(router, prefix=path)
    return app


async def _refuse(_: Request, error: HubSpotError) -> Response:
    return error.response()


async def _refuse_malformed(_: Request, error: RequestValidationError) -> Response:
    errors = [
        {"message": problem["msg"], "in": ".".join(str(part) for part in problem["loc"])}
        for problem in error.errors()
    ]
    first = errors[0]
    return invalid(f"Invalid input JSON: {first['in']}: {first['message']}", errors=errors).response()


async def _refuse_unknown(_: Request, error: HTTPException) -> Response:
    category = "METHOD_NOT_ALLOWED" if error.status_code == 405 else "OBJECT_NOT_FOUND"
    return HubSpotError(error.status_code, category, str(error.detail)).response()
