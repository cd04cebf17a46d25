"""What happened after each snapshot, against the files themselves, and what is said about it."""

import io
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from psycopg import Connection
from rich.console import Console
from scipy.stats import fisher_exact
from support import pipeline
from support.reference import qualifying_orders, read_items
from support.shop import Shop

from olist.exceptions import OlistError
from olist.report.evaluate import Evaluation, Outcome, evaluate, mantel_haenszel
from olist.report.evaluate_tables import print_evaluation

MONTHS = [date(2017, 9, 1), date(2017, 12, 1), date(2018, 3, 1), date(2018, 7, 1)]
WINDOW = timedelta(days=90)


def bought_after(data_dir: Path, as_of: datetime) -> dict[str, Decimal]:
    """Revenue of each person in the 90 days from as_of, read from the files."""
    items = read_items(data_dir)
    cents = items.groupby("order_id")["cents"].sum()
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    for order in qualifying_orders(data_dir, items).itertuples():
        if as_of <= order.purchased_at < as_of + WINDOW:
            revenue[order.customer_unique_id] += Decimal(int(cents[order.order_id])).scaleb(-2)
    return revenue


@pytest.mark.parametrize(
    ("view", "dimensions"),
    [
        ("vw_segment_outcomes", ["segment_name", "next_action"]),
        ("vw_outcomes", ["segment_name", "loyalty_tier", "next_action"]),
    ],
)
def test_outcomes_are_what_the_files_say(
    connection: Connection, demo: Path, view: str, dimensions: list[str]
) -> None:
    for month in MONTHS:
        pipeline.run(connection, demo, month)
    names = ", ".join(dimensions)
    actual = {
        tuple(key): tuple(counts)
        for *key, counts in (
            (*row[:-3], row[-3:])
            for row in connection.execute(
                f"select as_of, {names}, customers, repurchased_90d, revenue_90d from analytics.{view}"
            )
        )
    }
    customers, repurchased, revenue = Counter(), Counter(), defaultdict(Decimal)
    after = {as_of: bought_after(demo, as_of) for (as_of,) in snapshot_dates(connection)}
    for as_of, person, *group in connection.execute(
        f"select as_of, customer_unique_id, {names} from analytics.customer_snapshots"
    ):
        key = (as_of, *group)
        customers[key] += 1
        repurchased[key] += person in after[as_of]
        revenue[key] += after[as_of].get(person, 0)
    # The demo data ends in August 2018, so nobody knows yet what came of July.
    assert actual == {
        key: (count, repurchased[key], revenue[key]) if key[0] < datetime(2018, 5, 1) else (count, None, None)
        for key, count in customers.items()
    }
    assert sum(repurchased[key] for key in repurchased if key[0] < datetime(2018, 5, 1)) > 10


def snapshot_dates(connection: Connection) -> list[tuple[datetime]]:
    return connection.execute("select as_of from ops.snapshot_dates order by as_of").fetchall()


def test_the_ninety_days_begin_at_as_of_and_end_before_the_ninetieth_has_passed(
    connection: Connection, tmp_path: Path
) -> None:
    shop = Shop()
    for person in ("at-once", "last-moment", "too-late", "canceled"):
        shop.order(person, "2017-01-01 00:00:00")
    shop.crowd()
    shop.order("at-once", "2017-02-01 00:00:00", [("bebes", "10.00", "0.50")])
    shop.order("last-moment", "2017-05-01 23:59:59", [("bebes", "20.00", "0.50"), ("audio", "1.00", "0.00")])
    shop.order("too-late", "2017-05-02 00:00:00", [("bebes", "30.00", "0.00")])
    shop.order("canceled", "2017-03-01 00:00:00", [("bebes", "40.00", "0.00")], status="canceled")
    pipeline.run(connection, shop.write(tmp_path), date(2017, 2, 1))
    pipeline.run(connection, tmp_path, date(2017, 2, 2))
    outcomes = connection.execute(
        "select customer_unique_id, repurchased_90d, revenue_90d from analytics.vw_customer_outcomes"
        " where as_of = '2017-02-01' and customer_unique_id !~ '^zz' order by 1"
    ).fetchall()
    assert outcomes == [
        ("at-once", True, Decimal("10.50")),
        ("canceled", False, Decimal(0)),
        ("last-moment", True, Decimal("21.50")),
        ("too-late", False, Decimal(0)),
    ]
    unknown = connection.execute(
        "select distinct repurchased_90d, revenue_90d from analytics.vw_customer_outcomes"
        " where as_of = '2017-02-02'"
    ).fetchall()
    assert unknown == [(None, None)]


