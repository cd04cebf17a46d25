"""What a changed strategy.yaml would do, against what it does once a run has taken it."""

import io
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from psycopg import Connection
from psycopg.errors import ReadOnlySqlTransaction
from rich.console import Console
from support import pipeline
from support.user import NewUser

from olist.exceptions import OlistError
from olist.strategy.lint import find_idle_rules
from olist.strategy.preview import Preview, preview
from olist.strategy.preview_tables import dead_rules, print_findings, print_preview
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.rules import Strategy
from olist.strategy.sql import functions

# Another segment, and a rule that asks for it; the rule is in the middle, so all numbers after it move on.
CHANGES = [
    ('m_score: ">= 4", frequency: ">= 2"}', 'm_score: ">= 2", frequency: ">= 2"}'),
    (
        "  - next_action: Free Shipping Nudge",
        "  - next_action: Champions Gift\n    when: {segment_name: [Champions, New Customers]}\n"
        '    because: "{segment_name} in {customer_state}."\n  - next_action: Free Shipping Nudge',
    ),
]


@pytest.fixture(scope="module")
def published(new_published: str) -> Iterator[Connection]:
    """A warehouse with one published snapshot, which no test here may change."""
    with Connection.connect(new_published, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def new_published(server: str, demo: Path) -> str:
    with Connection.connect(server, autocommit=True) as connection:
        connection.execute("create database previewed template template")
    uri = f"{server.rpartition('/')[0]}/previewed"
    with Connection.connect(uri, autocommit=True) as connection:
        pipeline.run(connection, demo)
    return uri


def changed(folder: Path, *changes: tuple[str, str]) -> Strategy:
    text = STRATEGY_FILE.read_text()
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    path = folder / "strategy.yaml"
    path.write_text(text)
    return read_strategy(path)


def shown(found: Preview, width: int = 200) -> str:
    output = io.StringIO()
    print_preview(found, Console(file=output, width=width))
    return output.getvalue()


def people(connection: Connection) -> dict[str, tuple]:
    rows = connection.execute(
        "select customer_unique_id, segment_name, next_action, next_action_reason"
        " from analytics.customer_snapshots"
    )
    return {customer: values for customer, *values in rows}


def test_without_a_change_nobody_moves(published: Connection) -> None:
    found = preview(published, read_strategy())
    assert found.segment_moves() == found.action_moves() == found.examples == []
    assert found.other_reasons == 0
    assert found.people == len(people(published)) > 1000
    assert all(before == after for _, before, after in found.segment_reach() + found.action_reach())
    assert "0 of 1," in shown(found) and "Nothing was changed" in shown(found)


def test_it_shows_what_a_run_then_does(
    connection: Connection, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.run(connection, demo)
    before = people(connection)
    strategy = changed(tmp_path, *CHANGES)
    found = preview(connection, strategy)
    assert people(connection) == before

    monkeypatch.setenv("OLIST_STRATEGY", str(tmp_path / "strategy.yaml"))
    run_id = pipeline.run(connection, demo, accept=("changed_actions",))
    after = people(connection)

    for part, moves in ((0, found.segment_moves()), (1, found.action_moves())):
        moved = Counter((before[each][part], after[each][part]) for each in before)
        assert {(old, new): count for old, new, count in moves} == {
            move: count for move, count in moved.items() if move[0] != move[1]
        }
        assert len(moves) >= (1, 3)[part]
        assert moves == sorted(moves, key=lambda move: -move[2])
    same = [each for each in before if before[each][1] == after[each][1]]
    assert found.other_reasons == sum(before[each][2] != after[each][2] for each in same)
    rules = connection.execute(
        "select ops.action_rule(loyalty_tier, segment_name, favorite_category, customer_state,"
        " avg_review_score, recency_days, frequency, monetary) from ops.snapshot_drafts where run_id = %s",
        (run_id,),
    )
    reach = Counter(rule for (rule,) in rules)
    assert found.rule_reach() == [reach[number] for number in range(1, 9)]


def test_a_customer_who_comes_into_a_segment_meets_the_rules_about_it(
    published: Connection, tmp_path: Path
) -> None:
    found = preview(published, changed(tmp_path, *CHANGES))
    newcomers = [each for each in found.groups if each.segment == "Champions" != each.old_segment]
    assert {each.action for each in newcomers} >= {"Champions Gift"}
    assert not {each.action for each in newcomers} & {"Free Shipping Nudge", "VIP Concierge Offer"}


def test_reach_is_shown_for_what_is_new_and_what_is_no_more(published: Connection, tmp_path: Path) -> None:
    renamed = changed(
        tmp_path,
        ("name: At-Risk", "name: Sleeping"),
        ("next_action: Free Shipping Nudge", "next_action: Nudge"),
    )
    found = preview(published, renamed)
    segments = {name: (before, after) for name, before, after in found.segment_reach()}
    assert segments["At-Risk"] == segments["Sleeping"][::-1] != (0, 0)
    assert list(segments)[-2:] == ["Lost Customers", "At-Risk"]
    actions = {name: (before, after) for name, before, after in found.action_reach()}
    assert actions["Free Shipping Nudge"] == actions["Nudge"][::-1] != (0, 0)


def test_the_same_ten_examples_every_time(published: Connection, tmp_path: Path) -> None:
    strategy = changed(tmp_path, *CHANGES)
    found = preview(published, strategy)
    assert len(found.examples) == 10
    published.execute("set enable_hashagg = off")
    assert preview(published, strategy).examples == found.examples
    published.execute("reset enable_hashagg")
    moves = [
        (*(each[key] for key in ("old_segment", "segment", "old_action", "action")),)
        for each in found.examples
    ]
    everybody = {(each.old_segment, each.segment, each.old_action, each.action) for each in found.groups}
    moved = {move for move in everybody if move[0] != move[1] or move[2] != move[3]}
    assert len(set(moves)) == min(len(moved), 10) > 3
    for example in found.examples:
        (values,) = published.execute(
            "select concat_ws('|', loyalty_tier, segment_name, favorite_category, customer_state,"
            " round(avg_review_score, 2), recency_days, frequency, round(monetary, 2), next_action)"
            " from analytics.customer_snapshots where customer_unique_id = %s",
            (example["customer"],),
        ).fetchone()
        keys = ["tier", "old_segment", "category", "state", "reviews", "recency_days", "frequency"]
        told = [str(example[key]) for key in keys if example[key] is not None]
        assert "|".join([*told, example["monetary"].replace(",", ""), example["old_action"]]) == values
        assert example["customer"] in shown(found) and f"R$ {example['monetary']}" in shown(found)


def test_another_sentence_for_the_same_action_is_counted(published: Connection, tmp_path: Path) -> None:
    found = preview(published, changed(tmp_path, ("out of 5.", "of 5.")))
    apologies = next(after for name, _, after in found.action_reach() if name.startswith("Apology"))
    assert found.other_reasons == apologies > 0
    assert found.action_moves() == []
    assert f"{apologies} would keep theirs, with another sentence" in shown(found)


def test_it_shows_who_would_become_a_contact(connection: Connection, demo: Path, tmp_path: Path) -> None:
    pipeline.run(connection, demo)
    # HubSpot has those of one state.
    connection.execute(
        "insert into ops.hubspot_contacts (portal_id, customer_unique_id, payload_hash, payload, as_of)"
        " select 7, customer_unique_id, '', '{}', as_of from analytics.customer_snapshots"
        " where customer_state = 'SP'"
    )
    champions = '  - name: Champions\n    when: {r_score: ">= 4", f_score: ">= 4", m_score: ">= 4"'
    strategy = changed(
        tmp_path,
        (champions, '  - name: Champions\n    when: {r_score: ">= 2", f_score: ">= 4", m_score: ">= 4"'),
        ("  when: {}", "  when: {segment_name: Champions, customer_state: [SP, RJ]}"),
        ("  at_most:", "  at_most: 3"),
    )
    found = preview(connection, strategy)
    (champion,) = [after for name, _, after in found.segment_reach() if name == "Champions"]
    (by_state,) = connection.execute(
        "select jsonb_object_agg(customer_state, people) from (select customer_state, count(*) as people"
        " from analytics.customer_snapshots group by customer_state) as counted"
    ).fetchone()
    contacts = found.contacts
    assert contacts.known == by_state["SP"]
    assert contacts.let_in + contacts.kept_away == found.people - by_state["SP"]
    assert 0 < contacts.let_in < contacts.meeting < champion

    text = shown(found)
    assert f"HubSpot has {contacts.known:,} of them." in text
    let_in, kept_away = f"{contacts.let_in:,}", f"{contacts.kept_away:,}"
    assert f"would let {let_in} others become contacts, and keep {kept_away} away." in text
    assert f"the next delivery would create 3 of these {let_in}." in text

    # As the next run does it, whose segments are those of the rules now.
    connection.execute(functions(strategy))
    (expected,) = connection.execute(
        "select count(*) from analytics.customer_snapshots"
        " where customer_state = 'RJ' and ops.may_become_contact(loyalty_tier,"
        " ops.segment_name(r_score, f_score, m_score, recency_days, frequency, monetary),"
        " favorite_category, customer_state, avg_review_score, recency_days, frequency, monetary)"
    ).fetchone()
    assert contacts.let_in == expected


def test_a_condition_that_nobody_in_the_snapshot_meets_is_dead(published: Connection, tmp_path: Path) -> None:
    strategy = changed(tmp_path, ("  when: {}", '  when: {monetary: ">= 900000"}'))
    dead = dead_rules(preview(published, strategy), find_idle_rules(published, strategy))
    assert (dead[-1].rule, dead[-1].kind) == ("deliver.when", "dead")
    assert "deliver" not in shown(preview(published, read_strategy()))


def test_nothing_is_changed(published: Connection, tmp_path: Path) -> None:
    state = (
        "select (select string_agg(pg_get_functiondef(oid), '' order by oid) from pg_proc"
        " where pronamespace = 'ops'::regnamespace and prokind in ('f', 'p')),"
        " (select array_agg(name order by name) from ops.installed),"
        " md5(array_agg(people order by people)::text)"
        " from analytics.customer_snapshots as people"
    )
    before = published.execute(state).fetchone()
    preview(published, changed(tmp_path, *CHANGES))
    assert published.execute(state).fetchone() == before


def test_no_name_in_the_file_can_leave_its_quotes(published: Connection, tmp_path: Path) -> None:
    evil = "x'); drop schema analytics cascade; -- %s {{rule}} :a [bold]"
    found = preview(
        published, changed(tmp_path, ("next_action: Free Shipping Nudge", f'next_action: "{evil}"'))
    )
    assert [new for _, new, _ in found.action_moves()] == [evil]
    assert evil in shown(found)
    assert published.execute("select to_regclass('analytics.customer_snapshots')").fetchone() != (None,)


def test_what_takes_a_run_is_said(published: Connection, tmp_path: Path) -> None:
    notes = shown(preview(published, read_strategy()))
    assert "Tiers are those of the snapshot" in notes
    assert "excluded_statuses were" not in notes and "Nobody in the snapshot has" not in notes

    found = preview(
        published,
        changed(
            tmp_path,
            ("tiers: [Platinum, Gold, Silver]", "tiers: [Platinum, Gold, Bronze]"),
            ("loyalty_tier: Silver", "loyalty_tier: Bronze"),
            ("\n  Silver:", "\n  Bronze:"),
            ("[canceled, unavailable]", "[canceled]"),
        ),
    )
    notes = shown(found)
    assert "but somebody's in the snapshot: Silver." in notes
    assert "Nobody in the snapshot has the tier Bronze" in notes
    assert "excluded_statuses were canceled, unavailable and are canceled" in notes
    assert "limits.max_changed_actions (50%)" in notes
    assert None in [name for name, _, _ in found.action_reach()]


def test_it_could_not_write_if_it_wanted_to(published: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    writes = "insert into ops.installed values ('x')"
    monkeypatch.setattr("olist.strategy.preview.read_sql", lambda name: writes)
    with pytest.raises(ReadOnlySqlTransaction):
        preview(published, read_strategy())


def test_rules_that_reach_nobody_in_the_snapshot_are_dead(published: Connection, tmp_path: Path) -> None:
    strategy = changed(
        tmp_path,
        ('{avg_review_score: "<= 2"}', "{customer_state: sp}"),
        ("  - name: Champions", '  - name: Rich\n    when: {monetary: ">= 900000"}\n  - name: Champions'),
    )
    idle = find_idle_rules(published, strategy)
    found = preview(published, strategy)
    dead = dead_rules(found, idle)
    assert "action 1, Apology Email + Service Recovery," in [each.rule for each in dead]
    assert [each.rule for each in dead if each.rule.startswith("segment")] == ["segment Rich"]
    reached = dict(zip([1, 2, 3, 4], found.rule_reach(), strict=False))
    assert len([each for each in dead if each.rule.startswith("action")]) == list(reached.values()).count(0)
    output = io.StringIO()
    print_findings(dead, Console(file=output, width=300))
    line = next(n for n, each in enumerate(STRATEGY_FILE.read_text().splitlines(), 1) if "Apology" in each)
    assert f"strategy.yaml line {line}: action 1, Apology" in output.getvalue()


def test_there_may_be_no_snapshot_and_no_warehouse_yet(connection: Connection) -> None:
    for _ in range(2):
        with pytest.raises(OlistError, match="There is no snapshot yet"):
            preview(connection, read_strategy())
        connection.execute("drop schema analytics cascade")
        connection.execute("create schema analytics")


def test_the_newest_snapshot_is_taken(connection: Connection, demo: Path, tmp_path: Path) -> None:
    pipeline.run(connection, demo, date(2018, 3, 1))
    pipeline.run(connection, demo, date(2017, 9, 1), accept=("customers_lost",))
    found = preview(connection, read_strategy())
    assert found.as_of == "2018-03-01"
    assert (
        found.people
        == connection.execute(
            "select count(*) from analytics.customer_snapshots where as_of = '2018-03-01'"
        ).fetchone()[0]
    )


@pytest.mark.airflow
def test_make_preview(new_published: str, demo: Path, new_user: NewUser) -> None:
    user = new_user(demo)
    told = user.types(
        "preview",
        AIRFLOW_CONN_OLIST_WAREHOUSE=new_published,
        AIRFLOW_CONN_HUBSPOT_DEFAULT='{"conn_type": "hubspot", "password": "unused"}',
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "would get another next action" in told.stdout and "Win-Back: We Miss You" in told.stdout
