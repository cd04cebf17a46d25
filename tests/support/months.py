"""A shop of a few people month by month, its contacts file, and the HubSpot account it delivers to."""

from pathlib import Path
from typing import Any

from psycopg import Connection

from support import pipeline
from support.account import Account
from support.shop import Shop

FILE = "customer_contacts.csv"
HEADER = "customer_unique_id,email,first_name,last_name,opted_out"


class Month:
    """What changes from month to month are orders, and the rows of the contacts file."""

    def __init__(self, connection: Connection, folder: Path, account: Account) -> None:
        self.connection, self.folder, self.account = connection, folder, account
        self.orders: list[tuple[str, str]] = []
        for person in ("ana", "bia", "caio", "davi"):
            self.order(person)

    def order(self, person: str) -> None:
        """A purchase, which changes the numbers of a person."""
        number = len(self.orders)
        self.orders.append((person, f"2018-{1 + number // 28:02}-{1 + number % 28:02} 00:00:00"))

    def run(self, *rows: str) -> int:
        """A published run; `rows` are those of the contacts file, without any there is none."""
        shop = Shop()
        shop.crowd()
        for person, day in self.orders:
            shop.order(person, day)
        shop.write(self.folder)
        (self.folder / FILE).unlink(missing_ok=True)
        if rows:
            (self.folder / FILE).write_text("\n".join([HEADER, *rows]) + "\n")
        return pipeline.run(self.connection, self.folder, accept=("rows_lost",))

    def deliver(self, *rows: str, mode: str = "upsert") -> dict[str, Any]:
        return pipeline.deliver(self.connection, self.run(*rows), self.account.url, mode)

    def taken(self) -> dict[str, str]:
        """Why an e-mail is nobody's to take, by person."""
        query = "select customer_unique_id, message from ops.hubspot_failures where category = 'EMAIL_TAKEN'"
        return dict(self.connection.execute(query).fetchall())

    def bearers(self) -> list[str]:
        """The customer ids in HubSpot, twice where two contacts bear one."""
        borne = [each.get("olist_customer_id") for each in self.account.contacts()]
        return sorted(filter(None, borne))
