"""Who moved between two snapshots, and how much of the scores is chance."""

from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from psycopg import Connection
from psycopg.rows import dict_row
from support import pipeline
from support.shop import Shop

from olist.report.summary import read_summary
from olist.stages.write_outputs import render_report

MONTHS = [date(2017, 9, 1), date(2017, 12, 1), date(2018, 3, 1), date(2018, 6, 1)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view", "column"), [("vw_segment_migration", "segment"), ("vw_tier_migration", "tier")]
)
def test_movement_adds_up_to_the_snapshots_on_both_sides(
    connection: Connection, demo: Path, view: str, column: str
) -> None:
    for month in reversed(MONTHS):
        pipeline.run(connection, demo, month)
    snapshot_column = {"segment": "segment_name", "tier": "loyalty_tier"}[column]
    sizes: Counter = Counter()
    for as_of, name, customers in connection.execute(
        f"select as_of, {snapshot_column}, count(*) from analytics.customer_snapshots group by 1, 2"
    ):
        sizes[as_of, name] = customers
    came, left = Counter(), Counter()
    moves = connection.execute(
        f"select as_of, previous_as_of, from_{column}, to_{column}, customers from analytics.{view}"
    ).fetchall()
    pairs = {(as_of, previous) for as_of, previous, *_ in moves}
    for as_of, previous, before, after, customers in moves:
        left[previous, before] += customers
        came[as_of, after] += customers
        assert after != "gone"
    moments = [datetime(month.year, month.month, 1) for month in MONTHS]
    assert pairs == set(zip(moments[1:], moments, strict=False))
    assert dict(came) == {key: count for key, count in sizes.items() if key[0] != moments[0]}
    assert {key: count for key, count in left.items() if key[1] != "new"} == {
        key: count for key, count in sizes.items() if key[0] != moments[-1]
    }


def test_new_gone_and_without_a_tier(connection: Connection, tmp_path: Path) -> None:
    shop = Shop()
    shop.crowd()
    shop.order("anna", "2018-01-10 00:00:00")
    shop.order("berta", "2018-02-10 00:00:00")
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    shop.write(first)
    # Later files say that anna's order was canceled, so that nothing of hers counts any more.
    for row in shop.tables["olist_orders_dataset"]:
        if row[1] == "customer-of-order-003":
            row[2] = "canceled"
    shop.write(second)
    pipeline.run(connection, first, date(2018, 2, 1))
    pipeline.run(connection, second, date(2018, 3, 1))
    # The CALL finds no model that is not younger than its as_of, so its snapshot has no tiers.
    connection.execute("call analytics.refresh_customer_segments(as_of => '2018-01-01')")

    def moves(view: str, column: str, as_of: str) -> dict:
        found = connection.execute(
            f"select from_{column}, to_{column}, sum(customers)::integer from analytics.{view}"
            f" where as_of = %s and (from_{column} in ('new', 'none') or to_{column} in ('gone', 'none'))"
            " group by 1, 2",
            (as_of,),
        )
        return {(before, after): customers for before, after, customers in found}

    segments = moves("vw_segment_migration", "segment", "2018-03-01")
    assert sum(count for (before, _), count in segments.items() if before == "new") == 1
    assert sum(count for (_, after), count in segments.items() if after == "gone") == 1
    tiers = moves("vw_tier_migration", "tier", "2018-02-01")
    assert sum(count for (before, _), count in tiers.items() if before == "none") == 3
    assert sum(count for (before, _), count in tiers.items() if before == "new") == 1
    assert not any(after == "gone" for _, after in tiers)


