"""No e-mail and no name is in anything that a delivery leaves behind, but where it belongs."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from support.account import Account
from support.user import User

from olist.hubspot.answers import Answer, impersonal
from olist.local import postgres, sandbox_process

# In every address and name of the test, in some case.
MARK = "unmistakable"
# The ledger, and the plans and failures with payloads: nobody but the owner reads them.
WITH_PAYLOADS = ("ops.hubspot_contacts", "ops.hubspot_failures", "ops.hubspot_plan_drafts")


@pytest.fixture
def user(few: Path, tmp_path: Path) -> Iterator[User]:
    files = tmp_path / "files"
    files.mkdir()
    for path in few.iterdir():
        (files / path.name).symlink_to(path)
    with (files / "olist_customers_dataset.csv").open(newline="") as file:
        people = sorted({row["customer_unique_id"] for row in csv.DictReader(file)})
    with (files / "customer_contacts.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["customer_unique_id", "email", "first_name", "last_name", "opted_out"])
        for number, person in enumerate(people):
            # Two of a hundred share one.
            email = f"{MARK}-{number - (number % 100 == 1)}@example.com"
            rows.writerow([person, email, f"{MARK}first", f"{MARK}last", "true" if number % 50 == 0 else ""])
    user = User(tmp_path / "home", files, tmp_path / "outputs")
    yield user
    user.leaves()


@pytest.mark.airflow
def test_e_mails_and_names_are_where_they_belong_and_nowhere_else(user: User) -> None:
    home = user.home / "data"
    home.mkdir(parents=True)
    url, token = sandbox_process.start(home)
    account = Account(url, token)
    for number in range(5, 60, 5):
        account.make(email=f"{MARK}-{number}@example.com", firstname=f"{MARK}before")
    # One with the addresses of two people.
    account.merge(account.make(email=f"{MARK}-7@example.com"), account.make(email=f"{MARK}-9@example.com"))
    account.unsubscribe(f"{MARK}-8@example.com")
    said = []
    # The first delivery fails, with Airflow's traceback in the log; the second succeeds.
    for faults, status in (({"missing_scopes": ["crm.objects.contacts.write"]}, 1), ({}, 0)):
        httpx.put(f"{url}/sandbox/faults", json=faults).raise_for_status()
        done = user.types("run", AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG")
        assert done.returncode == status, done.stdout + done.stderr
        said.append(done.stdout + done.stderr)
    assert "can be written to" in said[-1] and "[debug " in said[-1]
    assert sum(MARK in each.get("email", "") for each in account.contacts()) > 300
    with psycopg.connect(postgres.status(home)) as connection:
        tables = connection.execute(
            "select oid::regclass::text from pg_class where relkind in ('r', 'v') and not relispartition"
            " and relnamespace::regnamespace::text in ('raw', 'staging', 'analytics', 'ops')"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f"select * from {table}").fetchall()
            if not table.startswith(WITH_PAYLOADS):
                assert MARK not in str(rows).lower(), table
        messages = "select message from ops.hubspot_failures where category = 'EMAIL_TAKEN'"
        told = connection.execute(messages).fetchall()
        assert len(told) > 5 and MARK not in str(told).lower()
    tables = "select tablename from pg_tables where schemaname = 'public'"
    for (table,) in user.asks(tables, database="airflow"):
        said.append(str(user.asks(f"select * from {table}", database="airflow")))
    assert any("dag_run" in each for each in said)
    user.types("stop")
    assert not [text for text in said if MARK in text.lower()]
    data = [home / "postgres", home / "sandbox.db", home / "sandbox.db-wal", user.home / "data" / "postgres"]
    files = [
        path
        for place in (user.home, user.outputs)
        for path in place.rglob("*")
        if path.is_file() and not any(path.is_relative_to(each) for each in data)
    ]
    holders = {path.name for path in files if MARK.encode() in path.read_bytes().lower()}
    assert holders == {"campaign_list.csv"}
    assert {"report.html"} <= {path.name for path in files}


def test_hubspots_words_about_people_are_kept_without_their_addresses_and_names() -> None:
    listed = [{"name": "email", "message": "Ana.Silva@example.com is not Silva's", "error": "INVALID_EMAIL"}]
    said = f"Property values were not valid: {json.dumps(listed)}"
    body = {
        "message": said,
        "errors": [
            {
                "message": "bia@example.com belongs to ANA",
                "context": {"ids": ["a"], "propertyName": ["email"]},
            }
        ],
        "results": [{"id": "1"}],
    }
    payloads = {"a": {"email": "ana.silva@example.com", "firstname": "Ana", "lastname": "Silva"}}
    answer = impersonal(Answer(400, {}, body), payloads)
    for word in ("ana", "silva", "bia", "example.com"):
        assert word not in (answer.sentence + answer.reason).lower()
    assert answer.errors[0]["context"]["ids"] == ["a"] and answer.body["results"] == [{"id": "1"}]
    unnamed = Answer(400, {}, {"message": "somebody@example.com exists already."})
    assert unnamed.sentence == unnamed.reason == "(an e-mail) exists already."
