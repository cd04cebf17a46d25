"""The page in a real Airflow with its login on, and in a real browser."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from markupsafe import escape
from support.airflow_browser import frame_of, logged_in, open_segments, rows_of
from support.airflow_server import PASSWORDS
from support.served_shop import BROWSER, Shop, served_shop
from support.two_months import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.airflow

PATHS = [
    "",
    "run",
    "run?dag_run_id={dag_run}",
    "runs/1/report",
    "runs/2/report",
    "runs/1/campaign-list",
    "person",
    "person?id={person}",
    "docs",
    "redoc",
    "openapi.json",
]
# Words that are on our pages and in our reports, and on no page that tells somebody to log in.
DATA = ("Platinum", "Latest runs", "delivered", "customers")


@pytest.fixture(scope="module")
def shop(
    new_warehouse: Callable[[], str], demo: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with served_shop(new_warehouse(), demo, tmp_path_factory.mktemp("airflow with the page")) as shop:
        yield shop


def somebody(shop: Shop) -> str:
    """A customer of the newest snapshot whom HubSpot has refused, in words that are hostile."""
    ((person,),) = shop.asks(
        f"select customer_unique_id from ops.hubspot_failures where position($${HOSTILE}$$ in message) > 0"
    )
    return person


def cookie_or_header(token: str) -> list[dict[str, Any]]:
    return [{"cookies": {"_token": token}}, {"headers": {"Authorization": f"Bearer {token}"}}]


def test_the_paths_of_these_tests_are_all_that_the_app_has(shop: Shop) -> None:
    assert sorted(shop.facts["routes"]) == [
        ["APIRoute", "/"],
        ["APIRoute", "/person"],
        ["APIRoute", "/run"],
        ["APIRoute", "/runs/{run_id}/campaign-list"],
        ["APIRoute", "/runs/{run_id}/report"],
    ]


def test_the_plugin_imports_nothing_that_takes_time(shop: Shop) -> None:
    assert shop.facts["imported"] == ["customer_segments"]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_anything_without_a_login(shop: Shop, path: str) -> None:
    is_ours = path not in ("docs", "redoc", "openapi.json")
    path = path.format(dag_run=shop.dag_runs[0], person=somebody(shop))
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
        answer = httpx.request(method, f"{shop.airflow.url}/customer-segments/{path}", timeout=30)
        assert answer.status_code in ((401, 405) if is_ours else (404,)), (method, answer.text)
        assert not any(word in answer.text for word in DATA)
    browser = shop.airflow.get(path, headers=BROWSER)
    assert browser.status_code == (303 if is_ours else 404)
    assert not any(word in browser.text for word in DATA)
    if is_ours:
        login = shop.airflow.get(path, headers=BROWSER, follow_redirects=True)
        assert urlsplit(str(login.url)).path == "/auth/login"
        assert not any(word in login.text for word in DATA)


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_anything_with_a_token_that_is_none(shop: Shop, path: str) -> None:
    tokens = {
        "no token": "eyJhbGciOiJIUzUxMiJ9.e30.x",
        "expired": shop.token_with(exp=int(time.time()) - 3600),
        "signed by another": shop.token_with(key="x" * 64),
        "may do nothing": shop.token_with(role=None),
    }
    path = path.format(dag_run=shop.dag_runs[0], person=somebody(shop))
    for what, token in tokens.items():
        for more in cookie_or_header(token):
            answer = shop.airflow.get(path, **more)
            assert answer.status_code in (401, 403, 404), (what, more, answer.text)
            assert not any(word in answer.text for word in DATA)
    # The change alone is not what keeps them out.
    assert all(shop.airflow.get("", **more).is_success for more in cookie_or_header(shop.token_with()))


def test_a_user_without_permission_is_told_so(shop: Shop) -> None:
    answer = shop.airflow.get("", headers=BROWSER, cookies={"_token": shop.token_with(role=None)})
    assert answer.status_code == 403
    assert "Airflow does not let you in here" in answer.text


@pytest.mark.parametrize("user", ["admin", "reader"])
def test_pages_may_run_nothing_and_are_kept_nowhere(shop: Shop, user: str) -> None:
    person = f"person?id={somebody(shop)}"
    for path in ("", "runs/2/report", "runs/99/report", f"run?dag_run_id={shop.dag_runs[0]}", person):
        answer = shop.reads(path, user)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
        assert "form-action 'self'" in policy
        assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
        assert answer.headers["Cache-Control"] == "no-store"
    assert shop.reads("", user).status_code == 200


def test_a_report_is_the_file_that_its_run_wrote(shop: Shop) -> None:
    for run_id, path in shop.asks(
        "select run_id, metrics ->> 'report' from ops.stage_runs where stage = 'write_outputs'"
    ):
        answer = shop.reads(f"runs/{run_id}/report")
        assert answer.status_code == 200
        assert answer.content == Path(path).read_bytes()


def test_no_other_file_is_a_report(shop: Shop, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("Platinum secret")
    link = shop.outputs / "link.html"
    link.symlink_to(secret)
    recorded = "select run_id, metrics ->> 'report' from ops.stage_runs where stage = 'write_outputs'"
    (_, path), *_ = shop.asks(f"{recorded} and run_id = 1")
    elsewhere = (
        str(secret),
        f"{shop.outputs}/{os.path.relpath(secret, shop.outputs)}",
        str(link),
        "/etc/passwd",
    )
    try:
        for place in elsewhere:
            shop.says_its_report_is(place)
            answer = shop.reads("runs/1/report")
            assert (answer.status_code, "not in the output folder" in answer.text) == (404, True), place
            assert "secret</" not in answer.text and "root:" not in answer.text
        shop.says_its_report_is(f"{shop.outputs}/gone/report.html")
        gone = shop.reads("runs/1/report")
        assert (gone.status_code, "is not there any more" in gone.text) == (404, True)
        shop.says_its_report_is(shop.asks(f"{recorded} and run_id = 2")[0][1])
        replaced = shop.reads("runs/1/report")
        assert "Run 2 has written its report over that of run 1" in replaced.text
        assert shop.reads().text.count(">Report</a>") == 1
    finally:
        shop.says_its_report_is(path)
    assert "Run 3 has written no report" in shop.reads("runs/3/report").text
    for path in ("runs/..%2f..%2fetc%2fpasswd/report", "runs/1/..%2f..%2fsecret.html", "runs/1/report/x"):
        assert shop.reads(path).status_code in (404, 422)


def test_without_a_warehouse_the_page_is_a_sentence(shop: Shop, new_warehouse: Callable[[], str]) -> None:
    empty = f"{shop.warehouse.rpartition('/')[0]}/postgres"
    silent = socket.create_server(("127.0.0.1", 0))
    nobody, never = (
        f"postgresql://nobody:secret@127.0.0.1:{port}/olist" for port in (9, silent.getsockname()[1])
    )
    sentences = {
        empty: "no tables for this page yet",
        nobody: "cannot be read",
        never: "cannot be read",
    }
    try:
        for warehouse, sentence in sentences.items():
            shop.connects(warehouse)
            # Waiting for one that never answers takes seconds.
            for path in ("",) if warehouse == never else ("", "runs/1/report", "person?id=x"):
                answer = shop.reads(path)
                assert (answer.status_code, sentence in answer.text) == (503, True)
                assert "secret" not in answer.text and "Traceback" not in answer.text
        shop.airflow.asks("delete", "connections/olist_warehouse").raise_for_status()
        assert "has no connection olist_warehouse" in shop.reads().text
        shop.connects(new_warehouse())
        nothing = shop.reads()
        assert (nothing.status_code, "Nothing has run yet" in nothing.text) == (200, True)
    finally:
        silent.close()
        shop.connects(shop.warehouse)
    assert shop.reads().status_code == 200


HOSTILE_IDS = [
    "' or 1 = 1 --",
    HOSTILE,
    "100% %s %(person)s",
    "a\0b",
    "x" * 5_000,
    "{{ 7 * 7 }}",
    '" autofocus onfocus="alert(1)',
    "nobody",
]


@pytest.mark.parametrize("wanted", HOSTILE_IDS, ids=range(len(HOSTILE_IDS)))
def test_a_hostile_search_finds_nobody(shop: Shop, wanted: str) -> None:
    answer = shop.reads(f"person?{urlencode({'id': wanted})}")
    assert (answer.status_code, "Nobody is known by this id" in answer.text) == (404, True)
    assert "<script>document" not in answer.text and "<img" not in answer.text and "49" not in answer.text
    assert '" autofocus' not in answer.text
    bytes_that_are_no_text = shop.reads("person?id=%ff%fe")
    assert bytes_that_are_no_text.status_code == 404


def test_a_story_has_what_the_warehouse_has(shop: Shop) -> None:
    person = somebody(shop)
    text = shop.reads(f"person?id={person}").text
    ((segment, tier, action, money),) = shop.asks(
        "select segment_name, loyalty_tier, next_action, monetary from analytics.vw_customer_segments"
        f" where customer_unique_id = '{person}'"
    )
    for each in (person, segment, tier, str(escape(action)), f"R$ {money:,.2f}", "Refused since then"):
        assert each in text, each
    ((refused,),) = shop.asks(
        f"select count(*) from ops.hubspot_deliveries where customer_unique_id = '{person}'"
    )
    assert text.count("new, refused: ") == refused > 0
    for (order,) in shop.asks(
        f"select order_id from analytics.order_values where customer_unique_id = '{person}'"
    ):
        assert order in text
    assert "&lt;script&gt;document" in text and "<script>document" not in text
    empty = shop.reads("person")
    assert (empty.status_code, "One customer" in empty.text) == (200, True)


@pytest.fixture(scope="module")
def page(shop: Shop, browser: "Browser") -> Iterator["Page"]:
    with logged_in(browser, shop.airflow.url, "reader", PASSWORDS["reader"]) as page:
        yield page


def test_after_the_login_the_nav_entry_shows_what_the_warehouse_has(shop: Shop, page: "Page") -> None:
    frame = open_segments(shop.airflow.url, page)
    last, before = shop.asks("select distinct as_of from analytics.customer_snapshots order by as_of desc")
    tiers = shop.asks(
        "select loyalty_tier, count(*) filter (where as_of = (select max(as_of) from ops.snapshot_dates)),"
        " count(*) filter (where as_of <> (select max(as_of) from ops.snapshot_dates))"
        " from analytics.customer_snapshots group by 1 order by avg(monetary) desc"
    )
    cards = frame.locator(".numbers .card").all()
    assert len(cards) == len(tiers) == 3
    for card, (tier, now, earlier) in zip(cards, tiers, strict=True):
        text = card.inner_text()
        assert text.startswith(f"{now:,}\n") and tier in text and f"{earlier:,} before" in text
        assert ("▲" in text) == (now > earlier)
    header = frame.locator("header").inner_text()
    assert f"{last[0]:%Y-%m-%d}" in header and f"against {before[0]:%Y-%m-%d}" in header
    moves = shop.asks(
        "select from_tier, to_tier, count(*) from analytics.vw_customer_movement"
        " where from_tier <> to_tier group by 1, 2 order by 3 desc, 1, 2"
    )
    assert [row[:3] for row in rows_of(frame, "Who moved")] == [[a, b, f"{n:,}"] for a, b, n in moves]
    failures = shop.asks("select category, count(*) from ops.hubspot_failures group by 1")
    assert [row[:2] for row in rows_of(frame, "HubSpot")] == [[name, f"{n:,}"] for name, n in failures]
    ((contacts,),) = shop.asks("select count(*) from ops.hubspot_contacts")
    assert f"{contacts:,} contacts in all" in frame.locator("dl").inner_text()


def test_each_list_in_hubspot_has_its_link(shop: Shop, page: "Page") -> None:
    frame = open_segments(shop.airflow.url, page)
    customers = dict(
        shop.asks(
            "select coalesce(next_action, segment_name), count(*) from analytics.vw_customer_segments"
            " group by grouping sets ((next_action), (segment_name))"
        )
    )
    lists = shop.asks("select name, url from ops.hubspot_lists order by name")
    rows = rows_of(frame, "Segments and next actions")
    assert sorted(row[1:] for row in rows) == [[name, f"{customers.get(name, 0):,}"] for name, _ in lists]
    links = frame.locator("a[data-leave=_blank][href*='/objectLists/']").all()
    assert sorted((each.inner_text(), each.get_attribute("href")) for each in links) == lists


def test_the_latest_runs(shop: Shop, page: "Page") -> None:
    frame = open_segments(shop.airflow.url, page)
    failed, second, first = rows_of(frame, "Latest runs")
    assert failed[:2] == ["not settled\nmanual", f"failed\nvalidate: {HOSTILE}"]
    for row, run_id in ((second, 2), (first, 1)):
        ((as_of, customers),) = shop.asks(
            "select as_of, count(*) from analytics.customer_snapshots"
            f" inner join ops.pipeline_runs using (as_of) where run_id = {run_id} group by as_of"
        )
        ((sent, rejected),) = shop.asks(
            "select count(*) filter (where outcome = 'accepted'),"
            " count(*) filter (where outcome = 'rejected')"
            f" from ops.hubspot_plan_drafts where run_id = {run_id}"
        )
        assert row[0] == f"{as_of:%Y-%m-%d}\nmanual"
        assert row[1:3] == ["succeeded", f"{customers:,}"]
        assert " ".join(row[3].split()) == f"delivered {sent:,} sent, {rejected:,} rejected"
        assert rejected > 0


def test_one_customer_is_asked_for_by_either_id(shop: Shop, page: "Page") -> None:
    ((person, contact_id),) = shop.asks(
        "select customer_unique_id, contact_id from ops.hubspot_contacts order by contact_id::bigint limit 1"
    )
    said: list[str] = []
    page.context.on("console", lambda message: said.append(message.text))
    for wanted in (person, contact_id):
        frame = open_segments(shop.airflow.url, page)
        frame.get_by_label("One customer's story").fill(wanted)
        frame.get_by_role("button", name="Explain").click()
        frame.get_by_role("heading", name="Why this next action").wait_for()
        assert person in frame.locator("header").inner_text()
        assert len(frame.locator(".tried .won").all()) == 2
    frame.get_by_role("link", name="The latest runs").click()
    frame.get_by_role("heading", name="Latest runs").wait_for()
    assert not [text for text in said if "Content Security Policy" in text]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_story_fits_its_window(shop: Shop, page: "Page", width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    try:
        page.goto(f"{shop.airflow.url}/customer-segments/person?id={somebody(shop)}")
        wide, shown = page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= shown
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == {"light": "rgb(246, 246, 243)", "dark": "rgb(20, 24, 27)"}[scheme]
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme=None)


def test_hostile_texts_are_texts(shop: Shop, page: "Page") -> None:
    frame = open_segments(shop.airflow.url, page)
    for heading in ("Latest runs", "HubSpot", "Gates"):
        assert any(HOSTILE in cell for row in rows_of(frame, heading) for cell in row), heading
    assert frame.locator("body script, body img").count() == 0
    page.goto(f"{shop.airflow.url}/customer-segments/")
    assert page.title() == "Customer segments"
    attack = page.request.get(f"{shop.airflow.url}/customer-segments/run", params={"dag_id": HOSTILE})
    assert attack.status == 404 and "<script>document" not in attack.text()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_its_frame(shop: Shop, page: "Page", tmp_path: Path, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("scheme => localStorage.setItem('theme', scheme)", scheme)
    try:
        body = open_segments(shop.airflow.url, page).locator("body")
        for place in (body, page.locator("body")):
            wide, shown = place.evaluate(
                "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
            )
            assert wide <= shown
        paper = body.evaluate("body => getComputedStyle(body).backgroundColor")
        assert paper == {"light": "rgb(246, 246, 243)", "dark": "rgb(20, 24, 27)"}[scheme]
        page.screenshot(path=tmp_path / f"segments-{width}-{scheme}.png")
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.evaluate("localStorage.removeItem('theme')")


def test_links_leave_the_frame(shop: Shop, page: "Page") -> None:
    frame = open_segments(shop.airflow.url, page)
    row = frame.locator("#run-2")
    said: list[str] = []
    page.context.on("console", lambda message: said.append(message.text))
    with page.context.expect_page() as opened:
        row.get_by_role("link", name="Report").click()
    report = opened.value
    report.locator("h1", has_text="Customers as of").wait_for()
    assert report.evaluate("window.top === window")
    assert report.locator("svg.chart").count() > 0
    assert not [text for text in said if "Content Security Policy" in text]
    report.close()
    row.get_by_role("link", name="Tasks and logs").click()
    page.wait_for_url(f"**/dags/customer_segmentation/runs/{shop.dag_runs[1]}**")
    page.get_by_text("write_outputs").first.wait_for()


def test_a_run_of_the_dag_has_the_page_as_a_tab(shop: Shop, page: "Page") -> None:
    page.goto(f"{shop.airflow.url}/dags/customer_segmentation/runs/{shop.dag_runs[0]}")
    page.get_by_role("main").get_by_role("link", name="Customer segments").or_(
        page.locator("a[href$='plugin/customer-segments-run']")
    ).first.click()
    frame = frame_of(page)
    assert frame.locator("h1").inner_text() == "Customers as of 2018-05-01"
    ((customers,),) = shop.asks(
        "select metrics ->> 'customers' from ops.stage_runs where stage = 'publish' and run_id = 1"
    )
    assert f"{int(customers):,}" in frame.locator("dl").inner_text()
    frame.get_by_role("link", name="All runs").click()
    page.wait_for_url("**/plugin/customer-segments**")
    assert frame_of(page).locator("h1").inner_text() == "Customer segments"
