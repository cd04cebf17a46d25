"""What a person does with the page in a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FrameLocator, Page


@contextmanager
def logged_in(browser: "Browser", url: str, user: str, password: str) -> Iterator["Page"]:
    """A window of somebody who has come through Airflow's own login form."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(url)
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.get_by_role("link", name="Segments", exact=True).wait_for()
    yield page
    context.close()


def frame_of(page: "Page") -> "FrameLocator":
    frame = page.frame_locator("iframe[title='Segments']")
    frame.locator("h1").wait_for()
    return frame


def open_segments(url: str, page: "Page") -> "FrameLocator":
    page.goto(url)
    page.get_by_role("link", name="Segments", exact=True).click()
    return frame_of(page)


def rows_of(frame: "FrameLocator", heading: str) -> list[list[str]]:
    section = frame.locator("section", has=frame.get_by_role("heading", name=heading))
    rows = section.locator("tr:has(td)").all()
    return [[cell.inner_text().strip() for cell in row.locator("td").all()] for row in rows]
