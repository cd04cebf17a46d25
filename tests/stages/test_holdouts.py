"""Who is held out, whatever else happens, and when an experiment begins."""

import random
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from support import lift, pipeline
from support.shop import Shop
from support.strategies import NO_HOLDOUT, holdout, in_force

from olist.exceptions import OlistError
from olist.strategy.reading import read_strategy

MONTHS = [date(2018, 1, 1), date(2018, 2, 1), date(2018, 3, 1)]
Groups = dict[tuple[datetime, str], bool | None]


def groups(connection: Connection) -> Groups:
    rows = connection.execute(
        "select as_of, customer_unique_id, is_held_out from analytics.customer_snapshots"
    ).fetchall()
    return {(as_of, person): is_held_out for as_of, person, is_held_out in rows}


def run(connection: Connection, data_dir: Path, month: date, *strategy: tuple[str, str], **more: Any) -> int:
    with in_force(*strategy):
        run_id = pipeline.run(connection, data_dir, month, retrain="auto", **more)
    pipeline.finish(connection, run_id)
    return run_id


def experiments(connection: Connection) -> list[tuple[str, float, date, bool]]:
    return connection.execute(
        "select salt, share::float, began_as_of::date, is_delivered from ops.experiments order by made_at"
    ).fetchall()


def test_a_group_is_the_same_in_any_order_of_months(connection: Connection, few: Path) -> None:
    for month in (MONTHS[1], MONTHS[2], MONTHS[0], MONTHS[1]):
        run(connection, few, month, holdout(0.25, "a"))
    found = groups(connection)
    assert len({as_of for as_of, _ in found}) == 3
    assert found == {key: lift.is_held_out("a", 0.25, key[1]) for key in found}
    assert 0.15 < sum(map(bool, found.values())) / len(found) < 0.35


def test_nobodys_absence_changes_a_group(connection: Connection, tmp_path: Path) -> None:
    shop, fewer = Shop(), Shop()
    people = [f"person-{number} ü" for number in range(60)]
    for place, person in enumerate(people):
        for each in (shop, fewer) if place % 3 else (shop,):
            each.order(person, f"2017-{1 + place % 9:02}-01 00:00:00")
    (tmp_path / "all").mkdir()
    (tmp_path / "fewer").mkdir()
    accept = ("rows_lost", "customers_lost", "changed_actions", "tier_share_change")
    run(connection, shop.write(tmp_path / "all"), date(2018, 1, 1), holdout(0.4, "ö"))
    everybody = groups(connection)
    run(connection, fewer.write(tmp_path / "fewer"), date(2018, 1, 1), holdout(0.4, "ö"), accept=accept)
    left = groups(connection)
    assert len(everybody) == 60 and len(left) == 40
    assert left.items() <= everybody.items()
    assert everybody == {key: lift.is_held_out("ö", 0.4, key[1]) for key in everybody}


def test_the_warehouse_keeps_the_actions(connection: Connection, few: Path) -> None:
    run(connection, few, MONTHS[0], holdout(0.5))
    held_out = connection.execute(
        "select count(*), count(next_action), count(next_action_reason) from analytics.vw_customer_segments"
        " where is_held_out"
    ).fetchone()
    assert held_out[0] > 50 and len(set(held_out)) == 1


def test_a_greater_share_keeps_who_is_held_out(connection: Connection, few: Path) -> None:
    run(connection, few, MONTHS[0], holdout(0.1, "a"))
    few_held = groups(connection)
    run(connection, few, MONTHS[0], holdout(0.3, "a"))
    more_held = groups(connection)
    assert {key for key, held in few_held.items() if held} < {key for key, held in more_held.items() if held}
    assert experiments(connection) == [("a", 0.1, MONTHS[0], False), ("a", 0.3, MONTHS[0], False)]


def test_off_is_neither_group(connection: Connection, few: Path) -> None:
    run(connection, few, MONTHS[0])
    assert set(groups(connection).values()) == {None}
    run(connection, few, MONTHS[0], holdout(0.3))
    assert set(groups(connection).values()) == {True, False}
    run(connection, few, MONTHS[0])
    assert set(groups(connection).values()) == {None}
    assert experiments(connection) == [("olist", 0.3, MONTHS[0], False)]


