"""Rules that do nothing: named where they are, and no other rule is."""

import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from psycopg import Connection
from support import pipeline
from support.rule_grid import make_grid, random_strategy, reached

from olist.strategy.lint import Finding, action_rules, find_dead_rules, find_idle_rules, segment_rules
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.rules import Strategy
from olist.strategy.sql import newcomer_expression, segment_expression, to_sql

SEGMENTS = """
  - name: Best
    when: {r_score: ">= 4", frequency: ">= 2"}
  - name: Others
"""


@pytest.fixture(scope="module")
def database(server: str) -> Iterator[Connection]:
    """An empty database: rules are judged without any table."""
    with Connection.connect(server, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def grid(database: Connection) -> Connection:
    """The same with the table `grid`."""
    make_grid(database)
    return database


def strategy_file(folder: Path, actions: list[str], segments: str = SEGMENTS) -> Path:
    """A strategy with rules of these conditions, each in one line, and two tiers."""
    rules = "\n".join(
        f"  - {{next_action: Rule {number}, because: b, when: {when}}}"
        for number, when in enumerate(actions, 1)
    )
    path = folder / "strategy.yaml"
    path.write_text(
        "excluded_statuses: []\ntiers: [Gold, Silver]\n"
        "category_groups: {Tech: [audio, pc_gamer]}\n"
        f"segments:{segments}actions:{' []' if not actions else ''}\n{rules}\n"
        "default_actions:\n"
        "  Gold: {next_action: Default Gold, because: b}\n"
        "  Silver: {next_action: Default Silver, because: b}\n"
    )
    return path


def found(database: Connection, path: Path) -> list[Finding]:
    return find_idle_rules(database, read_strategy(path), path)


def line_with(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_every_rule_of_the_strategy_can_reach_somebody(database: Connection) -> None:
    assert find_idle_rules(database, read_strategy()) == []


@pytest.mark.parametrize(
    "when",
    [
        '{avg_review_score: "> 5"}',
        '{avg_review_score: "< 1"}',
        "{frequency: 0}",
        "{frequency: 1.5}",
        '{recency_days: "< 0"}',
        '{monetary: "< 0"}',
        "{monetary: 9.9999}",
        "{segment_name: Best, frequency: 1}",
        '{segment_name: [Best], frequency: "< 2"}',
    ],
)
def test_what_no_customer_can_be_is_unreachable(database: Connection, tmp_path: Path, when: str) -> None:
    path = strategy_file(tmp_path, ["{customer_state: SP}", when])
    (finding,) = found(database, path)
    assert (finding.line, finding.kind) == (line_with(path, "Rule 2"), "unreachable")
    assert str(finding).startswith(f"{path} line {finding.line}: action 2, Rule 2, is unreachable: no")
    if "segment_name" in when:
        assert f"Best is in line {line_with(path, 'name: Best')}" in finding.sentence


@pytest.mark.parametrize(
    ("whens", "takers"),
    [
        (["{frequency: 3}", '{frequency: ">= 2"}', '{frequency: "> 1", monetary: 5}'], [2]),
        (['{frequency: "> 2"}', '{frequency: "< 3"}', "{customer_state: SP}"], [1, 2]),
        (['{monetary: "<= 99.99"}', '{monetary: ">= 100"}', "{customer_state: SP}"], [1, 2]),
        (["{favorite_category: [baby, Tech]}", "{favorite_category: audio}"], [1]),
        (["{loyalty_tier: Gold}", "{loyalty_tier: Silver}", "{frequency: 1}"], [1, 2]),
        (["{segment_name: Best}", "{segment_name: Others}", "{frequency: 1}"], [2]),
        (["{segment_name: Best}", "{segment_name: Others}", "{frequency: 2}"], [1, 2]),
        (["{segment_name: Others}", "{frequency: 1}"], [1]),
        (
            [
                '{avg_review_score: "< 3", loyalty_tier: Gold}',
                "{customer_state: RJ}",
                '{avg_review_score: ">= 3", loyalty_tier: Gold}',
                "{loyalty_tier: Gold, avg_review_score: [1, 2.5, 4]}",
            ],
            [1, 3],
        ),
        # The first rule takes most, and is not needed: 2, 3 and 4 take them all.
        (
            [
                f"{{customer_state: [{states}]}}"
                for states in ("A, B, C", "A, D", "B, E", "C, F", "D", "E", "F", "A, B, C, D, E, F")
            ],
            [2, 3, 4],
        ),
    ],
)
def test_a_shadowed_rule_is_named_with_those_who_take_its_customers(
    database: Connection, tmp_path: Path, whens: list[str], takers: list[int]
) -> None:
    path = strategy_file(tmp_path, whens)
    finding = next(each for each in found(database, path) if each.rule.startswith(f"action {len(whens)},"))
    assert (finding.line, finding.kind) == (line_with(path, f"Rule {len(whens)},"), "shadowed")
    named = [int(number) for number in re.findall(r"action (\d+), Rule \d+, line", finding.sentence)]
    assert named == takers
    assert [int(line) for line in re.findall(r"line (\d+)", finding.sentence)] == [
        line_with(path, f"Rule {number},") for number in takers
    ]


@pytest.mark.parametrize(
    "whens",
    [
        ['{avg_review_score: "<= 3"}', '{avg_review_score: "> 3"}', "{frequency: 1}"],
        ['{avg_review_score: "<= 3"}', '{avg_review_score: ">= 3.01"}', "{avg_review_score: [3.004]}"],
        ['{avg_review_score: "<= 3"}', '{avg_review_score: ">= 4"}', '{avg_review_score: "> 1"}'],
        ['{monetary: "<= 99.98"}', '{monetary: ">= 100"}', "{customer_state: SP}"],
        ['{recency_days: "< 30"}', '{recency_days: "> 30"}', "{customer_state: SP}"],
        ["{customer_state: [SP, RJ]}", "{frequency: 1}"],
        ["{favorite_category: [audio, baby]}", "{favorite_category: Tech}"],
        ["{segment_name: Best}", '{frequency: ">= 2"}'],
    ],
)
def test_a_rule_that_somebody_is_left_for_is_not_named(
    database: Connection, tmp_path: Path, whens: list[str]
) -> None:
    assert found(database, strategy_file(tmp_path, whens)) == []


def test_segments_and_default_actions_are_judged_too(database: Connection, tmp_path: Path) -> None:
    segments = """
  - name: Top
    when: {r_score: [4, 5]}
  - name: Impossible
    when: {f_score: "> 5"}
  - name: Late
    when: {r_score: 5, m_score: 5}
  - name: Rest
    when: {r_score: "<= 3"}
  - name: Nobody
"""
    path = strategy_file(tmp_path, ["{loyalty_tier: Gold}", "{segment_name: [Nobody, Late]}"], segments)
    assert [(each.line, each.rule, each.kind) for each in found(database, path)] == [
        (line_with(path, "Impossible"), "segment Impossible", "unreachable"),
        (line_with(path, "Late"), "segment Late", "shadowed"),
        (line_with(path, "Nobody"), "segment Nobody", "shadowed"),
        (line_with(path, "Rule 2"), "action 2, Rule 2,", "unreachable"),
        (line_with(path, "Default Gold"), "default action of Gold, Default Gold,", "shadowed"),
    ]


@pytest.mark.parametrize(
    ("when", "is_found"),
    [
        ("{frequency: 0}", True),
        ("{segment_name: Best, frequency: 1}", True),
        ('{avg_review_score: "> 5"}', True),
        # Rules take everybody, which keeps nobody from becoming a contact.
        ("{loyalty_tier: Gold}", False),
        ("{favorite_category: Tech, frequency: 3}", False),
        ("{}", False),
    ],
)
def test_a_condition_that_lets_nobody_become_a_contact_is_named(
    database: Connection, tmp_path: Path, when: str, is_found: bool
) -> None:
    path = strategy_file(tmp_path, ["{customer_state: SP}"])
    path.write_text(f"{path.read_text()}deliver: {{when: {when}}}\n")
    findings = found(database, path)
    assert [(each.rule, each.kind) for each in findings] == [("deliver.when", "unreachable")] * is_found
    for each in findings:
        line = line_with(path, "deliver:")
        assert str(each).startswith(f"{path} line {line}: deliver.when is unreachable: no customer can have ")


def test_whether_anybody_may_become_a_contact_is_that_of_trying_every_customer(
    grid: Connection,
) -> None:
    seen = set()
    for seed in range(12):
        document = random_strategy(seed)
        for number, rule in enumerate(document["actions"][:4]):
            when = rule["when"] | document["actions"][number + 4]["when"]
            strategy = Strategy.model_validate(document | {"deliver": {"when": when}})
            segment, may = to_sql(segment_expression(strategy)), to_sql(newcomer_expression(strategy))
            (somebody,) = grid.execute(
                f"with customers as (select *, {segment} as segment_name from grid offset 0)"
                f" select coalesce(bool_or({may}), false) from customers"
            ).fetchone()
            idle = [each for each in find_idle_rules(grid, strategy) if each.rule == "deliver.when"]
            assert bool(idle) != somebody, (seed, when)
            seen.add(somebody)
    assert seen == {True, False}


def test_the_findings_are_those_of_trying_every_customer(grid: Connection, tmp_path: Path) -> None:
    path = tmp_path / "strategy.yaml"
    kinds = set()
    for seed in range(12):
        document = random_strategy(seed)
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        strategy = read_strategy(path)
        findings = {finding.rule: finding for finding in find_idle_rules(grid, strategy, path)}
        segments, rules = reached(grid, document)
        expected = {rule.name for rule in segment_rules(strategy) if rule.name[8:] not in segments}
        numbered = action_rules(strategy)
        expected |= {rule.name for number, rule in enumerate(numbered, 1) if number not in rules}
        assert set(findings) == expected, seed
        for number, rule in enumerate(numbered[:9]):
            if rule.name in findings:
                kinds.add(findings[rule.name].kind)
                check_takers(grid, document, number, findings[rule.name])
    assert kinds == {"unreachable", "shadowed"}


def check_takers(database: Connection, document: dict, number: int, finding: Finding) -> None:
    """Those who are named leave nobody for the rule, and each of them is needed for that."""
    takers = [int(each) - 1 for each in re.findall(r"action (\d+),", finding.sentence)]
    assert bool(takers) == (finding.kind == "shadowed")
    for left_out in (None, *takers):
        actions = [document["actions"][each] for each in (*takers, number) if each != left_out]
        _, rules = reached(database, document | {"actions": actions})
        assert (len(actions) in rules) == (left_out is not None)


def test_no_name_in_the_file_can_leave_its_quotes(database: Connection, tmp_path: Path) -> None:
    database.execute("create temporary table kept ()")
    evil = "x'); drop table kept; -- %s {} :a"
    path = strategy_file(tmp_path, [f'{{customer_state: "{evil}", favorite_category: ["{evil}", other]}}'])
    assert found(database, path) == []
    assert database.execute("select to_regclass('kept')").fetchone() == ("kept",)


def test_many_rules_do_not_take_long(database: Connection, tmp_path: Path) -> None:
    states = [f"{{customer_state: S{each}, favorite_category: c{each % 9}}}" for each in range(27)]
    money = [f'{{monetary: ">= {100 * each}", recency_days: "< {30 * each}"}}' for each in range(12, 1, -1)]
    reviews = [f'{{avg_review_score: "<= {each / 2}", frequency: {each}}}' for each in range(2, 9)]
    segments = "".join(
        f'\n  - name: S{each}\n    when: {{r_score: ">= {5 - each % 5}", f_score: {each % 5 + 1}, m_score: '
        f'"> {each % 3}", monetary: "> {each * 50}"}}'
        for each in range(8)
    )
    path = strategy_file(tmp_path, states + money + reviews, f"{segments}\n  - name: Last\n")
    began = time.monotonic()
    assert "unchecked" not in {finding.kind for finding in found(database, path)}
    assert time.monotonic() - began < 10


def test_too_many_cases_are_not_tried(database: Connection, tmp_path: Path) -> None:
    segments = "".join(
        f"\n  - name: S{each}\n    when: {{recency_days: {each}}}\n  - name: T{each}\n    when: "
        f"{{monetary: {each}}}\n  - name: U{each}\n    when: {{frequency: {each}}}"
        for each in range(1, 160)
    )
    path = strategy_file(tmp_path, [], f"{segments}\n  - name: Last\n")
    began = time.monotonic()
    (finding,) = found(database, path)
    assert finding.kind == "unchecked" and finding.line == line_with(path, "segments:")
    assert time.monotonic() - began < 20


def test_a_rule_that_could_reach_somebody_but_does_not_is_dead(tmp_path: Path) -> None:
    path = strategy_file(tmp_path, ["{frequency: 1}", "{frequency: 2}", "{frequency: 1}"])
    rules = action_rules(read_strategy(path))
    idle = [Finding(9, rules[2].name, "shadowed", "")]
    (finding,) = find_dead_rules(zip(rules, [7, 0, 0, 2, 1], strict=True), "2018-08-01", idle, path)
    assert (finding.line, finding.kind) == (line_with(path, "Rule 2"), "dead")
    assert "nobody in the snapshot of 2018-08-01" in finding.sentence


def test_a_run_warns_of_them_at_its_start(
    connection: Connection,
    demo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "strategy.yaml"
    path.write_text(STRATEGY_FILE.read_text().replace('{avg_review_score: "<= 2"}', '{frequency: "< 1"}'))
    monkeypatch.setenv("OLIST_STRATEGY", str(path))
    with caplog.at_level(logging.WARNING):
        pipeline.begin(connection, demo)
    line = line_with(path, "- next_action: Apology")
    assert [record.getMessage() for record in caplog.records] == [
        f"{path} line {line}: action 1, Apology Email + Service Recovery, is unreachable:"
        " no customer can have frequency: < 1."
    ]
