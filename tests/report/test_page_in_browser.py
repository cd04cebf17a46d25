"""The report as its readers open it: on a phone, on a desktop, in the dark, on paper, without a network."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from support import pipeline

from olist.report.page import render_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def report(server: str, demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the report of a second month."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("create database seen template template")
    path = tmp_path_factory.mktemp("a folder") / "report.html"
    with psycopg.connect(server.rpartition("/")[0] + "/seen", autocommit=True) as connection:
        for month in (date(2018, 4, 1), date(2018, 8, 1)):
            run_id = pipeline.run(connection, demo, month)
        path.write_text(render_report(connection, run_id))
    yield path.as_uri()


def opened(browser: "Browser", report: str, **how: object) -> "Page":
    page = browser.new_page(**how)
    page.goto(report)
    return page


def box(page: "Page", chart: str) -> dict[str, float]:
    return page.locator(f"svg.chart[aria-label^='{chart}']").bounding_box()


def lightness(page: "Page", what: str) -> float:
    """0 is black, 1 is white."""
    colour = page.evaluate(f"getComputedStyle(document.body).{what}")
    return sum(float(part) for part in colour[4:-1].split(",")[:3]) / 765


def test_a_phone_shows_everything_without_scrolling_sideways(browser: "Browser", report: str) -> None:
    page = opened(browser, report, viewport=PHONE, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.evaluate("window.innerWidth") == PHONE["width"]
    widths = [chart.bounding_box()["width"] for chart in page.locator("svg.chart").all()]
    assert len(widths) == 7 and min(widths) > 300


def test_a_desktop_shows_two_charts_beside_each_other(browser: "Browser", report: str) -> None:
    page = opened(browser, report, viewport=DESKTOP)
    assert page.evaluate("document.documentElement.scrollWidth") == DESKTOP["width"]
    left, right = box(page, "Average spend"), box(page, "Customers by their segment")
    assert left["x"] + left["width"] < DESKTOP["width"] / 2 < right["x"]
    assert left["y"] < right["y"] + right["height"] and right["y"] < left["y"] + left["height"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_background_follow_the_readers_choice(browser: "Browser", report: str, scheme: str) -> None:
    page = opened(browser, report, viewport=DESKTOP, color_scheme=scheme)
    paper, ink = lightness(page, "backgroundColor"), lightness(page, "color")
    assert (paper > 0.9 and ink < 0.2) if scheme == "light" else (paper < 0.2 and ink > 0.8)
    # A number in a chart has the colour of the page's text.
    number = page.locator("svg.chart text", has_text="R$").first
    assert number.evaluate("each => getComputedStyle(each).fill") == page.evaluate(
        "getComputedStyle(document.body).color"
    )


def test_paper_is_white_even_for_readers_in_the_dark(browser: "Browser", report: str) -> None:
    page = opened(browser, report, viewport=DESKTOP, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert lightness(page, "backgroundColor") == 1 and lightness(page, "color") == 0
    assert len(re.findall(rb"/Type /Page\s", page.pdf(format="A4"))) >= 3


def test_nothing_is_asked_of_a_network_and_nothing_goes_wrong(browser: "Browser", report: str) -> None:
    page = browser.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report)
    assert asked == [report] and said == []


def test_each_language_is_marked_as_what_it_is(browser: "Browser", report: str) -> None:
    page = opened(browser, report)
    for language, word in (("en", "customers"), ("pt-BR", "clientes")):
        texts = page.locator(f".campaign [lang={language}]").all_inner_texts()
        assert len(texts) >= 4 and all(word in text for text in texts)