@pytest.mark.slow
def test_one_month_of_movement_reads_two_snapshots(connection: Connection, demo: Path) -> None:
    for month in MONTHS:
        pipeline.run(connection, demo, month)
    for view in ("vw_segment_migration", "vw_tier_migration", "vw_segment_outcomes", "vw_outcomes"):
        (plan,) = connection.execute(
            f"explain (analyze, format json) select * from analytics.{view} where as_of = '2018-03-01'"
        ).fetchone()
        (size,) = connection.execute(
            "select max(n) from (select count(*) as n from"
            " analytics.customer_snapshots group by as_of) as sizes"
        ).fetchone()
        read = sum(
            node["Actual Rows"] * node["Actual Loops"]
            for node in nodes(plan[0]["Plan"])
            if node.get("Relation Name", "").startswith("customer_snapshots_")
        )
        assert 0 < read <= 2 * size + len(MONTHS) ** 2, view


def nodes(plan: dict) -> list[dict]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


def test_five_people_who_bought_once_have_their_f_score_by_chance(
    connection: Connection, tmp_path: Path
) -> None:
    shop = Shop()
    for number, price in enumerate(["10.00", "20.00", "30.00", "40.00", "40.00"], start=1):
        shop.order(f"person-{number}", f"2018-01-0{number} 00:00:00", [("bebes", price, "0.00")])
    pipeline.run(connection, shop.write(tmp_path), date(2018, 2, 1))
    ties = connection.execute(
        "select score, quintile, customers, decided_by_ties, pct_decided_by_ties"
        " from analytics.vw_score_ties order by score, quintile"
    ).fetchall()
    everybody, nobody = Decimal("100.00"), Decimal("0.00")
    assert ties == [
        *(("f_score", quintile, 1, 1, everybody) for quintile in range(1, 6)),
        *(("m_score", quintile, 1, 0, nobody) for quintile in range(1, 4)),
        *(("m_score", quintile, 1, 1, everybody) for quintile in range(4, 6)),
        *(("r_score", quintile, 1, 0, nobody) for quintile in range(1, 6)),
    ]


@pytest.mark.slow
def test_ties_are_those_of_the_published_snapshot(connection: Connection, demo: Path) -> None:
    for month in MONTHS[-2:] * 2:
        pipeline.run(connection, demo, month)
    values = {"r_score": "last_purchase_date", "f_score": "frequency", "m_score": "monetary"}
    with connection.cursor(row_factory=dict_row) as cursor:
        people = cursor.execute("select * from analytics.customer_snapshots").fetchall()
    quintiles = defaultdict(set)
    for person in people:
        for score, value in values.items():
            quintiles[person["as_of"], score, person[value]].add(person[score])
    customers, decided = Counter(), Counter()
    for person in people:
        for score, value in values.items():
            quintile = (person["as_of"], score, person[score])
            customers[quintile] += 1
            decided[quintile] += len(quintiles[person["as_of"], score, person[value]]) > 1
    found = connection.execute(
        "select as_of, score, quintile, customers, decided_by_ties from analytics.vw_score_ties"
    ).fetchall()
    assert {row[:3]: row[3] for row in found} == customers
    assert {row[:3]: row[4] for row in found} == decided
    assert sum(decided[month, "f_score", 1] for month in {row[0] for row in found}) > 0


def test_the_summary_and_the_report_say_how_much_is_chance(connection: Connection, demo: Path) -> None:
    run_id = pipeline.run(connection, demo)
    ties = read_summary(connection, run_id)["score_ties"]
    assert [each["score"] for each in ties] == ["r_score", "f_score", "m_score"]
    assert ties[0]["share"] < 5 < 80 < ties[1]["share"] <= 100
    report = render_report(connection, run_id)
    assert all(f"{each['share']} %" in report for each in ties)


def expected_movement(history: list[tuple[datetime, str, str]]) -> dict[str, str]:
    """The same of one customer, from (as_of, tier, segment) in order."""
    found = {}
    for name, column in (("loyalty_tier", 1), ("rfm_segment", 2)):
        *_, today = values = [row[column] or "" for row in history]
        beginning = len(values) - 1
        while beginning and values[beginning - 1] == today:
            beginning -= 1
        found[f"previous_{name}"] = values[beginning - 1] if beginning else ""
        found[f"{name}_since"] = f"{history[beginning][0]:%Y-%m-%d}"
    return found


