"""`PYTHONPATH=tests python -m support.count_requests [PEOPLE]`: what it costs to find out who is who.

A first delivery of people with e-mails, half of whom are in HubSpot already, and the month after it. The
sandbox permits 100 requests in ten seconds and answers after 250 ms, as in `make bench`. Prints for each step
its requests, its seconds, and the share of the permitted rate that it kept.
"""

import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from pytest import MonkeyPatch

from olist.hubspot.client import HubSpotSettings
from olist.local import demo_data, postgres
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages import upsert_hubspot
from olist.stages.upsert_hubspot import who_is_who
from support import pipeline
from support.account import Account

REQUESTS, SECONDS, LATENCY_MS = 100, 10, 250


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name, another_sandbox() as url:
        home = Path(name)
        home.chmod(0o755)
        demo_data.generate(home / "files", people)
        with (home / "files" / "olist_customers_dataset.csv").open(newline="") as file:
            ids = sorted({row["customer_unique_id"] for row in csv.DictReader(file)})
        emails = {person: f"person-{number}@example.com" for number, person in enumerate(ids)}
        header = "customer_unique_id,email,first_name,last_name,opted_out\n"
        rows = [f"{person},{email},Ana,Silva,\n" for person, email in emails.items()]
        (home / "files" / "customer_contacts.csv").write_text(header + "".join(rows))
        account = Account(url)
        account.make_many(list(emails.values())[::2])
        uri = postgres.start(home)
        try:
            for title in ("first delivery", "the month after"):
                measure(title, uri, home / "files", url)
        finally:
            postgres.stop(home)


@contextmanager
def another_sandbox() -> Iterator[str]:
    """In a process of its own, as HubSpot is."""
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "olist.local.hubspot_sandbox", "--database", f"{name}/sandbox.db"]
        limits = ["--port-file", f"{name}/port", "--ten-second-limit", str(REQUESTS)]
        process = subprocess.Popen([*command, *limits, "--faults", f'{{"latency_ms": {LATENCY_MS}}}'])
        try:
            while not (port := Path(name, "port")).exists() or not port.read_text():
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port.read_text().strip()}"
        finally:
            process.terminate()
            process.wait()


def measure(title: str, uri: str, files: Path, url: str) -> None:
    settings = HubSpotSettings(DEFAULT_TOKEN, url)
    with psycopg.connect(uri, autocommit=True) as connection:
        run_id = pipeline.run(connection, files)
        with MonkeyPatch.context() as patch:
            for name in ("look_up_run", "_read_opt_outs"):
                patch.setattr(who_is_who, name, _timed(name, getattr(who_is_who, name), url))
            planned = upsert_hubspot.plan(connection, run_id, "upsert", settings)

    def send(part: int) -> None:
        with psycopg.connect(uri, autocommit=True) as connection:
            upsert_hubspot.send(connection, run_id, part, "upsert", settings)

    print(f"{title}: {json.dumps(planned['plan']['contacts'])}")
    with timed("sending", url), ThreadPoolExecutor(4) as pool:
        list(pool.map(send, planned["parts"]))


def _timed(name: str, work: Callable[..., Any], url: str) -> Callable[..., Any]:
    def timed_work(*arguments: Any) -> Any:
        with timed(name, url):
            return work(*arguments)

    return timed_work


@contextmanager
def timed(what: str, url: str) -> Iterator[None]:
    before, began = requests(url), time.monotonic()
    yield
    seconds, now = time.monotonic() - began, requests(url)
    made = {name: count - before.get(name, 0) for name, count in now.items() if count > before.get(name, 0)}
    share = sum(made.values()) / seconds / (REQUESTS / SECONDS)
    print(f"  {what}: {sum(made.values()):,} requests in {seconds:.1f} s, {share:.1%} of the permitted rate")
    for name, count in sorted(made.items()):
        print(f"    {count:>5} {name}")


def requests(url: str) -> dict[str, int]:
    listed = Account(url).client.get("/sandbox/requests").json()["requests"]
    counted: dict[str, int] = {}
    for each in listed:
        name = f"{each['path'].rpartition('2026-09')[2]} {each['status']}"
        counted[name] = counted.get(name, 0) + each["count"]
    return counted


if __name__ == "__main__":
    main()
