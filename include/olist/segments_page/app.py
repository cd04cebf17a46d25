"""The page "Customer segments" of Airflow's UI: the latest runs, and what they left in warehouse and HubSpot.

It is an app that `plugins/customer_segments.py` puts into Airflow's API server. Airflow leaves such apps open
to everybody, so every route of this one asks for a user who may read the DAG.
"""

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from olist.exceptions import OlistError
from olist.explain import words
from olist.explain.story import one_state, tell
from olist.report import page as report_page
from olist.report.experiments import verdict
from olist.report.people import about_people
from olist.strategy.reading import read_strategy
from olist.warehouse import read_sql
from olist.warehouse.session import settle

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

DAG_ID = "customer_segmentation"
# Where the plugin puts the app.
PLACE = "customer-segments"
# It begins with the style of the report, which lies beside report_page.TEMPLATE.
TEMPLATE = Path(__file__).with_name("page.html.j2")
PERSON = TEMPLATE.with_name("person.html.j2")
SCRIPT = Path(__file__).with_name("script.js").read_text(encoding="utf-8")
CONNECT_SECONDS, QUERY_SECONDS = 3, 10
# Of one person, the newest first: two years of months with some tries again.
MOST_DELIVERIES = 30

AWAY = "The warehouse cannot be read at the moment. Why is in the log of Airflow's API server."
SLOW = f"The warehouse has not answered within {QUERY_SECONDS} seconds."
EMPTY = "The warehouse has no tables for this page yet: the next run makes them."
NO_CONNECTION = "Airflow has no connection olist_warehouse to read from."

log = logging.getLogger(__name__)


class PageError(OlistError):
    """Why there is nothing to show, in a sentence for the reader, and the HTTP status that goes with it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@cache
def segments_app() -> FastAPI:
    """The page as an app. No route of it answers anybody who may not read the DAG."""
    from airflow.api_fastapi.core_api.security import requires_access_dag

    app = FastAPI(
        title="Customer segments",
        dependencies=[Depends(requires_access_dag("GET", param_dag_id=DAG_ID))],
        # FastAPI's own pages are routes that no dependency guards.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.get("/")(overview)
    app.get("/run")(run_page)
    app.get("/person")(person_page)
    app.get("/runs/{run_id}/report")(report)
    app.get("/runs/{run_id}/campaign-list")(campaign_list)
    app.exception_handler(HTTPException)(_refuse)
    app.exception_handler(PageError)(_say)
    app.middleware("http")(_with_headers)
    return app


def overview(request: Request) -> Response:
    """The latest runs, the tiers of the newest snapshot, and how HubSpot stands."""
    names = (
        *("waiting", "runs", "tiers", "about_tiers", "movement", "action_lift"),
        *("sync", "verification", "failures", "lists", "gates"),
    )
    with _reading() as rows:
        data = {name: rows(name, dag_run_id=None) for name in names}
    return _page(request, data, run=None)


def run_page(request: Request, dag_id: str = DAG_ID, dag_run_id: str = "") -> Response:
    """One run of the DAG, by the id that Airflow knows it by."""
    if dag_id != DAG_ID:
        raise PageError(404, f"This is a run of {dag_id}; customer segments are made by {DAG_ID}.")
    with _reading() as rows:
        data = {
            name: rows(name, dag_run_id=dag_run_id) for name in ("waiting", "runs", "about_tiers", "gates")
        }
    if not data["runs"]:
        raise PageError(404, f"The warehouse has nothing of the run {dag_run_id}: it has not begun.")
    return _page(request, data, run=data["runs"][0])


def person_page(request: Request, wanted: Annotated[str, Query(alias="id")] = "") -> Response:
    """One person's story, by our id or that of a HubSpot contact; without one, where to ask for it."""
    sentence, story, status = None, None, 200
    if wanted.strip():
        try:
            strategy = read_strategy()
        except OlistError as error:
            raise PageError(503, str(error)) from error
        with _warehouse() as cursor:
            try:
                story = tell(cursor, strategy, wanted, most_deliveries=MOST_DELIVERIES)
            except OlistError as error:
                sentence, status = str(error), 404
    text = _render(request, PERSON, story=story, words=words, sentence=sentence, wanted=wanted.strip())
    return HTMLResponse(text, status)


def report(run_id: int) -> Response:
    """The report of a run, from the path that the run has recorded."""
    from olist.orchestration.tasks import output_folder

    with _reading() as rows:
        found = rows("report", run_id=run_id)
    if not found or not found[0]["path"]:
        raise PageError(404, f"Run {run_id} has written no report.")
    if (later := found[0]["written_by"]) != run_id:
        raise PageError(404, f"Run {later} has written its report over that of run {run_id}.")
    path = Path(found[0]["path"]).resolve()
    if not path.is_relative_to(output_folder().resolve()):
        raise PageError(404, f"The report of run {run_id} is not in the output folder of this Airflow.")
    try:
        return HTMLResponse(path.read_bytes())
    except OSError as error:
        log.warning("The report of run %s cannot be read: %s", run_id, error)
        raise PageError(404, f"The report of run {run_id} is not there any more.") from error


