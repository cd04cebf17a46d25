"""Random months with people who can be written to, where others work in HubSpot too, with faults and kills.

Whatever happens: no person has two contacts, no e-mail is taken from anybody, and everybody is either
delivered or named with a reason.
"""

import random
from pathlib import Path

import pytest
from psycopg import Connection
from support import pipeline
from support.account import Account
from support.months import Month

from olist.exceptions import OlistError
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN
from olist.stages import upsert_hubspot

PEOPLE = [f"p{number}" for number in range(12)]
ADDRESSES = [f"address-{number}@example.com" for number in range(14)]


class KilledError(BaseException):
    """Ends a part as SIGKILL would, between two of its requests."""


def some_file(dice: random.Random, before: dict[str, str]) -> dict[str, str]:
    """Addresses by person: mostly those of before, some new, some shared, some swapped, some gone."""
    emails = dict(before)
    for person in PEOPLE:
        if person not in emails or dice.random() < 0.2:
            emails[person] = dice.choice([*ADDRESSES, ""])
    if dice.random() < 0.4:
        one, other = dice.sample(PEOPLE, 2)
        emails[one], emails[other] = emails[other], emails[one]
    return emails


def others_work(dice: random.Random, account: Account) -> None:
    """What people do in HubSpot. Nothing goes wrong there from here on."""
    account.faults(merge_keeps_id=dice.random() < 0.5)
    contacts = account.contacts()
    taken = {email for each in contacts for email in addresses_of(each)}
    free = [each for each in ADDRESSES if each not in taken]
    for _ in range(dice.randrange(3)):
        if free:
            account.make(email=free.pop(dice.randrange(len(free))))
    for each in dice.sample(contacts, min(2, len(contacts))):
        if dice.random() < 0.3 and free:
            account.change(each["hs_object_id"], email=free.pop(), city="Recife")
    contacts = account.contacts()
    if len(contacts) > 3 and dice.random() < 0.5:
        one, other = dice.sample(contacts, 2)
        account.merge(one["hs_object_id"], other["hs_object_id"])
    elif contacts and dice.random() < 0.3:
        account.delete(dice.choice(contacts)["hs_object_id"])


def addresses_of(contact: dict[str, str]) -> list[str]:
    both = f"{contact.get('email', '')};{contact.get('hs_additional_emails', '')}"
    return [each.lower() for each in both.split(";") if each]


def deliver(month: Month, dice: random.Random, rows: list[str], patch: pytest.MonkeyPatch) -> bool:
    """A delivery that may be killed between any two requests, and is then cleared until it is done.

    Returns whether somebody else has worked in HubSpot meanwhile.
    """
    run_id = month.run(*rows)
    settings = HubSpotSettings(DEFAULT_TOKEN, month.account.url)
    left = dice.choice([None, 1, 2, 4, 6, 9])
    request, is_disturbed, mode = HubSpot.request, False, "upsert"

    def killed_request(self: HubSpot, *arguments: object) -> object:
        nonlocal left
        if left is not None:
            left -= 1
            if left < 0:
                left = None
                answer_comes_too_late = dice.random() < 0.5
                if answer_comes_too_late:
                    request(self, *arguments)
                raise KilledError
        return request(self, *arguments)

    with patch.context() as context:
        context.setattr(HubSpot, "request", killed_request)
        for _ in range(12):
            try:
                parts = upsert_hubspot.plan(month.connection, run_id, mode, settings)["parts"]
                if dice.random() < 0.2:
                    others_work(dice, month.account)
                    is_disturbed = True
                for part in parts:
                    upsert_hubspot.send(month.connection, run_id, part, mode, settings)
                upsert_hubspot.finish(month.connection, run_id, settings)
                return is_disturbed
            except (KilledError, HubSpotUnavailableError):
                continue
            except OlistError as error:
                # A sample of few people may be mostly gone.
                assert "lacks" in str(error), error
                mode = "repair"
    raise AssertionError("the delivery was never done")


def owners_of(account: Account, emails: dict[str, str]) -> dict[str, str]:
    """Records by address, but for people of ours who give theirs up by the file."""
    return {
        email: each["hs_object_id"]
        for each in account.contacts()
        for email in addresses_of(each)
        if emails.get(each.get("olist_customer_id", ""), email) in ("", email)
    }


def check(month: Month, emails: dict[str, str], owners: dict[str, str]) -> None:
    contacts = month.account.contacts()
    bearers = [each["olist_customer_id"] for each in contacts if each.get("olist_customer_id")]
    assert len(bearers) == len(set(bearers)), "somebody has two contacts"
    now = {email: each["hs_object_id"] for each in contacts for email in addresses_of(each)}
    taken = {email for email, record in owners.items() if now.get(email, record) != record}
    assert not taken, "an e-mail was taken from another contact"
    # What people change in HubSpot is for sync=verify to find: of whom we know, the ledger says it.
    ledger = pipeline.ledger(month.connection)
    failures = dict(
        month.connection.execute("select customer_unique_id, category from ops.hubspot_failures").fetchall()
    )
    assert set(failures.values()) <= {"EMAIL_TAKEN"}
    for person, payload in pipeline.payloads(month.connection, pipeline.last_run(month.connection)).items():
        known = ledger.get(person, {})
        is_delivered = known.items() >= payload.items() and known.get("email", "") == emails.get(person, "")
        no_more = not emails.get(person) and known.items() >= payload.items()
        assert is_delivered or no_more or person in failures, f"{person} is neither delivered nor named"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_nobody_gets_anothers_contact(
    connection: Connection, tmp_path: Path, sandbox: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    month = Month(connection, tmp_path, Account(sandbox))
    for person in PEOPLE:
        month.order(person)
    emails: dict[str, str] = {}
    for _ in range(6):
        others_work(dice, month.account)
        for person in dice.sample(PEOPLE, 4):
            month.order(person)
        emails = some_file(dice, emails)
        rows = [f"{person},{email},,," for person, email in emails.items()]
        owners = owners_of(month.account, emails)
        month.account.faults(
            seed=seed,
            lost_answer_share=dice.choice([0, 0.1]),
            connection_reset_share=dice.choice([0, 0.1]),
            merge_keeps_id=dice.random() < 0.5,
        )
        is_disturbed = deliver(month, dice, rows, monkeypatch)
        month.account.faults()
        check(month, emails, {} if is_disturbed else owners)
    # Once nobody else works there, what could be solved is solved, and nothing is sent any more.
    for _ in range(3):
        accepted = month.deliver(*rows)["accepted"]
        check(month, emails, {})
    assert accepted == 0
