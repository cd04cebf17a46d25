"""Delivery against what HubSpot permits.

The sandbox answers after 250 ms and permits 100 requests in ten seconds; nothing has been delivered
to it yet.
"""

import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
from rich.console import Console

from olist.hubspot.client import HubSpotSettings
from olist.local import demo_data, postgres
from olist.local.bench.core import run_core
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.local.sandbox_process import DIRECTLY
from olist.stages import upsert_hubspot
from olist.warehouse import one_row

REQUESTS, SECONDS, LATENCY_MS = 100, 10, 250


def bench_delivery(console: Console, orders: int) -> dict[str, float]:
    """A first delivery of the customers of `orders` demo orders, by parallel parts as in the DAG.

    Returns requests, seconds, the share of the permitted rate, and 429 answers.
    """
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        home = Path(name)
        home.chmod(0o755)
        demo_data.generate(home / "files", orders)
        uri = postgres.start(home)
        sandbox = _start_sandbox(home)
        try:
            port = _port(home / "port")
            settings = HubSpotSettings(DEFAULT_TOKEN, f"http://127.0.0.1:{port}")
            run_core(uri, home / "files")
            with psycopg.connect(uri, autocommit=True) as connection:
                (run_id,) = one_row(connection.execute("select max(run_id) from ops.pipeline_runs"))
                parts = upsert_hubspot.plan(connection, run_id, "upsert", settings)["parts"]
            console.print(f"Delivering at {REQUESTS} requests in {SECONDS} s, {LATENCY_MS} ms each")
            began = time.monotonic()
            with ThreadPoolExecutor(len(parts)) as pool:
                list(pool.map(lambda part: _send(uri, run_id, part, settings), parts))
            elapsed = time.monotonic() - began
            log = json.load(DIRECTLY.open(f"{settings.base_url}/sandbox/requests"))
        finally:
            sandbox.terminate()
            sandbox.wait()
            postgres.stop(home)
    batches = sum(each["count"] for each in log["requests"] if each["path"].endswith("/batch/upsert"))
    return {
        "requests": batches,
        "seconds": elapsed,
        "share": batches / elapsed / (REQUESTS / SECONDS),
        "too_many": sum(log["rate_limited"].values()),
    }


def _send(uri: str, run_id: int, part: int, settings: HubSpotSettings) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        upsert_hubspot.send(connection, run_id, part, "upsert", settings)


def _start_sandbox(home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "olist.local.hubspot_sandbox", "--database", str(home / "sandbox.db")]
    limits = ["--port-file", str(home / "port"), "--ten-second-limit", str(REQUESTS)]
    return subprocess.Popen([*command, *limits, "--faults", f'{{"latency_ms": {LATENCY_MS}}}'])


def _port(file: Path) -> int:
    while not file.exists() or not file.read_text().strip():
        time.sleep(0.1)
    return int(file.read_text())
