"""The links of a chain in the warehouse: the same in any order, with nothing from the future."""

import hashlib
import itertools
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import numpy as np
import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.model import links as links_module
from olist.model.clusters import in_doubles
from olist.stages.train_clusters import train_clusters
from olist.strategy.limits import GATES

# In which the demo's chain begins, keeps its model and replaces it.
MONTHS = [
    date(2017, 6, 1),
    date(2017, 9, 1),
    date(2017, 11, 1),
    date(2018, 2, 1),
    date(2018, 5, 1),
    date(2018, 6, 1),
    date(2018, 8, 1),
]


@pytest.fixture(autouse=True)
def small_shops_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's 1,500 orders are enough to keep a model."""
    monkeypatch.setattr(links_module, "ENOUGH_CUSTOMERS", 100)


def run_month(uri: str, demo: Path, month: date) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        pipeline.run(connection, demo, month, retrain="auto", accept=GATES)


def choices(connection: Connection) -> dict[date, tuple[str, str]]:
    rows = connection.execute(
        "select as_of, decision, reason from ops.model_choices inner join ops.pipeline_runs using (run_id)"
    )
    return {as_of.date(): (decision, reason) for as_of, decision, reason in rows}


def with_features(connection: Connection, data_dir: Path, month: date) -> int:
    run_id = pipeline.begin(connection, data_dir, month, retrain="auto")
    pipeline.load_all(connection, run_id)
    for stage in pipeline.CORE[:4]:
        stage(connection, run_id)
    return run_id


def test_forwards_backwards_and_four_at_once_make_one_chain(
    new_warehouse: Callable[[], str], demo: Path
) -> None:
    results = []
    for order, workers in ((MONTHS, 1), (MONTHS[::-1], 1), (MONTHS[::2] + MONTHS[1::2], 4)):
        uri = new_warehouse()
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda month, uri=uri: run_month(uri, demo, month), order))
        with psycopg.connect(uri, autocommit=True) as connection:
            links = connection.execute(
                "select fingerprint, previous_fingerprint, decision, reason, inertia from ops.model_links"
                " order by as_of"
            ).fetchall()
            younger = connection.execute(
                "select count(*) from analytics.customer_snapshots"
                " inner join ops.cluster_models using (model_id) where trained_as_of > as_of"
            )
            assert younger.fetchone() == (0,)
            for month in MONTHS:
                again = connection.execute("select * from ops.reassigned_tiers(%s)", (month,)).fetchall()
                published = connection.execute(
                    "select customer_unique_id, loyalty_tier from analytics.customer_snapshots"
                    " where as_of = %s",
                    (month,),
                ).fetchall()
                assert sorted(again) == sorted(published) != []
            snapshots = [pipeline.snapshot(connection, month) for month in MONTHS]
            results.append((choices(connection), links, snapshots))
    assert results[0] == results[1] == results[2]
    assert {decision for decision, _ in results[0][0].values()} == {"vintage", "kept", "replaced"}


def test_the_reasons_are_sentences(connection: Connection, demo: Path) -> None:
    for month in MONTHS:
        pipeline.run(connection, demo, month, retrain="auto", accept=GATES)
    said = choices(connection)
    worse = r"it fitted \d+\.\d % worse than the best new one"
    patterns = {
        "vintage": r"The model of \S+ is new, since the chain begins here: \d+ of \d+ customers were there a"
        r" vintage before",
        "kept": rf"The model of \S+ is kept: at \S+ {worse}, no more than 4 %",
        "replaced": rf"The model of \S+ is replaced by one of \S+, when {worse}, more than 4 %; the new one"
        r" moves \d+\.\d % of the customers(, and is on the way to a better one, so that not too many move at"
        r" once)?",
    }
    for decision, reason in said.values():
        assert re.fullmatch(patterns[decision] + r"\.", reason), reason
    pipeline.run(connection, demo, date(2018, 8, 9), retrain="auto", accept=GATES)
    decision, reason = choices(connection)[date(2018, 8, 9)]
    fits = r"; since then the data fit: \w+ has shifted by 0\.\d\d since 2018-08-01, no more than 0\.25\."
    assert re.fullmatch(patterns[decision] + fits, reason), reason


def test_a_link_has_seen_nothing_after_its_moment(new_warehouse: Callable[[], str], demo: Path) -> None:
    links = []
    for more in (0, 1_000):
        with psycopg.connect(new_warehouse(), autocommit=True) as connection:
            run_id = with_features(connection, demo, date(2018, 5, 10))
            connection.execute(
                "update ops.order_values_drafts set items_total = items_total + %s"
                " where order_date >= '2018-01-01'",
                (more,),
            )
            train_clusters(connection, run_id)
            links.append(
                connection.execute(
                    "select as_of, fingerprint, inertia from ops.model_links order by as_of"
                ).fetchall()
            )
    before, after = (
        [[link for link in each if (link[0] <= datetime(2018, 1, 1)) is part] for each in links]
        for part in (True, False)
    )
    assert before[0] == before[1] != []
    assert after[0] != after[1]


