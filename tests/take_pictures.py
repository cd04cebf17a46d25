"""`make pictures`: the pictures of the README, made from invented orders by the project's own commands."""

import tempfile
from pathlib import Path

from browser import open_chromium
from user import User

from olist.local import demo_data, sandbox_process

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
MONTHS = ("2018-04-01", "2018-05-01", "2018-06-01", "2018-07-01", "2018-08-01")
ORDERS = 20_000
DESKTOP, PHONE = {"width": 1280, "height": 1700}, {"width": 390, "height": 1700}


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
            ("hubspot", sandbox, {"width": 1280, "height": 700}, "light"),
        ):
            page = browser.new_page(viewport=size, color_scheme=scheme)
            page.goto(address)
            page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
