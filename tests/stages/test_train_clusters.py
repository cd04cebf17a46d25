"""Which model a month has: it follows from the data alone, and the data ends where the month does."""

import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import numpy as np
import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.model import chain
from olist.model.links import vintage_date
from olist.stages import train_clusters
from olist.strategy.reading import read_strategy
from olist.strategy.rules import Model
from olist.strategy.sql import functions


def with_features(connection: Connection, data_dir: Path, as_of: date | None, retrain: str = "auto") -> int:
    """A run that has everything but a model."""
    run_id = pipeline.begin(connection, data_dir, as_of, retrain=retrain)
    pipeline.load_all(connection, run_id)
    for stage in pipeline.CORE[:4]:
        stage(connection, run_id)
    return run_id


def decisions(connection: Connection) -> dict[date, str]:
    rows = connection.execute(
        "select as_of, decision from ops.model_choices inner join ops.pipeline_runs using (run_id)"
    )
    return {as_of.date(): decision for as_of, decision in rows}


def use_model_settings(monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
    strategy = read_strategy().model_copy(update={"model": Model(**settings)})
    monkeypatch.setattr(train_clusters, "read_strategy", lambda: strategy)


MONTHS = [
    date(2016, 11, 1),
    date(2017, 12, 1),
    date(2018, 1, 1),
    date(2018, 2, 1),
    date(2018, 3, 1),
    date(2018, 8, 1),
    date(2018, 10, 30),
]


def forwards(connection: Connection, demo: Path) -> None:
    for month in MONTHS:
        pipeline.run(connection, demo, month, retrain="auto")


def backwards(connection: Connection, demo: Path) -> None:
    for month in reversed(MONTHS):
        pipeline.run(connection, demo, month, retrain="auto")


def interleaved(connection: Connection, demo: Path) -> None:
    """Each stage is done for every month before the next begins, and models of other months are stored."""
    for month in (date(2017, 3, 10), date(2018, 2, 20)):
        pipeline.run(connection, demo, month, retrain="always")
    runs = [pipeline.begin(connection, demo, month, retrain="auto") for month in reversed(MONTHS)]
    for run_id in runs:
        pipeline.load_all(connection, run_id)
    for stage in pipeline.CORE:
        for run_id in (*runs[::2], *runs[1::2]):
            stage(connection, run_id)


@pytest.mark.slow
def test_a_months_result_does_not_depend_on_the_order_of_months(
    new_warehouse: Callable[[], str], demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_model_settings(monkeypatch, max_drift=0.02)
    results = []
    for run_all in (forwards, backwards, interleaved):
        with psycopg.connect(new_warehouse(), autocommit=True) as connection:
            run_all(connection, demo)
            decided = decisions(connection)
            results.append(
                [(decided[month], pipeline.snapshot(connection, month)) for month in MONTHS],
            )
            younger = connection.execute(
                "select count(*) from analytics.customer_snapshots"
                " inner join ops.cluster_models using (model_id) where trained_as_of > as_of"
            )
            assert younger.fetchone() == (0,)
    assert results[0] == results[1] == results[2]
    assert {decision for decision, _ in results[0]} == {"vintage", "kept", "drifted", "too few"}


def test_a_model_has_seen_nothing_after_its_vintage_date(
    new_warehouse: Callable[[], str], demo: Path
) -> None:
    models = []
    for more in (0, 1_000):
        with psycopg.connect(new_warehouse(), autocommit=True) as connection:
            run_id = with_features(connection, demo, date(2018, 2, 10))
            connection.execute(
                "update ops.order_values_drafts set items_total = items_total + %s"
                " where order_date >= '2018-02-01'",
                (more,),
            )
            train_clusters.train_clusters(connection, run_id)
            models.append(
                connection.execute(
                    "select fingerprint, training_hash, trained_as_of, scaler, centres, bins"
                    " from ops.cluster_models where trained_as_of < '2018-02-10' order by trained_as_of"
                ).fetchall()
            )
    assert models[0] == models[1] != []


def test_files_that_say_otherwise_have_a_model_of_their_own(connection: Connection, data_dir: Path) -> None:
    pipeline.run(connection, data_dir, date(2018, 2, 1), retrain="auto")
    items = data_dir / "olist_order_items_dataset.csv"
    lines = items.read_text().splitlines(keepends=True)
    *start, _, _ = lines[1].split(",")
    items.write_text("".join([lines[0], ",".join([*start, "9999.00", "1.00\n"]), *lines[2:]]))
    pipeline.run(connection, data_dir, date(2018, 2, 1), retrain="auto")
    assert connection.execute(
        "select count(*), count(distinct training_hash) from ops.model_links where as_of = '2018-02-01'"
    ).fetchone() == (2, 2)


@pytest.mark.parametrize(
    ("as_of", "months", "vintage"),
    [
        ("2018-03-31 23:59:59", 3, "2018-01-01"),
        ("2018-04-01 00:00:00", 3, "2018-04-01"),
        ("2018-12-31 12:00:00", 4, "2018-09-01"),
        ("2018-08-15 12:00:00", 1, "2018-08-01"),
        ("2018-08-15 12:00:00", 12, "2018-01-01"),
    ],
)
def test_a_vintage_begins_with_its_calendar_months(as_of: str, months: int, vintage: str) -> None:
    found = vintage_date(datetime.fromisoformat(as_of), months)
    assert found == datetime.fromisoformat(vintage)


# --- Drift -----------------------------------------------------------------------------------------------


def psi(trained_on: np.ndarray, seen: np.ndarray) -> float:
    """Decile bins of the training data, equal values together, written without the pipeline's SQL."""
    ordered = np.sort(trained_on)
    values = np.unique(ordered)
    rank = np.searchsorted(ordered, values, side="left") / (len(ordered) - 1)
    deciles = np.minimum(np.floor(10 * rank), 9)
    bounds = [values[deciles == decile].min() for decile in np.unique(deciles)][1:]
    shares = [
        np.bincount(np.searchsorted(bounds, column, side="right"), minlength=len(bounds) + 1) / len(column)
        for column in (trained_on, seen)
    ]
    expected, actual = shares[0], np.maximum(shares[1], 0.0001)
    return float(((actual - expected) * np.log(actual / expected)).sum())


def rfm(connection: Connection, run_id: int, as_of: date) -> np.ndarray:
    rows = connection.execute(
        "select recency_days, frequency, monetary::float8 from ops.customer_rfm_as_of(%s, %s)",
        (run_id, as_of),
    )
    return np.array(rows.fetchall(), dtype=float)


def test_bins_are_the_deciles_of_percent_rank(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo)
    for feature in train_clusters.FEATURES:
        expected = connection.execute(
            "with ranked as ("
            " select value, least(floor(10 * percent_rank() over (order by value)), 9) as decile"
            f" from (select {feature}::float8 as value from analytics.vw_customer_segments) as seen)"
            " select min(value), count(*) from ranked group by decile order by decile"
        ).fetchall()
        bins = connection.execute("select bins -> %s from ops.cluster_models", (feature,)).fetchone()[0]
        assert list(zip(bins["lower_bounds"], bins["customers"], strict=True)) == expected


@pytest.mark.parametrize(("max_drift", "decision"), [(0.25, "vintage"), (0.05, "drifted")])
def test_drift_is_the_population_stability_index(
    connection: Connection,
    demo: Path,
    monkeypatch: pytest.MonkeyPatch,
    max_drift: float,
    decision: str,
) -> None:
    use_model_settings(monkeypatch, max_drift=max_drift, vintage_months=3)
    run_id = with_features(connection, demo, date(2017, 9, 1))
    found = train_clusters.train_clusters(connection, run_id)
    before, now = rfm(connection, run_id, date(2017, 7, 1)), rfm(connection, run_id, date(2017, 9, 1))
    expected = {
        feature: psi(before[:, column], now[:, column])
        for column, feature in enumerate(train_clusters.FEATURES)
    }
    assert found["drift"] == pytest.approx(expected)
    assert min(expected.values()) > 0
    assert found["decision"] == decision
    shift = f"recency_days has shifted by {expected['recency_days']:.2f} since 2017-07-01"
    assert shift in found["reason"]
    recorded = connection.execute(
        "select decision, reason, drift, model_choices.model_id, vintage_as_of, trained_as_of"
        " from ops.model_choices inner join ops.cluster_models using (model_id) where run_id = %s",
        (run_id,),
    ).fetchone()
    vintage = datetime(2017, 7, 1)
    trained_as_of = vintage if decision == "vintage" else datetime(2017, 9, 1)
    said = (found[key] for key in ("decision", "reason", "drift", "model_id"))
    assert recorded == (*said, vintage, trained_as_of)


def test_drift_of_frequency_shows_although_nearly_everybody_buys_once(
    connection: Connection, demo: Path
) -> None:
    run_id = with_features(connection, demo, date(2018, 2, 10))
    connection.execute(
        "update ops.customer_rfm_drafts set frequency = 2 where mod(round(monetary * 100), 4) = 0"
    )
    found = train_clusters.train_clusters(connection, run_id)
    assert found["decision"] == "drifted"
    assert "frequency has shifted by" in found["reason"]
    assert found["drift"]["monetary"] < 0.05


OPEN_TRANSACTIONS = """
    select count(*) from pg_stat_activity
    where datname = current_database() and state = 'idle in transaction'
"""


# --- Two at once -----------------------------------------------------------------------------------------


def test_of_two_runs_that_need_a_model_one_trains_it(
    warehouse: str, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, states, extend = [], [], chain.extend

    def extend_when_another_waits(*arguments: object) -> list[dict]:
        trained.append(threading.current_thread())
        deadline = time.monotonic() + 20
        with psycopg.connect(warehouse, autocommit=True) as observer:
            while time.monotonic() < deadline and len(trained) == 1:
                waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                if observer.execute(waiting).fetchone() == (1,):
                    break
                time.sleep(0.02)
            states.extend(observer.execute(OPEN_TRANSACTIONS).fetchall())
        return extend(*arguments)

    monkeypatch.setattr(chain, "extend", extend_when_another_waits)
    use_model_settings(monkeypatch, vintage_months=3)
    found: dict[int, dict] = {}

    def run_alone(run_id: int) -> None:
        with psycopg.connect(warehouse, autocommit=True) as connection:
            found[run_id] = train_clusters.train_clusters(connection, run_id)

    with psycopg.connect(warehouse, autocommit=True) as connection:
        runs = [with_features(connection, demo, month) for month in (date(2018, 2, 1), date(2018, 3, 1))]
    threads = [threading.Thread(target=run_alone, args=(run_id,)) for run_id in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(trained) == 1
    # The other one waits within its statement. Neither transaction is idle: servers may end those.
    assert states == [(0,)]
    assert found[runs[0]]["decision"] == found[runs[1]]["decision"] != "drifted"
    assert found[runs[0]]["model_id"] == found[runs[1]]["model_id"]


# --- always, never ---------------------------------------------------------------------------------------


def test_training_again_on_the_same_data_gives_the_same_model(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo, retrain="always")
    pipeline.run(connection, demo, retrain="always")
    assert connection.execute("select count(*) from ops.cluster_models").fetchone() == (1,)
    assert set(decisions(connection).values()) == {"month"}


def test_never_retraining_needs_a_stored_model_that_is_not_younger(
    connection: Connection, demo: Path
) -> None:
    sentence = "no stored model with the tiers Platinum, Gold, Silver was trained as of 2018-03-01"
    with pytest.raises(OlistError, match=sentence):
        pipeline.run(connection, demo, date(2018, 3, 1), retrain="never")
    pipeline.run(connection, demo, date(2018, 4, 1))
    with pytest.raises(OlistError, match=sentence):
        pipeline.run(connection, demo, date(2018, 3, 1), retrain="never")


def test_never_retraining_needs_a_model_of_the_same_tiers(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo, date(2018, 4, 1))
    run_id = with_features(connection, demo, date(2018, 5, 1), retrain="never")
    connection.execute(functions(read_strategy()).replace("'Platinum'", "'Diamond'"))
    with pytest.raises(OlistError, match="no stored model"):
        train_clusters.train_clusters(connection, run_id)


def test_never_retraining_takes_the_newest_stored_model(connection: Connection, demo: Path) -> None:
    for month in (date(2018, 1, 1), date(2018, 5, 1), date(2018, 3, 1), date(2018, 8, 1)):
        pipeline.run(connection, demo, month)
    run_id = with_features(connection, demo, date(2018, 6, 1), retrain="never")
    found = train_clusters.train_clusters(connection, run_id)
    trained_as_of = connection.execute(
        "select trained_as_of from ops.cluster_models where model_id = %s", (found["model_id"],)
    )
    assert trained_as_of.fetchone() == (datetime(2018, 5, 1),)
    assert found["decision"] == "stored"


def test_a_call_keeps_the_model_of_the_snapshot_there_is(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo, date(2018, 2, 1), retrain="auto")
    expected = pipeline.snapshot(connection, datetime(2018, 2, 1))
    pipeline.run(connection, demo, date(2018, 1, 20))
    connection.execute("call analytics.refresh_customer_segments(as_of => '2018-02-01')")
    assert pipeline.snapshot(connection, datetime(2018, 2, 1)) == expected
    assert decisions(connection)[date(2018, 2, 1)] == "stored"
