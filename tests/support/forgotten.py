"""A shop in which somebody asks to be forgotten: a warehouse, a HubSpot, files, and whom it is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psycopg
from psycopg import Connection

from olist.erasure import erase
from olist.hubspot.client import HubSpotSettings
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings
from olist.stages import write_outputs
from support import pipeline, traces


@dataclass
class Scene:
    """A warehouse, a HubSpot, files, and whom it is about."""

    uri: str
    connection: Connection
    url: str
    database: Path
    data_dir: Path
    outputs: Path
    person: str
    ids: list[str]
    said: list[str] = field(default_factory=list)

    @property
    def settings(self) -> HubSpotSettings:
        return HubSpotSettings(DEFAULT_TOKEN, self.url)

    def month(self, as_of: date | None = None, **more: object) -> int:
        """A whole run, with delivery and files."""
        run_id = pipeline.run(self.connection, self.data_dir, as_of, **more)
        pipeline.deliver(self.connection, run_id, self.url)
        write_outputs.write_outputs(self.connection, run_id, self.outputs)
        return run_id

    def erase(self, person: str | None = None, with_hubspot: bool = True) -> bool:
        settings = self.settings if with_hubspot else None
        person = self.person if person is None else person
        return erase.erase(self.connection, person, self.outputs, settings, self.said.append)

    def traces(self) -> dict[str, list[str]]:
        """What still names the person, in the warehouse, the outputs and HubSpot."""
        places = self.outputs, self.database.parent
        return traces.holders(self.ids, {"warehouse": traces.dump(self.uri)} | traces.files(*places))


@contextmanager
def opened(uri: str, data_dir: Path, home: Path) -> Iterator[Scene]:
    (home / "hubspot").mkdir()
    database = home / "hubspot" / "sandbox.db"
    settings = SandboxSettings(ten_second_limit=100_000, database=str(database), portal_id=12_345_678)
    with running_sandbox(settings) as url, psycopg.connect(uri, autocommit=True) as connection:
        person = traces.most_frequent_person(data_dir)
        ids = traces.ids_of(data_dir, person)
        yield Scene(uri, connection, url, database, data_dir, home / "outputs", person, ids)


def spoil(data_dir: Path, ids: list[str]) -> None:
    """An e-mail, and rows that are set aside and name the person: in a column, moved by one, half a line."""
    person, customer, order = ids[0], ids[1], ids[-1]
    lines = {
        "olist_customers_dataset.csv": [f',{customer},{person},"01000",x\n', f"{customer},{person},1,a,SP\n"],
        "olist_orders_dataset.csv": [f"{order}x,{customer},delivered,tomorrow,,,,\n"],
        "olist_order_items_dataset.csv": [f"{order},9,p,s,2018-01-01 00:00:00,cheap,1.00\n"],
        "olist_order_reviews_dataset.csv": [f'r,"{order}",5\n'],
    }
    (data_dir / traces.CONTACTS).write_text(
        "customer_unique_id,email,first_name,opted_out\n"
        f"{person},forget.me@example.com,Unforgettable,\n"
        f"{person},forget.me@example.com,Unforgettable,perhaps\n"
        + "".join(
            f"somebody-else-{each},remember.{each}@example.com,Ana,true\n" for each in range(1000, 1030)
        )
    )
    for name, more in lines.items():
        with (data_dir / name).open("a") as file:
            file.writelines(more)
