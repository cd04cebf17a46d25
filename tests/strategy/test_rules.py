"""strategy.yaml: what is accepted, what is refused with which line, and what SQL it becomes."""

from pathlib import Path

import pytest
from psycopg import Connection

from olist.exceptions import OlistError
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.sql import functions, newcomer_expression, rule_expression, to_sql


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = STRATEGY_FILE.read_text()
    assert text.count(old) >= 1
    path = tmp_path / "strategy.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


def line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("{r_score: 5, frequency: 1}", "{r_scor: 5, frequency: 1}", "'r_scor' is not a field"),
        (
            '{avg_review_score: "<= 2"}',
            '{avg_review_score: "2 or less"}',
            "neither a number nor a comparison",
        ),
        ("{r_score: 5, frequency: 1}", "{r_score: [], frequency: 1}", "r_score has an empty list"),
        ("{r_score: 5, frequency: 1}", "{r_score: 5, frequency: .inf}", "'.inf' is neither a number"),
        ("{loyalty_tier: Gold, frequency", "{loyalty_tier: Golden, frequency", "'Golden' is not one of"),
        ("tiers: [Platinum, Gold, Silver]", "tiers: [Platinum, Gold, Gold]", "'Gold' is there twice"),
        ("{r_score: 5, frequency: 1}", "{frequency: 1, frequency: 2}", "'frequency' is there twice"),
        ("worth R$ {monetary}.", "worth R$ {recency_days}.", "is not a value a reason can show"),
        ("excluded_statuses:", "excluded_status:", "excluded_status"),
        (
            "vintage_months: 1",
            "vintage_months: 5",
            "model.vintage_months: Input should be 1, 2, 3, 4, 6 or 12",
        ),
        ("sample: 100000", "sample: 500", "model.sample: Input should be greater than or equal to 20000"),
        (
            "  - name: Lost Customers",
            "  - name: Lost Customers\n    when: {r_score: 1}",
            "must have no `when`",
        ),
        ("  when: {}", "  when: {loyalty_tier: Golden}", "'Golden' is not one of Platinum, Gold, Silver"),
        ("  when: {}", "  when: {r_score: 5}", "'r_score' is not a field of these rules"),
        ("  when: {}", "  when: {frequency: two}", "'two' is neither a number nor a comparison"),
        ("  when: {}", "  when: {monetary: 1.000}", "'1.000' may mean 1000 or 1"),
        ("  when: {}", "  when: {customer_state: []}", "customer_state has an empty list"),
        ("  when: {}", "  when: all", "deliver.when: Input should be a valid dictionary"),
        ("  at_most:", "  at_most: 0", "deliver.at_most: Input should be greater than or equal to 1"),
        ("  at_most:", "  at_most: ten", "deliver.at_most: Input should be a valid integer"),
        ("  at_most:", "  at_mots: 10", "deliver.at_mots: Extra inputs are not permitted"),
        (
            "max_created_contacts:",
            "max_created_contacts: -1",
            "limits.max_created_contacts: Input should be greater than or equal to 0",
        ),
        (
            "max_created_contacts:",
            "max_created_contacts: 0.1",
            "limits.max_created_contacts: Input should be a valid integer",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(OlistError) as error:
        read_strategy(path)
    assert complaint in str(error.value)
    wanted = line_of(path, new.splitlines()[0])
    assert abs(int(str(error.value).split("line ")[1].split(":")[0]) - wanted) <= 1


@pytest.mark.parametrize("new", ["  when:", "", "  when: {}"])
def test_without_conditions_everybody_may_become_a_contact(tmp_path: Path, new: str) -> None:
    strategy = read_strategy(changed(tmp_path, "  when: {}", new))
    assert strategy.deliver.when == {} and strategy.deliver.at_most is None
    assert to_sql(newcomer_expression(strategy)) == "true"


def test_a_value_that_is_not_known_meets_no_condition_of_a_contact(
    tmp_path: Path, connection: Connection
) -> None:
    path = changed(tmp_path, "  when: {}", '  when: {avg_review_score: "> 2", favorite_category: Tech}')
    connection.execute(functions(read_strategy(path)))
    asked = "select ops.may_become_contact(null, null, %s, null, %s, null, null, null)"
    for category, score, expected in (("audio", 3, True), ("audio", None, False), ("baby", 3, False)):
        assert connection.execute(asked, (category, score)).fetchone() == (expected,)


def test_a_tier_without_a_default_action_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, "tiers: [Platinum, Gold, Silver]", "tiers: [Platinum, Gold, Silver, Bronze]")
    with pytest.raises(OlistError, match="the tier Bronze has no default action"):
        read_strategy(path)


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    path = changed(tmp_path, "tiers: [Platinum, Gold, Silver]", "tiers: [Platinum, Gold, Silver")
    with pytest.raises(OlistError, match=r"strategy.yaml line \d+: this is not YAML"):
        read_strategy(path)


def test_no_name_in_the_file_can_leave_its_quotes(tmp_path: Path, connection: Connection) -> None:
    evil = "x'); drop schema analytics cascade; --"
    path = changed(tmp_path, "next_action: Free Shipping Nudge", f'next_action: "{evil} %s {{}} :a"')
    connection.execute(functions(read_strategy(path)))
    assert connection.execute("select ops.action_name(4)").fetchone() == (f"{evil} %s {{}} :a",)
    assert connection.execute("select to_regclass('analytics.customer_snapshots')").fetchone() != (None,)


@pytest.mark.parametrize(
    ("tier", "score", "category", "frequency", "monetary", "rule"),
    [
        ("Platinum", "2", "audio", 3, "500", 1),
        ("Silver", "1.0", "baby", 1, "10", 1),
        ("Platinum", "2.01", "audio", 3, "500", 2),
        ("Platinum", None, "pc_gamer", 1, "10", 2),
        ("Platinum", None, "baby", 3, "10", 5),
        ("Gold", None, "audio", 2, "500", 3),
        ("Gold", None, "audio", 1, "10", 6),
        ("Silver", None, "audio", 2, "99.99", 4),
        ("Silver", None, "audio", 2, "100.00", 7),
    ],
)
def test_the_first_rule_that_holds_is_taken(
    connection: Connection, tier: str, score: str, category: str, frequency: int, monetary: str, rule: int
) -> None:
    arguments = (tier, "At-Risk", category, "SP", score, 10, frequency, monetary)
    found = connection.execute(
        "select ops.action_rule(%s, %s, %s, %s, %s::numeric, %s, %s, %s::numeric)", arguments
    )
    assert found.fetchone() == (rule,)


def test_rules_are_one_sql_expression_with_exact_numbers(tmp_path: Path) -> None:
    path = changed(tmp_path, '"< 100"', '"< 99.90"')
    assert "monetary < 99.90" in to_sql(rule_expression(read_strategy(path)))