def test_months_that_are_filled_in_later_do_not_move_the_beginning(
    connection: Connection, few: Path, sandbox: str
) -> None:
    with in_force(holdout(0.3, "a")):
        february = pipeline.run(connection, few, MONTHS[1])
        pipeline.deliver(connection, february, sandbox)
        for month in (MONTHS[0], MONTHS[2], MONTHS[1]):
            pipeline.deliver(connection, pipeline.run(connection, few, month), sandbox)
    assert experiments(connection) == [("a", 0.3, MONTHS[1], True)]
    counted = connection.execute("select min(as_of)::date from ops.experiment_people").fetchone()
    assert counted == (MONTHS[1],)


def test_it_begins_with_the_first_delivery(connection: Connection, few: Path, sandbox: str) -> None:
    for month, mode in zip(MONTHS, ("skip", "dry_run", "upsert"), strict=True):
        with in_force(holdout(0.3, "a")):
            pipeline.deliver(connection, pipeline.run(connection, few, month), sandbox, mode)
        began = MONTHS[2] if mode == "upsert" else MONTHS[0]
        assert experiments(connection) == [("a", 0.3, began, mode == "upsert")]


def test_a_call_knows_the_groups_of_the_last_run(connection: Connection, few: Path) -> None:
    run(connection, few, MONTHS[0], holdout(0.3, "a"))
    connection.execute("call analytics.refresh_customer_segments('2018-02-01')")
    found = groups(connection)
    assert len({as_of for as_of, _ in found}) == 2
    assert found == {key: lift.is_held_out("a", 0.3, key[1]) for key in found}


def test_a_gate_does_not_see_an_experiment(connection: Connection, demo: Path, sandbox: str) -> None:
    # Nine in ten get no action from one month to the next, then another nine, then all of them do.
    measured = []
    for number, strategy in enumerate([(), (holdout(0.9, "a"),), (holdout(0.9, "b"),), ()]):
        with in_force(*strategy):
            run_id = pipeline.run(connection, demo, date(2018, 3 + number, 1), retrain="auto")
            assert pipeline.deliver(connection, run_id, sandbox)["status"] == "delivered"
        measured.append(
            dict(
                connection.execute(
                    "select gate, measured / allowed from ops.gate_results where run_id = %s"
                    " and stage = 'upsert_hubspot' and gate in ('changed_actions', 'customers_lost')",
                    (run_id,),
                ).fetchall()
            )
        )
    assert measured[0] == {} and all(
        set(each) == {"changed_actions", "customers_lost"} for each in measured[1:]
    )
    assert all(value < 0.7 for each in measured for value in each.values())


def test_who_is_held_out_can_be_lost_as_well(connection: Connection, demo: Path, sandbox: str) -> None:
    with in_force(holdout(0.9, "a")):
        pipeline.deliver(connection, pipeline.run(connection, demo, MONTHS[0]), sandbox)
        run_id = pipeline.run(connection, demo, MONTHS[1])
        connection.execute(
            "delete from ops.snapshot_drafts where run_id = %s and is_held_out and customer_unique_id < '8'",
            (run_id,),
        )
        with pytest.raises(OlistError, match="customers_lost"):
            pipeline.deliver(connection, run_id, sandbox)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("holdout: {share: 1}", "holdout.share"),
        ("holdout: {share: -0.1}", "holdout.share"),
        ("holdout: {share: ten}", "not a number"),
        ("holdout: {share: 10%}", "not a number"),
        ("holdout: {share: 0.1, salt: ''}", "holdout.salt"),
        ("holdout: {share: 0.1, salt: 2018}", "a text only in quotes"),
        ("holdout: {shares: 0.1}", "holdout.shares"),
    ],
)
def test_a_mistake_is_named_with_its_line(line: str, sentence: str) -> None:
    with in_force((NO_HOLDOUT, line)), pytest.raises(OlistError) as caught:
        read_strategy()
    assert sentence in str(caught.value) and "line " in str(caught.value)


def test_any_text_is_a_salt(connection: Connection, few: Path) -> None:
    salt = 'it\'s "a" 100 % salt; drop table'
    rng = random.Random(4)
    people = [f"{rng.getrandbits(128):032x}" for _ in range(200)]
    text = "'" + salt.replace("'", "''") + "'"
    run(connection, few, MONTHS[0], (NO_HOLDOUT, f"holdout: {{share: 0.5, salt: {text}}}"))
    found = connection.execute(
        "select person, ops.is_held_out(person) from unnest(%s::text[]) as person", (people,)
    ).fetchall()
    assert dict(found) == {person: lift.is_held_out(salt, 0.5, person) for person in people}