def test_the_features_of_a_chain_are_those_of_each_moment(connection: Connection, demo: Path) -> None:
    run_id = with_features(connection, demo, date(2018, 8, 1))
    for months, enough, sample in ((3, 200, 300), (1, 50, 10_000), (1, 1, 10_000)):
        found = connection.execute(
            "select moment, people, people_before, features"
            " from ops.chain_features(%s, '2018-07-01', %s, %s, %s)",
            (run_id, months, enough, sample),
        ).fetchall()
        everybody = {}
        for number in range(24):
            year, month = divmod(2018 * 12 + 6 - number, 12)
            moment = datetime(year, month + 1, 1)
            rows = connection.execute(
                "select customer_unique_id, recency_days, frequency, monetary::float8"
                " from ops.customer_rfm_as_of(%s, %s)",
                (run_id, moment),
            ).fetchall()
            everybody[moment] = rows
        dates = sorted(moment for moment in everybody if (moment.month - 1) % months == 0)
        begins = min(
            moment
            for before, moment in itertools.pairwise([None, *dates])
            if len(everybody.get(before, [])) >= max(enough, len(everybody[moment]) / 2)
        )
        assert [moment for moment, *_ in found] == [moment for moment in dates if moment >= begins]
        for moment, people, before, packed in found:
            rows = sorted(everybody[moment], key=lambda row: hashlib.sha256(row[0].encode()).digest())
            expected = np.array([row[1:] for row in rows[:sample]], dtype=float)
            assert in_doubles(packed) == expected.tobytes()
            assert people == len(rows)
            assert before == len(everybody[dates[dates.index(moment) - 1]])
    nobody = "select moment, features from ops.chain_features(%s, '2015-04-01', 3, 200, 300)"
    assert connection.execute(nobody, (run_id,)).fetchall() == []


def test_unchanged_files_find_their_link_at_once(
    connection: Connection, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.run(connection, demo, date(2018, 6, 1), retrain="auto", accept=GATES)

    def not_needed(*_: object, **__: object) -> None:
        raise AssertionError("the link is known")

    monkeypatch.setattr(links_module, "in_doubles", not_needed)
    for month in (date(2018, 6, 1), date(2018, 3, 1)):
        pipeline.run(connection, demo, month, retrain="auto", accept=GATES)
    monkeypatch.setattr(links_module, "LINK_SAMPLE", 500)
    with pytest.raises(AssertionError, match="the link is known"):
        pipeline.run(connection, demo, date(2018, 6, 1), retrain="auto", accept=GATES)


def test_a_month_that_has_drifted_has_another_model_and_the_chain_goes_on_without_it(
    connection: Connection, demo: Path
) -> None:
    run_id = with_features(connection, demo, date(2018, 5, 10))
    connection.execute(
        "update ops.customer_rfm_drafts set frequency = 2 where mod(round(monetary * 100), 4) = 0"
    )
    found = train_clusters(connection, run_id)
    assert found["decision"] == "drifted"
    assert (
        "frequency has shifted by" in found["reason"]
        and "is replaced by one of 2018-05-10" in found["reason"]
    )
    trained_as_of = connection.execute(
        "select trained_as_of from ops.cluster_models where model_id = %s", (found["model_id"],)
    )
    assert trained_as_of.fetchone() == (datetime(2018, 5, 10),)
    links = connection.execute("select as_of from ops.model_links order by as_of").fetchall()
    assert links[-2:] == [(datetime(2018, 5, 1),), (datetime(2018, 5, 10),)]
    pipeline.run(connection, demo, date(2018, 8, 1), retrain="auto", accept=GATES)
    before = connection.execute(
        "select before.as_of from ops.model_links as link"
        " inner join ops.model_links as before on before.fingerprint = link.previous_fingerprint"
        " where link.as_of = '2018-06-01'"
    )
    assert before.fetchone() == (datetime(2018, 5, 1),)


def test_customers_who_are_all_alike_begin_no_chain(connection: Connection, demo: Path) -> None:
    run_id = with_features(connection, demo, date(2018, 5, 10))
    connection.execute(
        "update ops.order_values_drafts"
        " set items_total = 10, order_date = '2017-05-05', customer_unique_id = order_id"
        " where order_date < '2018-01-01' and is_qualifying"
    )
    train_clusters(connection, run_id)
    link = connection.execute("select as_of, decision, reason from ops.model_links order by as_of limit 1")
    assert link.fetchone() == (
        datetime(2018, 2, 1),
        "vintage",
        "The model of 2018-02-01 is new, since the customers of the vintage before were too few,"
        " or too alike",
    )
