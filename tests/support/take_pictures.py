"""`make pictures`: the pictures of the README, made from invented orders by the project's own commands."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from olist.local import demo_data, postgres, sandbox_process
from support.airflow_browser import logged_in, open_segments
from support.airflow_server import PASSWORDS, AirflowServer
from support.browser import open_chromium
from support.places import PROJECT
from support.served_shop import Shop
from support.user import User

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = PROJECT / "docs" / "pictures"
MONTHS = ("2018-04-01", "2018-05-01", "2018-06-01", "2018-07-01", "2018-08-01")
ORDERS = 20_000
SCREEN, DESKTOP = {"width": 1280, "height": 800}, {"width": 1280, "height": 1700}
PHONE = {"width": 390, "height": 1700}


def main() -> None:
    """Runs six months in a folder of its own, and photographs what their readers see."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="olist-test-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        demo_data.generate(folder / "files", ORDERS)
        user = User(folder / "home", folder / "files", folder / "outputs")
        try:
            for month in MONTHS:
                _run(user, OLIST_AS_OF=month)
            _run(user)
            _photograph(user)
        finally:
            user.leaves()


def _run(user: User, **settings: str) -> None:
    run = user.types("run", **settings)
    if run.returncode:
        raise SystemExit(run.stdout + run.stderr)


def _photograph(user: User) -> None:
    report = max(user.outputs.glob("*/report.html")).as_uri()
    sandbox = sandbox_process.status(user.home / "data")
    with open_chromium() as browser:
        for name, address, size, scheme in (
            ("report", report, DESKTOP, "light"),
            ("report-dark", report, DESKTOP, "dark"),
            ("report-phone", report, PHONE, "light"),
            ("hubspot", sandbox, SCREEN, "light"),
        ):
            page = browser.new_page(viewport=size, color_scheme=scheme)
            page.goto(address)
            page.screenshot(path=PICTURES / f"{name}.png")
        with _airflow(user) as airflow:
            _photograph_airflow(browser, airflow.url)


@contextmanager
def _airflow(user: User) -> Iterator[AirflowServer]:
    airflow = AirflowServer(user.home / "airflow", user.outputs)
    airflow.start()
    try:
        facts = airflow.wait()
        Shop(airflow, "", user.outputs, [], facts).connects(postgres.status(user.home / "data"))
        yield airflow
    finally:
        airflow.stop()


def _photograph_airflow(browser: "Browser", url: str) -> None:
    with logged_in(browser, url, "reader", PASSWORDS["reader"]) as page:
        open_segments(url, page)
        for name, size in (("airflow", SCREEN), ("airflow-phone", PHONE)):
            page.set_viewport_size(size)
            page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
