"""The invented people to write to: the nine files stay as they are, and HubSpot knows some already."""

import csv
import json
from collections import Counter
from pathlib import Path

import httpx
import pytest

from olist.files import emails
from olist.local import demo_contacts, demo_data, environment
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("with contacts") / "files"
    demo_data.generate(folder, orders=6_000, contacts=True)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_other_files_are_the_same_and_equal_seeds_give_equal_people(folder: Path, tmp_path: Path) -> None:
    demo_data.generate(tmp_path / "without", orders=6_000)
    demo_data.main([str(tmp_path / "again"), "--orders", "6000", "--contacts"])

    def contents(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    assert contents(tmp_path / "again") == contents(folder)
    without = contents(tmp_path / "without")
    assert contents(folder) == without | {
        demo_contacts.FILE_NAME: (folder / demo_contacts.FILE_NAME).read_bytes()
    }
    assert len(without) == 9


def test_two_thirds_can_be_written_to_and_a_few_are_odd(folder: Path) -> None:
    everybody = {row["customer_unique_id"] for row in rows(folder / "olist_customers_dataset.csv")}
    found = rows(folder / demo_contacts.FILE_NAME)
    ids = [row["customer_unique_id"] for row in found]
    assert len(set(ids)) == len(ids) and set(ids) < everybody
    assert 0.63 < len(ids) / len(everybody) < 0.70
    checked = [emails.check(row["email"]) for row in found if row["email"]]
    usable = Counter(email for email, _ in checked if email)
    assert all(email.endswith("@example.com") for email in usable)
    assert 0 < sum(count > 1 for count in usable.values()) < len(ids) / 100
    assert 0 < sum(reason is not None for _, reason in checked) < len(ids) / 100
    assert 0 < sum(row["opted_out"] == "true" for row in found) < len(ids) / 50
    assert {row["opted_out"] for row in found} == {"true", ""}


def test_hubspot_knows_some_of_them_once(folder: Path, sandbox: str) -> None:
    known = list(demo_contacts.in_hubspot_already(folder))
    assert len({each["email"] for each in known}) == len(known) > demo_contacts.BATCH
    assert demo_contacts.put_into_sandbox(folder, sandbox, DEFAULT_TOKEN) == len(known)
    assert demo_contacts.put_into_sandbox(folder, sandbox, DEFAULT_TOKEN) == 0
    lines = httpx.get(f"{sandbox}/sandbox/contacts.ndjson").text.splitlines()
    there = [json.loads(line)["properties"] for line in lines]
    assert sorted(each["email"] for each in there) == sorted(each["email"] for each in known)
    assert not any("olist_customer_id" in each for each in there)


@pytest.mark.parametrize(("given", "wanted"), [(None, False), ("", False), ("0", False), ("1", True)])
def test_it_takes_the_variable(monkeypatch: pytest.MonkeyPatch, given: str | None, wanted: bool) -> None:
    monkeypatch.delenv("OLIST_DEMO_CONTACTS", raising=False)
    if given is not None:
        monkeypatch.setenv("OLIST_DEMO_CONTACTS", given)
    assert environment.has_demo_contacts() is wanted