def test_shares_and_deciles_add_up(connection: Connection, demo: Path) -> None:
    for month in MONTHS:
        pipeline.run(connection, demo, month)
    evaluation = evaluate(connection)
    assert [as_of.date() for as_of in evaluation.months] == MONTHS[:3]
    assert [as_of.date() for as_of in evaluation.waiting] == MONTHS[3:]
    for kind, groups in (("segment", None), ("tier", 3), ("rfm_decile", 10), ("recency_decile", 10)):
        found = evaluation.groups(kind)
        assert groups is None or len(found) == groups
        assert sum(group.customer_share for group in found) == pytest.approx(1)
        assert sum(group.revenue_share for group in found) == pytest.approx(1)
        for group in found:
            assert group.lift == pytest.approx(group.revenue_share / group.customer_share)
    sizes = [group.customers for group in evaluation.groups("rfm_decile")]
    assert max(sizes) - min(sizes) <= len(evaluation.months)


def test_a_plain_list_by_last_purchase_is_ranked_by_nothing_else(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo, MONTHS[1])
    as_of = datetime(2017, 12, 1)
    after = bought_after(demo, as_of)
    people = connection.execute(
        "select customer_unique_id from analytics.vw_customer_rfm"
        " order by last_purchase_date desc, customer_unique_id"
    ).fetchall()
    # ntile gives the first groups one more where the division leaves a rest.
    tenth, rest = divmod(len(people), 10)
    best = [person for (person,) in people[: 3 * tenth + min(rest, 3)]]
    known = [person for (person,) in people]
    expected = sum(after.get(person, 0) for person in best) / sum(after.get(person, 0) for person in known)
    assert evaluate(connection).reach(as_of, "recency_decile", 3) == pytest.approx(float(expected))


def test_one_month_is_fishers_exact_test() -> None:
    group, everybody = Outcome(40, 9, Decimal(0)), Outcome(200, 20, Decimal(0))
    observed, expected, p_value = mantel_haenszel([(group, everybody)])
    assert (observed, expected) == (9, 4.0)
    table = [[9, 31], [11, 149]]
    assert p_value == pytest.approx(2 * fisher_exact(table, alternative="greater").pvalue)


def test_months_are_compared_with_themselves_alone() -> None:
    # Each month the group is exactly average, but there was more of it when everybody bought more: pooled, it
    # would seem to buy more than the others (Simpson's paradox).
    months = [
        (Outcome(900, 90, Decimal(0)), Outcome(1000, 100, Decimal(0))),
        (Outcome(100, 1, Decimal(0)), Outcome(1000, 10, Decimal(0))),
    ]
    observed, expected, p_value = mantel_haenszel(months)
    assert observed == expected == 91
    assert p_value > 0.9


def month(**segments: tuple[int, int, int]) -> dict:
    groups = {
        ("segment", name): Outcome(*map(int, counts[:2]), Decimal(counts[2]))
        for name, counts in segments.items()
    }
    total = [sum(counts[part] for counts in segments.values()) for part in range(3)]
    everybody = {("everybody", "none"): Outcome(total[0], total[1], Decimal(total[2]))}
    deciles = {(kind, "1"): everybody["everybody", "none"] for kind in ("rfm_decile", "recency_decile")}
    return groups | everybody | deciles


def test_it_is_said_in_words_where_a_segment_does_not_predict() -> None:
    outcomes = month(Best=(100, 60, 9000), Middle=(800, 80, 8000), Lost=(600, 10, 500), Few=(3, 0, 0))
    evaluation = Evaluation({datetime(2018, 1, 1): outcomes}, [])
    verdicts = {group.name: group.verdict for group in evaluation.groups("segment")}
    assert verdicts["Best"].startswith("yes: bought again 6.0 times as often")
    assert verdicts["Lost"].startswith("yes: bought again 0.2 times as often")
    assert verdicts["Middle"] == "does not predict: 1.0 times as often as the average may be chance"
    assert verdicts["Few"] == "too few to tell: 0 bought again, 0.3 expected"


def test_purchases_count_once_for_the_test() -> None:
    outcomes = month(Best=(100, 20, 900), Rest=(900, 80, 900))
    moments = [datetime(2018, number, 1) for number in (1, 2, 3, 4, 5)]
    evaluation = Evaluation(dict.fromkeys(moments, outcomes), [])
    best = next(group for group in evaluation.groups("segment") if group.name == "Best")
    # From 1 May on, 1 February is not 90 days away and 1 January is: two windows that do not overlap.
    assert (best.observed, best.customers) == (40, 500)


def test_the_tables(connection: Connection, demo: Path) -> None:
    for number in (6, 9, 12):
        pipeline.run(connection, demo, date(2017, number, 1))
    output = io.StringIO()
    print_evaluation(evaluate(connection), Console(file=output, width=200))
    shown = output.getvalue()
    for text in ("Champions", "Platinum", "By last purchase alone", "2017-09-01", "Does it predict?"):
        assert text in shown
    assert "than a plain list by last purchase" in " ".join(shown.split())


def test_there_may_be_nothing_to_evaluate(connection: Connection, demo: Path) -> None:
    with pytest.raises(OlistError, match="No snapshot is stored yet"):
        evaluate(connection)
    pipeline.run(connection, demo)
    output = io.StringIO()
    print_evaluation(evaluate(connection), Console(file=output, width=200))
    assert "nothing can be said yet" in output.getvalue()
