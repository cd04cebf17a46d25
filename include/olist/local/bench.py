"""`make bench`: how fast the pipeline is, as ratios to something measured in the same run.

Delivery: requests per second against what HubSpot permits, with a sandbox that answers after 250 ms and
permits 100 requests in ten seconds, to which nothing has been delivered yet.
"""

import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import psycopg
from rich.console import Console

from olist import (
    assign_clusters,
    build_features,
    compute_actions,
    load,
    publish,
    train_clusters,
    upsert_hubspot,
    validate,
)
from olist.hubspot import HubSpotSettings
from olist.local import demo_data, postgres
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.sources import TABLES
from olist.start_run import RunRequest, start_run

CORE = (
    validate.validate,
    build_features.order_values,
    build_features.customer_rfm,
    build_features.customer_segments,
    train_clusters.train_clusters,
    assign_clusters.assign_clusters,
    compute_actions.compute_actions,
    publish.publish,
)
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
            with psycopg.connect(uri, autocommit=True) as connection:
                run_id = _run_core(connection, home / "files")
                parts = upsert_hubspot.plan(connection, run_id, "upsert", settings)["parts"]
            console.print(f"Delivering at {REQUESTS} requests in {SECONDS} s, {LATENCY_MS} ms each")
            began = time.monotonic()
            with ThreadPoolExecutor(len(parts)) as pool:
                list(pool.map(lambda part: _send(uri, run_id, part, settings), parts))
            elapsed = time.monotonic() - began
            log = json.load(urlopen(f"{settings.base_url}/sandbox/requests"))
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


def _run_core(connection: psycopg.Connection, data_dir: Path) -> int:
    run_id = start_run(connection, RunRequest("bench", "bench", str(data_dir)))
    for table in TABLES:
        load.load(connection, run_id, table)
    for stage in CORE:
        stage(connection, run_id)
    return run_id


def _send(uri: str, run_id: int, part: int, settings: HubSpotSettings) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        upsert_hubspot.send(connection, run_id, part, "upsert", settings)


def _start_sandbox(home: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "olist.local.hubspot_sandbox", "--database", home / "sandbox.db"]
    limits = ["--port-file", home / "port", "--ten-second-limit", str(REQUESTS)]
    return subprocess.Popen([*command, *limits, "--faults", f'{{"latency_ms": {LATENCY_MS}}}'])


def _port(file: Path) -> int:
    while not file.exists() or not file.read_text().strip():
        time.sleep(0.1)
    return int(file.read_text())
