"""A warehouse and the Airflow that shows it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import psycopg

from support.airflow_server import AirflowServer
from support.two_months import make_two_months

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@dataclass(frozen=True)
class Shop:
    airflow: AirflowServer
    warehouse: str
    outputs: Path
    dag_runs: list[str]
    facts: dict[str, Any]

    def asks(self, query: str) -> list[tuple]:
        with psycopg.connect(self.warehouse) as connection:
            return connection.execute(query).fetchall()

    def reads(self, path: str = "", user: str = "reader") -> httpx.Response:
        """A page as a user's browser gets it, who has only a cookie."""
        return self.airflow.get(path, headers=BROWSER, cookies={"_token": self.airflow.token(user)})

    def token_with(self, key: str | None = None, **claims: Any) -> str:
        """The reader's token with other claims, signed again."""
        token = self.airflow.token("reader")
        real = jwt.decode(token, options={"verify_signature": False})
        algorithm = jwt.get_unverified_header(token)["alg"]
        return jwt.encode(real | claims, key or self.airflow.secret, algorithm)

    def connects(self, warehouse: str) -> None:
        """Changes the connection in Airflow's own database."""
        place = urlsplit(warehouse)
        fields = {"host": place.hostname, "port": place.port, "schema": place.path[1:]}
        fields |= {"login": place.username, "password": place.password}
        body = {"connection_id": "olist_warehouse", "conn_type": "postgres"} | fields
        answer = self.airflow.asks("patch", "connections/olist_warehouse", body)
        if answer.status_code == 404:
            answer = self.airflow.asks("post", "connections", body)
        answer.raise_for_status()

    def says_its_report_is(self, path: str) -> None:
        """Changes what the warehouse has of the first run's report."""
        with psycopg.connect(self.warehouse) as connection:
            connection.execute(
                "update ops.stage_runs set metrics = jsonb_set(metrics, '{report}', to_jsonb(%s::text))"
                " where run_id = 1 and stage = 'write_outputs'",
                (path,),
            )


@contextmanager
def served_shop(warehouse: str, data_dir: Path, folder: Path) -> Iterator[Shop]:
    """Two months and a failed run in the warehouse, and an Airflow that knows their runs."""
    outputs = folder / "outputs"
    airflow = AirflowServer(folder / "airflow", outputs)
    airflow.start()
    try:
        with psycopg.connect(warehouse, autocommit=True) as connection:
            make_two_months(connection, data_dir, outputs)
            runs = connection.execute("select dag_run_id from ops.pipeline_runs order by run_id").fetchall()
        shop = Shop(airflow, warehouse, outputs, [name for (name,) in runs], airflow.wait())
        for name in shop.dag_runs:
            run = {"dag_run_id": name, "logical_date": None}
            airflow.asks("post", "dags/customer_segmentation/dagRuns", run).raise_for_status()
        shop.connects(warehouse)
        yield shop
    finally:
        airflow.stop()
