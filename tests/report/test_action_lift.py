"""What next actions brought: every number against an independent implementation, chance against itself."""

import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import dict_row
from rich.console import Console
from scipy import stats
from support import lift, pipeline
from support.places import PROJECT
from support.strategies import holdout, in_force

from olist.local import demo_data
from olist.local.demo_effect import Effect
from olist.report.experiments import (
    planning_table,
    print_lift,
    read_lift,
    smallest_visible_lift,
    verdict,
)
from olist.report.page import render_report
from olist.segments_page.app import TEMPLATE, _template
from olist.strategy.preview import preview
from olist.strategy.preview_tables import print_preview
from olist.strategy.reading import read_strategy
from olist.warehouse import read_sql

SHARE, SALT = 0.3, "spring"
MONTHS = [date(2018, 1, 1), date(2018, 2, 1), date(2018, 3, 1), date(2018, 7, 1)]
# Money is rounded to a hundredth in the view.
MONEY = ("treated_spend", "held_out_spend", "spend_lift", "spend_lift_low", "spend_lift_high")


def months_with_holdouts(connection: Connection, data_dir: Path) -> None:
    """Of the last month the 90 days are not over in the data."""
    with in_force(holdout(SHARE, SALT)):
        for month in MONTHS:
            pipeline.finish(connection, pipeline.run(connection, data_dir, month))


def lift_of(connection: Connection) -> dict[str | None, dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("select * from analytics.vw_action_lift").fetchall()
    found = {row.pop("next_action"): row for row in rows}
    assert len(found) == len(rows)
    return found


def expected(connection: Connection, data_dir: Path) -> dict[str | None, dict[str, Any]]:
    snapshots = connection.execute(
        "select as_of, customer_unique_id, next_action from analytics.customer_snapshots"
    ).fetchall()
    return lift.action_lift(data_dir, snapshots, SALT, SHARE, datetime(2018, 1, 1))


def assert_same(actual: dict[str | None, dict], wanted: dict[str | None, dict]) -> None:
    assert set(actual) == set(wanted)
    for action, row in wanted.items():
        assert set(actual[action]) == set(row)
        for name, value in row.items():
            found = actual[action][name]
            if isinstance(value, float):
                # The smallest visible lift is found step by step.
                rel = 1e-3 if name == "smallest_visible_lift" else 1e-9
                assert found == pytest.approx(value, rel=rel, abs=1e-12), (action, name)
            elif name in MONEY and value is not None:
                # A quantile of t by its expansion is a little off for few people.
                few = min(row["treated"], row["held_out"]) < 12
                assert float(found) == pytest.approx(float(value), abs=0.006, rel=0.2 if few else 1e-4), (
                    action,
                    name,
                )
            else:
                assert found == value, (action, name)


def test_every_number_on_the_demo_data(copy_of: Callable[..., str], demo: Path) -> None:
    with psycopg.connect(copy_of(months_with_holdouts, demo), autocommit=True) as connection:
        actual = lift_of(connection)
        assert_same(actual, expected(connection, demo))
    everybody = actual[None]
    assert everybody["held_out"] > 100 and everybody["held_out_waiting"] > 50
    assert everybody["treated_repurchased"] > 3
    # Once for each action, and once for all of them.
    assert sum(row["treated"] for action, row in actual.items() if action) > everybody["treated"]


@pytest.mark.slow
def test_every_number_on_real_orders(copy_of: Callable[..., str], sample: Path) -> None:
    with psycopg.connect(copy_of(months_with_holdouts, sample), autocommit=True) as connection:
        actual = lift_of(connection)
        assert_same(actual, expected(connection, sample))
    assert actual[None]["treated"] > 1000


def test_nobody_is_held_out_without_the_setting(connection: Connection, few: Path) -> None:
    pipeline.run(connection, few)
    assert lift_of(connection) == {}
    assert read_lift(connection) == []


def test_analysts_may_read_it(copy_of: Callable[..., str], demo: Path) -> None:
    with psycopg.connect(copy_of(months_with_holdouts, demo), autocommit=True) as connection:
        connection.execute("set role olist_bi")
        for view in ("vw_action_lift", "vw_action_lift_by_experiment", "vw_cohorts"):
            assert connection.execute(f"select count(*) from analytics.{view}").fetchone()[0] > 5


def test_limits_are_newcombes(connection: Connection) -> None:
    # The examples of the paper's table II (a/m against b/n), as printed there for method 10.
    for (a, m, b, n), low, high in (
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ):
        found = connection.execute(
            "select ops.newcombe_limit(%(p)s, %(m)s, %(q)s, %(n)s, -1),"
            " ops.newcombe_limit(%(p)s, %(m)s, %(q)s, %(n)s, 1)",
            {"p": a / m, "m": m, "q": b / n, "n": n},
        ).fetchone()
        assert found == pytest.approx((low, high), abs=0.00006)
        assert lift.newcombe(a, m, b, n) == pytest.approx((low, high), abs=0.00006)


def test_quantiles_of_t(connection: Connection) -> None:
    freedom = [10.0, 23.7, 100.0, 5000.0]
    found = connection.execute(
        "select ops.student_quantile(freedom) from unnest(%s::float[]) as freedom", (freedom,)
    ).fetchall()
    assert [each for (each,) in found] == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-5)


