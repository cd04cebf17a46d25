"""Tiers from the stored numbers: scikit-learn's own, the same again later, and why they change."""

import json
import math
from datetime import date, datetime
from pathlib import Path

import numpy as np
from psycopg import Connection
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler
from support import pipeline
from support.shop import Shop

from olist.model.clusters import KMEANS_PARAMETERS
from olist.report.summary import read_summary
from olist.stages import upsert_hubspot
from olist.stages.assign_clusters import assign_clusters
from olist.stages.train_clusters import train_clusters

TIERS = ["Platinum", "Gold", "Silver"]


def test_assignment_in_sql_is_sklearns_predict(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo)
    rows = connection.execute(
        "select recency_days, frequency, monetary::float8, loyalty_tier"
        " from analytics.vw_customer_segments order by customer_unique_id"
    ).fetchall()
    logs = np.log1p(np.array([row[:3] for row in rows], dtype=float))
    scaler = StandardScaler().fit(logs)
    kmeans = KMeans(n_clusters=3, **KMEANS_PARAMETERS).fit(scaler.transform(logs))
    recency, frequency, monetary = kmeans.cluster_centers_.T
    ranking = np.argsort(-(frequency + monetary - recency))
    tier_of = {int(cluster): tier for cluster, tier in zip(ranking, TIERS, strict=True)}
    predicted = [tier_of[int(cluster)] for cluster in kmeans.predict(scaler.transform(logs))]
    assert [row[3] for row in rows] == predicted


def test_a_past_snapshot_is_assigned_again_from_its_stored_model_alone(
    connection: Connection, demo: Path
) -> None:
    months = [date(2018, 1, 1), date(2018, 5, 1), date(2018, 8, 1)]
    for month in months:
        pipeline.run(connection, demo, month)
    # The working tables of the runs are not needed, nor is any other model.
    connection.execute("truncate ops.customer_rfm_drafts, ops.customer_tiers_drafts")
    for month in months:
        again = connection.execute(
            "select customer_unique_id, loyalty_tier from ops.reassigned_tiers(%s)", (month,)
        ).fetchall()
        published = connection.execute(
            "select customer_unique_id, loyalty_tier from analytics.customer_snapshots where as_of = %s",
            (month,),
        ).fetchall()
        assert len({tier for _, tier in again}) == 3
        assert sorted(again) == sorted(published)


def run_with_centres(connection: Connection, data_dir: Path, month: date, spent: list[int]) -> int:
    """A run whose model looks at money alone: each tier, best first, is for about as much as `spent` says."""
    run_id = pipeline.begin(connection, data_dir, month)
    pipeline.load_all(connection, run_id)
    for stage in pipeline.CORE:
        stage(connection, run_id)
        if stage is train_clusters:
            centres = [
                {"loyalty_tier": tier, "centre": [0, 0, math.log1p(money)]}
                for tier, money in zip(TIERS, spent, strict=True)
            ]
            connection.execute(
                "update ops.cluster_models set scaler = %s, centres = %s"
                " where model_id = (select model_id from ops.pipeline_runs where run_id = %s)",
                (json.dumps({"mean": [0, 0, 0], "scale": [1, 1, 1]}), json.dumps(centres), run_id),
            )
    return run_id


def a_shop_of_changes() -> Shop:
    """Each person is called by what changes their tier from February to March, by the centres below."""
    shop = Shop()
    for person, before, after in [
        ("stays", 20, 0),  # Silver for both models
        ("model", 50, 0),  # Gold for the old model, Silver for the new one
        ("behaviour", 21, 500),  # Silver for both, then Platinum for the old one and Gold for the new one
        ("both", 51, 5_000),  # Silver for the new model at once, Platinum for both after
        ("neither", 52, 400),  # Gold, and Gold again: what the new model takes, the purchase gives back
        ("newcomer", 0, 5_000),
    ]:
        for money, moment in ((before, "2018-01-10 00:00:00"), (after, "2018-02-10 00:00:00")):
            if money:
                shop.order(person, moment, [("bebes", f"{money}.00", "0.00")])
    return shop


CENTRES = {date(2018, 2, 1): [1_000, 100, 10], date(2018, 3, 1): [10_000, 1_000, 10]}


def test_a_new_models_run_says_who_changes_tier_and_why(connection: Connection, tmp_path: Path) -> None:
    a_shop_of_changes().write(tmp_path)
    first, second = (run_with_centres(connection, tmp_path, *each) for each in CENTRES.items())
    expected = {
        "previous_as_of": "2018-02-01T00:00:00",
        "people_compared": 5,
        "changed": 3,
        "changed_by_model": 1,
        "changed_by_behaviour": 1,
        "changed_by_both": 1,
        # Of six people: those of "model", "behaviour" and "neither", on the numbers of March.
        "people": 6,
        "changed_by_model_on_same_data": 3,
        "sentence": "3 of 5 people change tier since 2018-02-01: 1 because the model is a new one,"
        " 1 because of what they did, 1 because of both. On the numbers of this month alone,"
        " 3 of 6 people (50.0 %) have another tier only because the model is new.",
    }
    for _ in range(2):
        reported = assign_clusters(connection, second)["tier_changes"]
        assert {key: reported[key] for key in expected} == expected
    assert connection.execute("select run_id from ops.tier_changes").fetchall() == [(second,)]
    assert "tier_changes" not in assign_clusters(connection, first)
    model, tiers = read_summary(connection, second)["about_tiers"]
    assert (model, tiers) == (
        "retrain is 'always', so the month has a model of its own.",
        expected["sentence"],
    )


def test_the_hubspot_plan_says_how_many_change_tier_only_because_the_model_is_new(
    connection: Connection, tmp_path: Path, sandbox: str
) -> None:
    a_shop_of_changes().write(tmp_path)
    for month, spent in CENTRES.items():
        run_id = run_with_centres(connection, tmp_path, month, spent)
        sync = pipeline.deliver(connection, run_id, sandbox, "upsert" if month.month == 2 else "dry_run")
    # "model" goes from Gold to Silver. The model before would have moved "behaviour" and "both" too.
    assert sync["plan"]["tier_moves_by_model"] == 1
    assert sum(move["people"] for move in sync["plan"]["tier_moves"]) == 3
    assert "1 of them only because the model is new" in upsert_hubspot.describe(sync["plan"])
    about = connection.execute("select ops.about_model_moves(%s)", (run_id,)).fetchone()
    assert about == ("; the new model alone moves 3 of 6 people",)


def test_a_run_with_the_model_of_the_snapshot_before_it_reports_nothing(
    connection: Connection, demo: Path
) -> None:
    for month in (date(2018, 1, 1), date(2018, 2, 1)):
        pipeline.run(connection, demo, month, retrain="auto")
    models = connection.execute("select distinct model_id from analytics.customer_snapshots").fetchall()
    assert len(models) == 1
    assert connection.execute("select count(*) from ops.tier_changes").fetchone() == (0,)
    about = connection.execute("select ops.about_model_moves(run_id) from ops.pipeline_runs order by run_id")
    assert about.fetchall() == [("",), ("; the model is that of 2018-01-01 and moves nobody",)]
    assert pipeline.snapshot(connection, datetime(2018, 2, 1))