def campaign_list(run_id: int) -> Response:
    """Whom a plan that waits for a person would tell what, as the file campaign_list.csv."""
    from olist.orchestration.tasks import output_folder

    with _reading() as rows:
        found = rows("campaign_list", run_id=run_id)
    if not found:
        raise PageError(404, f"Run {run_id} waits for nobody: its list is among the files of its month.")
    path = output_folder() / f"{found[0]['as_of']:%Y-%m-%d}" / "campaign_list.csv"
    if not path.is_file():
        raise PageError(404, f"The list of run {run_id} is not there any more.")
    name = f"campaign_list_{found[0]['as_of']:%Y-%m-%d}.csv"
    return FileResponse(path, media_type="text/csv", filename=name)


@contextmanager
def _reading() -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """Gives a function that runs a query of include/sql/segments_page; all of them see one state.

    Raises PageError where the warehouse cannot be read.
    """
    with _warehouse() as cursor:
        yield lambda name, **values: cursor.execute(read_sql(f"segments_page/{name}"), values).fetchall()


@contextmanager
def _warehouse() -> Iterator["Cursor[dict[str, Any]]"]:
    """A cursor on one state of the warehouse. Raises PageError where it cannot be read."""
    import psycopg
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        with closing(_connect()) as connection, one_state(connection, QUERY_SECONDS) as cursor:
            yield cursor
    except AirflowNotFoundException as error:
        raise PageError(503, NO_CONNECTION) from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise PageError(503, EMPTY) from error
    except psycopg.errors.QueryCanceled as error:
        raise PageError(503, SLOW) from error
    except (psycopg.Error, OlistError) as error:
        log.warning("The warehouse cannot be read: %s", error)
        raise PageError(503, AWAY) from error


def _connect() -> "Connection":
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    from olist.orchestration.tasks import WAREHOUSE_CONNECTION

    hook = PostgresHook(postgres_conn_id=WAREHOUSE_CONNECTION)
    # A host that swallows packets would keep one of the API server's threads for minutes.
    given = hook.connection.extra_dejson
    hook.connection.extra = json.dumps({"connect_timeout": CONNECT_SECONDS} | given)
    connection = hook.get_conn()
    connection.autocommit = True
    settle(connection)
    return connection


def _page(request: Request, data: dict[str, Any], **more: Any) -> HTMLResponse:
    tiers, moves = data.get("tiers", []), data.get("movement", [])
    return HTMLResponse(
        _render(
            request,
            **data,
            **more,
            customers=sum(tier["customers"] for tier in tiers),
            moved=[move for move in moves if move["from_tier"] != move["to_tier"]],
            stayed=sum(move["customers"] for move in moves if move["from_tier"] == move["to_tier"]),
        )
    )


def _render(request: Request, template: Path = TEMPLATE, **data: Any) -> str:
    airflow = _airflow(request)
    return _template(template).render(
        data, airflow=airflow, home=f"{airflow}{PLACE}/", dag=f"{airflow}dags/{DAG_ID}", script=SCRIPT
    )


def _airflow(request: Request) -> str:
    """The path that Airflow itself is at, with a slash at its end."""
    return request.scope["root_path"].removesuffix(PLACE)


@cache
def _template(template: Path) -> Any:
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader([template.parent, report_page.TEMPLATE.parent]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": _number,
        "moment": _moment,
        "duration": _duration,
        "in_url": _in_url,
        "about_people": about_people,
        "verdict": verdict,
    }
    return environment.get_template(template.name)


async def _say(request: Request, error: PageError) -> Response:
    return HTMLResponse(_render(request, sentence=str(error)), error.status)


async def _refuse(request: Request, error: HTTPException) -> Response:
    """A browser without a login goes to Airflow's login page; a program gets the bare answer."""
    if "text/html" not in request.headers.get("accept", ""):
        return await http_exception_handler(request, error)
    if error.status_code == 401:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{_airflow(request)}api/v2/auth/login?next={quote(asked, safe='')}", 303)
    if error.status_code == 403:
        return await _say(request, PageError(403, f"Airflow does not let you in here: {error.detail}."))
    return await _say(request, PageError(error.status_code, f"{error.detail}."))


async def _with_headers(request: Request, answer: Callable[[Request], Any]) -> Response:
    response = await answer(request)
    response.headers["Content-Security-Policy"] = _policy()
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


@cache
def _policy() -> str:
    """The page's one script may run, and nothing else may be fetched, run, framed by others or sent away."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )


def _number(value: Any) -> str:
    return "" if value is None else f"{value:,}"


def _moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s" if seconds < 10 else f"{rest} s"


def _in_url(text: str) -> str:
    return quote(text, safe="")