AA = """
with people as materialized (
    select md5(number::text) as id, number % 5 = 0 as has_bought from generate_series(1, 3000) as number
),
drawn as (
    select
        salt,
        count(*) filter (where not is_held_out)::float as m, count(*) filter (where is_held_out)::float as n,
        count(*) filter (where has_bought and not is_held_out) as a,
        count(*) filter (where has_bought and is_held_out) as b
    from generate_series(1, 500) as salt
    cross join people
    cross join lateral (select ops.holdout_number('a/a ' || salt, id) < 0.2 * 2 ^ 32 as is_held_out) as drawn
    group by salt
)
select
    ops.newcombe_limit(a / m, m, b / n, n, -1), ops.newcombe_limit(a / m, m, b / n, n, 1),
    ops.rates_p_value(a / m - b / n, (a + b) / (m + n), m, n), n / (m + n)
from drawn order by salt
"""


def test_without_an_effect_chance_is_what_it_says(connection: Connection) -> None:
    low, high, p_values, shares = np.array(connection.execute(AA).fetchall()).T
    held = ((low <= 0) & (high >= 0)).mean()
    assert 0.93 <= held <= 0.97
    assert stats.kstest(p_values, "uniform").pvalue > 0.05
    # Groups are as big as they should be, by no more than chance.
    assert shares.mean() == pytest.approx(0.2, abs=4 * (0.16 / 3000 / 500) ** 0.5)
    assert shares.std() == pytest.approx((0.16 / 3000) ** 0.5, rel=0.15)


def power(rate: float, effect: float, m: int, n: int) -> float:
    """How often Newcombe's interval is above 0, summed over all outcomes that matter."""
    a, b = (
        np.arange(
            max(int(people * p - 8 * (people * p) ** 0.5), 0), int(people * p + 8 * (people * p) ** 0.5)
        )
        for people, p in ((m, rate + effect), (n, rate))
    )
    chances = np.outer(stats.binom.pmf(a, m, rate + effect), stats.binom.pmf(b, n, rate))
    low, _ = lift.newcombe_of_many(a[:, None], m, b[None, :], n)
    return float(chances[low > 0].sum())


@pytest.mark.parametrize("effect", [0.01, 0.02, 0.03])
def test_planted_effects_are_found_as_often_as_computed(connection: Connection, effect: float) -> None:
    rate, m, n, trials = 0.1, 9000, 3000, 2000
    rng = np.random.default_rng(round(1000 * effect))
    a, b = rng.binomial(m, rate + effect, trials), rng.binomial(n, rate, trials)
    limits = connection.execute(
        "select ops.newcombe_limit(a / %(m)s, %(m)s, b / %(n)s, %(n)s, -1),"
        " ops.newcombe_limit(a / %(m)s, %(m)s, b / %(n)s, %(n)s, 1)"
        " from unnest(%(a)s::float[], %(b)s::float[]) as counts (a, b)",
        {"a": a.tolist(), "b": b.tolist(), "m": float(m), "n": float(n)},
    ).fetchall()
    low, high = np.array(limits).T
    wanted = power(rate, effect, m, n)
    error = 3 * (wanted * (1 - wanted) / trials) ** 0.5
    assert (low > 0).mean() == pytest.approx(wanted, abs=max(error, 0.002))
    assert 0.935 < ((low <= effect) & (effect <= high)).mean() < 0.965


@pytest.mark.parametrize(
    ("people", "rate", "share"), [(95_000, 0.01, 0.1), (30_000, 0.1, 0.5), (20_000, 0.03, 0.2)]
)
def test_the_smallest_visible_lift_is_seen_four_times_out_of_five(
    connection: Connection, people: int, rate: float, share: float
) -> None:
    planned = smallest_visible_lift(people, rate, share)
    m, n = round(people * (1 - share)), round(people * share)
    (found,) = connection.execute(
        "select ops.smallest_visible_lift(%s, %s, %s)", (rate, float(m), float(n))
    ).fetchone()
    assert found == pytest.approx(planned, rel=1e-12)
    assert found == pytest.approx(lift.smallest_visible_lift(rate, m, n), rel=1e-6)
    assert power(rate, planned, m, n) == pytest.approx(0.8, abs=0.005)
    if people == 95_000:
        assert planned == pytest.approx(0.0033, abs=0.0001)