def movement(connection: Connection, run_id: int) -> dict[str, dict[str, str]]:
    connection.execute("call ops.follow_movement(%s)", (run_id,))
    return dict(connection.execute("select * from ops.customer_movement(%s)", (run_id,)).fetchall())


def histories(connection: Connection) -> dict[str, list[tuple]]:
    found = defaultdict(list)
    for customer, *row in connection.execute(
        "select customer_unique_id, as_of, loyalty_tier, segment_name"
        " from analytics.customer_snapshots order by as_of"
    ):
        found[customer].append(tuple(row))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (0, 1, 2, 3, 3, 1)])
def test_where_customers_were_before_follows_from_the_snapshots_alone(
    connection: Connection, demo: Path, order: tuple[int, ...]
) -> None:
    runs = {}
    for number in order:
        runs[MONTHS[number]] = pipeline.run(connection, demo, MONTHS[number])
        # As a delivery does after each, whatever is there by then.
        movement(connection, runs[MONTHS[number]])
    everybody = histories(connection)
    for month in (*MONTHS, MONTHS[1]):
        assert movement(connection, runs[month]) == {
            customer: expected_movement([row for row in rows if row[0].date() <= month])
            for customer, rows in everybody.items()
            if any(row[0].date() == month for row in rows)
        }
    newest = movement(connection, runs[MONTHS[-1]]).values()
    assert sum(each["previous_loyalty_tier"] != "" for each in newest) > 100


@pytest.mark.slow
def test_where_customers_were_before_outlives_snapshots_that_are_dropped(
    connection: Connection, demo: Path
) -> None:
    for month in MONTHS:
        run_id = pipeline.run(connection, demo, month)
        pipeline.finish(connection, run_id)
    before = movement(connection, run_id)
    for months in (7, 4, 1):
        connection.execute("call ops.drop_old_snapshots(%s)", (months,))
        assert movement(connection, run_id) == before
    assert connection.execute("select count(*) from ops.snapshot_dates").fetchone() == (1,)


def test_a_month_without_the_customer_and_a_month_without_tiers(
    connection: Connection, tmp_path: Path
) -> None:
    shop = Shop()
    shop.crowd()
    for customer in ("anna", "berta", "clara"):
        shop.order(customer, "2018-01-10 00:00:00")
    shop.write(tmp_path)
    runs = [pipeline.run(connection, tmp_path, date(2018, month, 1)) for month in (3, 4, 5)]
    for customer, as_of, tier in (
        ("anna", "2018-03-01", "Gold"),
        ("anna", "2018-05-01", "Silver"),
        ("berta", "2018-04-01", None),
        ("berta", "2018-05-01", "Gold"),
    ):
        connection.execute(
            "update analytics.customer_snapshots set loyalty_tier = %s"
            " where customer_unique_id = %s and as_of = %s",
            (tier, customer, as_of),
        )
    connection.execute(
        "update ops.snapshot_drafts as draft set loyalty_tier = published.loyalty_tier"
        " from analytics.customer_snapshots as published, ops.pipeline_runs as run"
        " where run.run_id = draft.run_id and published.as_of = run.as_of"
        " and published.customer_unique_id = draft.customer_unique_id"
    )
    connection.execute(
        "delete from analytics.customer_snapshots where customer_unique_id = 'anna' and as_of = '2018-04-01'"
    )
    found = movement(connection, runs[-1])
    assert found["anna"]["previous_loyalty_tier"] == "Gold"
    assert found["anna"]["loyalty_tier_since"] == "2018-05-01"
    assert found["anna"]["rfm_segment_since"] == "2018-03-01"
    assert found["berta"]["previous_loyalty_tier"] == ""
    assert found["berta"]["loyalty_tier_since"] == "2018-05-01"
    assert found == {customer: expected_movement(rows) for customer, rows in histories(connection).items()}