@pytest.mark.slow
def test_the_loop_is_closed_on_demo_data_with_a_planted_effect(
    connection: Connection, tmp_path: Path
) -> None:
    demo_data.generate(tmp_path / "files", 6_000, effect=Effect(0.05, SHARE, SALT))
    with in_force(holdout(SHARE, SALT)):
        for month in MONTHS[:3]:
            pipeline.run(connection, tmp_path / "files", month)
    all_actions = lift_of(connection)[None]
    assert all_actions["verdict"] == "worked"
    assert all_actions["lift_low"] < 0.05 < all_actions["lift_high"]
    assert all_actions["lift_high"] - all_actions["lift_low"] < 0.04
    assert all_actions["spend_lift_low"] > 0


def row(**changed: Any) -> dict[str, Any]:
    return {
        "lift": 0.012,
        "lift_low": 0.004,
        "lift_high": 0.02,
        "smallest_visible_lift": 0.009,
        "verdict": "worked",
        "treated_waiting": 0,
        "held_out_waiting": 0,
    } | changed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "worked: 1.20 points more bought again (0.40 to 2.00)"),
        (
            {"lift": -0.01, "lift_low": -0.015, "lift_high": -0.005, "verdict": "harmed"},
            "harmed: 1.00 points fewer bought again (0.50 to 1.50)",
        ),
        (
            {"lift_low": -0.01, "verdict": "no effect that could be seen"},
            "no effect that could be seen: too few people to see less than 0.90 points",
        ),
        (
            {"lift": 0, "verdict": "no effect that could be seen", "smallest_visible_lift": None},
            "no effect that could be seen: too few people to see any",
        ),
        ({"lift": None, "verdict": None, "held_out_waiting": 3}, "too early: the 90 days are not over"),
        ({"lift": None, "verdict": None}, "nobody to compare with: one of the two groups is empty"),
    ],
)
def test_it_is_said_in_words(changed: dict[str, Any], words: str) -> None:
    assert verdict(row(**changed)) == words


def test_the_table_in_the_terminal(copy_of: Callable[..., str], demo: Path) -> None:
    output = io.StringIO()
    with psycopg.connect(copy_of(months_with_holdouts, demo), autocommit=True) as connection:
        print_lift(read_lift(connection), Console(file=output, width=220))
    shown = " ".join(output.getvalue().split())
    assert "all actions together" in shown and "Did it work?" in shown
    assert "30 % of the customers are held out by chance (salt spring), since 2018-01-01" in shown
    assert "too few people to see less than" in shown


def test_report_and_page_say_whether_actions_work(copy_of: Callable[..., str], demo: Path) -> None:
    with psycopg.connect(copy_of(months_with_holdouts, demo), autocommit=True) as connection:
        report = " ".join(render_report(connection, pipeline.last_run(connection)).split())
        with connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(read_sql("segments_page/action_lift")).fetchall()
        page = _template(TEMPLATE).render(action_lift=rows, runs=[], moved=[], sync=[], gates=[], tiers=[])
    assert "30 % of the customers are held out by chance since 2018-01-01" in report
    assert "people are not counted yet, as their 90 days are not over" in report
    assert "so this is no proof that it worked: see above" in report
    for text in (report, page):
        assert "Did the actions work?" in text and "All together" in text
        assert "no effect that could be seen: too few people to see less than" in text
    assert "30 % of the customers are held out by chance since 2018-01-01" in page


def test_without_holdouts_report_and_page_say_nothing_of_them(connection: Connection, few: Path) -> None:
    pipeline.run(connection, few, date(2018, 3, 1))
    report = render_report(connection, pipeline.last_run(connection))
    assert "Did the actions work?" not in report and "held out" not in report
    assert "Nobody was left out at random, so this is no proof that an action worked." in report
    page = _template(TEMPLATE).render(action_lift=[], runs=[], moved=[], sync=[], gates=[], tiers=[])
    assert "held out" not in page


def test_the_preview_says_how_many_are_held_out(connection: Connection, few: Path) -> None:
    pipeline.run(connection, few)
    shown = []
    for strategy in ((), (holdout(0.25),)):
        output = io.StringIO()
        with in_force(*strategy):
            print_preview(preview(connection, read_strategy()), Console(file=output, width=300))
        shown.append(output.getvalue())
    assert "held out" not in shown[0]
    assert "25% of the customers are held out (holdout.share), some 14" in shown[1]
    assert "0 of" in shown[1] and "would get another next action" in shown[1]


def test_the_table_of_the_docs_is_what_the_command_prints() -> None:
    text = (PROJECT / "docs" / "experiments.md").read_text(encoding="utf-8")
    assert "\n".join(planning_table()) in text


def test_money_is_exact(connection: Connection) -> None:
    (half,) = connection.execute("select ops.welch_half_width(4.0 / 10, 10, 9.0 / 20, 20)").fetchone()
    freedom = (0.4 + 0.45) ** 2 / (0.4**2 / 9 + 0.45**2 / 19)
    assert half == pytest.approx(stats.t.ppf(0.975, freedom) * 0.85**0.5, rel=1e-5)
    assert Decimal(str(half)) > 0
